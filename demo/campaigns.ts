/** What a brand's marketers would have: its goods as one catalogue over all shops, and two campaigns. */
import type { CampaignDefinition } from '../shared/campaigns/campaign.ts';
import type { ProductDraft } from '../shared/catalogue/product.ts';
import { douyinProductId } from './douyin.ts';
import { CUP, GAIWAN, GIFT_BOX, type Good, JASMINE, OOLONG, PUER, TEAPOT, WHISK } from './goods.ts';
import type { HistoryShop } from './history.ts';
import type { ShopChannel } from './regulars.ts';
import { shopeeItemId } from './shopee.ts';
import { squareVariationId } from './square.ts';

interface Sold {
  readonly id: string;
  readonly good: Good;
  readonly title: { readonly zh: string; readonly en: string };
  readonly categoryPath: string;
  readonly consumable?: true;
  readonly accessoryOf?: readonly string[];
}

const SOLD: readonly Sold[] = [
  {
    ...{ id: 'oolong', good: OOLONG, title: { zh: '铁观音', en: 'Iron Goddess Oolong' } },
    ...{ categoryPath: '茶/乌龙茶', consumable: true },
  },
  {
    ...{ id: 'puer', good: PUER, title: { zh: '普洱茶饼', en: "Pu'er Cake" } },
    ...{ categoryPath: '茶/普洱', consumable: true },
  },
  {
    ...{ id: 'jasmine', good: JASMINE, title: { zh: '茉莉龙珠', en: 'Jasmine Pearls' } },
    ...{ categoryPath: '茶/花茶', consumable: true },
  },
  { id: 'gaiwan', good: GAIWAN, title: { zh: '盖碗', en: 'Gaiwan' }, categoryPath: '茶具/盖碗' },
  { id: 'teapot', good: TEAPOT, title: { zh: '宜兴紫砂壶', en: 'Yixing Teapot' }, categoryPath: '茶具/壶' },
  {
    ...{ id: 'cup', good: CUP, title: { zh: '旅行杯', en: 'Travel Cup' }, categoryPath: '茶具/杯' },
    accessoryOf: ['gaiwan', 'teapot'],
  },
  { id: 'whisk', good: WHISK, title: { zh: '茶筅', en: 'Bamboo Whisk' }, categoryPath: '茶具/茶筅' },
  { id: 'gift-box', good: GIFT_BOX, title: { zh: '明前礼盒', en: 'Spring Gift Box' }, categoryPath: '茶/礼盒' },
];

/** How each shop names it. */
const NAMES: Readonly<Record<ShopChannel, (good: Good) => string>> = {
  shopify: ({ productId }) => String(productId),
  douyin: douyinProductId,
  square: squareVariationId,
  shopee: (good) => String(shopeeItemId(good)),
};

/** One product however many shops sell it, with a price in the currency of each. */
export const demoProducts = (shops: readonly HistoryShop[]): readonly (ProductDraft & { readonly id: string })[] =>
  SOLD.map(({ id, good, title, categoryPath, consumable, accessoryOf }) => ({
    id,
    title,
    categoryPath,
    variants: Object.entries(good.prices).map(([currency, amount]) => ({
      skuId: `${id}-${currency}`,
      price: { amount, currency },
    })),
    listings: shops.flatMap(({ channel, options: { connection } }) => {
      const name = channel.door.channel;
      return name in NAMES
        ? // The cast: it was asked whether it is one of them.
          [{ channel: name, connection, productId: NAMES[name as ShopChannel](good) }]
        : [];
    }),
    ...(consumable && { consumable }),
    ...(accessoryOf && { accessoryOf: [...accessoryOf] }),
  }));

type Written = Pick<CampaignDefinition, 'id' | 'name' | 'description' | 'trigger' | 'content'> & {
  readonly audience?: { readonly in: string[]; readonly notIn: string[] };
  readonly limits?: { readonly holdout?: number; readonly perCustomer?: { times: number; days: number } };
};

const NON_PERSONALISED = {
  zh: { title: '春茶上新', body: '今年的春茶到了，欢迎来看看。' },
  en: { title: 'Spring teas are in', body: 'Come and see what is new.' },
};

export const DEMO_CAMPAIGNS: readonly Written[] = [
  {
    id: 'replenishment',
    name: '回购提醒',
    description: 'To who is about to run out of a tea, by their own rhythm',
    trigger: { on: 'replenishment_due', daysBefore: 14 },
    content: {
      defaultLocale: 'en',
      variants: [
        {
          id: 'a',
          weight: 1,
          messages: {
            zh: {
              title: '{{ product.title }}快喝完了吗？',
              body: '{{ product.reason | default: "又到补货的时候了" }}。{{ product.price | default: "" }}，一键回购。',
            },
            en: {
              title: 'Running low on {{ product.title }}?',
              body: '{{ product.reason | default: "It is about time" }}. {{ product.price | default: "" }} a tin.',
            },
          },
        },
      ],
      nonPersonalised: NON_PERSONALISED,
    },
  },
  {
    id: 'win-back',
    name: '老客户召回',
    description: 'Each minute, so that it is seen here; a brand would say each week',
    trigger: { on: 'schedule', cron: '* * * * *', zone: 'Asia/Shanghai' },
    audience: { in: ['slipping-away'], notIn: ['high-value'] },
    limits: { holdout: 0.2, perCustomer: { times: 1, days: 30 } },
    content: {
      defaultLocale: 'en',
      recommended: { items: 2 },
      variants: [
        {
          id: 'reason',
          weight: 1,
          messages: {
            zh: {
              title: '{{ customer.daysSinceLastOrder }} 天没见了',
              body: '为你留了{{ items[0].title }}{% if items[1] %}和{{ items[1].title }}{% endif %}。',
            },
            en: {
              title: '{{ customer.daysSinceLastOrder }} days without tea?',
              body: 'We kept {{ items[0].title }}{% if items[1] %} and {{ items[1].title }}{% endif %} for you.',
            },
          },
        },
        {
          id: 'plain',
          weight: 1,
          messages: {
            zh: { title: '好久不见', body: '{{ items[0].title }}，{{ items[0].reason }}。' },
            en: { title: 'It has been a while', body: '{{ items[0].title }}: {{ items[0].reason }}.' },
          },
        },
      ],
      nonPersonalised: NON_PERSONALISED,
    },
  },
];
