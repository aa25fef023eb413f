/** The unified profile: the public shape, read from a profile's place and from what its personas bring. */
import pMap from 'p-map';
import * as z from 'zod';
import { IDENTIFIER_TYPES, type IdentifierType } from '../identity/identifiers.ts';
import { compareText } from '../identity/links.ts';
import type { PersonaId } from '../identity/persona.ts';
import { DEFAULT_RULES, type LinkingRules } from '../identity/policy.ts';
import { parseOrderKey } from '../orders/order-key.ts';
import { Membership } from '../segments/membership.ts';
import { compact } from '../text/compact.ts';
import { Decision, reasonOf } from '../tiers/reasons.ts';
import type { Content, CustomerStore } from './customer.ts';
import { Facts, Predicted } from './facts.ts';
import { rootOf } from './find.ts';
import { isShared, READS_AT_ONCE } from './holders.ts';
import { type Mark, marksOf, standingMarks } from './marks.ts';
import { personaFrom, valuesFrom } from './persona-content.ts';
import type { StoredDecision, StoredProfile } from './profile.ts';

export const UnifiedPersona = z.object({
  id: z.string(),
  channel: z.string(),
  connection: z.string(),
  /** The platform's own; a guest has none, nor has a user whose id is a contact. */
  buyerId: z.string().optional(),
});
export type UnifiedPersona = z.infer<typeof UnifiedPersona>;

const UnifiedIdentifier = z.object({
  type: z.enum(IDENTIFIER_TYPES),
  /** Normalised: phones in E.164, emails case-folded. */
  value: z.string(),
  /** The platform vouches for it. */
  verified: z.boolean(),
  /** Held by so many personas that it links none of them. */
  shared: z.boolean(),
});
type UnifiedIdentifier = z.infer<typeof UnifiedIdentifier>;

/** By way of writing (`push`, `sms`, `email` …; of a purpose other than marketing, `service/push`). */
export const ConsentsByName = z.record(
  z.string(),
  z.object({
    /** Given, or taken back. */
    given: z.boolean(),
    at: z.iso.datetime(),
    source: z.string().optional(),
    wording: z.string().optional(),
  }),
);
export type ConsentsByName = z.infer<typeof ConsentsByName>;

export const UnifiedProfile = z.object({
  /** That of the persona first received. */
  id: z.string(),
  /** The names of the other personas: each resolves to this profile. */
  aliases: z.array(z.string()),
  personas: z.array(UnifiedPersona),
  identifiers: z.array(UnifiedIdentifier),
  facts: Facts,
  predicted: Predicted,
  tier: Decision,
  segments: z.array(Membership),
  /** What the brand calls this customer. */
  tags: z.array(z.string()),
  consent: ConsentsByName,
  /** Grows with each change of the profile. */
  revision: z.number().int(),
});
export type UnifiedProfile = z.infer<typeof UnifiedProfile>;

/** Personas of one profile, as the rules of linking have it; an older, larger one is shown by its first. */
const MEMBERS_READ = 50;

type Reads = Pick<CustomerStore<StoredProfile>, 'getPlace' | 'getContent' | 'listHolders'>;

/** By its name or an alias. Undefined for what never was a profile; one whose orders are all gone is still there, with none. */
export async function readProfile(
  id: PersonaId,
  store: Reads,
  rules: LinkingRules = DEFAULT_RULES,
): Promise<UnifiedProfile | undefined> {
  const root = await rootOf(id, store);
  if (!root?.profile) return undefined;
  const { persona, members, profile, revision } = root;
  const aliases = members.filter((member) => member !== persona);
  const personas = [persona, ...aliases].slice(0, MEMBERS_READ);
  const contents = await pMap(personas, async (one) => ({ persona: one, ...(await store.getContent(one)) }), {
    concurrency: READS_AT_ONCE,
  });
  const marks = standingMarks(contents.flatMap((content) => content.marks));
  return {
    id: persona,
    aliases,
    personas: personas.map(describePersona),
    identifiers: await identifiersOf(contents, store, rules),
    facts: profile.facts,
    predicted: profile.predicted,
    tier: decisionOf(profile.tier),
    segments: [...(profile.segments ?? [])],
    tags: [...marksOf(marks).tags],
    consent: consentsOf(marks),
    revision,
  };
}

/** Of standing marks. */
export const consentsOf = (marks: readonly Mark[]): ConsentsByName =>
  Object.fromEntries(
    marks.flatMap(({ kind, name, on, at, source, wording }) =>
      kind === 'consent' ? [[name, compact({ given: on, at, source, wording })] as const] : [],
    ),
  );

/** The decision with its sentences. */
export const decisionOf = ({ reasons, ...decision }: StoredDecision): Decision => ({
  ...decision,
  reasons: reasons.map(reasonOf),
});

/** What the name of a persona says. */
export function describePersona(id: PersonaId): UnifiedPersona {
  // It has the form of an order's key.
  const { channel = '', connection = '', orderId: name = '' } = parseOrderKey(id) ?? {};
  return compact({ id, channel, connection, buyerId: /^(guest|user):/.test(name) ? undefined : name });
}

/** Most trusted first. */
async function identifiersOf(
  contents: readonly (Content & { readonly persona: PersonaId })[],
  store: Reads,
  rules: LinkingRules,
): Promise<UnifiedIdentifier[]> {
  const values = new Map(contents.flatMap((content) => [...valuesFrom(content)]));
  const held = new Map<string, { readonly type: IdentifierType; readonly verified: boolean }>();
  for (const { persona, ...content } of contents) {
    for (const { type, hash, verified } of personaFrom(persona, content).links)
      held.set(hash, { type, verified: verified || (held.get(hash)?.verified ?? false) });
  }
  const readable = [...held].flatMap(([hash, { type, verified }]) => {
    const value = values.get(hash);
    return value === undefined ? [] : [{ type, hash, value, verified }];
  });
  const found = await pMap(
    readable,
    async ({ hash, ...known }) => ({ ...known, shared: await isShared({ type: known.type, hash }, store, rules) }),
    { concurrency: READS_AT_ONCE },
  );
  return found.sort((a, b) => rank(a.type) - rank(b.type) || compareText(a.value, b.value));
}

const rank = (type: IdentifierType): number => IDENTIFIER_TYPES.indexOf(type);
