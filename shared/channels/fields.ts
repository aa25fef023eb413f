/**
 * Fields as platforms write them, for the schemas in `wire.ts`. Told by plain functions: a `max` or a `regex` of zod's costs
 * several times as much, on dozens of fields of every webhook. Errors name what was expected, never the value.
 */
import * as z from 'zod';

/** Platforms' own limits lie below these. They keep one odd message from filling an order's record. */
export const TEXT_MAX = 512;
export const LINES_MAX = 5_000;

export const value = <T>(is: (input: unknown) => boolean, expected: string) => z.custom<T>(is, { error: expected });

export const Text = z.custom<string>((input) => typeof input === 'string' && input.length <= TEXT_MAX, {
  error: ({ input }) => (typeof input === 'string' ? `at most ${TEXT_MAX} characters` : 'string'),
});

/** An id that is a number, as such or as its digits. One that a double cannot hold comes from `parseLosslessly` as digits. */
export const NumericId = value<number | string>(
  (input) => isCount(input) || (typeof input === 'string' && /^\d{1,256}$/.test(input)),
  'an id: a whole number or its digits',
);
/** An id that is a word: it becomes part of keys, so no spaces and no control characters. */
export const WordId = value<string>(
  (input) => typeof input === 'string' && /^[\x21-\x7e]{1,256}$/.test(input),
  'an id: 1 to 256 characters without spaces',
);
export const Currency = value<string>(
  (input) => typeof input === 'string' && /^[A-Z]{3}$/.test(input),
  'an ISO 4217 code',
);
export const Count = value<number>(isCount, 'a whole number, not negative');
/** Money as a whole number of minor units, negative where something is taken off. */
export const MinorUnits = value<number>((input) => Number.isSafeInteger(input), 'a whole number of minor units');
/** Whole seconds since 1970; many platforms write 0 for "not yet". */
export const EpochSeconds = value<number>(
  (input) => isCount(input) && Number(input) <= 253_402_300_799,
  'seconds since 1970',
);
/** Neither is kept as text: the reader that reads it sets the limit. */
export const Amount = z.string();
export const Time = z.string();

function isCount(input: unknown): boolean {
  return Number.isSafeInteger(input) && Number(input) >= 0;
}
