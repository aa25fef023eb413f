/**
 * Deciding on segments, on one core: who is in which of 100, for a profile that was not looked at before; what a decision with
 * its reasons and the next review costs; and closures against walking the tree.
 */
import { compileCatalogue, compileSegments, membershipsIn } from '../../shared/segments/compile.ts';
import type { Condition } from '../../shared/segments/condition.ts';
import type { SegmentVersion } from '../../shared/segments/definition.ts';
import { TIERS } from '../../shared/tiers/policy.ts';
import { interpret } from '../segments/interpret.ts';
import {
  CHANNEL_CATEGORIES,
  customerOf,
  DAY,
  NOON,
  segmentOf,
  subjectAt,
  type TestCustomer,
} from '../segments/people.ts';
import { compareMs, type Row } from './measure.ts';

const DEFINITIONS = 100;
const ORDERS = 20;

/** With numbers that differ, so that each window and each threshold is asked for by a few. */
const KINDS: readonly ((index: number) => Condition)[] = [
  (index) => ({ field: 'tier', is: TIERS[index % TIERS.length] ?? 'base' }),
  (index) => ({ field: 'daysSinceLastOrder', atLeast: 10 + index }),
  (index) => ({
    field: 'orders',
    of: { category: 'tea' },
    withinDays: [30, 90, 180, 365][index % 4] ?? 90,
    atLeast: 2,
  }),
  () => ({
    all: [
      {
        field: 'netSpend',
        of: { channelCategory: 'live' },
        moreThan: { field: 'netSpend', of: { channelCategory: 'pos' } },
      },
      { field: 'lastPaidAt', withinLastDays: 90 },
    ],
  }),
  (index) => sixConditions(index),
  (index) => ({
    any: [
      { field: 'tags', includesAny: ['vip', `campaign-${index}`] },
      { field: 'consents', includesAll: ['push', 'sms'] },
    ],
  }),
  (index) => ({
    all: [
      { field: 'rhythm', atLeast: 1 + (index % 5) / 2 },
      { field: 'purchaseDays', atLeast: 3 },
    ],
  }),
  (index) => ({
    field: 'netSpend',
    withinDays: [30, 60, 90, 180, 365][index % 5] ?? 30,
    atLeast: 10_000 * index,
    lessThan: 2_000_000,
  }),
  (index) => ({ all: [{ segment: segmentId(index - 8) }, { not: { segment: segmentId(index - 7) } }] }),
  (index) => ({
    all: [
      { field: 'categories', anyStartsWith: index % 2 === 0 ? 'tea' : '服饰' },
      { field: 'channels', sizeAtLeast: 2 },
      { field: 'firstPaidAt', atLeastDaysAgo: index },
    ],
  }),
];

const segmentId = (index: number): string => `segment-${index}`;

const sixConditions = (index: number): Condition => ({
  all: [
    { field: 'netSpend', withinDays: 365, atLeast: 100_000 },
    { field: 'orders', withinDays: 90, atLeast: 1 },
    { field: 'orders', of: { channelCategory: 'live' }, withinDays: 365, atLeast: 2 },
    { field: 'refundRate', lessThan: 0.5 },
    {
      any: [
        { field: 'tier', isOneOf: ['high_value', 'growth'] },
        { field: 'channels', sizeAtLeast: 2 },
      ],
    },
    { field: 'lastPaidAt', withinLastDays: 60 + index },
  ],
});

export function benchSegments(): Row[] {
  const definitions = Array.from({ length: DEFINITIONS }, (_, index) => {
    const kind = KINDS[index % KINDS.length] ?? sixConditions;
    return segmentOf(segmentId(index), kind(index));
  });
  return [...speedOf(definitions), ...ratioOf(sixConditions(0))];
}

function speedOf(definitions: readonly SegmentVersion[]): Row[] {
  const options = { channelCategories: CHANNEL_CATEGORIES };
  const compiled = compileSegments(definitions, options);
  const catalogue = compileCatalogue(definitions, 1, options);
  const subject = subjectAt(regular(), NOON, compiled.windows);
  const { segments: held } = catalogue.decide(subject, []);
  const timed = compareMs([
    [`who is in which of ${DEFINITIONS}`, () => membershipsIn(compiled, subject)],
    ['with reasons and review', () => catalogue.decide(subject, held)],
  ]);
  return [
    ...timed.map(({ name, ms }) => ({ name: `${name}, a profile`, value: tenths(ms * 1000), unit: 'µs' })),
    ...timed.slice(0, 1).map(({ ms }) => ({
      name: 'definitions decided',
      value: Math.round((DEFINITIONS / ms) * 1000),
      unit: '/s',
    })),
  ];
}

/** One definition on one profile, each from the start: nothing was summed before. */
function ratioOf(when: Condition): Row[] {
  const compiled = compileSegments([segmentOf('a', when)], { channelCategories: CHANNEL_CATEGORIES });
  const subject = subjectAt(regular(), NOON, compiled.windows);
  const world = { channelCategories: CHANNEL_CATEGORIES, isMember: () => false };
  if (membershipsIn(compiled, subject).isMember[0] !== interpret(when, subject, world)) throw new Error('They differ.');
  const timed = compareMs([
    ['six conditions, interpreted', () => interpret(when, subject, world)],
    ['six conditions, compiled', () => membershipsIn(compiled, subject)],
  ]);
  const baseMs = timed[0]?.ms ?? Number.NaN;
  return timed.map(({ name, ms }) => ({ name, value: tenths(ms * 1000), unit: 'µs', ratio: baseMs / ms }));
}

const tenths = (value: number): number => Math.round(value * 10) / 10;

/** Two years on three channels, once twice on a day. */
function regular(): TestCustomer {
  const channels = ['shopify', 'douyin', 'square'];
  const categories = ['tea', 'tea/green', '服饰/女装', 'cups'];
  const orders = Array.from({ length: ORDERS }, (_, index) => ({
    paidAtMs: NOON - 5 * DAY - Math.floor(index / 2) * 70 * DAY - (index % 2) * (index < 2 ? DAY / 24 : 33 * DAY),
    net: 20_000 + index * 317,
    channel: channels[index % channels.length] ?? 'shopify',
    categories: { [categories[index % categories.length] ?? 'tea']: 15_000 + index },
    region: index % 3 === 0 ? 'CN/广东' : 'CN/浙江',
  }));
  return customerOf(orders, {
    personas: ['shopify/shop/1', 'douyin/live/7', 'square/tills/3'],
    tags: ['vip'],
    consents: ['push'],
    predicted: { clv12m: 120_000, aliveProbability: 0.8 },
    tier: { value: 'growth', since: new Date(NOON - 40 * DAY).toISOString() },
  });
}
