import { describe, expect, test } from 'vitest';
import { DEMO_SEGMENTS } from '../../demo/segments.ts';
import { compileCatalogue } from '../../shared/segments/compile.ts';
import type { SegmentDefinition } from '../../shared/segments/definition.ts';
import { readDefinition } from '../../shared/segments/read-definition.ts';
import { READY_MADE, vipOfChannel } from '../../shared/segments/ready-made.ts';
import { instant } from '../../shared/time/instant.ts';
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

const channels = [...CHANNEL_CATEGORIES.keys()];
const all = [...READY_MADE, ...channels.map((channel) => vipOfChannel(channel))];

test.each([...all, ...DEMO_SEGMENTS])('$id is a definition that can be meant', (definition) => {
  const reading = readDefinition(definition, { others: [], channels, reportingCurrency: 'CNY' });
  expect(reading).toEqual({ kind: 'definition', definition });
});

test('each has an id of its own, and says in both languages what it is for', () => {
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  for (const { name, description = '' } of all) {
    expect(name).toMatch(/\p{Script=Han}|VIP/u);
    expect(description).toMatch(/\p{Script=Han}.*[A-Z][a-z]+/u);
  }
});

function segmentsOf(one: TestCustomer, definitions: readonly SegmentDefinition[] = all): string[] {
  const versions = definitions.map(({ id, when }) => segmentOf(id, when));
  const catalogue = compileCatalogue(versions, 1, { channelCategories: CHANNEL_CATEGORIES });
  return catalogue.decide(subjectAt(one, NOON, catalogue.windows), []).segments.map(({ id }) => id);
}

describe('who is in them', () => {
  const highValue = { tier: { value: 'high_value', since: instant(NOON - 200 * DAY) } } as const;

  test('somebody new', () => {
    expect(segmentsOf(customerOf([bought(3)]))).toEqual(['new-customers', 'tier-base']);
  });

  test('somebody who came once', () => {
    expect(segmentsOf(customerOf([bought(100, 50, { channel: 'douyin' })]))).toEqual([
      'live-only',
      'one-time-buyers',
      'tier-base',
    ]);
  });

  test('高价值沉睡客户', () => {
    const one = customerOf([bought(300), bought(200, 900, { channel: 'douyin' }), bought(70)], highValue);
    expect(segmentsOf(one)).toEqual(['cross-channel', 'high-value-dormant', 'tier-high-value', 'vip-douyin']);
  });

  test('somebody on the way out, and somebody gone', () => {
    expect(segmentsOf(customerOf([bought(90), bought(60), bought(30), bought(75)]))).toContain('tier-base');
    const every20Days = (lastDaysAgo: number) => customerOf([40, 20, 0].map((days) => bought(lastDaysAgo + days)));
    expect(segmentsOf(every20Days(30))).not.toContain('lapsing');
    expect(segmentsOf(every20Days(45))).toContain('lapsing');
    expect(segmentsOf(every20Days(100))).toContain('win-back');
    expect(segmentsOf(every20Days(100))).not.toContain('lapsing');
  });

  test('somebody who sends all back, and somebody who is about to buy', () => {
    expect(segmentsOf(customerOf([bought(9, 100, { counts: false })]))).toEqual(['high-refund']);
    const predicted = { nextOrderAt: instant(NOON + 5 * DAY), aliveProbability: 0.8 };
    expect(segmentsOf(customerOf([bought(50), bought(20)], { predicted }))).toContain('replenishment-due');
  });
});
