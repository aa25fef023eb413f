/**
 * CDNOW: all purchases, January 1997 to June 1998, of people who first bought in the first quarter of 1997, as text files.
 * Calibration ends on 1997-09-30; the 39 weeks after it are held out.
 * Source: Fader and Hardie, brucehardie.com/datasets; the derived table is the lifetimes project's (lifetimes/datasets).
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Observed } from '../../shared/tiers/clv/population.ts';
import { type Instant, instant } from '../../shared/time/instant.ts';

export const HOLDOUT_WEEKS = 39;
const CALIBRATION_END = dayNumber('19970930');
/** The last moment of calibration. */
export const CALIBRATED_AT: Instant = instant((CALIBRATION_END + 1) * 86_400_000 - 1);
const HOLDOUT_END = dayNumber('19980630');

interface Purchase {
  /** Days since 1970-01-01. */
  readonly day: number;
  /** Cents. */
  readonly spent: number;
}

export interface Customer extends Observed {
  readonly id: string;
  /** All of calibration, cents. */
  readonly spent: number;
  /** Of calibration, in order. */
  readonly purchases: readonly Purchase[];
  readonly holdout: {
    /** Days with a purchase. */
    readonly purchases: number;
    /** Cents. */
    readonly spent: number;
  };
}

/** What it names was looked for and is not there, or is not what it should be. */
export class NoData extends Error {
  override readonly name = 'NoData';
}

export type DataSet = 'sample' | 'master';

/** Several purchases on one day are one. */
export function readCustomers(dir: string, set: DataSet): Customer[] {
  const file = path.join(dir, 'cdnow', `CDNOW_${set}.txt`);
  const spentByDay = new Map<string, Map<number, number>>();
  for (const [i, line] of linesOf(file).entries()) {
    const columns = line.trim().split(/\s+/);
    const [id, date, dollars] = [columns.at(-4), columns.at(-3), Number(columns.at(-1))];
    if (id === 'customer_id') continue;
    if (!id || !date || !/^\d{8}$/.test(date) || Number.isNaN(dollars)) {
      throw new NoData(`${file}, line ${i + 1}: expected customer, date YYYYMMDD, number of CDs, dollars.`);
    }
    const days = spentByDay.get(id) ?? new Map<number, number>();
    spentByDay.set(id, days);
    const day = dayNumber(date);
    days.set(day, (days.get(day) ?? 0) + Math.round(dollars * 100));
  }
  return [...spentByDay].map(([id, days]) => summarize(id, days));
}

function summarize(id: string, spentByDay: ReadonlyMap<number, number>): Customer {
  const days = [...spentByDay.keys()].sort((a, b) => a - b);
  const before = days.filter((day) => day <= CALIBRATION_END);
  const after = days.filter((day) => day > CALIBRATION_END && day <= HOLDOUT_END);
  const first = before[0];
  const last = before.at(-1);
  if (first === undefined || last === undefined)
    throw new NoData(`Customer ${id}: expected a purchase in calibration.`);
  const spentOn = (some: readonly number[]) => some.reduce((sum, day) => sum + (spentByDay.get(day) ?? 0), 0);
  const repeats = before.length - 1;
  return {
    id,
    repeats,
    recencyDays: last - first,
    ageDays: CALIBRATION_END - first,
    ...(repeats > 0 && { meanRepeatValue: spentOn(before.slice(1)) / repeats }),
    spent: spentOn(before),
    purchases: before.map((day) => ({ day, spent: spentOn([day]) })),
    holdout: { purchases: after.length, spent: spentOn(after) },
  };
}

/** Customers whose x, t_x, T or mean value differ from the published table's two decimals; undefined without that table. */
export function differences(dir: string, sample: readonly Customer[]): readonly string[] | undefined {
  const file = path.join(dir, 'cdnow', 'cdnow_customers_summary_with_transactions.csv');
  if (!existsSync(file)) return undefined;
  const published = new Map(
    linesOf(file)
      .slice(1)
      .map((line) => {
        const [id = '', ...figures] = line.trim().split(',').map(Number);
        return [id, figures] as const;
      }),
  );
  const differing = sample.filter((customer) => {
    const figures = published.get(Number(customer.id));
    const { repeats, recencyDays, ageDays, meanRepeatValue = 0 } = customer;
    const own = [repeats, recencyDays / 7, ageDays / 7, meanRepeatValue / 100];
    // A cent of rounding, and what a binary fraction adds to it.
    return !figures || own.some((figure, i) => Math.abs(figure - (figures[i] ?? Number.NaN)) > 0.005_001);
  });
  const missing = published.size - sample.length;
  return [...differing.map(({ id }) => id), ...(missing === 0 ? [] : [`${missing} more in the table`])];
}

function linesOf(file: string): string[] {
  if (!existsSync(file)) {
    throw new NoData(
      `${file} is not there. Expected DIR/cdnow with CDNOW_sample.txt and CDNOW_master.txt: docs/clv.md tells where they come from.`,
    );
  }
  return readFileSync(file, 'utf8').trim().split('\n');
}

function dayNumber(date: string): number {
  return Date.parse(`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`) / 86_400_000;
}
