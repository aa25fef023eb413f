/**
 * The customers a model is fitted on, as the few numbers it needs of each. Those with equal purchase days are one row with a
 * count, and all that depends on one number alone is computed once for each of its values: so a million customers fit in seconds.
 */
import type { BgNbd } from './bg-nbd.ts';
import type { GammaGamma } from './gamma-gamma.ts';
import type { PurchaseDays } from './predict.ts';
import { lnGamma, softplus } from './special-functions.ts';

export interface Observed extends PurchaseDays {
  /** Of a repeat purchase, minor units; one that is absent or not positive tells nothing of what customers spend. */
  readonly meanRepeatValue?: number;
}

/** Customers by each value of one number. */
class Tally {
  readonly #index = new Map<number, number>();
  readonly values: number[] = [];
  readonly counts: number[] = [];

  add(value: number): number {
    let index = this.#index.get(value);
    if (index === undefined) {
      index = this.values.length;
      this.#index.set(value, index);
      this.values.push(value);
      this.counts.push(0);
    }
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    return index;
  }

  table(f: (value: number) => number): Float64Array {
    return Float64Array.from(this.values, f);
  }

  sum(f: (value: number) => number): number {
    return this.values.reduce((sum, value, i) => sum + (this.counts[i] ?? 0) * f(value), 0);
  }
}

/** A population up to this size is its own sketch. */
const SKETCHED = 20_000;

export class Population {
  customers = 0;
  repeaters = 0;
  purchases = 0;
  totalWeeks = 0;
  readonly #repeats = new Tally();
  readonly #recencies = new Tally();
  readonly #ages = new Tally();
  /** Repeaters: row by (repeats, recency, age), each an index of its tally, and how many they are. */
  readonly #rows = new Map<number, number>();
  readonly #rowRepeats: number[] = [];
  readonly #rowRecency: number[] = [];
  readonly #rowAge: number[] = [];
  readonly #rowCount: number[] = [];
  readonly #spending = new Spendings();
  /** Every `stride`-th customer: half of them go whenever there are too many. */
  #sketched: Observed[] = [];
  #stride = 1;

  static of(customers: Iterable<Observed>): Population {
    const population = new Population();
    for (const customer of customers) population.add(customer);
    return population;
  }

  add(customer: Observed): void {
    this.#sketch(customer);
    const { repeats, recencyDays, ageDays, meanRepeatValue } = customer;
    this.customers++;
    this.purchases += repeats;
    this.totalWeeks += ageDays / 7;
    const iRepeats = this.#repeats.add(repeats);
    const iAge = this.#ages.add(ageDays);
    if (repeats === 0) return;
    this.repeaters++;
    if (meanRepeatValue !== undefined && meanRepeatValue > 0) this.#spending.add(repeats, meanRepeatValue);
    const iRecency = this.#recencies.add(recencyDays);
    // Exact: days of a life are below 2^16, purchase days below 2^21.
    const key = (repeats * 65_536 + recencyDays) * 65_536 + ageDays;
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = this.#rowCount.length;
      this.#rows.set(key, row);
      this.#rowRepeats.push(iRepeats);
      this.#rowRecency.push(iRecency);
      this.#rowAge.push(iAge);
      this.#rowCount.push(0);
    }
    this.#rowCount[row] = (this.#rowCount[row] ?? 0) + 1;
  }

  #sketch(customer: Observed): void {
    if (this.customers % this.#stride !== 0) return;
    this.#sketched.push(customer);
    if (this.#sketched.length <= SKETCHED) return;
    this.#sketched = this.#sketched.filter((_, i) => i % 2 === 0);
    this.#stride *= 2;
  }

  /** Some ten thousand or more of a larger population, at even steps: what finds a place to begin the search for all. */
  get sketch(): Population {
    return this.#stride === 1 ? this : Population.of(this.#sketched);
  }

  get spending(): Spendings {
    return this.#spending;
  }

  /** Σ of `logLikelihood` in bg-nbd.ts. */
  logLikelihood({ r, alpha, a, b }: BgNbd): number {
    const repeats = this.#repeats.values;
    const lnAge = this.#ages.table((days) => Math.log(alpha + days / 7));
    const lnRecency = this.#recencies.table((days) => Math.log(alpha + days / 7));
    const lnLeaving = this.#repeats.table((x) => Math.log(a) - (x > 0 ? Math.log(b + x - 1) : 0));
    const constant = r * Math.log(alpha) - lnGamma(r) + lnGamma(a + b) - lnGamma(b);
    let sum = this.#repeats.sum((x) => constant + lnGamma(r + x) + lnGamma(b + x) - lnGamma(a + b + x));
    sum -= r * this.#ages.sum((days) => Math.log(alpha + days / 7));
    // Indexes are within bounds by construction; the defaults only say so to the compiler.
    for (let row = 0; row < this.#rowCount.length; row++) {
      const iRepeats = this.#rowRepeats[row] ?? 0;
      const x = repeats[iRepeats] ?? 0;
      const lnT = lnAge[this.#rowAge[row] ?? 0] ?? 0;
      const lnTx = lnRecency[this.#rowRecency[row] ?? 0] ?? 0;
      const lnOddsGone = (lnLeaving[iRepeats] ?? 0) + (r + x) * (lnT - lnTx);
      sum += (this.#rowCount[row] ?? 0) * (softplus(lnOddsGone) - x * lnT);
    }
    return sum;
  }
}

/** What repeaters spend. */
export class Spendings {
  readonly #repeats = new Tally();
  readonly #x: number[] = [];
  readonly #total: number[] = [];
  #sumXLnMean = 0;
  #sumLnMean = 0;
  #sumXLnX = 0;
  #sumMean = 0;

  add(x: number, meanValue: number): void {
    this.#repeats.add(x);
    this.#x.push(x);
    this.#total.push(x * meanValue);
    const lnMean = Math.log(meanValue);
    this.#sumXLnMean += x * lnMean;
    this.#sumLnMean += lnMean;
    this.#sumXLnX += x * Math.log(x);
    this.#sumMean += meanValue;
  }

  get customers(): number {
    return this.#x.length;
  }

  get meanValue(): number {
    return this.#sumMean / this.#x.length;
  }

  /** Σ of `logLikelihood` in gamma-gamma.ts. */
  logLikelihood({ p, q, v }: GammaGamma): number {
    let sum = this.#repeats.sum((x) => lnGamma(p * x + q) - lnGamma(p * x));
    sum += this.customers * (q * Math.log(v) - lnGamma(q));
    sum += p * (this.#sumXLnMean + this.#sumXLnX) - this.#sumLnMean;
    for (let i = 0; i < this.#x.length; i++) {
      sum -= (p * (this.#x[i] ?? 0) + q) * Math.log(v + (this.#total[i] ?? 0));
    }
    return sum;
  }
}
