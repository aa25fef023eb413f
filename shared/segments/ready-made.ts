/**
 * Segments for the usual work, to be put as they are or changed. None asks for an amount of money: those are in the tier policy,
 * which knows the currency and the shop's own customers.
 */
import type { SegmentDefinition } from './definition.ts';

/** Of each, what it is for in Chinese, then in English. */
export const READY_MADE: readonly SegmentDefinition[] = [
  {
    id: 'tier-high-value',
    name: '高价值客户',
    description: '当前处于「高价值」分层。High-value customers: in the highest tier.',
    when: { field: 'tier', is: 'high_value' },
  },
  {
    id: 'tier-growth',
    name: '成长型客户',
    description: '当前处于「成长型」分层。Growing customers: on the way up.',
    when: { field: 'tier', is: 'growth' },
  },
  {
    id: 'tier-stable',
    name: '稳定型客户',
    description: '当前处于「稳定型」分层。Stable customers: regular by their own habit.',
    when: { field: 'tier', is: 'stable' },
  },
  {
    id: 'tier-base',
    name: '基础客户',
    description: '当前处于「基础」分层且有购买。Base customers: all others who have bought.',
    when: {
      all: [
        { field: 'tier', is: 'base' },
        { field: 'orders', atLeast: 1 },
      ],
    },
  },
  {
    id: 'new-customers',
    name: '新客户',
    description: '首次购买在近 30 天内。New customers: the first order is less than 30 days old.',
    when: { field: 'firstPaidAt', withinLastDays: 30 },
  },
  {
    id: 'one-time-buyers',
    name: '一次性客户',
    description: '仅购买过一天，且已满 60 天。One-time buyers: bought on a single day, 60 days ago or more.',
    when: {
      all: [
        { field: 'purchaseDays', equals: 1 },
        { field: 'daysSinceLastOrder', atLeast: 60 },
      ],
    },
  },
  {
    id: 'lapsing',
    name: '即将流失客户',
    description:
      '沉默时间已达自身平均购买间隔的 2 倍，未满 4 倍。Lapsing: silent for twice their own mean days between purchases, and not yet for four times.',
    when: {
      all: [
        { field: 'purchaseDays', atLeast: 3 },
        { field: 'rhythm', atLeast: 2, lessThan: 4 },
      ],
    },
  },
  {
    id: 'win-back',
    name: '待召回客户',
    description:
      '曾多次购买，沉默已达平均购买间隔的 4 倍且至少 90 天，未满两年。To be won back: bought again and again, silent for four times their mean gap and at least 90 days, less than two years.',
    when: {
      all: [
        { field: 'purchaseDays', atLeast: 3 },
        { field: 'rhythm', atLeast: 4 },
        { field: 'daysSinceLastOrder', atLeast: 90, lessThan: 730 },
      ],
    },
  },
  {
    id: 'high-value-dormant',
    name: '高价值沉睡客户',
    description:
      '处于「高价值」分层，已 60 天没有订单。Dormant high-value customers: in the highest tier, and no order for 60 days.',
    when: {
      all: [
        { field: 'tier', is: 'high_value' },
        { field: 'daysSinceLastOrder', atLeast: 60 },
      ],
    },
  },
  {
    id: 'replenishment-due',
    name: '即将补货客户',
    description:
      '预计 7 天内再次购买，且仍有意愿。Replenishment due: expected to order again within a week, and probably still a customer.',
    when: {
      all: [
        { field: 'purchaseDays', atLeast: 2 },
        { field: 'nextOrderAt', withinNextDays: 7 },
        { field: 'aliveProbability', atLeast: 0.5 },
      ],
    },
  },
  {
    id: 'high-refund',
    name: '高退款客户',
    description:
      '退款占付款的 30% 及以上，且购买不止一天或已全额退款。High refunds: at least 30 % of what was paid was refunded, not for a single order alone, unless all of it was.',
    when: {
      all: [
        { field: 'refundRate', atLeast: 0.3 },
        {
          any: [
            { field: 'purchaseDays', atLeast: 2 },
            { field: 'orders', equals: 0 },
          ],
        },
      ],
    },
  },
  {
    id: 'live-only',
    name: '仅直播购买客户',
    description: '只在直播渠道购买过。Live only: bought in live-streams and nowhere else.',
    when: { field: 'channelCategories', includes: 'live', sizeAtMost: 1 },
  },
  {
    id: 'cross-channel',
    name: '跨渠道客户',
    description: '在两类及以上渠道购买过。Cross-channel: bought on two kinds of channels or more.',
    when: { field: 'channelCategories', sizeAtLeast: 2 },
  },
];

/** Of one channel: high value, and half of what they spend or more is spent there. `name`: what the brand calls the channel. */
export const vipOfChannel = (channel: string, name = channel): SegmentDefinition => ({
  id: `vip-${channel}`,
  name: `${name} VIP`,
  description: `处于「高价值」分层，且净消费至少一半来自「${name}」。High-value customers who spend at least half of their money on ${name}.`,
  when: {
    all: [
      { field: 'tier', is: 'high_value' },
      { field: 'netSpend', of: { channel }, moreThan: 0, atLeast: { field: 'netSpend', times: 0.5 } },
    ],
  },
});
