import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileCatalogue } from '../../shared/segments/compile.ts';
import type { Condition } from '../../shared/segments/condition.ts';
import { describeCondition, explainMembership, type NamesInUse } from '../../shared/segments/words.ts';
import { condition, customer } from './arbitraries.ts';
import { bought, CHANNEL_CATEGORIES, customerOf, NOON, segmentOf, subjectAt } from './people.ts';

const NAMES: NamesInUse = {
  reportingCurrency: 'CNY',
  channels: new Map([['douyin', '抖店']]),
  segments: new Map([['regulars', '老客']]),
};
const textsOf = (when: Condition, language: 'zh' | 'en') =>
  describeCondition(when, language, NAMES).map(({ text }) => text);

describe('a leaf', () => {
  test.each<[Condition, string, string]>([
    [{ field: 'daysSinceLastOrder', atLeast: 60 }, '距上次购买的天数至少 60 天', 'Days since the last order: at least 60 days'],
    [{ field: 'orders', of: { category: '服饰/女装' }, withinDays: 90, atLeast: 2 }, '近 90 天品类「服饰/女装」的订单数至少 2 单', 'Orders of category 服饰/女装 in the last 90 days: at least 2 orders'],
    [{ field: 'netSpend', of: { channelCategory: 'live' }, moreThan: { field: 'netSpend', of: { channelCategory: 'pos' }, times: 2 } }, '直播渠道的净消费超过门店渠道的净消费的 2 倍', 'Net spend in live-streams: more than 2 times net spend in stores'],
    [{ field: 'netSpend', of: { channel: ['douyin', 'square'] }, atLeast: 200_000, lessThan: 300_000 }, '渠道「抖店」或「square」的净消费至少 2,000.00 元，且低于 3,000.00 元', 'Net spend on 抖店 or square: at least CNY 2,000.00 and less than CNY 3,000.00'],
    [{ field: 'refundRate', moreThan: 0.3 }, '退款率超过 30%', 'Refund rate: more than 30%'],
    [{ field: 'rhythm', atMost: 1.5 }, '距上次购买的天数与其平均购买间隔之比至多 1.5 倍', 'Days since the last purchase over the mean days between purchases: at most 1.5 times'],
    [{ field: 'orders', withinDays: 1, equals: 1 }, '近 1 天订单数等于 1 单', 'Orders in the last 1 day: exactly 1 order'],
    [{ field: 'lastPaidAt', of: { channel: 'douyin' }, withinLastDays: 30 }, '渠道「抖店」的上次购买在近 30 天内', 'The last order on 抖店: within the last 30 days'],
    [{ field: 'firstPaidAt', before: '2026-01-01T00:00:00.000Z', after: '2025-01-01T00:00:00Z' }, '首次购买早于 2026-01-01 00:00 UTC，且不早于 2025-01-01 00:00 UTC', 'The first order: before 2026-01-01 00:00 UTC and not before 2025-01-01 00:00 UTC'],
    [{ field: 'nextOrderAt', withinNextDays: 7 }, '预计下次购买在未来 7 天内', 'The order expected next: within the next 7 days'],
    [{ field: 'tierSince', atLeastDaysAgo: 1 }, '进入当前分层的时间在 1 天前或更早', 'Entering the present tier: at least 1 day ago'],
    [{ field: 'lastPaidAt', exists: false }, '上次购买没有记录', 'The last order: not known'],
    [{ field: 'tier', isOneOf: ['high_value', 'growth'] }, '分层为「高价值」或「成长型」', 'Tier: high value or growth'],
    [{ field: 'channels', includesAll: ['douyin', 'square'], sizeAtMost: 2 }, '购买渠道全部包含：「抖店」、「square」，且至多 2 个', 'Channels: include all of 抖店, square and at most 2'],
    [{ field: 'categories', anyStartsWith: 'tea' }, '购买品类有以「tea」开头的', 'Categories: one begins with tea'],
    [{ field: 'tags', includesNone: ['staff'] }, '标签均不包含：「staff」', 'Tags: include none of staff'],
    [{ segment: 'regulars' }, '属于分群「老客」', 'In the segment “老客”'],
    [{ segment: 'others' }, '属于分群「others」', 'In the segment “others”'],
  ])('%j', (when, zh, en) => {
    expect(textsOf(when, 'zh')).toEqual([zh]);
    expect(textsOf(when, 'en')).toEqual([en]);
  }); // biome-ignore format: a table
});

test('a tree is a line for each node, with its place and depth', () => {
  const when: Condition = {
    all: [{ field: 'orders', atLeast: 2 }, { not: { any: [{ segment: 'regulars' }, { field: 'tier', is: 'base' }] } }],
  };
  expect(describeCondition(when, 'en', NAMES)).toEqual([
    { at: '', depth: 0, text: 'All of:' },
    { at: '/all/0', depth: 1, text: 'Orders: at least 2 orders' },
    { at: '/all/1', depth: 1, text: 'Not:' },
    { at: '/all/1/not', depth: 2, text: 'Any of:' },
    { at: '/all/1/not/any/0', depth: 3, text: 'In the segment “老客”' },
    { at: '/all/1/not/any/1', depth: 3, text: 'Tier: base' },
  ]);
  expect(textsOf(when, 'zh').slice(0, 4)).toEqual([
    '以下全部满足：',
    '订单数至少 2 单',
    '以下不成立：',
    '以下任一满足：',
  ]);
});

const becauseOf = (when: Condition, one = customerOf([])) => {
  const catalogue = compileCatalogue([segmentOf('a', when)], 1, { channelCategories: CHANNEL_CATEGORIES });
  return catalogue.decide(subjectAt(one, NOON, catalogue.windows), []).segments[0]?.because ?? [];
};

test('a membership tells what was found, beside what was asked', () => {
  const when: Condition = {
    all: [
      { field: 'orders', withinDays: 90, atLeast: 1 },
      {
        field: 'netSpend',
        of: { channel: 'douyin' },
        moreThan: { field: 'netSpend', of: { channel: 'square' }, times: 2 },
      },
      { field: 'lastPaidAt', withinLastDays: 30 },
      { field: 'tier', is: 'base' },
      { field: 'channels', includesAny: ['douyin', 'shopee'] },
      { field: 'channelCategories', sizeAtLeast: 2 },
      {
        not: {
          any: [{ segment: 'regulars' }, { field: 'clv12m', atLeast: 100 }, { field: 'tags', includes: 'staff' }],
        },
      },
    ],
  };
  const one = customerOf([bought(3, 500, { channel: 'douyin' }), bought(9, 20, { channel: 'square' })]);
  const lines = explainMembership(when, becauseOf(when, one), NAMES);
  expect(lines.map(({ at, en }) => `${at} ${en}`)).toEqual([
    '/all/0 Orders in the last 90 days: 2 orders, asked for: at least 1 order.',
    '/all/1 Net spend on 抖店: CNY 500.00, asked for: more than 2 times net spend on square (CNY 20.00).',
    '/all/2 The last order: 2026-11-21 12:00 UTC, asked for: within the last 30 days.',
    '/all/3 Tier: base, asked for: base.',
    '/all/4 Channels: 抖店, asked for: include any of 抖店, shopee.',
    '/all/5 Kinds of channels: 2, asked for: at least 2.',
    '/all/6/not/any/0 In the segment “老客”: no (below a “not”).',
    '/all/6/not/any/1 Net spend expected in the next 12 months: not known, asked for: at least CNY 1.00 (below a “not”).',
    '/all/6/not/any/2 Tags: none of those asked for, asked for: include staff (below a “not”).',
  ]);
  expect(lines.map(({ zh }) => zh)).toEqual([
    '近 90 天订单数：2 单，要求至少 1 单。',
    '渠道「抖店」的净消费：500.00 元，要求超过渠道「square」的净消费（20.00 元）的 2 倍。',
    '上次购买：2026-11-21 12:00 UTC，要求在近 30 天内。',
    '分层：「基础」，要求为「基础」。',
    '购买渠道：「抖店」，要求至少包含其一：「抖店」、「shopee」。',
    '购买渠道类型：2 个，要求至少 2 个。',
    '属于分群「老客」：否（位于「不成立」之下）。',
    '未来 12 个月预测净消费：未知，要求至少 1.00 元（位于「不成立」之下）。',
    '标签：没有所问及的，要求包含「staff」（位于「不成立」之下）。',
  ]);
});

test('what was kept of another version is left out where it does not fit', () => {
  const because = [
    { at: '/all/7', value: 3 },
    { at: '', value: 2 },
  ];
  expect(explainMembership({ field: 'orders', atLeast: 1 }, because, NAMES)).toHaveLength(1);
  expect(explainMembership({ all: [{ field: 'orders', atLeast: 1 }] }, because, NAMES)).toEqual([]);
});

test('there are words for every condition, and every membership', () => {
  fc.assert(
    fc.property(condition, customer, (when, one) => {
      for (const language of ['zh', 'en'] as const)
        for (const text of textsOf(when, language)) expect(text).not.toMatch(/undefined|NaN|\[object/);
      for (const { zh, en } of explainMembership(when, becauseOf(when, one), NAMES))
        expect(`${zh} ${en}`).not.toMatch(/undefined|NaN|Infinity|\[object/);
    }),
    { numRuns: 500 },
  );
});
