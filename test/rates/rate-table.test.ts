import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convertAt, parseRates, rateTable } from '../../shared/rates/rate-table.ts';

describe('rates', () => {
  it('are read with a header, without, with a byte order mark and Windows line ends', () => {
    const lines = ['2026-11-24,USD,7.1032', '2026-11-24,JPY,0.0462'];
    for (const csv of [lines.join('\n'), `\uFEFFdate,currency,rate\r\n${lines.join('\r\n')}\r\n`]) {
      const { rates, problems } = parseRates(csv);
      expect(problems).toEqual([]);
      expect(rates).toEqual([
        { day: '2026-11-24', currency: 'USD', rate: { value: 71032n, scale: 4 } },
        { day: '2026-11-24', currency: 'JPY', rate: { value: 462n, scale: 4 } },
      ]);
    }
  });

  it.each([
    ['2026-02-30,USD,7', 'expected a date'],
    ['24.11.2026,USD,7', 'expected a date'],
    ['2026-11-24,usd,7', 'ISO 4217'],
    ['2026-11-24,USD,"7,1"', 'no more'],
    ['2026-11-24,USD,0.000', 'above 0'],
    ['2026-11-24,USD,-7', 'above 0'],
    ['2026-11-24,USD,1e3', 'above 0'],
    ['2026-11-24,USD,7\n2026-11-24,USD,8', 'twice'],
  ])('%j is refused, by line', (csv, told) => {
    const { problems } = parseRates(`date,currency,rate\n${csv}`);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.message).toContain(told);
    expect(problems[0]?.line).toBe(csv.includes('\n') ? 3 : 2);
  });

  it('are those of the day, else of the last day before within a week, else none', () => {
    const table = rateTable('CNY', parseRates('2026-11-20,USD,7.1\n2026-11-24,USD,7.2').rates);
    const value = (day: string, currency = 'USD') => table.rateOf(currency, day)?.value;
    expect(value('2026-11-24')).toBe(72n);
    expect(value('2026-11-23')).toBe(71n);
    expect(value('2026-11-19')).toBeUndefined();
    expect(value('2026-12-01')).toBe(72n);
    expect(value('2026-12-02')).toBeUndefined();
    expect(value('1990-01-01', 'CNY')).toBe(1n);
    expect(value('2026-11-24', 'EUR')).toBeUndefined();
  });

  it('convert between minor units of any size, half to even', () => {
    const rate = (text: string) => parseRates(`2026-11-24,USD,${text}`).rates[0]?.rate ?? { value: 0n, scale: 0 };
    expect(convertAt(100, 'USD', 'CNY', rate('7.1032'))).toBe(710);
    expect(convertAt(1_000, 'JPY', 'CNY', rate('0.0462'))).toBe(4_620);
    expect(convertAt(4_620, 'CNY', 'JPY', rate('21.645'))).toBe(1_000);
    expect(convertAt(1_000, 'KWD', 'USD', rate('3.25'))).toBe(325);
    expect(convertAt(5, 'USD', 'USD', rate('0.5'))).toBe(2);
    expect(convertAt(-5, 'USD', 'USD', rate('0.5'))).toBe(-2);
  });

  it('convert a sum to within half a minor unit for each of its parts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1e9, max: 1e9 }), { maxLength: 20 }),
        fc.integer({ min: 1, max: 10 ** 8 }),
        (parts, value) => {
          const rate = { value: BigInt(value), scale: 6 };
          const whole = convertAt(
            parts.reduce((sum, part) => sum + part, 0),
            'USD',
            'CNY',
            rate,
          );
          const each = parts.reduce((sum, part) => sum + convertAt(part, 'USD', 'CNY', rate), 0);
          expect(Math.abs(whole - each)).toBeLessThanOrEqual((parts.length + 1) / 2);
        },
      ),
    );
  });
});
