/**
 * Sums that do not depend on the order of rows. A sum of doubles does, in its last digits, so weights are counted as whole numbers
 * of a small unit, and results are equal whatever the order, the number of threads or the part in which a customer is scored.
 */
import { double } from './dialect.ts';

export const UNIT = 1_000;
const FINE_UNIT = 1_000_000_000;

/** A weight of 0 to some thousands as a whole number of thousandths. */
export const whole = (sql: string): string => `CAST(round((${sql}) * ${UNIT}) AS BIGINT)`;

/** A weight of 0 to some thousands as a whole number of billionths. */
export const wholeFine = (sql: string): string => `CAST(round((${sql}) * ${FINE_UNIT}) AS BIGINT)`;

/** A sum of whole numbers as a number again. */
export const asNumber = (sql: string, unit: number): string => `(CAST(${sql} AS DOUBLE) / ${double(unit)})`;

/** What remains after `age` at a half-life, both in days. */
export const decayed = (age: string, halfLifeDays: number): string =>
  `power(0.5E0, (${age}) / ${double(halfLifeDays)})`;
