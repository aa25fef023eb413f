import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { convert, divideHalfEven, multiply, parseAmount } from '../../shared/money/amount.ts';

/** Minor units that a double holds. */
const minor = fc.integer({ min: -(10 ** 14), max: 10 ** 14 });
const currency = fc.constantFrom('USD', 'JPY', 'KWD', 'CLF', 'CNY');
const digitsOf: Readonly<Record<string, number>> = { USD: 2, JPY: 0, KWD: 3, CLF: 4, CNY: 2 };

/** 1234567, 2 → "12345.67", by text alone: independent of what is tested. */
function write(amount: number, digits: number): string {
  const text = String(Math.abs(amount)).padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  return `${amount < 0 ? '-' : ''}${whole}${digits > 0 ? `.${text.slice(-digits)}` : ''}`;
}

describe('parseAmount', () => {
  test('reads what was written, to the last digit, with zeros added in front and behind', () => {
    const small = fc.integer({ min: -(10 ** 11), max: 10 ** 11 });
    fc.assert(
      fc.property(fc.oneof(minor, small), currency, fc.nat(3), fc.nat(3), (amount, code, before, after) => {
        const [, sign = '', whole = '', fraction = ''] =
          /^(-?)(\d+)(.*)$/.exec(write(amount, digitsOf[code] ?? 2)) ?? [];
        const wider = '0'.repeat(Math.min(before, 15 - whole.length)) + whole;
        const text = sign + wider + (fraction && fraction + '0'.repeat(after));
        expect(parseAmount(text, code)).toBe(amount);
      }),
      { numRuns: 1000 },
    );
  });

  test('the short way and the long way agree on every text, decimal or not', () => {
    // A plus sign is only read the long way, so `+text` compares the two.
    const decimal = fc.stringMatching(/^\d{1,16}(\.\d{0,6})?$/);
    const other = fc.string({ unit: fc.constantFrom('0', '7', '9', '.', '-', '+', ' ', ',', 'e', '٣'), maxLength: 8 });
    fc.assert(
      fc.property(fc.oneof(decimal, other), currency, (text, code) => {
        fc.pre(!/^[+-]/.test(text));
        expect(parseAmount(text, code)).toBe(parseAmount(`+${text}`, code));
      }),
      { numRuns: 1000 },
    );
  });

  test('never answers with a fraction, NaN or −0', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^-?\d{1,17}(\.\d{1,17})?$/)), currency, (text, code) => {
        const amount = parseAmount(text, code);
        expect(amount === undefined || (Number.isSafeInteger(amount) && !Object.is(amount, -0))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['12.50', 'USD', 1250],
    ['-0.00', 'USD', 0],
    ['12.345', 'USD', 1234],
    ['12.355', 'USD', 1236],
    ['0.5', 'JPY', 0],
    ['1.5', 'JPY', 2],
    ['1200.00', 'JPY', 1200],
    ['18.750', 'KWD', 18750],
    ['999999999999999', 'JPY', 999999999999999],
    ['99999999999999.99', 'USD', undefined],
    ['12.', 'USD', undefined],
    ['.5', 'USD', undefined],
    ['', 'USD', undefined],
    ['-', 'USD', undefined],
    ['--1', 'USD', undefined],
    ['1 000.00', 'USD', undefined],
    ['12,50', 'USD', undefined],
    ['1e3', 'USD', undefined],
    ['NaN', 'USD', undefined],
  ])('%j in %s is %j', (text, code, amount) => {
    expect(parseAmount(text, code)).toBe(amount);
  });
});

describe('multiply', () => {
  test('is exact for whole quantities, and throws rather than lose a digit', () => {
    const any = fc.integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(fc.oneof(minor, any), fc.oneof(fc.nat(100_000), any), (price, quantity) => {
        const exact = BigInt(price) * BigInt(quantity);
        if (Number.isSafeInteger(Number(exact))) {
          expect(multiply(price, quantity)).toBe(Number(exact) + 0);
        } else expect(() => multiply(price, quantity)).toThrow(RangeError);
      }),
      { numRuns: 1000 },
    );
  });

  test('rounds half to even for goods by weight', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 8 }), fc.nat(10 ** 6), (price, grams) => {
        const kilos = grams / 1000;
        expect(multiply(price, kilos)).toBe(Number(divideHalfEven(BigInt(price) * BigInt(grams), 1000n)));
      }),
    );
  });
});

test('convert: the total becomes the total, both signs alike, and there and back blurs by the rate', () => {
  const total = fc.integer({ min: 1, max: 10 ** 6 });
  fc.assert(
    fc.property(fc.integer({ min: -(10 ** 6), max: 10 ** 6 }), total, total, (amount, from, to) => {
      const there = convert(amount, { from, to }) ?? Number.NaN;
      expect(convert(from, { from, to })).toBe(to);
      expect(convert(-amount, { from, to })).toBe(-there + 0);
      const back = convert(there, { from: to, to: from }) ?? Number.NaN;
      expect(Math.abs(back - amount)).toBeLessThanOrEqual(from / to / 2 + 0.5);
    }),
  );
});

test('convert: no rate, or one beyond all use, is no number', () => {
  expect(convert(5, { from: 0, to: 7 })).toBeUndefined();
  expect(convert(10 ** 13, { from: 1, to: 10 ** 13 })).toBeUndefined();
});
