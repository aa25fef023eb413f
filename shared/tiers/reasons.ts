/**
 * A decision in the words of a marketer, Chinese and English. A finding is all that a sentence needs, so a reader can have the
 * sentences without their being stored, and an old decision is told as it was, whatever the policy says today.
 */
import * as z from 'zod';
import { minorDigits } from '../money/currency.ts';
import { MEASURE_NAMES, MEASURES, type MeasureName, type Unit } from './measures.ts';
import { Tier } from './policy.ts';

const At = z.iso.datetime();

/**
 * code: a measure in snake case (`net_spend_365d`) that spoke for the tier; `not_` before it: the test that kept the customer
 * out of a higher one; `kept_by_margin`, `kept_by_dwell`; `no_orders`; `no_prediction`, `no_purchase`, `no_rhythm`,
 * `no_earlier_window`, `other_currency`: a number that could not be had; `unconverted_orders`: orders that are in no amount.
 */
export const Finding = z.object({
  code: z.string(),
  /** The tier that the rule leads to. */
  tier: Tier,
  measure: z.enum(MEASURE_NAMES).optional(),
  /** As the measure: minor units, whole days, a share of 1. */
  value: z.number().optional(),
  threshold: z.number().optional(),
  bound: z.enum(['atLeast', 'atMost']).optional(),
  /** Of an amount. */
  currency: z.string().optional(),
  /** The threshold was taken from the population at this percentile. */
  percentile: z.number().optional(),
  margin: z.number().optional(),
  /** The end of the dwell time. */
  until: At.optional(),
  /** Of orders without a rate, `EUR, USD`. */
  currencies: z.string().optional(),
});
export type Finding = z.infer<typeof Finding>;

export const Reason = Finding.extend({ zh: z.string(), en: z.string() });
export type Reason = z.infer<typeof Reason>;

/** What the next decision has to know of the last. */
export const Held = z.object({
  value: Tier,
  /** Since when the customer has been in the tier. */
  since: At,
  /** Since when below what the tier asks for, margin included; the dwell time counts from here. */
  belowSince: At.optional(),
});
export type Held = z.infer<typeof Held>;

export const Decision = Held.extend({
  policyVersion: z.number().int(),
  /** First what speaks for the tier, then what could not be known, then what kept from a higher one. */
  reasons: z.array(Reason),
  /** Look again then; absent: time alone will not change it. */
  reviewAt: At.optional(),
});
export type Decision = z.infer<typeof Decision>;

export type Language = 'zh' | 'en';

export const TIER_NAMES: Readonly<Record<Tier, Readonly<Record<Language, string>>>> = {
  high_value: { zh: '高价值', en: 'high value' },
  growth: { zh: '成长型', en: 'growth' },
  stable: { zh: '稳定型', en: 'stable' },
  base: { zh: '基础', en: 'base' },
};

/** `netSpend365d` → `net_spend_365d`. */
export const snakeCase = (measure: MeasureName): string =>
  measure.replace(/[A-Z]|\d+/g, (part) => `_${part.toLowerCase()}`);

export const reasonOf = (finding: Finding): Reason => ({ ...finding, zh: chinese(finding), en: english(finding) });

/** One paragraph: which tier, since when, why, what was unknown, what is wanting for more, and when it is looked at again. */
export function summarise(decision: Decision): Readonly<Record<Language, string>> {
  return { zh: paragraph(decision, 'zh'), en: paragraph(decision, 'en') };
}

function paragraph({ value, since, reasons, reviewAt, policyVersion }: Decision, language: Language): string {
  const zh = language === 'zh';
  const tier = TIER_NAMES[value][language];
  const opening = zh
    ? `该客户属于「${tier}」，自 ${dayOf(since)} 起（策略第 ${policyVersion} 版）。`
    : `This customer is in the ${tier} tier since ${dayOf(since)} (policy version ${policyVersion}).`;
  const closing =
    reviewAt === undefined
      ? zh
        ? '没有新订单或策略变化时，分层不会改变。'
        : 'Without a new order or another policy this does not change.'
      : zh
        ? `下次复核：${dayOf(reviewAt)}。`
        : `It is looked at again on ${dayOf(reviewAt)}.`;
  return [opening, ...reasons.map((reason) => reason[language]), closing].join(zh ? '' : ' ');
}

function chinese(finding: Finding): string {
  const { code, tier, value, threshold, bound, measure, percentile, margin, until, currencies } = finding;
  const what = measure ? MEASURES[measure].zh : '';
  const name = `「${TIER_NAMES[tier].zh}」`;
  const source = percentile === undefined ? '' : `，取自全体客户的第 ${plain(percentile)} 百分位`;
  const asked = `${bound === 'atMost' ? '至多' : '至少'} ${amount(threshold, finding, 'zh')}${source}`;
  const seen = `${what}为 ${amount(value, finding, 'zh')}`;
  switch (code) {
    case 'kept_by_margin':
      return `${seen}，已不满足${name}的要求（${asked}），但相差在 ${share(margin ?? 0)} 以内，故保留。`;
    case 'kept_by_dwell':
      return `已不满足${name}的要求，在 ${plain(threshold ?? 0)} 天观察期内保留，至 ${dayOf(until)} 为止。`;
    case 'no_orders':
      return '没有计入的已付款订单。';
    case 'no_prediction':
      return `暂无预测，无法判断${what}。`;
    case 'no_purchase':
      return `没有购买记录，无法判断${what}。`;
    case 'no_rhythm':
      return `购买不足两天，无法判断${what}。`;
    case 'no_earlier_window':
      return `再前 90 天没有净消费，无法判断${what}。`;
    case 'other_currency':
      return `金额的币种与策略不同，无法判断${what}。`;
    case 'unconverted_orders':
      return `有 ${plain(value ?? 0)} 个订单（${currencies}）缺少汇率，未计入金额。`;
    default:
      return code.startsWith('not_')
        ? `未达到${name}：${seen}，要求${asked}。`
        : `${seen}，满足${name}的要求（${asked}）。`;
  }
}

function english(finding: Finding): string {
  const { code, tier, value, threshold, bound, measure, percentile, margin, until, currencies } = finding;
  const what = measure ? MEASURES[measure].en : '';
  const name = TIER_NAMES[tier].en;
  const source = percentile === undefined ? '' : `, the ${ordinal(percentile)} percentile of all customers`;
  const asked = `${bound === 'atMost' ? 'at most' : 'at least'} ${amount(threshold, finding, 'en')}${source}`;
  const seen = `${what}: ${amount(value, finding, 'en')}`;
  switch (code) {
    case 'kept_by_margin':
      return `${sentence(seen)}. That misses what ${name} asks for (${asked}) by no more than ${share(margin ?? 0)}, so the tier is kept.`;
    case 'kept_by_dwell':
      return `${sentence(name)} is no longer met; the tier is kept for ${plain(threshold ?? 0)} days, until ${dayOf(until)}.`;
    case 'no_orders':
      return 'There is no paid order that counts.';
    case 'no_prediction':
      return `There is no prediction yet of ${what}.`;
    case 'no_purchase':
      return `Nothing was bought yet, so there is no figure for ${what}.`;
    case 'no_rhythm':
      return `Bought on fewer than two days, so there is no figure for ${what}.`;
    case 'no_earlier_window':
      return `There was no net spend in the 90 days before the last 90, so there is no figure for ${what}.`;
    case 'other_currency':
      return `Amounts are in another currency than the policy's, so ${what} cannot be compared.`;
    case 'unconverted_orders':
      return `${plain(value ?? 0)} ${value === 1 ? 'order' : 'orders'} (${currencies}) without an exchange rate ${value === 1 ? 'is' : 'are'} in no amount.`;
    default:
      return code.startsWith('not_')
        ? `Not ${name}: ${seen}, where it asks for ${asked}.`
        : `${sentence(seen)}, which meets ${name} (${asked}).`;
  }
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A value of a measure with its unit: `3,000.00 元`, `2 orders`. */
export function amount(
  value: number | undefined,
  { measure, currency }: Pick<Finding, 'measure' | 'currency'>,
  language: Language,
): string {
  if (value === undefined || measure === undefined) return '?';
  const zh = language === 'zh';
  const unit: Unit = MEASURES[measure].unit;
  switch (unit) {
    case 'money':
      return formatMoney(value, currency ?? '', language);
    case 'share':
      return share(value);
    case 'times':
      return zh ? `${plain(value)} 倍` : `${plain(value)} times`;
    case 'days':
      return zh ? `${plain(value)} 天` : `${plain(value)} ${value === 1 ? 'day' : 'days'}`;
    case 'orders':
      return zh ? `${plain(value)} 单` : `${plain(value)} ${Math.abs(value) === 1 ? 'order' : 'orders'}`;
    case 'count':
      return zh ? `${plain(value)} 个` : plain(value);
  }
}

/** 123456, CNY → `1,234.56 元`, `CNY 1,234.56`. By ISO 4217's digits: Node's Intl follows cash habits instead. */
export function formatMoney(minor: number, currency: string, language: Language): string {
  const digits = minorDigits(currency);
  const padded = String(Math.abs(minor)).padStart(digits + 1, '0');
  const whole = padded.slice(0, padded.length - digits).replace(/\B(?=(\d{3})+$)/g, ',');
  const text = `${minor < 0 ? '-' : ''}${whole}${digits > 0 ? `.${padded.slice(-digits)}` : ''}`;
  return language === 'zh' && currency === 'CNY' ? `${text} 元` : `${currency} ${text}`;
}

/** At most two decimals, and no zeros after them. */
export const plain = (value: number): string => String(Number(value.toFixed(2)));

const share = (value: number): string => `${Number((value * 100).toFixed(1))}%`;

const dayOf = (at: string | undefined): string => at?.slice(0, 10) ?? '?';

/** 90 → `90th`. */
export function ordinal(percentile: number): string {
  const text = plain(percentile);
  if (/1[123]$/.test(text)) return `${text}th`;
  return `${text}${{ '1': 'st', '2': 'nd', '3': 'rd' }[text.slice(-1)] ?? 'th'}`;
}
