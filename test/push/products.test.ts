/** Products in messages: what is recommended, and what the message is about, in the words of who reads it. */
import { describe, expect, it, test, vi } from 'vitest';
import type { Campaign } from '../../shared/campaigns/campaign.ts';
import { showAmount } from '../../shared/money/show.ts';
import type { Reason } from '../../shared/recommend/reasons.ts';
import { NOON } from '../campaigns/spring.ts';
import { ANNE, openStage } from './stage.ts';

const BODY =
  '{% for item in items %}{{ item.title }} {{ item.price | default: "-" }} {{ item.reason | default: "-" }};{% endfor %}';
const messages = { zh: { title: 'zh', body: BODY }, en: { title: 'en', body: BODY } };
const content = (changes: Partial<Campaign['content']> = {}): Campaign['content'] => ({
  defaultLocale: 'zh',
  variants: [{ id: 'a', weight: 1, messages }],
  nonPersonalised: { zh: { title: '新品', body: '新品上市' } },
  recommended: { items: 2 },
  ...changes,
});
const price = (amount: number, currency = 'CNY') => ({ amount, currency });
const viewed: Reason = { code: 'viewed', lastDays: 3 };
const item = (product: string, reason: Reason = viewed) => ({ product, reason });

async function open(changes: Parameters<typeof openStage>[0] = {}) {
  const stage = await openStage({ content: content(), ...changes });
  await stage.putProduct('tea', {
    title: { zh: '春茶', en: 'Spring tea' },
    url: 'https://shop.example/tea',
    variants: [
      { skuId: 'big', price: price(25_000) },
      { skuId: 'small', price: price(12_800) },
      { skuId: 'tiny', price: price(100), stock: 0 },
    ],
  });
  await stage.putProduct('honey', { title: { zh: '蜂蜜' }, variants: [{ skuId: 'a', price: price(1_250) }] });
  await stage.putProduct('gone', { title: { zh: '陈茶' }, variants: [{ skuId: 'a', stock: 0 }] });
  await stage.putProduct('sample', { title: { zh: '试吃' }, excluded: true });
  const sendTo = async (locale?: string, products: string[] = []) => {
    const phone = { id: 'phone', persona: ANNE, endpoint: { provider: 'fcm', token: 't1' } } as const;
    await stage.devices.putDevice({ ...phone, seenAt: NOON, ...(locale !== undefined && { locale }) });
    const work = stage.work('entered-1', ANNE, { products });
    await stage.perform(work);
    return { record: await stage.recordOf(work), body: stage.fcm.taken.at(-1)?.content.body };
  };
  return { ...stage, sendTo };
}

describe('recommended items', () => {
  it('are told in the language of the device, else in the other', async () => {
    const { world, sendTo } = await open();
    world.recommended = [item('tea'), item('honey', { code: 'bought_together', with: 'tea' })];
    expect((await sendTo('zh-CN')).body).toBe('春茶 ¥128起 你 3 天前浏览过;蜂蜜 ¥12.50 买过 春茶 的顾客也买;');
    const other = await open();
    other.world.recommended = world.recommended;
    expect((await other.sendTo('en-GB')).body).toBe(
      'Spring tea from CN¥128 You looked at it 3 days ago;蜂蜜 CN¥12.50 Customers who bought Spring tea also buy this;',
    );
  });

  it('are those that can be bought: not what is sold out, excluded, unknown, or known by orders alone', async () => {
    const { world, sendTo } = await open();
    world.recommended = ['gone', 'sample', 'nowhere', 'shopify/shop/7', 'honey', 'tea'].map((id) => item(id));
    expect((await sendTo()).body).toMatch(/^蜂蜜.*春茶/);
  });

  it('have no reason that names what has no title', async () => {
    const { world, sendTo } = await open();
    world.recommended = [item('honey', { code: 'accessory_of', of: 'shopify/shop/7' })];
    expect((await sendTo()).body).toBe('蜂蜜 ¥12.50 -;');
  });

  it('that are popular in a tier or channel are popular; what sells where they live may be said', async () => {
    const { world, sendTo } = await open();
    world.recommended = [
      item('honey', { code: 'popular_in', segment: 'tier:base' }),
      item('tea', { code: 'popular_in', segment: 'region:CN/浙江' }),
    ];
    expect((await sendTo()).body).toMatch(/近期热销;.*在 CN\/浙江 顾客中热销;/);
  });

  it('that are none keep the message back', async () => {
    const { world, sendTo, logs } = await open();
    world.recommended = [item('gone')];
    expect(await sendTo()).toMatchObject({ record: { reasons: ['no_recommendation'] }, body: undefined });
    expect(await logs.getLog(ANNE)).toBeUndefined();
  });

  it('are for nobody who has refused personalisation: what is sent then needs none', async () => {
    const stage = await open();
    await stage.say('personalisation/push', false);
    const recommend = vi.spyOn(stage.dependencies.recommender, 'recommend');
    expect(await stage.sendTo()).toMatchObject({ body: '新品上市', record: { isPersonalised: false } });
    expect(recommend).not.toHaveBeenCalled();
  });
});

describe('what a message is about', () => {
  const about = (zh: string, more: Partial<Campaign['content']> = {}) =>
    content({ variants: [{ id: 'a', weight: 1, messages: { zh: { title: 'x', body: zh } } }], ...more });
  const DUE = { on: 'replenishment_due', daysBefore: 0 } as const;

  it('is the first product that can be bought, with the reason that is known of it', async () => {
    const stage = await open({ trigger: DUE, content: about('{{ product.title }}：{{ product.reason }}') });
    stage.world.recommended = [item('tea'), item('honey', { code: 'repurchase_due', lastDays: 32, cycleDays: 30 })];
    const { body } = await stage.sendTo('zh', ['shopify/shop/7', 'gone', 'honey', 'tea']);
    expect(body).toBe('蜂蜜：你上次购买已 32 天,通常 30 天回购');
  });

  it('is not among the items as well', async () => {
    const stage = await open({ trigger: DUE, content: about('{{ product.title }}、{{ items[0].title }}') });
    stage.world.recommended = [item('honey'), item('tea')];
    expect((await stage.sendTo('zh', ['honey'])).body).toBe('蜂蜜、春茶');
  });

  it('that cannot be shown keeps back what names it', async () => {
    const stage = await open({ trigger: DUE, content: about('{{ product.title }}', { recommended: undefined }) });
    expect((await stage.sendTo('zh', ['gone', 'nowhere'])).record?.reasons).toEqual(['missing_value']);
  });
});

test.each([
  [12_800, 'CNY', 'zh', '¥128'],
  [1_250, 'CNY', 'zh', '¥12.50'],
  [1_250, 'CNY', 'en', 'CN¥12.50'],
  [99_900, 'USD', 'en', '$999'],
  [123_456, 'USD', 'zh', 'US$1,234.56'],
  [1_980, 'JPY', 'en', '¥1,980'],
  [1_500, 'KWD', 'en', 'KWD 1.500'],
] as const)('%i %s in %s is %s', (amount, currency, language, expected) => {
  // A space that does not break, where there is one.
  expect(showAmount(amount, currency, language).replace('\u00a0', ' ')).toBe(expected);
});
