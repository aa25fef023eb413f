/** What is no campaign is refused, each problem with its place. */
import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { readCampaign } from '../../shared/campaigns/read-campaign.ts';
import { lastRun, nextRun, problemOfCron } from '../../shared/campaigns/schedule.ts';
import { instant } from '../../shared/time/instant.ts';

const message = { title: '新品', body: '{{ customer.tier }}' };
const GOOD = {
  id: 'spring',
  name: '春季新品',
  trigger: { on: 'segment_entered', segment: 'tea-lovers' },
  content: {
    defaultLocale: 'zh',
    variants: [{ id: 'a', messages: { zh: message } }],
    nonPersonalised: { zh: { title: '新品', body: '{{ brand }}新品上市' } },
  },
};
const context = { segments: ['tea-lovers', 'rich'], policy: { law: 'pipl' as const } };
const problemsOf = (json: unknown, law: 'pipl' | 'none' = 'pipl') => {
  const read = readCampaign(json, { ...context, policy: { law } });
  return read.kind === 'refused' ? read.problems.map(({ at }) => at) : [];
};
const content = (changes: object) => ({ ...GOOD, content: { ...GOOD.content, ...changes } });

it('one that can be meant is read, with what was left out', () => {
  expect(readCampaign(GOOD, context)).toMatchObject({
    kind: 'campaign',
    definition: {
      purpose: 'marketing',
      audience: { in: [], notIn: [] },
      limits: { holdHours: 12, attributionDays: 7 },
    },
  });
});

test.each<[string, unknown, string[]]>([
  ['nothing', undefined, ['']],
  ['a list', [], ['']],
  ['an unknown property', { ...GOOD, colour: 'red' }, ['']],
  ['an id with a space', { ...GOOD, id: 'a b' }, ['/id']],
  ['an unknown trigger', { ...GOOD, trigger: { on: 'full_moon' } }, ['/trigger/on']],
  [
    'a segment that is not there',
    { ...GOOD, trigger: { on: 'segment_entered', segment: 'nobody' } },
    ['/trigger/segment'],
  ],
  [
    'an audience that is not there',
    { ...GOOD, audience: { in: ['rich', 'x'], notIn: ['y'] } },
    ['/audience/in/1', '/audience/notIn/0'],
  ],
  [
    'a schedule that never comes',
    {
      ...GOOD,
      trigger: { on: 'schedule', cron: '0 10 31 2 *', zone: 'Asia/Shanghai' },
      audience: { in: ['rich'], notIn: [] },
    },
    ['/trigger/cron'],
  ],
  [
    'a schedule over nobody',
    { ...GOOD, trigger: { on: 'schedule', cron: '0 10 * * *', zone: 'Asia/Shanghai' } },
    ['/audience/in'],
  ],
  [
    'a zone that is none',
    { ...GOOD, trigger: { on: 'schedule', cron: '0 10 * * *', zone: 'Asia/Shangai' } },
    ['/trigger/zone'],
  ],
  [
    'an end before its start',
    { ...GOOD, startsAt: '2026-12-01T00:00:00Z', endsAt: '2026-11-01T00:00:00Z' },
    ['/endsAt'],
  ],
  [
    'two variants of one name',
    content({ variants: [GOOD.content.variants[0], GOOD.content.variants[0]] }),
    ['/content/variants'],
  ],
  [
    'no text in the default locale',
    content({ defaultLocale: 'en' }),
    ['/content/variants/0/messages', '/content/nonPersonalised'],
  ],
  [
    'a template that is none',
    content({ variants: [{ id: 'a', messages: { zh: { title: '{{ x', body: 'x' } } }] }),
    ['/content/variants/0/messages/zh/title'],
  ],
  [
    'nothing for those who refuse personalisation',
    content({ nonPersonalised: undefined }),
    ['/content/nonPersonalised'],
  ],
  ['something personal for those', content({ nonPersonalised: { zh: message } }), ['/content/nonPersonalised/zh']],
  [
    'an offer by tier that nobody answers for',
    { ...GOOD, offer: { byTier: { high_value: '¥20' } } },
    ['/offer/signOff'],
  ],
  [
    'items that nobody asked for',
    content({ variants: [{ id: 'a', messages: { zh: { title: '{{ items[0].title }}', body: 'x' } } }] }),
    ['/content/variants/0/messages/zh'],
  ],
  [
    'a product, where the trigger is about none',
    content({ variants: [{ id: 'a', messages: { zh: { title: '{{ product.title }}', body: 'x' } } }] }),
    ['/content/variants/0/messages/zh'],
  ],
  ['more items than may be', content({ recommended: { items: 11 } }), ['/content/recommended/items']],
  ['a cart left for a moment', { ...GOOD, trigger: { on: 'cart_left', afterMinutes: 5 } }, ['/trigger/afterMinutes']],
  [
    'a replenishment long before',
    { ...GOOD, trigger: { on: 'replenishment_due', daysBefore: 31 } },
    ['/trigger/daysBefore'],
  ],
  ['no product at all', { ...GOOD, trigger: { on: 'back_in_stock', products: [] } }, ['/trigger/products']],
  ['a priority that is none', { ...GOOD, priority: 'urgent' }, ['/priority']],
  [
    'quiet hours of no length',
    { ...GOOD, limits: { quietHours: { from: '08:00', to: '08:00' } } },
    ['/limits/quietHours'],
  ],
  ['a holdout of all', { ...GOOD, limits: { holdout: 1 } }, ['/limits/holdout']],
  ['more than a definition may be', { ...GOOD, description: 'x'.repeat(70_000) }, ['']],
])('%s is refused where it is', (_, json, at) => {
  expect(problemsOf(json)).toEqual(at);
});

const product = { title: '{{ product.title }}', body: '{{ product.reason | default: "" }}' };
test.each<[string, unknown, object]>([
  ['replenishment', { on: 'replenishment_due' }, { on: 'replenishment_due', daysBefore: 0 }],
  ['a cart', { on: 'cart_left' }, { on: 'cart_left', afterMinutes: 60 }],
  ['a restock', { on: 'back_in_stock', products: ['茶-1'] }, { on: 'back_in_stock', most: 1_000, products: ['茶-1'] }],
])('%s may name its product', (_, trigger, read) => {
  const json = { ...content({ variants: [{ id: 'a', messages: { zh: product } }] }), trigger };
  expect(readCampaign(json, context)).toMatchObject({ definition: { trigger: read, priority: 'normal' } });
});

it('what the documentation shows can be meant', () => {
  const text = readFileSync('docs/push.md', 'utf8');
  const shown = [...text.matchAll(/```json\n(.*?)```/gs)].map(([, json = '']): unknown => JSON.parse(json));
  const campaigns = shown.filter((one) => Object.hasOwn(Object(one), 'trigger'));
  const read = campaigns.map((one) => readCampaign(one, { ...context, segments: ['sleeping', 'staff'] }));
  expect(read.map((one) => (one.kind === 'campaign' ? one.definition.id : one.problems))).toEqual([
    'wake-sleepers',
    'tea-again',
  ]);
});

it('items that are asked for may be named, as whatever', () => {
  const body = '{% for product in items %}{{ product.title }}{% endfor %}';
  const variants = [{ id: 'a', messages: { zh: { title: '{{ items.size }}', body } } }];
  expect(problemsOf(content({ recommended: { items: 3 }, variants }))).toEqual([]);
});

it('where another law holds, neither is asked for', () => {
  expect(
    problemsOf({ ...content({ nonPersonalised: undefined }), offer: { byTier: { growth: '¥5' } } }, 'none'),
  ).toEqual([]);
});

describe('a schedule', () => {
  const at = (text: string) => instant(Date.parse(text));
  const daily = ['0 10 * * *', 'Asia/Shanghai'] as const;

  it('is by the clock of its zone', () => {
    expect(nextRun(...daily, at('2026-11-25T01:59:59Z'))).toBe('2026-11-25T02:00:00.000Z');
    expect(nextRun(...daily, at('2026-11-25T02:00:00Z'))).toBe('2026-11-26T02:00:00.000Z');
  });

  it('was last due then, unless that was before', () => {
    const now = at('2026-11-25T02:00:00Z');
    expect(lastRun(...daily, at('2026-11-24T02:00:00Z'), now)).toBe(now);
    expect(lastRun(...daily, now, now)).toBeUndefined();
    expect(lastRun(...daily, at('2026-11-20T00:00:00Z'), at('2026-11-25T01:00:00Z'))).toBe('2026-11-24T02:00:00.000Z');
  });

  it('runs on each day of a change of clocks, once', () => {
    // 02:30 is not shown on the first of these days in Berlin, and twice on the second.
    for (const day of ['2026-03-29', '2026-10-25']) {
      const first = nextRun('30 2 * * *', 'Europe/Berlin', at(`${day}T00:00:00+01:00`));
      expect(first?.slice(0, 10)).toBe(day);
      const second = first && nextRun('30 2 * * *', 'Europe/Berlin', first);
      expect(second?.slice(0, 10)).not.toBe(day);
    }
  });

  it.each(['* * * *', '0 10 * * * *', '61 * * * *', 'never'])('%s is none', (cron) => {
    expect(problemOfCron(cron)).toBeDefined();
  });
});
