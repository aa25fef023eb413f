import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Column, fromColumn, toColumn } from '../../shared/profiles/columns.ts';

/** As it comes back from where it was stored. */
const stored = (values: readonly unknown[]): unknown[] =>
  fromColumn(JSON.parse(JSON.stringify(toColumn(values))) as Column, values.length); // the cast: it was one

describe('columns', () => {
  test('lose nothing that JSON can say, nor the order of fields', () => {
    const alike = fc.record(
      {
        a: fc.integer(),
        b: fc.array(fc.record({ x: fc.string(), y: fc.double() }, { requiredKeys: [] })),
        c: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(alike, fc.jsonValue())), (values) => {
        // Its text, as whoever compares what is stored with what is derived compares texts.
        expect(JSON.stringify(stored(values))).toBe(JSON.stringify(values));
      }),
    );
    fc.assert(
      fc.property(fc.array(alike), (values) => {
        expect(JSON.stringify(stored(values))).toBe(JSON.stringify(values));
      }),
    );
  });

  test.each([
    ['none', []],
    ['an absent field among others', [{ a: 1, c: 2 }, { a: 1, b: 3, c: 2 }, {}]],
    ['a field without a value', [{ a: undefined, b: 1 }, { b: 2 }]],
    [
      'fields in another order',
      [
        { a: 1, b: 2 },
        { b: 1, a: 2 },
      ],
    ],
    ['names that every object has', [JSON.parse('{"__proto__":{"a":1},"constructor":2}'), { constructor: 3 }]],
    ['lists of lists', [[[1], [2, 3]], [], [[]]]],
    ['unlike ones', [1, null, { a: 1 }, [2]]],
  ])('%s', (_, values) => {
    expect(JSON.stringify(stored(values))).toBe(JSON.stringify(values));
  });
});
