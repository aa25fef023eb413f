import fc from 'fast-check';
import { parse } from 'lossless-json';
import { describe, expect, test } from 'vitest';
import { parseLosslessly } from '../../shared/json/lossless.ts';

test('an id keeps all its digits, wherever it stands and however long it is', () => {
  const id = fc.bigInt({ min: 0n, max: 10n ** 20n });
  fc.assert(
    fc.property(id, fc.string({ maxLength: 40 }), fc.boolean(), (id, before, spaced) => {
      const text = `{"note":${JSON.stringify(before)},${spaced ? ' ' : ''}"id":${spaced ? '\n ' : ''}${id}}`;
      const read = parseLosslessly(text, { decimals: 'double' });
      const exact = Number.isSafeInteger(Number(id)) ? Number(id) : String(id);
      expect(read).toEqual({ note: before, id: exact });
    }),
    { numRuns: 1000 },
  );
});

describe.each(['double', 'text'] as const)('with decimals as %s', (decimals) => {
  const oracle = (text: string) =>
    parse(text, undefined, (literal) => {
      if (/[.eE]/.test(literal)) return decimals === 'text' ? literal : Number(literal);
      return Number.isSafeInteger(Number(literal)) ? Number(literal) : literal;
    });

  test('any JSON, with long numbers and digits in strings among it, reads as by lossless-json', () => {
    const digits = fc.stringMatching(/^[0-9]{1,24}$/);
    const tricky = fc.oneof(fc.string(), digits, fc.constantFrom('a","b":12345678901234567890', '\\', '\\"', ':1.5,'));
    const number = fc.oneof(
      fc.bigInt({ min: -(10n ** 22n), max: 10n ** 22n }).map(String),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
      fc.constantFrom('0', '-0', '1e5', '12345678901234567890.5', '-1.50E-3'),
    );
    const { json } = fc.letrec<{ json: string }>((tie) => ({
      json: fc.oneof(
        { depthSize: 'small' },
        number,
        tricky.map((text) => JSON.stringify(text)),
        fc.constantFrom('null', 'true'),
        fc.array(tie('json'), { maxLength: 4 }).map((items) => `[${items.join(' , ')}]`),
        fc
          .uniqueArray(fc.tuple(tricky, tie('json')), { maxLength: 4, selector: ([name]) => name })
          .map((fields) => `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`),
      ),
    }));
    fc.assert(
      fc.property(json, (text) => {
        expect(parseLosslessly(text, { decimals })).toEqual(oracle(text));
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    '{"a":01234567890123456789}',
    '[1234567890123456789.]',
    '{"a":-}',
    '"open',
    '{"a":12345678901234567890',
    '',
  ])('refuses %s as JSON.parse does', (text) => {
    expect(() => parseLosslessly(text, { decimals })).toThrow(SyntaxError);
  });
});
