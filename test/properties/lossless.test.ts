import fc from 'fast-check';
import { expect, test } from 'vitest';
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
