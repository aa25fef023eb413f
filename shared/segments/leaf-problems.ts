/** What is wrong with one leaf of a condition, before it is known to be one: each part of it is judged by itself. */
import { formatMoney, TIER_NAMES } from '../tiers/reasons.ts';
import { TIERS } from '../tiers/policy.ts';
import {
  DATE_FIELD_NAMES,
  DATE_FIELDS,
  DATE_OPERATORS,
  type DateField,
  LONGEST_WINDOW_DAYS,
  NUMBER_FIELD_NAMES,
  NUMBER_FIELDS,
  NUMBER_OPERATORS,
  type NumberField,
  PARTS,
  SET_OPERATORS,
  type SetField,
} from './condition.ts';
import {
  CHANNEL_CATEGORIES,
  FIELDS,
  type FieldKind,
  isDateField,
  isNumberField,
  isPartKind,
  isSetField,
  kindOfField,
  NUMBERS,
  type Words,
} from './fields.ts';
import {
  type Fields,
  fieldOf,
  isFields,
  likely,
  listed,
  pointer,
  quote,
  type Refuse,
  refuseOthers,
  unknownName,
} from './problem.ts';

export interface LeafContext {
  readonly refuse: Refuse;
  /** Names of the channels there are. */
  readonly channels: readonly string[];
  readonly reportingCurrency: string;
}

const TIER_OPERATORS = ['is', 'isOneOf'] as const;
const OPERATORS: Readonly<Record<FieldKind, readonly string[]>> = {
  number: NUMBER_OPERATORS,
  date: DATE_OPERATORS,
  tier: TIER_OPERATORS,
  set: SET_OPERATORS,
};
const KINDS: Readonly<Record<FieldKind, Words>> = {
  number: { en: 'a number', zh: '数值' },
  date: { en: 'a date', zh: '日期' },
  tier: { en: 'a tier', zh: '分层' },
  set: { en: 'a set of names', zh: '名称集合' },
};

const NAME_MOST = 200;
const NAMES_MOST = 50;
const AMOUNT_MOST = 1e15;
const TIMES_MOST = 1000;
const DAYS_MOST = 36_500;
const SIZE_MOST = 1000;

/** Of an object with a `field`. */
export function checkLeaf(leaf: Fields, at: string, context: LeafContext): void {
  const { refuse } = context;
  const field = fieldOf(leaf, 'field');
  const kind = typeof field === 'string' ? kindOfField(field) : undefined;
  if (typeof field !== 'string' || kind === undefined) {
    refuse(`${at}/field`, unknownName({ en: 'field', zh: '字段' }, field, FIELDS), likely(field, FIELDS));
    return;
  }
  const operators = OPERATORS[kind];
  checkNames(leaf, { field, kind, at }, context);
  if (!Object.keys(leaf).some((name) => operators.includes(name) || isOperator(name))) {
    refuse(at, says(`${field} is asked nothing: give one of ${listed(operators)}.`, `${field} 缺少运算：可用 ${listed(operators)}。`), operators);
  }
  for (const operator of operators) {
    const value = fieldOf(leaf, operator);
    if (value === undefined) continue;
    const place = `${at}/${operator}`;
    if (isNumberField(field)) checkAmount(value, field, place, context);
    else if (isDateField(field)) checkDateOperand(operator, value, place, refuse);
    else if (isSetField(field)) checkSetOperand(operator, value, field, place, context);
    else checkTiers(operator, value, place, refuse);
  }
  if (kind === 'number' || kind === 'date') checkScope(leaf, at, context);
}

const says = (en: string, zh: string): Words => ({ en, zh });

const isOperator = (name: string): boolean => Object.values(OPERATORS).some((names) => names.includes(name));

interface Place {
  readonly field: string;
  readonly kind: FieldKind;
  readonly at: string;
}

/** Names beside `field` that are not for it. */
function checkNames(leaf: Fields, { field, kind, at }: Place, { refuse }: LeafContext): void {
  const operators = OPERATORS[kind];
  const scope = [...(takesPart(field) ? ['of'] : []), ...(takesWindow(field) ? ['withinDays'] : [])];
  const allowed = [...operators, ...scope];
  for (const name of Object.keys(leaf)) {
    if (name === 'field' || allowed.includes(name)) continue;
    const place = pointer(at, name);
    if (name === 'of') refuse(place, notFor('of', field, PART_FIELDS), PART_FIELDS);
    else if (name === 'withinDays') refuse(place, notFor('withinDays', field, WINDOW_FIELDS), WINDOW_FIELDS);
    else if (name === 'times') refuse(place, TIMES_MISPLACED);
    else if (isOperator(name)) {
      const { en, zh } = KINDS[kind];
      refuse(
        place,
        says(
          `${name} is not for ${field}, which is ${en}: one of ${listed(operators)}.`,
          `${name} 不能用于 ${field}（${zh}）：可用 ${listed(operators)}。`,
        ),
        likely(name, operators),
      );
    } else refuse(place, unknownName({ en: `operator of ${field}:`, zh: ` ${field} 的运算` }, name, allowed), likely(name, allowed));
  }
}

const TIMES_MISPLACED = says(
  'times belongs to the number that is compared with: { "moreThan": { "field": "netSpend", "times": 2 } }.',
  'times 应写在被比较的一方：{ "moreThan": { "field": "netSpend", "times": 2 } }。',
);

const takesPart = (field: string): boolean =>
  (isNumberField(field) && NUMBER_FIELDS[field].of) || (isDateField(field) && DATE_FIELDS[field].of);
const takesWindow = (field: string): boolean => isNumberField(field) && NUMBER_FIELDS[field].withinDays;
const PART_FIELDS: readonly string[] = [...NUMBER_FIELD_NAMES, ...DATE_FIELD_NAMES].filter(takesPart);
const WINDOW_FIELDS: readonly string[] = NUMBER_FIELD_NAMES.filter(takesWindow);

const notFor = (name: string, field: string, fields: readonly string[]): Words =>
  says(
    `${name} can not be said of ${field}, only of ${listed(fields)}.`,
    `${field} 不能使用 ${name}，仅限 ${listed(fields)}。`,
  );

/** `of` and `withinDays`, where they may stand. */
function checkScope(leaf: Fields, at: string, context: LeafContext): void {
  const { refuse } = context;
  const field = String(fieldOf(leaf, 'field'));
  const [of, withinDays] = [fieldOf(leaf, 'of'), fieldOf(leaf, 'withinDays')];
  if (of !== undefined && takesPart(field)) checkPart(of, `${at}/of`, context);
  if (withinDays !== undefined && takesWindow(field))
    checkWhole(withinDays, { least: 1, most: LONGEST_WINDOW_DAYS, en: 'days', zh: '天' }, `${at}/withinDays`, refuse);
}

function checkPart(part: unknown, at: string, context: LeafContext): void {
  const { refuse } = context;
  const example = says(
    `A part of the buying, as { "channel": "…" }: one of ${listed(PARTS)}.`,
    `应为购买的一部分，如 { "channel": "…" }：可用 ${listed(PARTS)}。`,
  );
  if (!isFields(part)) {
    refuse(at, example, PARTS);
    return;
  }
  const names = Object.keys(part);
  refuseOthers(part, PARTS, at, { en: 'part of the buying', zh: '购买部分' }, refuse);
  if (names.length === 0) refuse(at, example, PARTS);
  if (names.length > 1)
    refuse(at, says('One part only; for both, two conditions in all.', '只能写一个部分；如需同时满足，请在 all 中写两个条件。'));
  for (const kind of names.filter(isPartKind)) {
    const place = `${at}/${kind}`;
    const value = fieldOf(part, kind);
    const known = kind === 'channel' ? context.channels : kind === 'channelCategory' ? CHANNEL_CATEGORIES : undefined;
    if (Array.isArray(value)) checkList(value, place, refuse, (one, of) => checkName(one, of, refuse, known));
    else checkName(value, place, refuse, known);
  }
}

/** `known`: those there are; absent: it may be any. */
function checkName(value: unknown, at: string, refuse: Refuse, known?: readonly string[]): void {
  if (typeof value !== 'string' || value.trim().length === 0 || value.trim().length > NAME_MOST) {
    refuse(at, says(`A name of 1 to ${NAME_MOST} letters.`, `应为 1 至 ${NAME_MOST} 个字符的名称。`), known);
  } else if (known && !known.includes(value.trim())) {
    refuse(at, unknownName({ en: 'name', zh: '名称' }, value, known), likely(value, known));
  }
}

function checkList(
  value: unknown,
  at: string,
  refuse: Refuse,
  checkOne: (one: unknown, at: string) => void,
  most = NAMES_MOST,
): void {
  if (!Array.isArray(value) || value.length === 0 || value.length > most) {
    refuse(at, says(`A list of 1 to ${most}, as ["…", "…"].`, `应为 1 至 ${most} 项的列表，如 ["…", "…"]。`));
    return;
  }
  value.forEach((one: unknown, index) => {
    checkOne(one, `${at}/${index}`);
  });
}

interface Bounds extends Words {
  readonly least: number;
  readonly most: number;
}

function checkWhole(value: unknown, { least, most, en, zh }: Bounds, at: string, refuse: Refuse): void {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return;
  refuse(
    at,
    says(
      `A whole number of ${en} from ${least} to ${most}${withoutQuotes(value, 'en')}.`,
      `应为 ${least} 至 ${most} 之间的整数（${zh}）${withoutQuotes(value, 'zh')}。`,
    ),
  );
}

const withoutQuotes = (value: unknown, language: 'en' | 'zh'): string =>
  typeof value !== 'string' ? '' : language === 'en' ? ', without quotes' : '，不加引号';

/** What a number is compared with. */
function checkAmount(value: unknown, field: NumberField, at: string, context: LeafContext): void {
  const { refuse, reportingCurrency } = context;
  if (isFields(value)) {
    checkMeasure(value, field, at, context);
    return;
  }
  const { unit } = NUMBERS[field];
  if (typeof value !== 'number' || !Number.isFinite(value) || Math.abs(value) > AMOUNT_MOST) {
    refuse(
      at,
      says(
        `A number${withoutQuotes(value, 'en')}, or another number of the customer, as { "field": "${field}" }.`,
        `应为数字${withoutQuotes(value, 'zh')}，或该客户的另一数值，如 { "field": "${field}" }。`,
      ),
    );
  } else if (unit === 'money' && !Number.isInteger(value)) {
    const [en, zh] = [formatMoney(200_000, reportingCurrency, 'en'), formatMoney(200_000, reportingCurrency, 'zh')];
    refuse(
      at,
      says(
        `A whole number, in minor units of ${reportingCurrency}: ${en} is 200000.`,
        `应为整数，单位为 ${reportingCurrency} 的最小货币单位：${zh} 写作 200000。`,
      ),
    );
  } else if ((unit === 'orders' || unit === 'count' || unit === 'days') && !Number.isInteger(value)) {
    refuse(at, says(`A whole number: ${field} has no fractions.`, `应为整数：${field} 没有小数。`));
  } else if (unit === 'share' && (value < 0 || value > 1)) {
    refuse(at, says(`A share from 0 to 1: 30 % is 0.3.`, `应为 0 至 1 之间的比例：30% 写作 0.3。`));
  }
}

function checkMeasure(measure: Fields, compared: NumberField, at: string, context: LeafContext): void {
  const { refuse } = context;
  const { unit } = NUMBERS[compared];
  const fields = NUMBER_FIELD_NAMES.filter((name) => NUMBERS[name].unit === unit);
  const field = fieldOf(measure, 'field');
  const isKnown = typeof field === 'string' && isNumberField(field);
  if (!isKnown) {
    refuse(`${at}/field`, unknownName({ en: 'number', zh: '数值字段' }, field, fields), likely(field, fields));
    return;
  }
  if (NUMBERS[field].unit !== unit) {
    refuse(
      `${at}/field`,
      says(
        `${compared} compares with ${listed(fields)}, not with ${field}, which is in another unit.`,
        `${compared} 可与 ${listed(fields)} 比较，与 ${field} 单位不同。`,
      ),
      fields,
    );
  }
  const scope = [...(takesPart(field) ? ['of'] : []), ...(takesWindow(field) ? ['withinDays'] : [])];
  for (const name of Object.keys(measure)) {
    if (name === 'field' || name === 'times' || scope.includes(name)) continue;
    const place = pointer(at, name);
    if (name === 'of') refuse(place, notFor('of', field, PART_FIELDS), PART_FIELDS);
    else if (name === 'withinDays') refuse(place, notFor('withinDays', field, WINDOW_FIELDS), WINDOW_FIELDS);
    else {
      const allowed = ['times', ...scope];
      refuse(place, unknownName({ en: `property of a number`, zh: '数值属性' }, name, allowed), likely(name, allowed));
    }
  }
  const times = fieldOf(measure, 'times');
  if (times !== undefined && !(typeof times === 'number' && times > 0 && times <= TIMES_MOST))
    refuse(`${at}/times`, says(`A number above 0, at most ${TIMES_MOST}.`, `应为大于 0 且不超过 ${TIMES_MOST} 的数字。`));
  checkScope(measure, at, context);
}

const A_DATE = /^\d{4}-\d{2}-\d{2}$/;

function checkDateOperand(operator: string, value: unknown, at: string, refuse: Refuse): void {
  if (operator === 'exists') {
    if (typeof value !== 'boolean') refuse(at, says('true or false.', '应为 true 或 false。'), ['true', 'false']);
  } else if (operator === 'before' || operator === 'after') {
    if (isUtcTime(value)) return;
    const meant = typeof value === 'string' && A_DATE.test(value) ? `${value}T00:00:00.000Z` : undefined;
    refuse(
      at,
      says(
        `An instant in UTC, as ${meant ?? '2026-11-24T00:00:00.000Z'}.`,
        `应为 UTC 时间，如 ${meant ?? '2026-11-24T00:00:00.000Z'}。`,
      ),
      meant === undefined ? undefined : [meant],
    );
  } else {
    // Within no days there is no instant.
    const least = operator === 'atLeastDaysAgo' ? 0 : 1;
    checkWhole(value, { least, most: DAYS_MOST, en: 'days', zh: '天' }, at, refuse);
  }
}

const UTC_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z$/;
const isUtcTime = (value: unknown): boolean =>
  typeof value === 'string' && UTC_TIME.test(value) && isDateOfCalendar(value);

/** Date.parse takes the 31st of February for one of March. */
function isDateOfCalendar(value: string): boolean {
  const ms = Date.parse(value);
  return !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 10) === value.slice(0, 10);
}

function checkTiers(operator: string, value: unknown, at: string, refuse: Refuse): void {
  const checkTier = (one: unknown, place: string) => {
    if (TIERS.some((tier) => tier === one)) return;
    const named = TIERS.find((tier) => TIER_NAMES[tier].zh === one || TIER_NAMES[tier].en === one);
    const valid = named === undefined ? likely(one, TIERS) : [named, ...TIERS.filter((tier) => tier !== named)];
    refuse(
      place,
      named === undefined
        ? unknownName({ en: 'tier', zh: '分层' }, one, TIERS)
        : says(`The tier ${quote(one)} is written ${named}.`, `分层${quote(one)}应写作 ${named}。`),
      valid,
    );
  };
  if (operator === 'isOneOf') checkList(value, at, refuse, checkTier);
  else checkTier(value, at);
}

const LISTS: readonly string[] = ['includesAny', 'includesAll', 'includesNone'];
const SIZES: readonly string[] = ['sizeAtLeast', 'sizeAtMost'];

function checkSetOperand(operator: string, value: unknown, field: SetField, at: string, context: LeafContext): void {
  const { refuse, channels } = context;
  if (SIZES.includes(operator)) {
    checkWhole(value, { least: 0, most: SIZE_MOST, en: 'names', zh: '个' }, at, refuse);
    return;
  }
  const isWhole = operator === 'includes' || LISTS.includes(operator);
  const known = !isWhole
    ? undefined
    : field === 'channels'
      ? channels
      : field === 'channelCategories'
        ? CHANNEL_CATEGORIES
        : undefined;
  const checkOne = (one: unknown, place: string) => {
    checkName(one, place, refuse, known);
    if (isWhole && field === 'connections' && typeof one === 'string') checkConnection(one.trim(), place, context);
  };
  if (LISTS.includes(operator)) checkList(value, at, refuse, checkOne);
  else checkOne(value, at);
}

function checkConnection(name: string, at: string, { refuse, channels }: LeafContext): void {
  const [channel = '', connection = '', ...more] = name.split('/');
  if (connection === '' || more.length > 0) {
    refuse(at, says('A channel and a connection, as shopify/my-shop.', '应为渠道与连接，如 shopify/my-shop。'));
  } else if (!channels.includes(channel)) {
    refuse(at, unknownName({ en: 'channel', zh: '渠道' }, channel, channels), likely(channel, channels));
  }
}
