/** What deciding on segments promises, for random customers and definitions. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileCatalogue } from '../../shared/segments/compile.ts';
import type { SegmentVersion } from '../../shared/segments/definition.ts';
import type { Membership } from '../../shared/segments/membership.ts';
import { instant } from '../../shared/time/instant.ts';
import {
  conditionOf,
  customer,
  customerWith,
  numberCondition,
  ordersOnDaysOfSeveral,
  ordersOnDaysOfTheirOwn,
  segments,
  segmentsOf,
  WINDOW_DAYS,
} from './arbitraries.ts';
import { membersBy } from './interpret.ts';
import { CHANNEL_CATEGORIES, DAY, knownWhole, NOON, segmentOf, subjectAt, type TestCustomer } from './people.ts';

const runs = { numRuns: Number(process.env.RUNS ?? 300) };
const options = { channelCategories: CHANNEL_CATEGORIES };
const compile = (versions: readonly SegmentVersion[]) => compileCatalogue(versions, 1, options);
const idsOf = (memberships: readonly Membership[]) => memberships.map(({ id }) => id);
const instants = fc.integer({ min: NOON - 3 * DAY, max: NOON + 30 * DAY });

describe('who is in a segment', () => {
  test('is what the tree says, read node by node over every single order', () => {
    fc.assert(
      fc.property(segments, customer, fc.oneof(fc.constant(NOON), instants), (versions, one, atMs) => {
        const catalogue = compile(versions);
        const { segments: found } = catalogue.decide(subjectAt(one, atMs, catalogue.windows), []);
        expect(idsOf(found)).toEqual(membersBy(versions, knownWhole(one, atMs), CHANNEL_CATEGORIES));
      }),
      { numRuns: runs.numRuns * 3 },
    );
  });
});

/** Instants of an interval at which something may happen to this customer, a millisecond about them, and some by chance. */
function* instantsBetween(one: TestCustomer, fromMs: number, untilMs: number): Generator<number> {
  const origins = [
    ...one.orders.flatMap(({ paidAt }) => [Date.parse(paidAt), Date.parse(paidAt.slice(0, 10))]),
    Date.parse(one.tier.since),
    Date.parse(one.predicted.nextOrderAt ?? one.tier.since),
  ];
  for (const origin of origins) {
    for (const days of [0, ...WINDOW_DAYS]) {
      for (const ms of [-1, 0, 1]) {
        const at = origin + days * DAY + ms;
        if (at >= fromMs && at < untilMs) yield at;
      }
    }
    const nextMs = origin + Math.ceil((fromMs - origin) / DAY) * DAY;
    for (let day = 0; day < 4; day++) if (nextMs + day * DAY < untilMs) yield nextMs + day * DAY;
  }
  for (let step = 0; step < 12; step++) yield fromMs + Math.floor(((untilMs - fromMs) * step) / 12);
  yield untilMs - 1;
}

const FOREVER_MS = NOON + 1200 * DAY;

/** Looks at reviewAt or before, again and again; whoever looks in between finds the memberships that are there. */
function followTime(versions: readonly SegmentVersion[], one: TestCustomer, jumpsMs: readonly number[]): void {
  const catalogue = compile(versions);
  // No condition reads what is of an instant in the facts.
  const whole = knownWhole(one, NOON);
  let atMs = NOON;
  let held: readonly Membership[] = [];
  for (const jumpMs of jumpsMs) {
    const { segments: found, reviewAt } = catalogue.decide(subjectAt(one, atMs, catalogue.windows), held);
    held = found;
    const reviewMs = reviewAt === undefined ? FOREVER_MS : Date.parse(reviewAt);
    expect(reviewMs).toBeGreaterThan(atMs);
    for (const ms of new Set(instantsBetween(one, atMs, reviewMs))) {
      const members = membersBy(versions, { ...whole, at: instant(ms) }, CHANNEL_CATEGORIES);
      expect({ ms, members }).toEqual({ ms, members: idsOf(found) });
    }
    atMs = Math.min(reviewMs, atMs + jumpMs);
  }
}

const jumps = fc.array(
  fc.integer({ min: 1, max: 200 * 24 }).map((hours) => hours * (DAY / 24)),
  { minLength: 1, maxLength: 4 },
);

describe('reviewAt', () => {
  test('until then, whoever looks finds the memberships that are there', () => {
    fc.assert(fc.property(segments, customer, jumps, followTime), { numRuns: runs.numRuns / 2 });
  });

  test('also where a day is known by its sums alone, and a single condition decides', () => {
    const windows = conditionOf({ leaf: numberCondition({ fields: ['orders', 'netSpend'] }) });
    fc.assert(
      fc.property(windows, customerWith(ordersOnDaysOfSeveral), jumps, (when, one, jumpsMs) =>
        followTime([segmentOf('a', when)], one, jumpsMs),
      ),
      { numRuns: runs.numRuns * 2 },
    );
  });

  test('is never for nothing, where each order is alone on its day and numbers are compared with numbers', () => {
    fc.assert(
      fc.property(segmentsOf({ comparands: false }), customerWith(ordersOnDaysOfTheirOwn), (versions, one) => {
        const catalogue = compile(versions);
        const { segments: found, reviewAt } = catalogue.decide(subjectAt(one, NOON, catalogue.windows), []);
        if (reviewAt === undefined) return;
        const then = membersBy(versions, knownWhole(one, Date.parse(reviewAt)), CHANNEL_CATEGORIES);
        expect(then).not.toEqual(idsOf(found));
      }),
      runs,
    );
  });
});
