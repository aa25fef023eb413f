/** What is wrong with one leaf of a condition, before it is known to be one: each name in it is judged by itself. */
import { formatMoney } from '../tiers/reasons.ts';
import { checkScope, refuseScope, scopeOf } from './check-scope.ts';
import { checkList, checkName, checkTier, checkUtcTime, checkWhole, says, withoutQuotes } from './check-values.ts';
import {
  DATE_OPERATORS,
  NUMBER_FIELD_NAMES,
  NUMBER_OPERATORS,
  type NumberField,
  SET_OPERATORS,
  type SetField,
} from './condition.ts';
import {
  CHANNEL_CATEGORIES,
  FIELDS,
  type FieldKind,
  isDateField,
  isNumberField,
  isSetField,
  kindOfField,
  NUMBERS,
  type Words,
} from './fields.ts';
import { type Fields, fieldOf, isFields, likely, listed, pointer, type Refuse, unknownName } from './problem.ts';

export interface LeafContext {
  readonly refuse: Refuse;
  /** Names of the channels there are. */
  readonly channels: readonly string[];
  readonly reportingCurrency: string;
}

const OPERATORS: Readonly<Record<FieldKind, readonly string[]>> = {
  number: NUMBER_OPERATORS,
  date: DATE_OPERATORS,
  tier: ['is', 'isOneOf'],
  set: SET_OPERATORS,
};
const KINDS: Readonly<Record<FieldKind, Words>> = {
  number: says('a number', '数值'),
  date: says('a date', '日期'),
  tier: says('a tier', '分层'),
  set: says('a set of names', '名称集合'),
};
const BESIDE_OPERATORS = ['field', 'of', 'withinDays', 'times'];
const isOperator = (name: string): boolean => Object.values(OPERATORS).some((names) => names.includes(name));

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
    refuse(`${at}/field`, unknownName(says('field', '字段'), field, FIELDS), likely(field, FIELDS));
    return;
  }
  const operators = OPERATORS[kind];
  for (const name of Object.keys(leaf)) {
    if (name === 'field' || scopeOf(field).includes(name)) continue;
    if (operators.includes(name)) checkOperand(field, name, fieldOf(leaf, name), `${at}/${name}`, context);
    else if (!refuseScope(name, field, at, refuse)) refuseName(name, field, kind, at, refuse);
  }
  if (Object.keys(leaf).every((name) => BESIDE_OPERATORS.includes(name))) {
    const list = listed(operators);
    refuse(at, says(`${field} is asked nothing: give one of ${list}.`, `${field} 缺少运算：可用 ${list}。`), operators);
  }
  checkScope(leaf, field, at, context);
}

function refuseName(name: string, field: string, kind: FieldKind, at: string, refuse: Refuse): void {
  const operators = OPERATORS[kind];
  const place = pointer(at, name);
  if (name === 'times') {
    const example = '{ "moreThan": { "field": "netSpend", "times": 2 } }';
    refuse(
      place,
      says(`times belongs to what is compared with: ${example}.`, `times 应写在被比较的一方：${example}。`),
    );
  } else if (isOperator(name)) {
    const { en, zh } = KINDS[kind];
    const list = listed(operators);
    const words = says(
      `${name} is not for ${field}, which is ${en}: one of ${list}.`,
      `${name} 不能用于 ${field}（${zh}）：可用 ${list}。`,
    );
    refuse(place, words, likely(name, operators));
  } else {
    const allowed = [...operators, ...scopeOf(field)];
    refuse(place, unknownName(says(`operator of ${field}:`, ` ${field} 的运算`), name, allowed), likely(name, allowed));
  }
}

function checkOperand(field: string, operator: string, value: unknown, at: string, context: LeafContext): void {
  if (isNumberField(field)) checkAmount(value, field, at, context);
  else if (isDateField(field)) checkDateOperand(operator, value, at, context);
  else if (isSetField(field)) checkSetOperand(field, operator, value, at, context);
  else if (operator === 'is') checkTier(value, at, context.refuse);
  else checkList(value, at, context.refuse, (one, place) => checkTier(one, place, context.refuse));
}

/** What a number is compared with. */
function checkAmount(value: unknown, field: NumberField, at: string, context: LeafContext): void {
  const { refuse, reportingCurrency } = context;
  if (isFields(value)) {
    checkMeasure(value, field, at, context);
    return;
  }
  const { unit } = NUMBERS[field];
  if (typeof value !== 'number' || !(Math.abs(value) <= AMOUNT_MOST)) {
    const quotes = withoutQuotes(value);
    const words = says(
      `A number${quotes.en}, or another number of the customer, as { "field": "${field}" }.`,
      `应为数字${quotes.zh}，或该客户的另一数值，如 { "field": "${field}" }。`,
    );
    refuse(at, words);
  } else if (unit === 'money' && !Number.isInteger(value)) {
    const example = (language: 'en' | 'zh') => formatMoney(200_000, reportingCurrency, language);
    const words = says(
      `A whole number, in minor units of ${reportingCurrency}: ${example('en')} is 200000.`,
      `应为整数，单位为 ${reportingCurrency} 的最小货币单位：${example('zh')} 写作 200000。`,
    );
    refuse(at, words);
  } else if (unit === 'share' && (value < 0 || value > 1)) {
    refuse(at, says('A share from 0 to 1: 30 % is 0.3.', '应为 0 至 1 之间的比例：30% 写作 0.3。'));
  } else if (unit !== 'share' && unit !== 'times' && !Number.isInteger(value)) {
    refuse(at, says(`A whole number: ${field} has no fractions.`, `应为整数：${field} 没有小数。`));
  }
}

/** Of the customer another number, of the same unit. */
function checkMeasure(measure: Fields, compared: NumberField, at: string, context: LeafContext): void {
  const { refuse } = context;
  const { unit } = NUMBERS[compared];
  const fields = NUMBER_FIELD_NAMES.filter((name) => NUMBERS[name].unit === unit);
  const field = fieldOf(measure, 'field');
  if (typeof field !== 'string' || !isNumberField(field)) {
    refuse(`${at}/field`, unknownName(says('number', '数值字段'), field, fields), likely(field, fields));
    return;
  }
  if (NUMBERS[field].unit !== unit) {
    const list = listed(fields);
    const words = says(
      `${compared} compares with ${list}; ${field} is in another unit.`,
      `${compared} 可与 ${list} 比较；${field} 单位不同。`,
    );
    refuse(`${at}/field`, words, fields);
  }
  const allowed = ['times', ...scopeOf(field)];
  for (const name of Object.keys(measure)) {
    if (name === 'field' || allowed.includes(name) || refuseScope(name, field, at, refuse)) continue;
    refuse(
      pointer(at, name),
      unknownName(says('property of a number', '数值属性'), name, allowed),
      likely(name, allowed),
    );
  }
  const times = fieldOf(measure, 'times');
  if (times !== undefined && !(typeof times === 'number' && times > 0 && times <= TIMES_MOST))
    refuse(
      `${at}/times`,
      says(`A number above 0, at most ${TIMES_MOST}.`, `应为大于 0 且不超过 ${TIMES_MOST} 的数字。`),
    );
  checkScope(measure, field, at, context);
}

function checkDateOperand(operator: string, value: unknown, at: string, { refuse }: LeafContext): void {
  if (operator === 'exists') {
    if (typeof value !== 'boolean') refuse(at, says('true or false.', '应为 true 或 false。'), ['true', 'false']);
  } else if (operator === 'before' || operator === 'after') {
    checkUtcTime(value, at, refuse);
  } else {
    // Within no days there is no instant.
    const least = operator === 'atLeastDaysAgo' ? 0 : 1;
    checkWhole(value, { least, most: DAYS_MOST, ...says('days', '天') }, at, refuse);
  }
}

const LISTS: readonly string[] = ['includesAny', 'includesAll', 'includesNone'];
const SIZES: readonly string[] = ['sizeAtLeast', 'sizeAtMost'];

function checkSetOperand(field: SetField, operator: string, value: unknown, at: string, context: LeafContext): void {
  const { refuse, channels } = context;
  if (SIZES.includes(operator)) {
    checkWhole(value, { least: 0, most: SIZE_MOST, ...says('names', '个') }, at, refuse);
    return;
  }
  const isWhole = operator === 'includes' || LISTS.includes(operator);
  const known = field === 'channels' ? channels : field === 'channelCategories' ? CHANNEL_CATEGORIES : undefined;
  const checkOne = (one: unknown, place: string) => {
    checkName(one, place, refuse, isWhole ? known : undefined);
    if (isWhole && field === 'connections' && typeof one === 'string') checkConnection(one.trim(), place, context);
  };
  if (LISTS.includes(operator)) checkList(value, at, refuse, checkOne);
  else checkOne(value, at);
}

function checkConnection(name: string, at: string, { refuse, channels }: LeafContext): void {
  const [channel = '', connection = '', ...more] = name.split('/');
  if (connection === '' || more.length > 0)
    refuse(at, says('A channel and a connection, as shopify/my-shop.', '应为渠道与连接，如 shopify/my-shop。'));
  else if (!channels.includes(channel))
    refuse(at, unknownName(says('channel', '渠道'), channel, channels), likely(channel, channels));
}
