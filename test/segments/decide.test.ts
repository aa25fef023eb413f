/** Deciding on segments, by example: time to the millisecond, what was found, since when, and the next review. */
import { describe, expect, test } from 'vitest';
import { compileCatalogue } from '../../shared/segments/compile.ts';
import type { Condition } from '../../shared/segments/condition.ts';
import type { SegmentVersion } from '../../shared/segments/definition.ts';
import { inDependencyOrder } from '../../shared/segments/dependencies.ts';
import { LEAVES_KEPT, type Membership } from '../../shared/segments/membership.ts';
import { type Instant, instant } from '../../shared/time/instant.ts';
import {
  bought,
  CHANNEL_CATEGORIES,
  customerOf,
  DAY,
  NOON,
  segmentOf,
  subjectAt,
  type TestCustomer,
} from './people.ts';

const compile = (versions: readonly SegmentVersion[], revision = 7) =>
  compileCatalogue(versions, revision, { channelCategories: CHANNEL_CATEGORIES });

function decide(versions: readonly SegmentVersion[], one: TestCustomer, atMs = NOON, held: readonly Membership[] = []) {
  const catalogue = compile(versions);
  return catalogue.decide(subjectAt(one, atMs, catalogue.windows), held);
}

const idsOf = (versions: readonly SegmentVersion[], one: TestCustomer, atMs = NOON): string[] =>
  decide(versions, one, atMs).segments.map(({ id }) => id);

const isIn = (when: Condition, one: TestCustomer, atMs = NOON): boolean =>
  idsOf([segmentOf('a', when)], one, atMs).length === 1;

const reviewOf = (when: Condition, one: TestCustomer, atMs = NOON): Instant | undefined =>
  decide([segmentOf('a', when)], one, atMs).reviewAt;

const daysOn = (days: number, ms = 0): Instant => instant(NOON + days * DAY + ms);

describe('a window', () => {
  const when: Condition = { field: 'orders', withinDays: 30, atLeast: 1 };

  test('holds what was paid after its beginning, to the millisecond', () => {
    const paid = (ms: number) => customerOf([{ paidAtMs: NOON - 30 * DAY + ms }]);
    expect(isIn(when, paid(1))).toBe(true);
    expect(isIn(when, paid(0))).toBe(false);
  });

  test('and what is paid at its end, not after it', () => {
    expect(isIn(when, customerOf([{ paidAtMs: NOON }]))).toBe(true);
    expect(isIn(when, customerOf([{ paidAtMs: NOON + 1 }]))).toBe(false);
  });

  test('cuts a day of several orders between them', () => {
    const edge = NOON - 30 * DAY;
    const one = customerOf([
      { paidAtMs: edge - 1, net: 100 },
      { paidAtMs: edge + 1, net: 300 },
      { paidAtMs: edge + 2 },
    ]);
    expect(isIn({ field: 'orders', withinDays: 30, equals: 2 }, one)).toBe(true);
    expect(isIn({ field: 'netSpend', withinDays: 30, equals: 10_300 }, one)).toBe(true);
  });

  test('counts an order once for each of the named categories in which it has goods', () => {
    const one = customerOf([bought(3, 100, { categories: { tea: 4000, 'tea/green': 6000, cups: 1 } })]);
    const of = { category: ['tea', 'tea/green', 'tea'] };
    expect(isIn({ field: 'orders', of, withinDays: 7, equals: 2 }, one)).toBe(true);
    expect(isIn({ field: 'netSpend', of, withinDays: 7, equals: 10_000 }, one)).toBe(true);
    expect(isIn({ field: 'orders', of, equals: 2 }, one)).toBe(true);
  });

  test('has money in the reporting currency, of a part, too, whose facts have another', () => {
    const one = customerOf([bought(3, 100, { currency: 'USD', rate: 7 }), bought(5, 50, { currency: 'USD', rate: 7 })]);
    expect(isIn({ field: 'netSpend', of: { channel: 'shopify' }, equals: 105_000 }, one)).toBe(true);
    expect(isIn({ field: 'netSpend', withinDays: 4, equals: 70_000 }, one)).toBe(true);
  });
});

describe('what is not known', () => {
  const nobody = customerOf([]);
  test.each<[string, Condition]>([
    ['the last order of who never bought', { field: 'daysSinceLastOrder', atLeast: 0 }],
    ['the same, from the other side', { field: 'daysSinceLastOrder', atMost: 10_000 }],
    ['an average of nothing', { field: 'averageOrder', atMost: 100 }],
    ['a rhythm before the second purchase', { field: 'rhythm', atLeast: 0 }],
    ['a prediction', { field: 'clv12m', atLeast: 0 }],
    ['what is compared with it', { field: 'netSpend', atLeast: { field: 'clv12m' } }],
    ['a date', { field: 'lastPaidAt', before: '2100-01-01T00:00:00.000Z' }],
    ['a date ahead', { field: 'nextOrderAt', withinNextDays: 365 }],
  ])('%s satisfies no condition, so under not it does', (_, when) => {
    expect(isIn(when, nobody)).toBe(false);
    expect(isIn({ not: when }, nobody)).toBe(true);
  });

  test('but can be asked for', () => {
    expect(isIn({ field: 'lastPaidAt', exists: false }, nobody)).toBe(true);
    expect(isIn({ field: 'lastPaidAt', exists: false }, customerOf([bought(1)]))).toBe(false);
  });
});

describe('segments of segments', () => {
  const versions = [
    segmentOf('a', { all: [{ segment: 'c' }, { not: { segment: 'b' } }] }),
    segmentOf('b', { field: 'orders', atLeast: 3 }),
    segmentOf('c', { segment: 'd' }),
    segmentOf('d', { field: 'orders', atLeast: 1 }),
  ];

  test('are decided after those they ask about, and given by id', () => {
    expect(inDependencyOrder(versions).map(({ id }) => id)).toEqual(['d', 'c', 'b', 'a']);
    expect(idsOf(versions, customerOf([bought(1)]))).toEqual(['a', 'c', 'd']);
    expect(idsOf(versions, customerOf([bought(1), bought(2), bought(3)]))).toEqual(['b', 'c', 'd']);
  });

  test('one that is archived, or not there, has no members', () => {
    const archived = versions.map((one) => (one.id === 'd' ? { ...one, isArchived: true } : one));
    expect(idsOf(archived, customerOf([bought(1)]))).toEqual([]);
    expect(isIn({ not: { segment: 'nowhere' } }, customerOf([]))).toBe(true);
  });

  test('a circle that was put all the same ends, and is looked at from its first by id', () => {
    const circle = [segmentOf('x', { not: { segment: 'y' } }), segmentOf('y', { not: { segment: 'x' } })];
    expect(idsOf(circle, customerOf([]))).toEqual(['y']);
    expect(idsOf([...circle].reverse(), customerOf([]))).toEqual(['y']);
  });
});

describe('names of strangers', () => {
  const names = ['constructor', 'toString', '__proto__', 'hasOwnProperty'];
  test.each(names)('%s is a name like any other', (name) => {
    const none = customerOf([bought(1)]);
    for (const of of [{ channel: name }, { category: name }, { region: name }]) {
      expect(isIn({ field: 'orders', of, atLeast: 1 }, none)).toBe(false);
      expect(isIn({ field: 'orders', of, withinDays: 7, atLeast: 1 }, none)).toBe(false);
      expect(isIn({ field: 'lastPaidAt', of, exists: false }, none)).toBe(true);
    }
    expect(isIn({ field: 'categories', includes: name }, none)).toBe(false);
    const some = customerOf([
      bought(1, 100, { channel: name, region: name, categories: Object.fromEntries([[name, 5]]) }),
    ]);
    for (const of of [{ channel: name }, { category: name }, { region: name }]) {
      expect(isIn({ field: 'orders', of, equals: 1 }, some)).toBe(true);
      expect(isIn({ field: 'orders', of, withinDays: 7, equals: 1 }, some)).toBe(true);
      expect(isIn({ field: 'lastPaidAt', of, withinLastDays: 2 }, some)).toBe(true);
    }
    expect(isIn({ field: 'categories', includes: name, sizeAtMost: 1 }, some)).toBe(true);
  });
});

describe('connections', () => {
  test('are those of the personas, whatever else is in their names', () => {
    const one = customerOf([bought(1)], {
      personas: ['square/tills/a/b', 'square/tills/2', 'shopify/shop/guest:phone:x'],
    });
    expect(isIn({ field: 'connections', includesAll: ['square/tills', 'shopify/shop'], sizeAtMost: 2 }, one)).toBe(
      true,
    );
    expect(isIn({ field: 'connections', includes: 'square/tills/a' }, one)).toBe(false);
  });
});

describe('a membership', () => {
  const sleeping = segmentOf('sleeping', { field: 'daysSinceLastOrder', atLeast: 60 }, { version: 3 });
  const one = customerOf([bought(61)]);

  test('begins when it is found', () => {
    expect(decide([sleeping], one).segments).toEqual([
      { id: 'sleeping', version: 3, since: instant(NOON), because: [{ at: '', value: 61 }] },
    ]);
  });

  test('keeps its beginning through versions, as long as it lasts', () => {
    const held = [{ id: 'sleeping', version: 1, since: daysOn(-20), because: [] }];
    expect(decide([sleeping], one, NOON, held).segments).toMatchObject([{ version: 3, since: daysOn(-20) }]);
    expect(decide([sleeping], customerOf([bought(1)]), NOON, held).segments).toEqual([]);
  });

  test('says what was found at each leaf, by its place in the tree', () => {
    const when: Condition = {
      all: [
        {
          field: 'netSpend',
          of: { channelCategory: 'live' },
          moreThan: { field: 'netSpend', of: { channelCategory: 'pos' } },
        },
        {
          any: [
            { field: 'tier', is: 'base' },
            { field: 'clv12m', atLeast: 5 },
          ],
        },
        { not: { field: 'channels', includesAny: ['shopify', 'shopee'] } },
        { field: 'categories', anyStartsWith: 'tea' },
        { field: 'regions', sizeAtMost: 3 },
        { field: 'lastPaidAt', withinLastDays: 9 },
        { not: { segment: 'sleeping' } },
      ],
    };
    const buyer = customerOf([
      bought(3, 100, { channel: 'douyin', categories: { cups: 1, tea: 2, 'tea/green': 3 } }),
      bought(8, 20, { channel: 'square', region: 'CN/浙江' }),
    ]);
    expect(decide([segmentOf('a', when), sleeping], buyer).segments).toMatchObject([
      {
        because: [
          { at: '/all/0', value: 10_000 },
          { at: '/all/0/moreThan', value: 2_000 },
          { at: '/all/1/any/0', value: 'base' },
          { at: '/all/1/any/1' },
          { at: '/all/2/not', value: [] },
          { at: '/all/3', value: ['tea', 'tea/green'] },
          { at: '/all/4', value: 1 },
          { at: '/all/5', value: daysOn(-3) },
          { at: '/all/6/not', value: false },
        ],
      },
    ]);
  });

  test('of a large tree the first are kept', () => {
    const two = { field: 'orders', atLeast: { field: 'purchaseDays' } } as const;
    const when: Condition = { any: [{ field: 'orders', atLeast: 0 }, ...Array.from({ length: 40 }, () => two)] };
    expect(decide([segmentOf('a', when)], one).segments[0]?.because).toHaveLength(LEAVES_KEPT);
  });
});

describe('a catalogue', () => {
  test('names its windows, once each', () => {
    const when: Condition = {
      all: [
        { field: 'orders', withinDays: 90, atLeast: { field: 'orders', withinDays: 45 } },
        { field: 'netSpend', of: { channel: 'douyin' }, withinDays: 90, atLeast: 1 },
      ],
    };
    const versions = [segmentOf('a', when), segmentOf('b', { field: 'orders', withinDays: 1000, atMost: 3 })];
    expect(compile(versions)).toMatchObject({ revision: 7, windows: [45, 90, 1000] });
    expect(compile([]).windows).toEqual([]);
    expect(compile(versions.map((one) => ({ ...one, isArchived: true }))).windows).toEqual([]);
  });
});

describe('the next review', () => {
  test('is when the last order turns so many days old', () => {
    const when: Condition = { field: 'daysSinceLastOrder', atLeast: 60 };
    expect(reviewOf(when, customerOf([bought(10)]))).toBe(daysOn(50));
    expect(reviewOf(when, customerOf([bought(60)]))).toBeUndefined();
  });

  test('is when the order leaves that makes the difference, and no other', () => {
    const one = customerOf([bought(80), bought(60), bought(40), bought(20)]);
    expect(reviewOf({ field: 'orders', withinDays: 90, atLeast: 2 }, one)).toBe(daysOn(50));
    expect(reviewOf({ field: 'orders', withinDays: 90, atMost: 1 }, one)).toBe(daysOn(50));
    expect(reviewOf({ field: 'orders', withinDays: 90, atLeast: 5 }, one)).toBeUndefined();
  });

  test('is none where another condition decides, whatever time brings', () => {
    const one = customerOf([bought(10)]);
    const window: Condition = { field: 'orders', withinDays: 30, atLeast: 1 };
    expect(reviewOf({ all: [window, { field: 'tier', is: 'growth' }] }, one)).toBeUndefined();
    expect(reviewOf({ any: [window, { field: 'tier', is: 'base' }] }, one)).toBeUndefined();
    expect(reviewOf({ all: [window, { field: 'tier', is: 'base' }] }, one)).toBe(daysOn(20));
  });

  test('waits for what a clock ahead of ours has paid', () => {
    expect(reviewOf({ field: 'orders', withinDays: 7, atLeast: 1 }, customerOf([bought(-1)]))).toBe(daysOn(1));
  });

  test('is that of the segment it asks about', () => {
    const versions = [
      segmentOf('a', { not: { segment: 'b' } }),
      segmentOf('b', { field: 'lastPaidAt', withinLastDays: 30 }),
    ];
    expect(decide(versions, customerOf([bought(10)])).reviewAt).toBe(daysOn(20));
  });

  test('is as the rhythm says', () => {
    // Every ten days; the last purchase day began twelve hours before noon.
    const one = customerOf([bought(25), bought(15), bought(5)]);
    expect(reviewOf({ field: 'rhythm', atLeast: 2 }, one)).toBe(daysOn(15, -DAY / 2));
  });

  test('is when the order that is expected comes near, and when it is overdue', () => {
    const one = customerOf([bought(5)], { predicted: { nextOrderAt: daysOn(20, -DAY / 2) } });
    expect(reviewOf({ field: 'nextOrderAt', withinNextDays: 7 }, one)).toBe(daysOn(13, -DAY / 2));
    expect(reviewOf({ field: 'nextOrderAt', withinNextDays: 7 }, one, NOON + 14 * DAY)).toBe(daysOn(20, -DAY / 2));
    expect(reviewOf({ field: 'daysUntilNextOrder', lessThan: 0 }, one)).toBe(daysOn(20, -DAY / 2 + 1));
  });

  test('asks no prediction, which only the model moves', () => {
    const one = customerOf([bought(5)], { predicted: { aliveProbability: 0.9, clv12m: 100 } });
    expect(reviewOf({ field: 'aliveProbability', atLeast: 0.5 }, one)).toBeUndefined();
  });

  test('of a day that is known by its sums alone: at its first order, and from that look on exact', () => {
    const first = NOON - 10 * DAY - 5 * 3_600_000;
    const one = customerOf([{ paidAtMs: first }, { paidAtMs: first + 60_000 }, { paidAtMs: first + 120_000 }]);
    const when: Condition = { field: 'orders', withinDays: 30, atLeast: 2 };
    // The second leaves a minute after the first.
    const mayBe = first + 30 * DAY;
    expect(reviewOf(when, one)).toBe(instant(mayBe));
    expect(isIn(when, one, mayBe)).toBe(true);
    expect(reviewOf(when, one, mayBe)).toBe(instant(mayBe + 60_000));
    expect(reviewOf({ field: 'orders', withinDays: 30, atLeast: 1 }, one)).toBe(instant(mayBe + 120_000));
  });

  test('of such a day, an order that is alone on its channel is known to the millisecond', () => {
    const first = NOON - 10 * DAY - 5 * 3_600_000;
    const one = customerOf([{ paidAtMs: first }, { paidAtMs: first + 60_000, channel: 'douyin' }]);
    const when: Condition = { field: 'netSpend', of: { channel: 'douyin' }, withinDays: 30, atLeast: 1 };
    expect(reviewOf(when, one)).toBe(instant(first + 60_000 + 30 * DAY));
  });

  test('comes after a year or so at the latest, where two ages race each other', () => {
    const one = customerOf([bought(1000), bought(10)]);
    const when: Condition = { field: 'daysSinceLastOrder', atLeast: { field: 'daysSinceFirstOrder', times: 0.5 } };
    expect(isIn(when, one)).toBe(false);
    // It holds from the 980th day on, and is looked for on 400 of them; what another leaf says beyond is not waited for.
    expect(reviewOf(when, one)).toBe(daysOn(400));
    expect(reviewOf({ any: [{ field: 'lastPaidAt', atLeastDaysAgo: 700 }, when] }, one)).toBe(daysOn(400));
    expect(reviewOf({ any: [when, { field: 'lastPaidAt', atLeastDaysAgo: 300 }] }, one)).toBe(daysOn(290));
    expect(reviewOf(when, one, NOON + 970 * DAY)).toBe(daysOn(980));
  });
});

test('a regular customer and the usual segments: each look finds something to change, but for days of several orders', () => {
  const versions = [
    segmentOf('sleeping', { field: 'daysSinceLastOrder', atLeast: 60 }),
    segmentOf('active', { field: 'orders', withinDays: 90, atLeast: 2 }),
    segmentOf('spends', { field: 'netSpend', withinDays: 365, atLeast: 50_000 }),
    segmentOf('tea', { field: 'orders', of: { category: 'tea' }, withinDays: 90, atLeast: 2 }),
    segmentOf('lapsing', { field: 'rhythm', atLeast: 2 }),
    segmentOf('new', { field: 'firstPaidAt', withinLastDays: 400 }),
  ];
  const monthly = Array.from({ length: 12 }, (_, index) => bought(5 + index * 30, 60, { categories: { tea: 6000 } }));
  const twice = [...monthly, { ...bought(35, 60), paidAtMs: NOON - 35 * DAY + 3_600_000 }];
  const looks = (orders: Parameters<typeof customerOf>[0]) => {
    const one = customerOf(orders);
    let [total, idle, atMs] = [0, 0, NOON];
    for (let before = idsOf(versions, one).join(); ; total++) {
      const { reviewAt } = decide(versions, one, atMs);
      if (reviewAt === undefined) return { total, idle };
      atMs = Date.parse(reviewAt);
      const members = idsOf(versions, one, atMs).join();
      if (members === before) idle++;
      before = members;
    }
  };
  expect(looks(monthly)).toEqual({ total: 4, idle: 0 });
  // When the first order of a day with two leaves a window, it cannot be told yet whether the second does, too.
  expect(looks(twice)).toEqual({ total: 6, idle: 1 });
});
