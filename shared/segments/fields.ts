/** What each field is called, in which unit it is, and between which bounds: for those who check a condition or put it into words. */
import type { Unit } from '../tiers/measures.ts';
import type { Language } from '../tiers/reasons.ts';
import {
  DATE_FIELD_NAMES,
  type DateField,
  NUMBER_FIELD_NAMES,
  type NumberField,
  PARTS,
  type PartKind,
  SET_FIELDS,
  type SetField,
} from './condition.ts';

export type Words = Readonly<Record<Language, string>>;

export interface NumberWords extends Words {
  readonly unit: Unit;
  readonly least?: number;
  readonly most?: number;
}

export const NUMBERS: Readonly<Record<NumberField, NumberWords>> = {
  orders: { unit: 'orders', least: 0, zh: '订单数', en: 'orders' },
  netSpend: { unit: 'money', zh: '净消费', en: 'net spend' },
  daysSinceLastOrder: { unit: 'days', least: 0, zh: '距上次购买的天数', en: 'days since the last order' },
  daysSinceFirstOrder: { unit: 'days', least: 0, zh: '距首次购买的天数', en: 'days since the first order' },
  daysUntilNextOrder: {
    unit: 'days',
    zh: '距预计下次购买的天数',
    en: 'days until the order expected next',
  },
  averageOrder: { unit: 'money', zh: '平均客单价', en: 'average order' },
  refundRate: { unit: 'share', least: 0, most: 1, zh: '退款率', en: 'refund rate' },
  purchaseDays: { unit: 'count', least: 0, zh: '有购买的天数', en: 'days with a purchase' },
  rhythm: {
    unit: 'times',
    least: 0,
    zh: '距上次购买的天数与其平均购买间隔之比',
    en: 'days since the last purchase over the mean days between purchases',
  },
  clv12m: { unit: 'money', zh: '未来 12 个月预测净消费', en: 'net spend expected in the next 12 months' },
  aliveProbability: {
    unit: 'share',
    least: 0,
    most: 1,
    zh: '仍会回购的概率',
    en: 'probability of still being a customer',
  },
  personas: { unit: 'count', least: 0, zh: '合并的身份数', en: 'identities joined' },
};

export const DATES: Readonly<Record<DateField, Words>> = {
  firstPaidAt: { zh: '首次购买', en: 'the first order' },
  lastPaidAt: { zh: '上次购买', en: 'the last order' },
  nextOrderAt: { zh: '预计下次购买', en: 'the order expected next' },
  tierSince: { zh: '进入当前分层的时间', en: 'entering the present tier' },
};

export const SETS: Readonly<Record<SetField, Words>> = {
  channels: { zh: '购买渠道', en: 'channels' },
  channelCategories: { zh: '购买渠道类型', en: 'kinds of channels' },
  connections: { zh: '购买店铺', en: 'shops' },
  categories: { zh: '购买品类', en: 'categories' },
  regions: { zh: '收货地区', en: 'regions' },
  stores: { zh: '购买门店', en: 'stores' },
  hosts: { zh: '购买主播', en: 'hosts' },
  tags: { zh: '标签', en: 'tags' },
  consents: { zh: '已同意的触达方式', en: 'consents given' },
};

/** Before the names of a part: 渠道「抖店」, on Douyin. */
export const PART_WORDS: Readonly<Record<Exclude<PartKind, 'channelCategory'>, Words>> = {
  channel: { zh: '渠道', en: 'on' },
  category: { zh: '品类', en: 'of category' },
  region: { zh: '地区', en: 'to' },
  store: { zh: '门店', en: 'in store' },
  host: { zh: '主播', en: 'with host' },
};

export const CHANNEL_CATEGORY_WORDS: Readonly<Record<string, Words>> = {
  ecommerce: { zh: '电商', en: 'web shops' },
  live: { zh: '直播', en: 'live-streams' },
  pos: { zh: '门店', en: 'stores' },
  cross_border: { zh: '跨境', en: 'cross-border shops' },
};
export const CHANNEL_CATEGORIES: readonly string[] = Object.keys(CHANNEL_CATEGORY_WORDS);

export const FIELDS: readonly string[] = [...NUMBER_FIELD_NAMES, ...DATE_FIELD_NAMES, 'tier', ...SET_FIELDS];

export type FieldKind = 'number' | 'date' | 'tier' | 'set';

/** Undefined: there is no such field. */
export function kindOfField(field: string): FieldKind | undefined {
  if (field === 'tier') return 'tier';
  if (isNumberField(field)) return 'number';
  if (isDateField(field)) return 'date';
  return isSetField(field) ? 'set' : undefined;
}

const among =
  <T extends string>(names: readonly T[]) =>
  (name: string): name is T =>
    names.some((one) => one === name);
export const isNumberField = among(NUMBER_FIELD_NAMES);
export const isDateField = among(DATE_FIELD_NAMES);
export const isSetField = among(SET_FIELDS);
export const isPartKind = among(PARTS);
