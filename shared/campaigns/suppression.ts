/** Why a customer was not sent to, for reports, dry runs, and for the customer who asks. */
import type { Language } from '../tiers/reasons.ts';

export const SUPPRESSIONS = {
  not_running: { zh: '活动未在进行中', en: 'the campaign is not running' },
  no_news: {
    zh: '由规则调整、合并或回放引起，并非客户的新动态',
    en: 'it came of a policy, a merge or a replay, and is no news',
  },
  stale: { zh: '触发时间过久', en: 'the trigger is too long ago' },
  cart_ordered: { zh: '客户已下单', en: 'the customer has ordered since' },
  cart_empty: { zh: '购物车已清空', en: 'the cart is empty by now' },
  sold_out: { zh: '商品又已售罄或下架', en: 'the product is sold out again, or not on sale' },
  not_in_audience: { zh: '不在目标人群中', en: 'not in the audience' },
  excluded: { zh: '属于排除人群', en: 'in a segment that is excluded' },
  suppression_list: { zh: '在全局免打扰名单中', en: 'on the list of those who are never written to' },
  consent_refused: { zh: '客户已拒绝推送', en: 'the customer has refused it' },
  no_consent: { zh: '没有客户同意的记录', en: 'no consent is on record' },
  personalisation_refused: {
    zh: '客户拒绝个性化推荐，且活动没有非个性化内容',
    en: 'the customer has refused personalisation, and the campaign has nothing else',
  },
  no_endpoint: { zh: '没有可推送的设备', en: 'no device to send to' },
  already_sent: { zh: '本次已发送过', en: 'it was sent already' },
  cap_of_day: { zh: '24 小时内已达上限', en: 'enough was sent within 24 hours' },
  cap_of_week: { zh: '7 天内已达上限', en: 'enough was sent within 7 days' },
  cap_of_campaign: { zh: '本活动对该客户已达上限', en: 'this campaign has sent them enough' },
  budget_spent: { zh: '活动预算已用完', en: 'the budget is spent' },
  quiet_too_long: { zh: '免打扰时段结束时已过期', en: 'it would be out of date when quiet hours end' },
  no_recommendation: { zh: '没有可推荐的在售商品', en: 'no product that is on sale can be recommended to them' },
  missing_value: { zh: '内容缺少必要信息', en: 'the content needs what is not known of them' },
  too_large: { zh: '内容超过推送渠道的大小限制', en: 'the message is larger than the provider takes' },
} as const satisfies Readonly<Record<string, Readonly<Record<Language, string>>>>;

export type Suppression = keyof typeof SUPPRESSIONS;

// The cast: Object.keys forgets which keys those are.
export const SUPPRESSION_CODES = Object.keys(SUPPRESSIONS) as Suppression[];
