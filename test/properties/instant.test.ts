import fc from 'fast-check';
import { expect, test } from 'vitest';
import { instant } from '../../shared/time/instant.ts';
import { instantMs } from '../../shared/time/instant-ms.ts';

test('an instant read by its digits is the instant it was made of', () => {
  const [first, last] = [Date.parse('0000-01-01T00:00:00.000Z'), Date.parse('9999-12-31T23:59:59.999Z')];
  fc.assert(
    fc.property(fc.integer({ min: first, max: last }), (ms) => {
      expect(instantMs(instant(ms))).toBe(ms);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  '2024-02-29T23:59:59.999Z',
  '1900-03-01T00:00:00.000Z',
  '2000-02-29T12:00:00.000Z',
  '2026-12-31T23:59:59.999Z',
])('%s, about a leap day', (at) => {
  expect(instantMs(at)).toBe(Date.parse(at));
});

test.each([
  '2026-11-24',
  '2026-11-24T18:53:47Z',
  '2026-11-24T18:53:47+08:00',
  '2026-11-24T18:53:47.123456Z',
  'Tue, 24 Nov 2026 12:00 Z',
  'never',
])('%s, in another form, is left to Date.parse', (at) => {
  expect(instantMs(at)).toBe(Date.parse(at));
});
