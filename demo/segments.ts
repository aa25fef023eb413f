/** Segments that a brand would want, as its marketers write them. */
import type { SegmentDefinition } from '../shared/segments/definition.ts';

export const DEMO_SEGMENTS: readonly SegmentDefinition[] = [
  {
    id: 'high-value',
    name: '高价值客户',
    description: 'Everyone in the highest tier',
    when: { field: 'tier', is: 'high_value' },
  },
  {
    id: 'cross-channel-regulars',
    name: '跨渠道复购客户',
    description: 'Bought on two channels or more, three times or more within a year',
    when: {
      all: [
        { field: 'channels', sizeAtLeast: 2 },
        { field: 'orders', withinDays: 365, atLeast: 3 },
      ],
    },
  },
  {
    id: 'live-first',
    name: '直播为主的客户',
    description: 'Spent more in live-streams than in stores, and bought within 90 days',
    when: {
      all: [
        {
          field: 'netSpend',
          of: { channelCategory: 'live' },
          moreThan: { field: 'netSpend', of: { channelCategory: 'pos' } },
        },
        { field: 'lastPaidAt', withinLastDays: 90 },
      ],
    },
  },
  {
    id: 'slipping-away',
    name: '渐行渐远的老客户',
    description: 'Bought twice or more, and nothing for two months',
    when: {
      all: [
        { field: 'orders', atLeast: 2 },
        { field: 'daysSinceLastOrder', atLeast: 60 },
      ],
    },
  },
];
