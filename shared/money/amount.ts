/**
 * Money is an integer in the currency's minor unit (cents, fen, yen) beside an ISO 4217 code. No amount is ever a
 * fraction or a double on its way in: decimal text is read digit by digit. Rounding is half to even throughout.
 */
import { minorDigits } from './currency.ts';

const DECIMAL = /^([+-]?)(\d{1,15})(?:\.(\d{1,15}))?$/;

/** `"12.50"`, USD → 1250. Digits beyond the minor unit are rounded half to even. Undefined if it is not a decimal. */
export function parseAmount(text: string, currency: string): number | undefined {
  return parseShort(text, minorDigits(currency)) ?? parseAny(text, currency);
}

/**
 * The common case without BigInt: at most 15 digits with those that the minor unit adds, and none to round away. Each
 * step stays below 10^15, where a double is exact. Undefined for all else, which may still be a decimal.
 */
function parseShort(text: string, digits: number): number | undefined {
  const negative = text.charCodeAt(0) === 45; // -
  const start = negative ? 1 : 0;
  const point = text.indexOf('.', start);
  const end = point < 0 ? text.length : point;
  const places = point < 0 ? 0 : text.length - point - 1;
  if (end === start || places > digits || (point >= 0 && places === 0) || end - start + digits > 15) return undefined;
  let minor = 0;
  for (let index = start; index < text.length; index++) {
    if (index === point) continue;
    const digit = text.charCodeAt(index) - 48; // 0
    if (!(digit >= 0 && digit <= 9)) return undefined;
    minor = minor * 10 + digit;
  }
  for (let place = places; place < digits; place++) minor *= 10;
  return negative && minor !== 0 ? -minor : minor;
}

function parseAny(text: string, currency: string): number | undefined {
  const match = DECIMAL.exec(text);
  if (!match) return undefined;
  const [, sign, whole = '', fraction = ''] = match;
  const digits = minorDigits(currency);
  const scaled = BigInt(whole + fraction.padEnd(digits, '0'));
  const minor = divideHalfEven(scaled, 10n ** BigInt(Math.max(0, fraction.length - digits)));
  return safe(sign === '-' ? -minor : minor);
}

/** quantity × unit price, in minor units; the quantity may be decimal (goods by weight). */
export function multiply(unitPrice: number, quantity: number): number {
  const direct = unitPrice * quantity;
  // A product of integers that comes out below 2^53 was not rounded on the way: beyond, a double never falls back below.
  if (Number.isInteger(quantity)) return Number.isSafeInteger(direct) ? direct + 0 : overflow();
  const match = DECIMAL.exec(String(quantity));
  if (!match) return overflow();
  const [, sign, whole = '', fraction = ''] = match;
  const product = BigInt(unitPrice) * BigInt(sign + whole + fraction);
  return safe(divideHalfEven(product, 10n ** BigInt(fraction.length))) ?? overflow();
}

/**
 * amount × to ÷ from: an amount in the shopper's currency at the order's own rate (its total in each). Undefined where
 * there is no such rate, or one so odd that the answer is beyond 2^53.
 */
export function convert(amount: number, rate: { readonly from: number; readonly to: number }): number | undefined {
  if (rate.from === 0) return undefined;
  return safe(divideHalfEven(BigInt(amount) * BigInt(rate.to), BigInt(rate.from)));
}

export const sum = (amounts: Iterable<number>): number => {
  let total = 0;
  for (const amount of amounts) total += amount;
  return total;
};

/** a ÷ b to the nearest integer, ties to the even one: no drift over many roundings, and the same for −x as for x. */
export function divideHalfEven(a: bigint, b: bigint): bigint {
  const negative = a < 0n !== b < 0n;
  const [numerator, denominator] = [a < 0n ? -a : a, b < 0n ? -b : b];
  const floor = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  const up = twice > denominator || (twice === denominator && floor % 2n === 1n);
  const quotient = up ? floor + 1n : floor;
  return negative ? -quotient : quotient;
}

function safe(value: bigint): number | undefined {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number + 0 : undefined;
}

function overflow(): never {
  throw new RangeError('amount beyond 2^53 minor units');
}
