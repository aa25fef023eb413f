/** Each reason in both languages. */
import { expect, test } from 'vitest';
import { type Reason, readReason, sentence } from '../../shared/recommend/reasons.ts';

const SAID: readonly (readonly [Reason, zh: string, en: string])[] = [
  [
    { code: 'repurchase_due', lastDays: 32, cycleDays: 30 },
    '你上次购买已 32 天,通常 30 天回购',
    'You last bought it 32 days ago, usually after 30',
  ],
  [
    { code: 'bought_before', lastDays: 1, times: 1 },
    '你买过 1 次,最近一次在 1 天前',
    'You bought it once, last 1 day ago',
  ],
  [
    { code: 'bought_before', lastDays: 9, times: 3 },
    '你买过 3 次,最近一次在 9 天前',
    'You bought it 3 times, last 9 days ago',
  ],
  [{ code: 'accessory_of', of: 'camera' }, '与你买过的 camera 配套', 'Goes with camera, which you bought'],
  [{ code: 'upgrade_of', of: 'camera' }, '你买过的 camera 的升级款', 'A step up from camera, which you bought'],
  [{ code: 'viewed', lastDays: 3 }, '你 3 天前浏览过', 'You looked at it 3 days ago'],
  [{ code: 'bought_together', with: 'tea' }, '买过 tea 的顾客也买', 'Customers who bought tea also buy this'],
  [{ code: 'popular_in', segment: 'all' }, '近期热销', 'Popular now'],
  [{ code: 'popular_in', segment: 'region:CN' }, '在 CN 顾客中热销', 'Popular now in CN'],
];

test.each(SAID)('%o', (reason, zh, en) => {
  expect(sentence(reason, 'zh')).toBe(zh);
  expect(sentence(reason, 'en')).toBe(en);
});

test('names stand for ids where they are known', () => {
  const names = { product: () => '茶壶', segment: () => '成长型' };
  expect(sentence({ code: 'bought_together', with: 'p1' }, 'zh', names)).toBe('买过 茶壶 的顾客也买');
  expect(sentence({ code: 'popular_in', segment: 'tier:growth' }, 'zh', names)).toBe('在 成长型 顾客中热销');
});

test('the columns of the table → a reason; what no build writes is refused', () => {
  expect(readReason('viewed', '{"lastDays":3}')).toEqual({ code: 'viewed', lastDays: 3 });
  expect(() => readReason('viewed', '{}')).toThrow();
  expect(() => readReason('because', '{}')).toThrow();
});
