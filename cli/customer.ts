/** Profiles as the command line asks for them, and how each is told in a few words. */
import pMap from 'p-map';
import { type LinkingVersion, newestOf } from '../shared/identity/linking-versions.ts';
import type { PersonaId } from '../shared/identity/persona.ts';
import type { Place } from '../shared/profiles/customer.ts';
import { rootOf } from '../shared/profiles/find.ts';
import { READS_AT_ONCE } from '../shared/profiles/holders.ts';
import { type Neighbourhood, readNeighbourhood } from '../shared/profiles/neighbourhood.ts';
import { personaFrom } from '../shared/profiles/persona-content.ts';
import type { StoredProfile } from '../shared/profiles/profile.ts';
import type { Reveal } from '../shared/profiles/reveal.ts';
import { type Language, TIER_NAMES } from '../shared/tiers/reasons.ts';
import { CliError } from './errors.ts';
import { formatMoney, plural } from './output.ts';
import type { Customers, Deployment } from './world.ts';

/** Those that profiles are joined by now. */
export const linkingOf = async ({ linking }: Pick<Deployment, 'linking'>): Promise<LinkingVersion> =>
  newestOf(await linking.listLinking(1));

// The cast: whether it names a persona is what will be asked.
export const asPersona = (text: string): PersonaId => text as PersonaId;

export type Root = Place<StoredProfile> & { readonly profile: StoredProfile };

/** The profile of that name or alias. */
export async function requireRoot(id: string, customers: Pick<Customers, 'getPlace'>): Promise<Root> {
  const place = await rootOf(asPersona(id), customers);
  if (place?.profile) return { ...place, profile: place.profile };
  throw new CliError(
    'profile_not_found',
    `There is no profile ${id}. Its id is channel/connection/…, as \`tributary profile --phone NUMBER\` or --order KEY shows it.`,
  );
}

/** All that decides whom these are one with; a part of it would decide something else. */
export async function requireNeighbourhood(
  profiles: readonly PersonaId[],
  customers: Customers,
  deployment: Pick<Deployment, 'linking'>,
): Promise<Neighbourhood> {
  const { rules } = await linkingOf(deployment);
  const around = await readNeighbourhood(profiles, customers, rules);
  if (around.isWhole) return around;
  throw new CliError(
    'too_many_linked',
    `${profiles.join(' and ')}: linked with more personas than can be decided together. \`tributary explain\` shows by which values.`,
  );
}

export interface Brief {
  readonly id: PersonaId;
  readonly tier: StoredProfile['tier']['value'];
  readonly orders: number;
  readonly netSpend: number;
  readonly currency: string;
  readonly personas: readonly PersonaId[];
  /** As buyers gave them beside an identifier; masked unless revealed. */
  readonly names: readonly string[];
}

const NAMES_TOLD = 3;

export async function briefOf(
  { persona, members, profile }: Root,
  customers: Pick<Customers, 'getContent'>,
  reveal: Reveal,
): Promise<Brief> {
  const found = await pMap(members, async (one) => personaFrom(one, await customers.getContent(one)), {
    concurrency: READS_AT_ONCE,
  });
  const names = new Set(found.flatMap(({ links }) => links.flatMap((link) => link.names)).map(reveal.name));
  const { orders, netSpend, currency } = profile.facts;
  return {
    id: persona,
    tier: profile.tier.value,
    orders,
    netSpend,
    currency,
    personas: members,
    names: [...names].sort().slice(0, NAMES_TOLD),
  };
}

/** `shopify/my-shop/123 (A*** N***, growth, 3 orders, 425.68 CNY)` */
export function tellBrief({ id, tier, orders, netSpend, currency, names }: Brief, language: Language): string {
  const told = [...names, TIER_NAMES[tier][language], plural(orders, 'order'), formatMoney(netSpend, currency)];
  return `${id} (${told.join(', ')})`;
}
