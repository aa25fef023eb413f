/** Which changes of a place are told, and that what is told is enough. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TOLD } from '../../shared/api/events.ts';
import type { Decision } from '../../shared/identity/cuts.ts';
import type { KeyedIdentifier } from '../../shared/identity/identifiers.ts';
import { BUILT_IN } from '../../shared/identity/linking-versions.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import type { Entry } from '../../shared/profiles/customer.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { customerRules } from '../../shared/profiles/rules.ts';
import { updateCustomers } from '../../shared/profiles/update.ts';
import { EVENTS, eventsBetween, ProfileEvent } from '../../shared/publish/events.ts';
import { compileCatalogue } from '../../shared/segments/compile.ts';
import type { Condition } from '../../shared/segments/condition.ts';
import { FALLBACK } from '../../shared/tiers/clv/model.ts';
import { defaultPolicy } from '../../shared/tiers/default-policy.ts';
import type { Tier } from '../../shared/tiers/policy.ts';
import type { Finding } from '../../shared/tiers/reasons.ts';
import { epochMs, type Instant, instant } from '../../shared/time/instant.ts';
import { memoryCustomers } from '../simulation/models/customers.ts';
import { A, AT, aliasOf, B, C, LATER, personaId, profileOf, rootOf, type StoredPlace } from './samples.ts';

const types = (before: StoredPlace | undefined, now: StoredPlace) => eventsBetween(before, now).map(({ type }) => type);
const next = (change: Partial<StoredPlace> = {}) => rootOf(A, { revision: 2, writtenAt: LATER, ...change });

const finding: Finding = {
  code: 'net_spend_365d',
  tier: 'high_value',
  measure: 'netSpend365d',
  value: 323_456,
  threshold: 300_000,
  bound: 'atLeast',
  currency: 'CNY',
};

describe('a change of a place', () => {
  it('that is the first of a profile tells of it and of its first tier', () => {
    const facts = {
      lastPaidAt: AT,
      channels: {
        shopify: { orders: 1, netSpend: 9_900, lastPaidAt: AT },
        douyin: { orders: 0, netSpend: 0, lastPaidAt: AT },
      },
    };
    const [created, tier, ...others] = eventsBetween(undefined, rootOf(A, { profile: profileOf(facts) }));
    expect(others).toEqual([]);
    expect(created).toEqual({
      type: 'profile.created',
      id: expect.stringMatching(/^[\w-]{22}$/),
      occurredAt: AT,
      cause: 'live',
      subject: A,
      revision: 1,
      profile: A,
      tier: 'base',
      orders: 1,
      netSpend: 9_900,
      currency: 'CNY',
      reporting: { currency: 'CNY', netSpend: 0 },
      lastPaidAt: AT,
      channels: ['douyin', 'shopify'],
      personas: [A],
      segments: [],
    });
    expect(tier).toMatchObject({
      type: 'tier.changed',
      subject: A,
      profile: A,
      to: 'base',
      since: AT,
      policyVersion: 1,
    });
    expect(tier).not.toHaveProperty('from');
  });

  it('tells of orders, decisions, policies; not of a review that finds nothing', () => {
    expect(types(rootOf(A), next({ derivedFrom: 'two orders' }))).toEqual(['profile.changed']);
    const looked = profileOf({ asOf: LATER, netSpend365d: 1, windows: profileOf().facts.windows });
    expect(types(rootOf(A), next({ cause: 'review', profile: { ...looked, predicted: { clv12m: 1 } } }))).toEqual([]);
    expect(types(rootOf(A), next({ suggestions: [{ between: [A, B], reason: 'name' } as never] }))).toEqual([]);
  });

  it('tells of a persona that came with nothing of its own', () => {
    const events = eventsBetween(rootOf(A), next({ members: [A, B] }));
    expect(events).toMatchObject([{ type: 'profile.changed', personas: [A, B] }]);
  });

  it('tells of another tier, why, and what it was', () => {
    const profile = profileOf({}, { value: 'high_value', since: LATER, policyVersion: 2, reasons: [finding] });
    const events = eventsBetween(rootOf(A), next({ cause: 'review', profile }));
    expect(events.map(({ type }) => type)).toEqual(['profile.changed', 'tier.changed']);
    expect(events[1]).toMatchObject({
      cause: 'review',
      from: 'base',
      to: 'high_value',
      since: LATER,
      policyVersion: 2,
      reasons: [
        { ...finding, en: expect.stringContaining('CNY 3,234.56'), zh: expect.stringContaining('3,234.56 元') },
      ],
    });
  });

  it('that ends a profile tells which one it belongs to', () => {
    const now = aliasOf(A, B, { profile: profileOf() });
    expect(eventsBetween(rootOf(A), now)).toEqual([
      {
        type: 'profile.merged',
        id: expect.any(String),
        occurredAt: LATER,
        cause: 'live',
        subject: A,
        revision: 2,
        profile: B,
        absorbed: A,
      },
    ]);
    // Its profile goes to another: whoever followed the name has to know.
    const moved = eventsBetween(now, { ...now, revision: 3, root: C });
    expect(moved).toMatchObject([{ type: 'profile.merged', profile: C, absorbed: A, from: B }]);
    expect(eventsBetween(now, { ...now, revision: 3, members: [A, B, C] })).toEqual([]);
  });

  it('says nothing of a persona that never was a profile', () => {
    expect(eventsBetween(undefined, aliasOf(A, B, { revision: 1 }))).toEqual([]);
    expect(eventsBetween(aliasOf(A, B), aliasOf(A, C, { revision: 3 }))).toEqual([]);
  });

  it('that gives a persona a profile of its own tells whose it was, and its tier anew', () => {
    for (const before of [aliasOf(A, B, { profile: profileOf() }), aliasOf(A, B)]) {
      const events = eventsBetween(before, next({ revision: 3 }));
      expect(events).toMatchObject([
        { type: 'profile.split', profile: A, from: B, orders: 1, personas: [A] },
        { type: 'tier.changed', to: 'base' },
      ]);
      expect(events[1]).not.toHaveProperty('from');
    }
  });

  it('that makes no sense is a defect', () => {
    const { profile: _, ...nothing } = rootOf(A);
    expect(() => eventsBetween(undefined, nothing)).toThrow('has no profile');
  });
});

describe('an event', () => {
  it('is as the documentation shows it', () => {
    const text = readFileSync(path.resolve(import.meta.dirname, '../../docs/events.md'), 'utf8');
    const shown = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) => JSON.parse(json));
    const details = shown.map((one) => one.detail ?? one);
    // The cast: whether it is a type that is told is what is asked.
    for (const detail of details) expect(TOLD[detail.type as keyof typeof TOLD].parse(detail)).toEqual(detail);
    expect(details.map(({ type }) => type).sort()).toEqual(
      [
        'profile.changed',
        'profile.merged',
        'profile.split',
        'push.suppressed',
        'segment.entered',
        'segment.exited',
        'tier.changed',
      ].sort(),
    );
  });

  it('has the same id whenever its record is read, and no other event has it', () => {
    const steps: [StoredPlace | undefined, StoredPlace][] = [
      [undefined, rootOf(A)],
      [undefined, rootOf(B)],
      [rootOf(A), next({ derivedFrom: 'two', profile: profileOf({}, { value: 'growth' }) })],
      [rootOf(B), aliasOf(B, A, { profile: profileOf() })],
      [aliasOf(B, A, { profile: profileOf() }), rootOf(B, { revision: 3 })],
    ];
    const tell = () => steps.flatMap(([before, now]) => eventsBetween(before, now));
    expect(tell()).toEqual(tell());
    expect(new Set(tell().map(({ id }) => id)).size).toBe(tell().length);
  });

  it('is small: a call takes several of the largest', () => {
    const members = Array.from({ length: 99 }, (_, index) =>
      personaId(`douyin/some-long-connection/${index}`.padEnd(100, 'x')),
    );
    const reasons = Array.from({ length: 70 }, () => ({ ...finding, percentile: 90 }));
    const largest = eventsBetween(
      undefined,
      rootOf(A, { members, profile: profileOf({}, { value: 'high_value', reasons }) }),
    ).map((event) => Buffer.byteLength(JSON.stringify(event)));
    expect(Math.max(...largest)).toBeLessThan(64 * 1024);
    const usual = eventsBetween(undefined, rootOf(A, { profile: profileOf({}, { reasons: reasons.slice(0, 6) }) }));
    for (const event of usual) expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(4 * 1024);
  });

  it('is as its schema says', () => {
    const merged = aliasOf(A, B, { profile: profileOf() });
    const all = [
      ...eventsBetween(undefined, rootOf(A)),
      ...eventsBetween(rootOf(A), next({ derivedFrom: 'two orders' })),
      ...eventsBetween(rootOf(A), merged),
      ...eventsBetween(merged, next({ revision: 3 })),
    ];
    expect(new Set(all.map(({ type }) => type)).size).toBe(5);
    for (const event of all) expect(ProfileEvent.parse(JSON.parse(JSON.stringify(event)))).toEqual(event);
  });
});

// --- What is told is enough --------------------------------------------------------------------------------------------

const PERSONAS = ['toy/shop/1', 'toy/shop/2', 'toy/tills/3', 'toy/tills/4', 'toy/live/5'].map(personaId);
const IDENTIFIERS = ['x', 'y', 'z'].map(
  (hash): KeyedIdentifier => ({ type: 'email', scope: 'brand', strength: 'strong', verified: false, hash }),
);
const START_MS = epochMs(AT);
const DAY_MS = 86_400_000;

type Step =
  | {
      readonly kind: 'order';
      readonly order: number;
      readonly persona: PersonaId;
      readonly net: number;
      readonly identifiers: readonly KeyedIdentifier[];
    }
  | { readonly kind: 'cut'; readonly off: PersonaId; readonly kept: readonly PersonaId[] }
  | { readonly kind: 'relink' }
  | { readonly kind: 'days'; readonly days: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('order' as const),
      order: fc.nat(7),
      persona: fc.constantFrom(...PERSONAS),
      net: fc.constantFrom(1_000, 120_000, 400_000),
      identifiers: fc.subarray(IDENTIFIERS, { maxLength: 2 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ off: fc.constantFrom(...PERSONAS), kept: fc.subarray(PERSONAS, { minLength: 1, maxLength: 3 }) })
      .map(({ off, kept }) => ({ kind: 'cut' as const, off, kept: kept.filter((one) => one !== off) })),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'relink' as const }) },
  { weight: 1, arbitrary: fc.constantFrom(40, 400).map((days) => ({ kind: 'days' as const, days })) },
);

const CONDITIONS: Readonly<Record<string, Condition>> = {
  recent: { field: 'orders', withinDays: 30, atLeast: 1 },
  several: { field: 'orders', atLeast: 2 },
  sleeping: { all: [{ segment: 'several' }, { not: { segment: 'recent' } }] },
};
const CATALOGUE = compileCatalogue(
  Object.entries(CONDITIONS).map(([id, when]) => ({
    id,
    name: id,
    when,
    version: 1,
    revision: 1,
    isArchived: false,
    by: 'tests',
    at: AT,
  })),
  1,
  { channelCategories: new Map() },
);

/** The course of a shop: its customers at the end, and all that its stream told. */
async function play(steps: readonly Step[]) {
  const records: [StoredPlace | undefined, StoredPlace][] = [];
  const store = memoryCustomers<StoredProfile>({ onPlace: (now, before) => records.push([before, now]) });
  const policy = { ...defaultPolicy({ currency: 'CNY' }), hysteresis: { margin: 0, dwellDays: 0 } };
  const linking = BUILT_IN;
  const rules = customerRules({
    store,
    linking,
    policy,
    model: FALLBACK,
    segments: CATALOGUE,
    reportingCurrency: 'CNY',
  });
  const orders = new Map<number, Entry>();
  const decisions: Decision[] = [];
  let nowMs = START_MS;
  const made = () => ({ at: instant(nowMs), by: 'tests', reason: 'chance' });
  const decide = async (decision: Decision, personas: readonly PersonaId[]) => {
    decisions.push(decision);
    await store.putDecision(personas, decision);
    await updateCustomers({ entries: [], personas }, store, rules, { now: instant(nowMs), cause: 'merge' });
  };
  for (const [index, one] of steps.entries()) {
    nowMs += 60_000;
    if (one.kind === 'order') {
      const before = orders.get(one.order);
      const paidAt = before?.content?.contribution.paidAt ?? instant(nowMs);
      const entry = entryOf(one, index + 1, paidAt);
      orders.set(one.order, entry);
      const left = before && before.persona !== entry.persona ? [leaving(before, index + 1)] : [];
      await updateCustomers({ entries: [...left, entry] }, store, rules, { now: instant(nowMs), cause: 'live' });
    } else if (one.kind === 'cut') {
      const cut: Decision = { kind: 'unlink', id: `d${index}`, ...made(), off: [one.off], kept: one.kept };
      await decide(cut, [one.off, ...one.kept]);
    } else if (one.kind === 'relink') {
      const last = decisions.findLast((decision) => decision.kind === 'unlink');
      if (last?.kind !== 'unlink') continue;
      await decide({ kind: 'withdraw', id: `d${index}`, ...made(), of: last.id }, [...last.off, ...last.kept]);
    } else {
      nowMs += one.days * DAY_MS;
      const occasion = { now: instant(nowMs), cause: 'review' as const };
      await updateCustomers({ entries: [], personas: PERSONAS }, store, rules, occasion);
    }
  }
  return { places: store.places(), records };
}

function entryOf(
  { order, persona, net, identifiers }: Extract<Step, { kind: 'order' }>,
  revision: number,
  paidAt: Instant,
): Entry {
  const key = `toy/shop/${order}`;
  const money = { paid: net, refunded: 0, net };
  const contribution = {
    key,
    revision,
    paidAt,
    counts: true,
    currency: 'CNY',
    ...money,
    reporting: money,
    channel: 'toy',
  };
  const content = { contribution, identifiers, values: {}, receivedAt: instant(START_MS + order) };
  return { persona, day: paidAt.slice(0, 10), key, revision, reading: 0, content };
}

const leaving = ({ content: _, ...entry }: Entry, revision: number): Entry => ({ ...entry, revision });

/** Keeps the greatest revision of each subject, drops what is less; knows nothing else of order or repetition. */
class Listener {
  readonly memberships = new Map<string, { readonly revision: number; readonly isIn: boolean }>();
  readonly known = new Map<
    PersonaId,
    {
      readonly revision: number;
      readonly profile: PersonaId;
      tier?: Tier;
      personas?: readonly PersonaId[];
      segments?: readonly string[];
    }
  >();

  hear(event: ProfileEvent): void {
    const { subject, revision, profile } = event;
    const before = this.known.get(subject);
    if (before && before.revision > revision) return;
    const now = before?.revision === revision ? before : { revision, profile };
    this.known.set(subject, now);
    if (event.type === 'tier.changed') now.tier = event.to;
    else if ('personas' in event) [now.tier, now.personas, now.segments] = [event.tier, event.personas, event.segments];
  }

  /** Of each segment and subject the greatest revision stands, too. */
  hearOfSegments(event: ProfileEvent): void {
    if (event.type !== 'segment.entered' && event.type !== 'segment.exited') return;
    const name = `${event.segment} ${event.subject}`;
    const { revision = 0 } = this.memberships.get(name) ?? {};
    if (event.revision >= revision)
      this.memberships.set(name, { revision: event.revision, isIn: event.type === 'segment.entered' });
  }

  members() {
    return [...this.memberships].flatMap(([name, { isIn }]) => (isIn ? [name] : [])).sort();
  }

  profiles() {
    return [...this.known]
      .flatMap(([name, { profile, tier, personas, segments }]) =>
        name === profile ? [{ name, tier, personas, segments }] : [],
      )
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  aliases() {
    return [...this.known].flatMap(([name, { profile }]) => (name === profile ? [] : [`${name} ${profile}`])).sort();
  }
}

describe('who listens, in any order and to all of it any number of times', () => {
  it('has the profiles, aliases, tiers and members of segments of the store', async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 25 }),
        fc.infiniteStream(fc.nat(10_000)),
        async (steps, lots) => {
          const { places, records } = await play(steps);
          const events = records.flatMap(([before, now]) => eventsBetween(before, now));
          for (const { type } of events) seen.set(type, (seen.get(type) ?? 0) + 1);
          const heard = [...events, ...events, ...events.slice(0, 3)]
            .map((event) => ({ event, lot: lots.next().value ?? 0 }))
            .sort((a, b) => a.lot - b.lot);
          const listener = new Listener();
          for (const { event } of heard) {
            listener.hear(event);
            listener.hearOfSegments(event);
          }

          const roots = places.filter(({ persona, root }) => persona === root);
          expect(listener.profiles()).toEqual(
            roots.map(({ persona, members, profile }) => ({
              name: persona,
              tier: profile?.tier.value,
              personas: members,
              segments: (profile?.segments ?? []).map(({ id }) => id),
            })),
          );
          expect(listener.members()).toEqual(
            roots
              .flatMap(({ persona, profile }) => (profile?.segments ?? []).map(({ id }) => `${id} ${persona}`))
              .sort(),
          );
          // Those that were profiles once: the others are only known as personas of theirs.
          const aliases = places.filter(({ persona, root, profile }) => persona !== root && profile !== undefined);
          expect(listener.aliases()).toEqual(aliases.map(({ persona, root }) => `${persona} ${root}`).sort());
          expect(
            listener
              .profiles()
              .flatMap(({ personas = [] }) => personas)
              .sort(),
          ).toEqual(places.map(({ persona }) => persona));
        },
      ),
      { numRuns: 300 * Number(process.env.RUNS_SCALE ?? 1) },
    );
    // Chance has met all of them.
    expect([...seen.keys()].sort()).toEqual(Object.keys(EVENTS).sort());
  });
});
