/** What the demo shows of customers once all orders are in: how many and in which tiers, a few of them, and why they are where they are. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import Table from 'cli-table3';
import { accountsOf, type HistoryShop } from '../demo/history.ts';
import { demoPolicy } from '../demo/policy.ts';
import { demoRates } from '../demo/rates.ts';
import { playing, type Regular } from '../demo/regulars.ts';
import { DEMO_SEGMENTS } from '../demo/segments.ts';
import type { PersonaId } from '../shared/identity/persona.ts';
import { type CustomerIndex, type CustomerStore, INDEX_SHARDS, type Place } from '../shared/profiles/customer.ts';
import type { StoredProfile } from '../shared/profiles/profile.ts';
import { decisionOf } from '../shared/profiles/unified.ts';
import type { ProfilesMessage } from '../shared/queues/messages.ts';
import type { Queue } from '../shared/queues/queue.ts';
import { importRates } from '../shared/rates/import-rates.ts';
import type { RateStore } from '../shared/rates/rate-store.ts';
import { TIERS } from '../shared/tiers/policy.ts';
import type { PolicyStore } from '../shared/tiers/policy-store.ts';
import { formatMoney, type Language, summarise, TIER_NAMES } from '../shared/tiers/reasons.ts';
import { instant } from '../shared/time/instant.ts';

export interface CustomerWorld {
  readonly customers: CustomerStore<StoredProfile> & CustomerIndex;
  readonly queue: Queue<ProfilesMessage>;
  readonly rates: Pick<RateStore, 'putRates' | 'listRates'>;
  readonly policies: Pick<PolicyStore, 'putPolicy' | 'listPolicies'>;
}

/** What an operator and a marketer would have set up: rates, and the tier policy of the brand. Before any order. */
export async function prepareCustomers({ rates, policies }: CustomerWorld, nowMs: number): Promise<void> {
  await importRates(demoRates(nowMs), rates);
  const [newest] = await policies.listPolicies();
  if (newest?.policy.name === demoPolicy().name) return;
  // 1 is the one that is built in.
  const policy = demoPolicy(Math.max(1, newest?.policy.version ?? 0) + 1);
  const why = 'the default, without patience: a demo does not last for thirty days';
  await policies.putPolicy({ policy, by: 'demo', at: instant(nowMs), why });
}

/** Until no profile has been written for a while. */
async function untilCustomersRest({ customers }: CustomerWorld, patienceMs = 120_000): Promise<void> {
  const deadline = Date.now() + patienceMs;
  let before = '';
  for (let still = 0; still < 4; ) {
    if (Date.now() > deadline)
      throw new Error('The profiles did not come to rest in time. `tributary doctor` says more.');
    await sleep(500);
    const now = (await allProfiles(customers)).map(({ persona, revision }) => `${persona} ${revision}`).join('\n');
    still = now === before && now !== '' ? still + 1 : 0;
    before = now;
  }
}

interface Showing {
  readonly shops: readonly HistoryShop[];
  /** When somebody's tier is lost by time alone. */
  readonly demotesAtMs: number;
  readonly say: (line: string) => void;
}

/** Gives who lost their tier by time alone. */
export async function showCustomers(world: CustomerWorld, showing: Showing): Promise<PersonaId | undefined> {
  const { say } = showing;
  await untilCustomersRest(world);
  const profiles = await allProfiles(world.customers);
  say(renderTiers(profiles));
  say(renderSegments(profiles));
  await showEverywhere(world, showing);
  return showDemotion(world, showing);
}

type Root = Place<StoredProfile> & Required<Pick<Place<StoredProfile>, 'profile'>>;

/** For a demo's hundreds: one read a profile. */
async function allProfiles(customers: CustomerWorld['customers']): Promise<Root[]> {
  const roots: Root[] = [];
  for (let shard = 0; shard < INDEX_SHARDS; shard++) {
    let after: string | undefined;
    do {
      const { items, next } = await customers.listRoots(shard, 100, after);
      for (const place of await Promise.all(items.map((persona) => customers.getPlace(persona))))
        if (place?.profile && place.persona === place.root) roots.push({ ...place, profile: place.profile });
      after = next;
    } while (after !== undefined);
  }
  return roots;
}

function renderTiers(profiles: readonly Root[]): string {
  const money = (minor: number) => formatMoney(minor, profiles[0]?.profile.facts.reporting.currency ?? 'CNY', 'en');
  const table = new Table({
    head: ['tier', 'customers', 'on several channels', 'orders', 'net spend', 'of the last 365 days'],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
  });
  for (const tier of TIERS) {
    const mine = profiles.filter(({ profile }) => profile.tier.value === tier).map(({ profile }) => profile.facts);
    const sum = (of: (facts: (typeof mine)[number]) => number) => mine.reduce((total, facts) => total + of(facts), 0);
    table.push([
      `${TIER_NAMES[tier].zh} ${TIER_NAMES[tier].en}`,
      mine.length,
      mine.filter(({ channels }) => Object.keys(channels).length > 1).length,
      sum(({ orders }) => orders),
      money(sum(({ reporting }) => reporting.netSpend)),
      money(sum(({ reporting }) => reporting.netSpend365d)),
    ]);
  }
  return `\n${profiles.length} customers, in tiers:\n${table.toString()}`;
}

/** Who is in which, as the profiles say. */
function renderSegments(profiles: readonly Root[]): string {
  const count = (id: string) => profiles.filter(({ profile }) => profile.segments?.some((one) => one.id === id)).length;
  return `In segments: ${DEMO_SEGMENTS.map(({ id, name }) => `${name} ${count(id)}`).join(', ')}.`;
}

/** Three channels linked by what the customer gave; the fourth by a person who knows. */
async function showEverywhere(world: CustomerWorld, { shops, say }: Showing): Promise<void> {
  const { customers, queue } = world;
  const [regular] = playing('four_channels');
  const accounts = regular ? accountsOf(regular, shops) : [];
  const known = await rootOf(world, accounts, 'shopify');
  const apart = await rootOf(world, accounts, 'shopee');
  if (!regular || !known || !apart) return say('The customer of four channels is not there.');
  say(`\n${regular.name} bought on ${channelsOf(known)}; linked by the phone and the email that they gave.`);
  if (apart.persona !== known.persona) {
    const between = [known.persona, apart.persona] as const;
    const at = instant(Date.now());
    const made = { id: randomUUID(), at, by: 'demo', reason: 'wrote to the brand from both accounts' };
    await customers.putDecision(between, { kind: 'accept', ...made, between });
    await queue.send({ personas: [...between], cause: 'merge' });
    await until(async () => (await customers.getPlace(apart.persona))?.root === known.persona);
    say(
      'Shopee gives nothing that could link, so a person said that this account is theirs, too (tributary suggestions accept).',
    );
  }
  const unified = await rootOf(world, accounts, 'shopify');
  if (!unified) return;
  say(`One customer, ${unified.persona}, of ${unified.members.length} personas on ${channelsOf(unified)}:`);
  for (const language of ['zh', 'en'] as const) say(`  ${explained(unified, language)}`);
}

/** The instant is known to the millisecond; a sweep finds who is due. */
async function showDemotion(
  world: CustomerWorld,
  { shops, demotesAtMs, say }: Showing,
): Promise<PersonaId | undefined> {
  const [regular] = playing('demoted_by_time');
  if (!regular) return undefined;
  const accounts = accountsOf(regular, shops);
  const before = await rootOf(world, accounts, 'square');
  if (!before) {
    say(`${regular.name} is not there.`);
    return undefined;
  }
  const { tier } = before.profile;
  const explain = (root: Root) => {
    for (const language of ['zh', 'en'] as const) say(`  ${explained(root, language)}`);
  };
  // Where the day took longer to play than the order had left.
  if (Date.parse(tier.since) >= demotesAtMs) {
    say(`\n${regular.name} is in ${TIER_NAMES[tier.value].en} by now: an order of theirs turned a year old meanwhile.`);
    explain(before);
    return before.persona;
  }
  say(`\n${regular.name} is in ${TIER_NAMES[tier.value].en}, to be looked at again ${tier.reviewAt ?? 'never'}.`);
  const waitMs = demotesAtMs - Date.now();
  if (waitMs > 0) {
    say(`In ${Math.ceil(waitMs / 1000)} s an order of theirs turns a year old.`);
    await sleep(waitMs + 1_000);
  }
  await world.queue.send({ sweep: true });
  await until(async () => (await world.customers.getPlace(before.persona))?.profile?.tier.value !== tier.value);
  const after = await rootOf(world, accounts, 'square');
  if (!after) return undefined;
  const { tier: now } = after.profile;
  say(`By time alone: ${TIER_NAMES[tier.value].en} → ${TIER_NAMES[now.value].en}, since ${now.since}.`);
  explain(after);
  return after.persona;
}

async function rootOf(
  { customers }: CustomerWorld,
  accounts: ReturnType<typeof accountsOf>,
  on: Regular['purchases'][number]['on'],
): Promise<Root | undefined> {
  const persona = accounts.find((account) => account.on === on)?.persona;
  // The cast: accountsOf makes names of personas.
  const place = persona === undefined ? undefined : await customers.getPlace(persona as PersonaId);
  const root = place && (await customers.getPlace(place.root));
  return root?.profile && { ...root, profile: root.profile };
}

const channelsOf = ({ profile }: Root): string => Object.keys(profile.facts.channels).join(', ');

const explained = ({ profile }: Root, language: Language): string => summarise(decisionOf(profile.tier))[language];

async function until(isSo: () => Promise<boolean>, patienceMs = 60_000): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('The profiles function did not get to it in time.');
    await sleep(250);
  }
}
