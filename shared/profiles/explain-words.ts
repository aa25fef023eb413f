/** The words in which an explanation is told, Chinese and English, in one place. Values come masked, or not, from the caller. */
import type { IdentifierType } from '../identity/identifiers.ts';
import type { NameVerdict } from '../identity/names.ts';
import type { SuggestionCode } from '../identity/suggestions.ts';
import type { Rejection } from '../identity/unlinkable.ts';
import type { Words } from '../tiers/rule-words.ts';

export type { Words };

export const TYPE_NAMES: Readonly<Record<IdentifierType, Words>> = {
  union_id: { zh: 'UnionID', en: 'union id' },
  member_card: { zh: '会员卡', en: 'member card' },
  buyer_id: { zh: '买家账号', en: 'buyer id' },
  open_id: { zh: 'OpenID', en: 'open id' },
  phone: { zh: '手机号', en: 'phone' },
  email: { zh: '邮箱', en: 'email' },
  compound: { zh: '组合信息', en: 'compound key' },
  card_fingerprint: { zh: '支付卡', en: 'payment card' },
  name_address: { zh: '姓名与地址', en: 'name and address' },
};

/** Whether those who gave one value gave one name with it; `unnamed`: some gave none. */
export type Agreement = NameVerdict | 'unnamed';

const NAMES_SAY: Readonly<Record<Agreement, Words>> = {
  same: { zh: '姓名一致', en: 'the names agree' },
  possible: { zh: '姓名相容（缩写或部分）', en: 'the names fit each other' },
  unknown: { zh: '姓名文字不同，无法比较', en: 'the names are in other letters, and tell nothing' },
  contradicting: { zh: '姓名不一致', en: 'the names contradict' },
  unnamed: { zh: '有一方没有姓名', en: 'one of them gave no name' },
};

const quoted = (type: IdentifierType, value: string | undefined): Words => ({
  zh: value === undefined ? `同一${TYPE_NAMES[type].zh}` : `${TYPE_NAMES[type].zh} ${value}`,
  en: value === undefined ? `the same ${TYPE_NAMES[type].en}` : `${TYPE_NAMES[type].en} ${value}`,
});

const day = (at: string): string => at.slice(0, 10);
const count = (many: number, one: string): string => `${many} ${one}${many === 1 ? '' : 's'}`;

export interface EvidenceTold {
  readonly type: IdentifierType;
  readonly value: string | undefined;
  readonly personas: number;
  readonly orders: number;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  readonly names: Agreement;
  /** Too weak to join them by itself. */
  readonly weak: boolean;
}

export function evidenceWords(told: EvidenceTold): Words {
  const { type, value, personas, orders, firstSeenAt, lastSeenAt, names, weak } = told;
  const what = quoted(type, value);
  const [from, to] = [day(firstSeenAt), day(lastSeenAt)];
  const when = from === to ? { zh: from, en: `on ${from}` } : { zh: `${from} 至 ${to}`, en: `from ${from} to ${to}` };
  // Of users whom the brand identified, and who bought nothing under it.
  if (orders === 0)
    return {
      zh: `品牌称 ${what.zh} 属于 ${personas} 个身份（${when.zh}）。`,
      en: `${sentence(what.en)} is that of ${count(personas, 'persona')}, by the brand's own word, seen ${when.en}.`,
    };
  return {
    zh: `${what.zh} 出现在 ${personas} 个身份的 ${orders} 个订单中（${when.zh}），${NAMES_SAY[names].zh}${weak ? '；仅凭此不足以合并' : ''}。`,
    en: `${sentence(what.en)} is in ${count(orders, 'order')} of ${count(personas, 'persona')}, seen ${when.en}; ${NAMES_SAY[names].en}${weak ? '; alone it would not join them' : ''}.`,
  };
}

export const ALONE: Words = {
  zh: '该客户只有一个身份，没有与其他身份合并。',
  en: 'This customer is one persona: nothing joins it with another.',
};

export const UNSETTLED: Words = {
  zh: '关联刚有变化，客户档案将随后更新。',
  en: 'Links changed a moment ago; the profile will follow.',
};

export const OVERSIZED: Words = {
  zh: '与过多身份相关联，无法一并判断，因此保持原状，请人工核查。',
  en: 'It is linked with more personas than can be resolved together, so it was left as it was: a person should look at it.',
};

export interface DecisionTold {
  readonly by: string;
  readonly at: string;
  readonly why: string;
}

const made = ({ by, at, why }: DecisionTold): Words => ({
  zh: `（${by}，${day(at)}：${why}）`,
  en: `(${by}, ${day(at)}: ${why})`,
});

export function cutWords(off: readonly string[], kept: readonly string[], decision: DecisionTold): Words {
  return {
    zh: `人工判定 ${off.join('、')} 与 ${kept.join('、')} 不是同一客户${made(decision).zh}。`,
    en: `Kept apart by a person: ${off.join(', ')} from ${kept.join(', ')} ${made(decision).en}.`,
  };
}

/** `holds`: it joins them now; else a cut or the limit of a profile stands against it, or one of them has no order left. */
export function acceptanceWords(between: readonly [string, string], holds: boolean, decision: DecisionTold): Words {
  const [a, b] = between;
  return {
    zh: `人工判定 ${a} 与 ${b} 是同一客户${made(decision).zh}${holds ? '' : '，但目前未生效'}。`,
    en: `Accepted by a person as one customer: ${a} and ${b} ${made(decision).en}${holds ? '' : ', which has no effect now'}.`,
  };
}

export function suggestionWords(
  code: SuggestionCode,
  via: { readonly type: IdentifierType; readonly value: string | undefined } | undefined,
): Words {
  const what = via ? quoted(via.type, via.value) : { zh: '人工判定', en: 'what a person accepted' };
  switch (code) {
    case 'names_contradict':
      return {
        zh: `${what.zh} 相同，但姓名不一致：可能是家人，或号码已换主人。`,
        en: `Both have ${what.en}, but the names contradict: a family, or a number given to the next owner.`,
      };
    case 'names_unclear':
      return {
        zh: `${what.zh} 相同，但姓名不足以判断是否同一人。`,
        en: `Both have ${what.en}, but the names do not tell whether they are one.`,
      };
    case 'member_cards_differ':
      return { zh: `${what.zh} 相同，但会员卡不同。`, en: `Both have ${what.en}, but different member cards.` };
    case 'union_ids_differ':
      return { zh: `${what.zh} 相同，但 UnionID 不同。`, en: `Both have ${what.en}, but different union ids.` };
    case 'values_differ':
      return {
        zh: `${what.zh} 相同，但另有一项应唯一的信息不同。`,
        en: `Both have ${what.en}, but differ in what one customer has once.`,
      };
    case 'component_limit':
      return {
        zh: `${what.zh} 相同，但合并后的身份数将超过上限。`,
        en: `Both have ${what.en}, but together they would be more personas than a profile may have.`,
      };
    case 'weak_identifier':
      return { zh: `${what.zh} 相同，仅凭此不足以合并。`, en: `Both have ${what.en}, which alone does not join them.` };
  }
}

export function sharedWords(type: IdentifierType, value: string | undefined, personas: number): Words {
  const what = quoted(type, value);
  return {
    zh: `${what.zh} 至少由 ${personas} 个身份共用，不属于某一个人，因此不用于合并。`,
    en: `${sentence(what.en)} is held by at least ${count(personas, 'persona')}: nobody's own, so it joins none.`,
  };
}

export const REJECTION_WORDS: Readonly<Record<Rejection, Words>> = {
  masked: { zh: '已被平台脱敏', en: 'masked by the platform' },
  virtual_number: { zh: '平台虚拟号（带分机），会重复分配', en: 'a virtual number of the platform, with an extension' },
  not_a_phone: { zh: '不是有效的手机号', en: 'not a valid phone number' },
  service_number: { zh: '企业服务号码', en: "a business's service number" },
  not_an_email: { zh: '不是有效的邮箱', en: 'not a valid email address' },
  relay_email: { zh: '平台中转邮箱', en: 'a relay address made by a platform' },
  blocked: { zh: '占位内容（如重复数字、test@）', en: 'a placeholder, as tills and forms are filled with' },
  own_contact: { zh: '店铺自己的联系方式', en: "the shop's own contact" },
};

export function rejectionWords(type: IdentifierType, value: string, reason: Rejection): Words {
  const what = quoted(type, value);
  return {
    zh: `${what.zh} 不用于合并：${REJECTION_WORDS[reason].zh}。`,
    en: `${sentence(what.en)} joins nobody: ${REJECTION_WORDS[reason].en}.`,
  };
}

/** Why two that a cut no longer parts are not one all the same. */
export const APART_WORDS = {
  no_link: {
    zh: '它们之间已没有任何共同信息',
    en: 'nothing links them any more, neither a value that both hold nor an acceptance',
  },
  cut: { zh: '另有一项人工判定将它们分开', en: 'another decision keeps them apart' },
  rules: { zh: '合并规则不允许：', en: 'the rules of linking keep them apart: ' },
} as const satisfies Readonly<Record<string, Words>>;

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
