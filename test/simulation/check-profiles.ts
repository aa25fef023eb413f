/**
 * Profiles as they must be at rest: computed from the stored orders, all decisions and the rates, without a store, a stream or a
 * month. What depends on the course of things is left out: revisions, since when a tier is held, why and when a place was written.
 */
import { adaptersOf, CATEGORIES } from '../../shared/channels/registry.ts';
import type { Connection } from '../../shared/connections/connection.ts';
import { personasOf } from '../../shared/identity/links.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import { DEFAULT_RULES } from '../../shared/identity/policy.ts';
import { type Resolution, resolve } from '../../shared/identity/resolve.ts';
import { type OrderKey, orderKey, parseOrderKey } from '../../shared/orders/order-key.ts';
import type { Contribution } from '../../shared/profiles/contribution.ts';
import { type Entry, type EntryContent, type Place, SUGGESTIONS_KEPT } from '../../shared/profiles/customer.ts';
import { deriveFacts, type History } from '../../shared/profiles/derive.ts';
import type { Facts } from '../../shared/profiles/facts.ts';
import { entryOfOrder } from '../../shared/profiles/follow-orders.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { sumDay } from '../../shared/profiles/sums.ts';
import { rateTable } from '../../shared/rates/rate-table.ts';
import type { Catalogue } from '../../shared/segments/catalogue.ts';
import { compileCatalogue } from '../../shared/segments/compile.ts';
import type { Membership } from '../../shared/segments/membership.ts';
import { FALLBACK, forCurrency } from '../../shared/tiers/clv/model.ts';
import { predict } from '../../shared/tiers/clv/predict.ts';
import { decide } from '../../shared/tiers/decide.ts';
import { type Policy, policyInForce } from '../../shared/tiers/policy.ts';
import { timelineOf } from '../../shared/tiers/timeline.ts';
import { type Instant, instant } from '../../shared/time/instant.ts';
import { canonical } from './canonical.ts';
import type { Problem } from './check.ts';
import type { Plan, SimulatedChannel } from './plan.ts';
import { IDENTITY_KEYS, type ProfilesWorld, poisonKey } from './profiles-stage.ts';
import type { World } from './world.ts';

export interface ProfilesCheck {
  readonly orders: World['orders'];
  readonly profiles: ProfilesWorld;
  readonly plan: Plan;
  readonly channel: SimulatedChannel;
  readonly report: (code: Problem['code'], what: string, orders?: readonly OrderKey[]) => void;
  readonly hash: { update(text: string): unknown };
}

/** How many there are. */
export interface ProfilesCount {
  readonly profiles: number;
  readonly personas: number;
}

interface Known {
  readonly persona: PersonaId;
  readonly order: OrderKey;
  readonly content: EntryContent;
}

export async function checkProfiles(check: ProfilesCheck): Promise<ProfilesCount> {
  const { profiles, plan, report, hash } = check;
  if (profiles.givenUp + profiles.pending > 0)
    report('stream_not_followed', `${profiles.givenUp} batches given up, ${profiles.pending} records left`);
  if (!profiles.settled) report('never_settled', 'sweeps still find profiles that are due, or derived by what was');
  const known = await entriesOf(check);
  const resolution = resolve({
    personas: personasOf(known.map(({ persona, order, content }) => ({ persona, order, ...content }))),
    decisions: profiles.decisions,
    rules: DEFAULT_RULES,
  });
  const byName = (all: readonly Place<StoredProfile>[]) => new Map(all.map((place) => [place.persona, place]));
  const places = byName(profiles.customers.places());
  const followed = byName(profiles.followed);
  const policies = plan.profiles.policies.map(({ policy }) => policy);
  const basis: Basis = {
    reportingCurrency: plan.profiles.reportingCurrency,
    policy: policyInForce(policies, profiles.atMs),
    now: instant(profiles.atMs),
  };
  const { segments, revision } = await profiles.segments.listSegments();
  const catalogue = compileCatalogue(segments, revision, { channelCategories: CATEGORIES });
  const byPersona = groupBy(known, ({ persona }) => persona);
  for (const { id: root, personas } of resolution.profiles) {
    const members = personas.map(({ id }) => id).sort();
    const mine = members.flatMap((member) => byPersona.get(member) ?? []);
    const orders = mine.map(({ order }) => order);
    const expected = { root, members, mine, places, resolution, basis, catalogue };
    for (const difference of differencesOf(expected)) report(difference.code, `${root}: ${difference.what}`, orders);
    for (const difference of differencesOnceFollowed({ ...expected, places: followed }))
      report(difference.code, `${root}, before it was looked at again: ${difference.what}`, orders);
  }
  for (const place of places.values()) {
    if (byPersona.has(place.persona)) continue;
    const isNobody = place.root === place.persona && place.members.length === 1 && place.profile?.facts.orders === 0;
    if (!isNobody) report('place_differs', `${place.persona} has no order, and is ${canonical(place)}`);
  }
  await checkSuggestions(resolution, check);
  hash.update(`${known.length} entries of ${byPersona.size} personas, net ${netOf(known)}\n`);
  return { profiles: resolution.profiles.length, personas: byPersona.size };
}

const netOf = (known: readonly Known[]): number =>
  known.reduce((sum, { content }) => sum + (content.contribution.reporting?.net ?? 0), 0);

/** What each stored order says, by the rates as they are now. */
async function entriesOf({ orders, profiles, plan, channel }: ProfilesCheck): Promise<Known[]> {
  const { reportingCurrency } = plan.profiles;
  const table = rateTable(reportingCurrency, await profiles.rates.listRates({}));
  const connections = new Map<string, Connection>(
    plan.connections.map(({ connection }) => [connection.id, connection]),
  );
  const reading = {
    adapters: adaptersOf([channel.adapter]),
    connections: { find: async (id: string) => connections.get(id) },
    keys: IDENTITY_KEYS,
    rates: { about: async () => ({ table, revision: 0 }) },
  };
  const known: Known[] = [];
  for (const key of orders.keys()) {
    const [order, name] = [orders.peek(key), parseOrderKey(key)];
    if (!order || !name || key === poisonKey(plan)) continue;
    const entry: Entry | undefined = await entryOfOrder(order, reading);
    if (entry?.content) known.push({ persona: entry.persona, order: orderKey(name), content: entry.content });
  }
  return known;
}

interface Basis {
  readonly reportingCurrency: string;
  readonly policy: Policy | undefined;
  readonly now: Instant;
}

interface Expected {
  readonly root: PersonaId;
  readonly members: readonly PersonaId[];
  readonly mine: readonly Known[];
  readonly places: ReadonlyMap<PersonaId, Place<StoredProfile>>;
  readonly resolution: Resolution;
  readonly basis: Basis;
  readonly catalogue: Catalogue;
}

interface Difference {
  readonly code: Problem['code'];
  readonly what: string;
}

/** Where all members are. */
function misplaced({ root, members, places }: Expected): Difference[] {
  return members.flatMap((member): Difference[] => {
    const place = places.get(member);
    if (place?.root === root && canonical(place.members) === canonical(members)) return [];
    const is = place && { root: place.root, members: place.members };
    return [{ code: 'place_differs', what: `${member} is ${canonical(is)}, not of ${canonical(members)}` }];
  });
}

/** Of what neither rates nor time nor policies change. */
function differencesOnceFollowed(expected: Expected): Difference[] {
  const { root, mine, places, basis } = expected;
  const history = historyOf(mine.map(({ content }) => content.contribution));
  const wanted = deriveFacts(history, basis.now, basis.reportingCurrency);
  const essence = (facts: Facts | undefined) =>
    canonical([facts?.orders, facts?.netSpend, facts?.firstPaidAt, facts?.lastPaidAt, facts?.channels]);
  const is = essence(places.get(root)?.profile?.facts);
  const differs: Difference = { code: 'profile_differs', what: `is ${is}, not ${essence(wanted)}` };
  return [...misplaced(expected), ...(is === essence(wanted) ? [] : [differs])];
}

function differencesOf(expected: Expected): Difference[] {
  const { root, places } = expected;
  const differences = misplaced(expected);
  const place = places.get(root);
  if (!place?.profile) return [...differences, { code: 'place_differs', what: 'has no profile' }];
  return [...differences, ...differencesOfProfile(place, place.profile, expected)];
}

function differencesOfProfile(
  place: Place<StoredProfile>,
  { facts, predicted, tier, segments = [] }: StoredProfile,
  { root, members, mine, resolution, basis, catalogue }: Expected,
): Difference[] {
  const { reportingCurrency, policy, now } = basis;
  const history = historyOf(mine.map(({ content }) => content.contribution));
  const model = forCurrency(FALLBACK, reportingCurrency);
  // As of when they were derived, they are all that was bought; and the tier holds until now.
  const asOf = facts.asOf as Instant; // the cast: derived at an instant
  const ofThen = deriveFacts(history, asOf, reportingCurrency);
  const ofNow = deriveFacts(history, now, reportingCurrency);
  const differences: Difference[] = [];
  const expect = (code: Problem['code'], name: string, is: unknown, wanted: unknown) => {
    if (canonical(is) !== canonical(wanted))
      differences.push({ code, what: `${name}\n  is     ${canonical(is)}\n  not    ${canonical(wanted)}` });
  };
  expect('profile_differs', 'facts', facts, ofThen);
  expect('profile_differs', 'prediction', predicted, predict(ofThen.purchases, model, asOf));
  if (policy) {
    const timeline = timelineOf(
      mine.flatMap(({ content: { contribution } }) =>
        contribution.counts
          ? [{ paidAtMs: Date.parse(contribution.paidAt), netSpend: contribution.reporting?.net ?? 0 }]
          : [],
      ),
    );
    const predictedNow = predict(ofNow.purchases, model, now);
    const wanted = decide({ facts: ofNow, predicted: predictedNow, timeline, at: now, policy });
    expect('tier_differs', 'tier', [tier.policyVersion, tier.value], [policy.version, wanted.value]);
    expect(
      'tier_differs',
      'reasons',
      tier.reasons.map(({ code, tier: of }) => `${of} ${code}`),
      wanted.reasons.map(({ code, tier: of }) => `${of} ${code}`),
    );
  }
  const found = (of: Facts, at: Instant) =>
    catalogue.decide(
      {
        at,
        facts: of,
        predicted: predict(of.purchases, model, at),
        tier,
        history,
        personas: members,
        tags: [],
        consents: [],
      },
      [],
    );
  const essence = (all: readonly Membership[]) => all.map(({ id, version, because }) => [id, version, because]);
  expect('segments_differ', 'segments', essence(segments), essence(found(ofThen, asOf).segments));
  const ids = (all: readonly Membership[]) => all.map(({ id }) => id);
  expect('segments_differ', 'segments by now', ids(segments), ids(found(ofNow, now).segments));
  const { reviewAt } = tier;
  if (place.lookAt === undefined || (reviewAt !== undefined && place.lookAt > reviewAt))
    differences.push({ code: 'review_late', what: `looked at ${place.lookAt}, though due at ${reviewAt}` });
  const suggestions = resolution.suggestions.filter(({ between }) => between.includes(root)).slice(0, SUGGESTIONS_KEPT);
  expect('suggestion_differs', 'suggestions', place.suggestions ?? [], suggestions);
  return differences;
}

/** All days with all of their orders, so nothing hangs on which of them is an edge. */
function historyOf(contributions: readonly Contribution[]): History {
  const edges = groupBy(contributions, ({ paidAt }) => paidAt.slice(0, 10));
  return { edges, days: new Map([...edges].map(([day, all]) => [day, sumDay(day, all)])) };
}

/** People find all that stand; some may be there that stand no more. */
async function checkSuggestions({ suggestions }: Resolution, { profiles, report }: ProfilesCheck): Promise<void> {
  const { items } = await profiles.customers.listSuggestions(Number.POSITIVE_INFINITY);
  const listed = new Set(items.map((between) => between.join(' ')));
  for (const { between } of suggestions)
    if (!listed.has(between.join(' '))) report('suggestion_differs', `${between.join(' and ')}: not listed`);
}

function groupBy<Key, Item>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
}
