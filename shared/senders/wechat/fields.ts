/**
 * What the fields of a subscribe message may hold: a field is named after its kind and a number, as `thing1` or `time2`.
 * Source: 订阅消息参数值内容限制说明, https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-message-management/subscribe-message/sendMessage.html
 */

interface FieldKind {
  readonly most: number;
  readonly form?: RegExp;
}

const WITHOUT_CONTROLS = /^[^\p{Cc}\p{Zl}\p{Zp}]*$/u;
const SYMBOLS_AND_ASCII = /^[^\p{Script=Han}\p{Cc}]+$/u;
const HAN = /^\p{Script=Han}+$/u;
/** Of a name: with one Chinese character in it, it counts as Chinese. */
const NAME_MOST = { han: 10, other: 20 };

const FIELD_KINDS: Readonly<Record<string, FieldKind>> = {
  thing: { most: 20 },
  number: { most: 32, form: /^\d+(\.\d+)?$/ },
  letter: { most: 32, form: /^[A-Za-z]+$/ },
  symbol: { most: 5, form: /^[\p{P}\p{S}]+$/u },
  character_string: { most: 32, form: SYMBOLS_AND_ASCII },
  // "15:01", "2019年10月1日 15:01", two of them with ~ between.
  time: { most: 64, form: /\d{1,2}:\d{2}/ },
  date: { most: 64, form: /\d/ },
  // A sign of currency, ten digits, decimals, 元.
  amount: { most: 16, form: /^[^\d\s]?\d{1,10}(\.\d+)?元?$/ },
  phone_number: { most: 17, form: /^[\d\p{P}\p{S} ]+$/u },
  car_number: { most: 8 },
  name: { most: NAME_MOST.other },
  phrase: { most: 5, form: HAN },
  // Only what the template lists; which that is, WeChat knows.
  enum: { most: 20 },
  const: { most: 20 },
};

/**
 * NOT VERIFIED: what WeChat counts as a character outside the basic plane (an emoji). Here it is two, as in JavaScript: never less than
 * what WeChat may count. Nor are the kinds whose limits its page gives in words only (time, date), or not at all (others): 64.
 */
const OTHER_KIND: FieldKind = { most: 64 };

export type FieldProblem = 'invalid' | { readonly size: number; readonly most: number };

/** Undefined: nothing is wrong with it. */
export function fieldProblem(field: string, value: string): FieldProblem | undefined {
  const kind = /^([a-z]+(?:_[a-z]+)*)\d{0,3}$/.exec(field)?.[1];
  if (kind === undefined || value.trim() === '' || !WITHOUT_CONTROLS.test(value)) return 'invalid';
  const { most, form } = FIELD_KINDS[kind] ?? OTHER_KIND;
  const limit = kind === 'name' && /\p{Script=Han}/u.test(value) ? NAME_MOST.han : most;
  if (value.length > limit) return { size: value.length, most: limit };
  return form === undefined || form.test(value) ? undefined : 'invalid';
}
