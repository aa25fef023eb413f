/** A condition in the words of a marketer, Chinese and English: what each node asks for, and what was found of a member. */
import { formatMoney, type Language, plain, TIER_NAMES } from '../tiers/reasons.ts';
import {
  type Condition,
  type DateCondition,
  type Leaf,
  type Measure,
  NUMBER_OPERATORS,
  type NumberCondition,
  type NumberField,
  type NumberOperator,
  type Part,
  type SetCondition,
  type TierCondition,
} from './condition.ts';
import {
  CHANNEL_CATEGORY_WORDS,
  DATES,
  isDateField,
  isNumberField,
  isPartKind,
  isSetField,
  NUMBERS,
  PART_WORDS,
  SETS,
  type Words,
} from './fields.ts';
import type { LeafValue } from './membership.ts';
import { isLeaf, nodesOf } from './tree.ts';

/** What the brand calls what a condition names by id. */
export interface NamesInUse {
  readonly reportingCurrency: string;
  /** By channel; one that is not here is called by its id. */
  readonly channels?: ReadonlyMap<string, string>;
  /** By id of the segment. */
  readonly segments?: ReadonlyMap<string, string>;
}

export interface Line {
  /** Place in the tree, as a JSON pointer: `/all/0`. */
  readonly at: string;
  /** Of the node; the root is at 0. */
  readonly depth: number;
  readonly text: string;
}

/** A line per node, each before those below it. */
export function describeCondition(condition: Condition, language: Language, names: NamesInUse): readonly Line[] {
  return [...nodesOf(condition)].map(({ condition: node, at, depth }) => ({
    at,
    depth,
    text: nodeText(node, { language, names }),
  }));
}

export interface FoundLine extends Words {
  /** Place of the leaf in the tree. */
  readonly at: string;
}

/** What was found of a member, beside what was asked. `because`: of a membership by this very condition. */
export function explainMembership(
  condition: Condition,
  because: readonly LeafValue[],
  names: NamesInUse,
): readonly FoundLine[] {
  const found = new Map(because.map((one) => [one.at, one]));
  return [...nodesOf(condition)].flatMap(({ condition: node, at }): FoundLine[] => {
    const value = found.get(at);
    if (!value || !isLeaf(node)) return [];
    const text = (language: Language) => foundText(node, value, { language, names, found });
    return [{ at, zh: text('zh'), en: text('en') }];
  });
}

interface Telling {
  readonly language: Language;
  readonly names: NamesInUse;
}

const BRANCHES = {
  all: { zh: '以下全部满足：', en: 'All of:' },
  any: { zh: '以下任一满足：', en: 'Any of:' },
  not: { zh: '以下不成立：', en: 'Not:' },
} as const;

function nodeText(node: Condition, telling: Telling): string {
  const { language } = telling;
  if ('all' in node) return BRANCHES.all[language];
  if ('any' in node) return BRANCHES.any[language];
  if ('not' in node) return BRANCHES.not[language];
  const { what, asked } = leafText(node, telling);
  if (language === 'zh') return `${what}${asked}`;
  return 'segment' in node ? capital(what) : capital(`${what}: ${asked}`);
}

interface LeafText {
  readonly what: string;
  readonly asked: string;
}

function leafText(leaf: Leaf, telling: Telling): LeafText {
  const { language, names } = telling;
  if ('segment' in leaf) {
    const name = names.segments?.get(leaf.segment) ?? leaf.segment;
    return { what: language === 'zh' ? `属于分群「${name}」` : `in the segment “${name}”`, asked: '' };
  }
  if (leaf.field === 'tier') return { what: language === 'zh' ? '分层' : 'tier', asked: tierAsked(leaf, language) };
  if (isNumberLeaf(leaf)) return { what: measureText(leaf, telling), asked: numberAsked(leaf, telling) };
  if (isDateLeaf(leaf)) return { what: scoped(DATES[leaf.field], leaf.of, telling), asked: dateAsked(leaf, language) };
  return { what: SETS[leaf.field][language], asked: setAsked(leaf, telling) };
}

type FieldLeaf = Exclude<Leaf, { segment: string }>;
const isNumberLeaf = (leaf: FieldLeaf): leaf is NumberCondition => isNumberField(leaf.field);
const isDateLeaf = (leaf: FieldLeaf): leaf is DateCondition => isDateField(leaf.field);
const isSetLeaf = (leaf: FieldLeaf): leaf is SetCondition => isSetField(leaf.field);

const and = (asked: readonly string[], language: Language): string => asked.join(language === 'zh' ? '，且' : ' and ');
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const named = (name: string, language: Language): string => (language === 'zh' ? `「${name}」` : name);
const either = (names: readonly string[], language: Language): string =>
  names.map((name) => named(name, language)).join(language === 'zh' ? '或' : ' or ');
const listOf = (names: readonly string[], language: Language): string =>
  names.map((name) => named(name, language)).join(language === 'zh' ? '、' : ', ');

function tierAsked({ is, isOneOf }: TierCondition, language: Language): string {
  const asked = [...(is === undefined ? [] : [[is]]), ...(isOneOf ? [isOneOf] : [])].map((tiers) =>
    either(
      tiers.map((tier) => TIER_NAMES[tier][language]),
      language,
    ),
  );
  return language === 'zh' ? asked.map((text) => `为${text}`).join('，且') : and(asked, language);
}

/** 近 90 天品类「tea」的订单数 · orders of category tea in the last 90 days. */
function measureText({ field, of, withinDays }: Omit<Measure, 'times'>, telling: Telling): string {
  const text = scoped(NUMBERS[field], of, telling);
  if (withinDays === undefined) return text;
  return telling.language === 'zh' ? `近 ${withinDays} 天${text}` : `${text} in the last ${daysText(withinDays, 'en')}`;
}

function scoped(words: Words, part: Part | undefined, telling: Telling): string {
  const { language } = telling;
  const text = words[language];
  const [kind, value] = part ? (Object.entries(part)[0] ?? []) : [];
  if (kind === undefined || value === undefined || !isPartKind(kind)) return text;
  const list = typeof value === 'string' ? [value] : value;
  const shown = list.map((name) => calledIn(kind, name, telling));
  if (kind === 'channelCategory')
    return language === 'zh' ? `${shown.join('或')}渠道的${text}` : `${text} in ${either(shown, 'en')}`;
  const what = PART_WORDS[kind][language];
  return language === 'zh' ? `${what}${either(shown, 'zh')}的${text}` : `${text} ${what} ${either(shown, 'en')}`;
}

function calledIn(kind: string, name: string, { language, names }: Telling): string {
  if (kind === 'channel' || kind === 'channels') return names.channels?.get(name) ?? name;
  if (kind !== 'channelCategory' && kind !== 'channelCategories') return name;
  return Object.hasOwn(CHANNEL_CATEGORY_WORDS, name) ? (CHANNEL_CATEGORY_WORDS[name]?.[language] ?? name) : name;
}

const OPERATORS: Readonly<Record<NumberOperator, Words>> = {
  atLeast: { zh: '至少', en: 'at least' },
  atMost: { zh: '至多', en: 'at most' },
  moreThan: { zh: '超过', en: 'more than' },
  lessThan: { zh: '低于', en: 'less than' },
  equals: { zh: '等于', en: 'exactly' },
};

/** `foundOf`: what the other side of a comparison was found to be. */
function numberAsked(
  leaf: NumberCondition,
  telling: Telling,
  foundOf: (operator: NumberOperator) => number | undefined = () => undefined,
): string {
  const { language, names } = telling;
  const asked = NUMBER_OPERATORS.flatMap((operator) => {
    const amount = leaf[operator];
    if (amount === undefined) return [];
    const words = OPERATORS[operator][language];
    if (typeof amount === 'number') return [`${words} ${amountText(amount, leaf.field, language, names)}`];
    const other = measureText(amount, telling);
    const found = foundOf(operator);
    const seen = found === undefined ? '' : amountText(found, amount.field, language, names);
    if (language === 'zh') {
      const times = amount.times === undefined ? '' : `的 ${plain(amount.times)} 倍`;
      return [`${words}${other}${seen && `（${seen}）`}${times}`];
    }
    return [
      `${words} ${amount.times === undefined ? '' : `${plain(amount.times)} times `}${other}${seen && ` (${seen})`}`,
    ];
  });
  return and(asked, language);
}

function amountText(value: number, field: NumberField, language: Language, { reportingCurrency }: NamesInUse): string {
  const zh = language === 'zh';
  switch (NUMBERS[field].unit) {
    case 'money':
      // What a condition asks for in fractions of a cent is told in cents.
      return formatMoney(Math.round(value), reportingCurrency, language);
    case 'share':
      return `${Number((value * 100).toFixed(1))}%`;
    case 'times':
      return zh ? `${plain(value)} 倍` : `${plain(value)} times`;
    case 'days':
      return daysText(value, language);
    case 'orders':
      return zh ? `${plain(value)} 单` : `${plain(value)} ${value === 1 ? 'order' : 'orders'}`;
    case 'count':
      return plain(value);
  }
}

const daysText = (days: number, language: Language): string =>
  language === 'zh' ? `${plain(days)} 天` : `${plain(days)} ${days === 1 ? 'day' : 'days'}`;

function dateAsked(leaf: DateCondition, language: Language): string {
  const { before, after, atLeastDaysAgo, withinLastDays, withinNextDays, exists } = leaf;
  const zh = language === 'zh';
  const asked: string[] = [];
  if (exists !== undefined) asked.push(zh ? (exists ? '有记录' : '没有记录') : exists ? 'known' : 'not known');
  if (before !== undefined) asked.push(zh ? `早于 ${timeText(before)}` : `before ${timeText(before)}`);
  if (after !== undefined) asked.push(zh ? `不早于 ${timeText(after)}` : `not before ${timeText(after)}`);
  if (atLeastDaysAgo !== undefined)
    asked.push(zh ? `在 ${daysText(atLeastDaysAgo, 'zh')}前或更早` : `at least ${daysText(atLeastDaysAgo, 'en')} ago`);
  if (withinLastDays !== undefined)
    asked.push(zh ? `在近 ${daysText(withinLastDays, 'zh')}内` : `within the last ${daysText(withinLastDays, 'en')}`);
  if (withinNextDays !== undefined)
    asked.push(zh ? `在未来 ${daysText(withinNextDays, 'zh')}内` : `within the next ${daysText(withinNextDays, 'en')}`);
  return and(asked, language);
}

/** To the minute, UTC. */
const timeText = (at: string): string => `${at.slice(0, 16).replace('T', ' ')} UTC`;

function setAsked(leaf: SetCondition, telling: Telling): string {
  const { language } = telling;
  const zh = language === 'zh';
  const { includes, includesAny, includesAll, includesNone, anyStartsWith, anyContains, sizeAtLeast, sizeAtMost } =
    leaf;
  const call = (names: readonly string[]) =>
    listOf(
      names.map((name) => calledIn(leaf.field, name, telling)),
      language,
    );
  const asked: string[] = [];
  if (includes !== undefined) asked.push(`${zh ? '包含' : 'include '}${call([includes])}`);
  if (includesAny) asked.push(`${zh ? '至少包含其一：' : 'include any of '}${call(includesAny)}`);
  if (includesAll) asked.push(`${zh ? '全部包含：' : 'include all of '}${call(includesAll)}`);
  if (includesNone) asked.push(`${zh ? '均不包含：' : 'include none of '}${call(includesNone)}`);
  if (anyStartsWith !== undefined)
    asked.push(zh ? `有以「${anyStartsWith}」开头的` : `one begins with ${anyStartsWith}`);
  if (anyContains !== undefined) asked.push(zh ? `有含「${anyContains}」的` : `one contains ${anyContains}`);
  if (sizeAtLeast !== undefined) asked.push(zh ? `至少 ${sizeAtLeast} 个` : `at least ${sizeAtLeast}`);
  if (sizeAtMost !== undefined) asked.push(zh ? `至多 ${sizeAtMost} 个` : `at most ${sizeAtMost}`);
  return and(asked, language);
}

interface Finding extends Telling {
  readonly found: ReadonlyMap<string, LeafValue>;
}

function foundText(leaf: Leaf, { at, value }: LeafValue, finding: Finding): string {
  const { language, found } = finding;
  const zh = language === 'zh';
  const { what, asked } = leafText(leaf, finding);
  const below = at.split('/').includes('not') ? (zh ? '（位于「不成立」之下）' : ' (below a “not”)') : '';
  if ('segment' in leaf) {
    return zh
      ? `${what}：${value === true ? '是' : '否'}${below}。`
      : `${capital(what)}: ${value === true ? 'yes' : 'no'}${below}.`;
  }
  const numberOf = (operator: NumberOperator) => {
    const other = found.get(`${at}/${operator}`)?.value;
    return typeof other === 'number' ? other : undefined;
  };
  const wanted = isNumberLeaf(leaf) ? numberAsked(leaf, finding, numberOf) : asked;
  const seen = valueText(leaf, value, finding);
  return zh ? `${what}：${seen}，要求${wanted}${below}。` : `${capital(what)}: ${seen}, asked for: ${wanted}${below}.`;
}

function valueText(leaf: FieldLeaf, value: LeafValue['value'], telling: Telling): string {
  const { language, names } = telling;
  const zh = language === 'zh';
  if (value === undefined) return zh ? '未知' : 'not known';
  if (isNumberLeaf(leaf) && typeof value === 'number') return amountText(value, leaf.field, language, names);
  if (isDateLeaf(leaf)) return timeText(String(value));
  if (isSetLeaf(leaf)) {
    if (typeof value === 'number') return zh ? `${value} 个` : String(value);
    const list = Array.isArray(value) ? value.map((name) => calledIn(leaf.field, name, telling)) : [];
    if (list.length > 0) return listOf(list, language);
    return zh ? '没有所问及的' : 'none of those asked for';
  }
  const tier = Object.entries(TIER_NAMES).find(([name]) => name === value)?.[1];
  return named(tier?.[language] ?? String(value), language);
}
