/**
 * Why a message was sent to a customer, or was not, in their words, Chinese and English: what the Personal Information Protection Law
 * lets them ask of a decision that a program made (article 24). Told by the record of it and the campaign's version of then, so that it is
 * what held then, whatever holds now. Pure.
 */
import type { Campaign, Trigger } from '../campaigns/campaign.ts';
import { SUPPRESSIONS, type Suppression } from '../campaigns/suppression.ts';
import type { PersonaId } from '../identity/persona.ts';
import { TIERS, type Tier } from '../tiers/policy.ts';
import { TIER_NAMES } from '../tiers/reasons.ts';
import type { Words } from '../tiers/rule-words.ts';
import type { Instant } from '../time/instant.ts';
import type { ConsentOnRecord } from './basis.ts';
import type { SendRecord, SendState } from './send-record.ts';

export type Coded = Words & { readonly code: string };

export interface SendExplanation {
  readonly campaign: { readonly id: string; readonly name: string; readonly version: number; readonly purpose: string };
  readonly key: string;
  readonly profile: PersonaId;
  /** Of the state. */
  readonly at: Instant;
  readonly state: SendState;
  readonly outcome: Words;
  /** That nobody looked at it, and by what it was decided. */
  readonly decidedBy: Words;
  /** The trigger, and the audience. */
  readonly because: readonly Coded[];
  readonly personalised: Words & { readonly value: boolean };
  /** Which of the customer's data it was decided by, and made of. */
  readonly data: readonly Coded[];
  readonly consents: readonly (ConsentOnRecord & Words)[];
  /** All that stood against it. */
  readonly against: readonly (Words & { readonly code: Suppression })[];
  readonly heldOut?: Words & { readonly by: string };
  readonly howToRefuse: readonly Coded[];
}

/** `segments`: names by id, as they are called now. */
export function explainSend(
  record: SendRecord,
  campaign: Campaign,
  segments: ReadonlyMap<string, string>,
): SendExplanation {
  const { key, profile, at, state, reasons = [], heldOut, basis } = record;
  const { id, name, version, purpose } = campaign;
  const isPersonalised = record.isPersonalised ?? !isRefused('personalisation/push', basis?.consents ?? []);
  return {
    campaign: { id, name, version, purpose },
    ...{ key, profile, at, state },
    outcome: OUTCOMES[state],
    decidedBy: {
      zh: `由程序按活动「${name}」第 ${version} 版的规则自动作出，没有人工参与。`,
      en: `A program decided it by the rules of the campaign “${name}”, version ${version}; no person looked at it.`,
    },
    because: becauseOf(isPersonalised ? campaign : { ...campaign, offer: undefined }, segments),
    personalised: { value: isPersonalised, ...PERSONALISED[isPersonalised ? 'yes' : 'no'] },
    data: dataOf(campaign, record, isPersonalised),
    consents: (basis?.consents ?? []).map((consent) => ({ ...consent, ...consentInWords(consent) })),
    against: reasons.map((code) => ({ code, ...SUPPRESSIONS[code] })),
    ...(heldOut && { heldOut: { by: heldOut, ...HELD_OUT[heldOut] } }),
    howToRefuse: HOW_TO_REFUSE,
  };
}

const isRefused = (name: string, consents: readonly ConsentOnRecord[]): boolean =>
  consents.some((consent) => consent.name === name && !consent.given);

const OUTCOMES: Readonly<Record<SendState, Words>> = {
  claimed: { zh: '已决定发送，尚未发出。', en: 'It is to be sent, and has not gone out yet.' },
  sending: { zh: '正在发送。', en: 'It is being sent.' },
  sent: { zh: '已发送。', en: 'It was sent.' },
  failed: { zh: '决定发送，但未能送出。', en: 'It was to be sent, and no device could be reached.' },
  unknown: { zh: '已尝试发送，是否送达无法确认。', en: 'It was tried to be sent; whether it was is not known.' },
  held_out: { zh: '未发送：该客户在对照组中。', en: 'Nothing was sent: the customer is held out.' },
  suppressed: { zh: '未发送，原因见下。', en: 'Nothing was sent, for the reasons below.' },
};

const PERSONALISED = {
  yes: {
    zh: '内容可按该客户的信息定制。',
    en: 'Its content may be made for this customer, of what is known of them.',
  },
  no: {
    zh: '该客户已拒绝个性化，内容不含任何个人特征。',
    en: 'The customer has refused personalisation: its content is of nothing that is known of them.',
  },
} as const satisfies Readonly<Record<string, Words>>;

const HELD_OUT = {
  global: {
    zh: '按客户编号随机抽取的一小部分客户不接收任何营销消息，以便衡量其效果；与该客户本人的特征无关。',
    en: 'A few customers, drawn at random by their id, are sent no campaign at all, to see what messages bring. Nothing about the customer decided it.',
  },
  campaign: {
    zh: '按客户编号随机抽取的一部分客户不接收本活动，以便衡量其效果；与该客户本人的特征无关。',
    en: 'Some customers, drawn at random by their id, are not sent this campaign, to see what it brings. Nothing about the customer decided it.',
  },
} as const satisfies Readonly<Record<string, Words>>;

const HOW_TO_REFUSE: readonly Coded[] = [
  {
    code: 'marketing',
    zh: '拒绝营销推送：可在应用或网站的推送设置中关闭，或告知商家。此后不再发送任何营销推送。',
    en: 'Refuse marketing by push: in the settings of the app or site, or by telling the shop. No marketing is pushed any more.',
  },
  {
    code: 'personalisation',
    zh: '仅拒绝个性化：告知商家即可。此后收到的内容不再依据个人特征。',
    en: 'Refuse personalisation only: by telling the shop. What is sent then is made of nothing that is known of the customer.',
  },
  {
    code: 'all',
    zh: '一次拒绝全部：告知商家即可。此后不再以任何方式、为任何目的发送消息。',
    en: 'Refuse everything in one step: by telling the shop. Nothing is sent any more, by any way and for any purpose.',
  },
];

type Addressing = Pick<Campaign, 'trigger' | 'audience'> & { readonly offer?: Campaign['offer'] | undefined };

function becauseOf({ trigger, audience, offer }: Addressing, segments: ReadonlyMap<string, string>): Coded[] {
  const named = (id: string): string => segments.get(id) ?? id;
  const list = (ids: readonly string[]): Words => ({
    zh: ids.map((id) => `「${named(id)}」`).join('、'),
    en: ids.map((id) => `“${named(id)}”`).join(', '),
  });
  const [wanted, unwanted] = [list(audience.in), list(audience.notIn)];
  return [
    { code: trigger.on, ...triggerInWords(trigger, named) },
    ...(audience.in.length > 0
      ? [{ code: 'in', zh: `活动面向人群${wanted.zh}的客户。`, en: `It is for customers in ${wanted.en}.` }]
      : []),
    ...(audience.notIn.length > 0
      ? [{ code: 'not_in', zh: `不面向人群${unwanted.zh}的客户。`, en: `It is not for customers in ${unwanted.en}.` }]
      : []),
    ...(offer
      ? [
          {
            code: 'offer',
            zh: `优惠按客户等级不同${offer.signOff ? `，由${offer.signOff.by}批准，理由：${offer.signOff.why}` : ''}。`,
            en: `What is offered depends on the tier${offer.signOff ? `, signed off by ${offer.signOff.by}: ${offer.signOff.why}` : ''}.`,
          },
        ]
      : []),
  ];
}

function triggerInWords(trigger: Trigger, named: (id: string) => string): Words {
  switch (trigger.on) {
    case 'segment_entered':
      return {
        zh: `客户进入了人群「${named(trigger.segment)}」。`,
        en: `The customer entered the segment “${named(trigger.segment)}”.`,
      };
    case 'segment_exited':
      return {
        zh: `客户离开了人群「${named(trigger.segment)}」。`,
        en: `The customer left the segment “${named(trigger.segment)}”.`,
      };
    case 'tier_changed': {
      const [from, to] = [tiers(trigger.from), tiers(trigger.to)];
      return {
        zh: `客户等级发生变化（从${from.zh}到${to.zh}）。`,
        en: `The customer's tier changed (from ${from.en} to ${to.en}).`,
      };
    }
    case 'schedule':
      return { zh: '到了活动预定的发送时间。', en: 'The time came for which the campaign was planned.' };
    case 'replenishment_due':
      return {
        zh: '按以往购买的间隔，客户买过的商品可能快用完了。',
        en: 'By how often they bought it before, something that the customer bought may be running out.',
      };
    case 'cart_left':
      return { zh: '客户的购物车里留有未下单的商品。', en: 'The customer left products in the cart.' };
    case 'back_in_stock':
      return {
        zh: '客户可能想要的商品恢复了供应。',
        en: 'A product that the customer is likely to want can be bought again.',
      };
  }
}

function tiers(named: readonly Tier[] | undefined): Words {
  if (!named || named.length === TIERS.length) return { zh: '任一等级', en: 'any' };
  return {
    zh: named.map((tier) => `「${TIER_NAMES[tier].zh}」`).join('或'),
    en: named.map((tier) => TIER_NAMES[tier].en).join(' or '),
  };
}

const DATA = {
  segments: {
    zh: '所在人群（由订单等信息按商家的条件算出）',
    en: 'the segments they are in, which follow from orders by conditions of the shop',
  },
  tier: { zh: '客户等级', en: 'the tier' },
  purchases: { zh: '买过的商品及购买间隔', en: 'what they bought, and how often' },
  cart: { zh: '购物车中的商品', en: 'what is in the cart' },
  interests: { zh: '买过和看过的商品', en: 'what they bought and looked at' },
  name: { zh: '姓名', en: 'the name' },
  last_order: { zh: '最近一次下单的时间', en: 'when they last ordered' },
  recommendations: {
    zh: '为其推荐的商品（依据买过和看过的商品）',
    en: 'products recommended to them, by what they bought and looked at',
  },
  product: { zh: '与本次消息相关的商品', en: 'the product that it is about' },
  offer: { zh: '其等级对应的优惠', en: 'the offer of their tier' },
  consents: { zh: '同意与拒绝的记录', en: 'what they have agreed to and refused' },
  sent_before: { zh: '此前收到的消息（用于限制频次）', en: 'what they were sent before, so that it is not too much' },
  contacts: {
    zh: '手机号或邮箱（在免打扰名单中）',
    en: 'a phone or email, which is on the list of those never written to',
  },
  devices: {
    zh: '登记的设备及其语言、时区',
    en: 'the devices that are registered, with their languages and time zones',
  },
} as const satisfies Readonly<Record<string, Words>>;
type DataName = keyof typeof DATA;

const OF_TRIGGERS: Readonly<Record<Trigger['on'], readonly DataName[]>> = {
  segment_entered: ['segments'],
  segment_exited: ['segments'],
  tier_changed: ['tier'],
  schedule: [],
  replenishment_due: ['purchases'],
  cart_left: ['cart'],
  back_in_stock: ['interests'],
};

/** What templates name. */
const OF_TEMPLATES: readonly (readonly [RegExp, DataName])[] = [
  [/\bcustomer\.tier\b/, 'tier'],
  [/\bcustomer\.name\b/, 'name'],
  [/\bcustomer\.daysSinceLastOrder\b/, 'last_order'],
  [/\bitems\b/, 'recommendations'],
  [/\bproduct\b/, 'product'],
  [/\boffer\b/, 'offer'],
];

function dataOf(campaign: Campaign, { variant, basis }: SendRecord, isPersonalised: boolean): Coded[] {
  const { trigger, audience, content } = campaign;
  const named = new Set<DataName>(OF_TRIGGERS[trigger.on]);
  if (audience.in.length + audience.notIn.length > 0) named.add('segments');
  // Of one that was not sent it is not known which it would have been: then all that any of them names.
  const written = content.variants.filter(({ id }) => variant === undefined || id === variant);
  const templates = JSON.stringify(written).match(/\{[{%].*?[%}]\}/g) ?? [];
  for (const [pattern, name] of OF_TEMPLATES)
    if (isPersonalised && templates.some((text) => pattern.test(text))) named.add(name);
  if (basis?.isListed) named.add('contacts');
  for (const name of ['consents', 'sent_before', 'devices'] as const) named.add(name);
  return [...named].map((code) => {
    const { zh, en } = DATA[code];
    const tier = code === 'tier' && basis ? TIER_NAMES[basis.tier] : undefined;
    return { code, zh: tier ? `${zh}：${tier.zh}` : zh, en: tier ? `${en}: ${tier.en}` : en };
  });
}

function consentInWords({ name, given, at, source, wording }: ConsentOnRecord): Words {
  const what = CONSENTS[name] ?? { zh: name, en: name };
  const when = `${at.slice(0, 16).replace('T', ' ')} UTC`;
  const where = {
    zh: [source && `来源：${source}`, wording && `文案版本：${wording}`].filter(Boolean).join('，'),
    en: [source && `where: ${source}`, wording && `wording: ${wording}`].filter(Boolean).join(', '),
  };
  return {
    zh: `${when} ${given ? '同意' : '拒绝'}${what.zh}${where.zh && `（${where.zh}）`}。`,
    en: `${given ? 'Agreed to' : 'Refused'} ${what.en} at ${when}${where.en && ` (${where.en})`}.`,
  };
}

const CONSENTS: Readonly<Record<string, Words>> = {
  push: { zh: '营销推送', en: 'marketing by push' },
  'service/push': { zh: '服务推送', en: 'word of their own orders by push' },
  'personalisation/push': { zh: '个性化推送', en: 'personalised push' },
  '*': { zh: '所有消息', en: 'all messages' },
};
