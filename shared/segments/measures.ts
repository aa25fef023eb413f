/** The numbers of a customer, as closures: what each is at an instant, and when time alone may carry it over a threshold. */
import { DAY_MS } from '../profiles/windows.ts';
import { daysSince } from '../tiers/measures.ts';
import { instantMs } from '../time/instant-ms.ts';
import type { Subject } from './catalogue.ts';
import type { Measure } from './condition.ts';
import type { Planner } from './plan.ts';
import { breakdownsOf, netOfPart, type PartOfBuying, type Reader, rhythmIn, sumWithin, windowTurns } from './reader.ts';

/** Not known. No comparison with it holds. */
const UNKNOWN = Number.NaN;

export interface Turns {
  /** After now, in any order. */
  readonly instants: readonly number[];
  /** Up to here they are all told; absent: for ever. */
  readonly untilMs?: number;
}
export const NO_TURNS: Turns = { instants: [] };

export interface Reading {
  /** At an instant, now or later. Where that cannot be told apart yet: the most that it may be, or the least. */
  readonly read: (reader: Reader, ms: number, most: boolean) => number;
  /**
   * Of one that time alone changes: between two of these instants it stays on its side of each threshold; undefined: of any.
   * May hold some too many.
   */
  readonly turns?: (reader: Reader, thresholds: readonly number[] | undefined) => Turns;
}

export function readingOf({ field, of, withinDays }: Measure, planner: Planner): Reading {
  const part = of && planner.partOf(of);
  switch (field) {
    case 'orders':
      if (withinDays !== undefined) return windowReading(planner.windowOf(of, withinDays), 'orders');
      if (!part) return { read: ({ subject }) => subject.facts.orders };
      return { read: ({ subject }) => breakdownsOf(subject, part).reduce((sum, { orders }) => sum + orders, 0) };
    case 'netSpend': {
      if (withinDays !== undefined) return windowReading(planner.windowOf(of, withinDays), 'net');
      if (!of) return { read: ({ subject }) => subject.facts.reporting.netSpend };
      // The facts have the money of a part in the customer's own currency.
      const place = planner.placeOf(of);
      return { read: (reader) => netOfPart(reader, place) };
    }
    case 'daysSinceLastOrder':
      return ageReading((subject) => msOf(lastPaidAt(subject, part)));
    case 'daysSinceFirstOrder':
      return ageReading(firstPaidMs);
    case 'daysUntilNextOrder':
      return countdownReading(nextOrderMs);
    case 'averageOrder':
      return {
        read: ({ subject: { facts } }) => (facts.orders === 0 ? UNKNOWN : facts.reporting.averageOrder),
      };
    case 'refundRate':
      return { read: ({ subject }) => subject.facts.refundRate };
    case 'purchaseDays':
      return { read: ({ subject }) => subject.facts.purchases.days };
    case 'rhythm':
      return RHYTHM;
    case 'clv12m':
      return { read: ({ subject }) => subject.predicted.clv12m ?? UNKNOWN };
    case 'aliveProbability':
      return { read: ({ subject }) => subject.predicted.aliveProbability ?? UNKNOWN };
    case 'personas':
      return { read: ({ subject }) => subject.personas.length };
  }
}

const windowReading = (place: number, of: 'orders' | 'net'): Reading => ({
  read: (reader, ms, most) => sumWithin(reader, place, of, ms, most),
  turns: (reader) => ({ instants: windowTurns(reader, place) }),
});

const ageReading = (origin: (subject: Subject) => number): Reading => ({
  read: ({ subject }, ms) => daysSince(origin(subject), ms),
  turns: (reader, thresholds) => ageTurns(reader, origin(reader.subject), thresholds),
});

/** Days may pass in units of several, or of parts of one. */
function ageTurns({ atMs }: Reader, originMs: number, thresholds: readonly number[] | undefined, unitDays = 1): Turns {
  if (Number.isNaN(originMs)) return NO_TURNS;
  if (!thresholds) return daily(originMs, atMs, 1);
  // A day about, for rounding and for what is to be met exactly.
  const instants: number[] = [];
  for (const threshold of thresholds) {
    const day = Math.ceil(threshold * unitDays);
    for (const more of ABOUT) instants.push(originMs + (day + more) * DAY_MS);
  }
  return { instants };
}

const ABOUT = [-1, 0, 1, 2];

const DAYS_TOLD = 400;

/** The instants whole days from the origin, the `least` of them or later, as far as anybody needs them. */
function daily(originMs: number, atMs: number, least = Number.NEGATIVE_INFINITY): Turns {
  const next = Math.max(least, Math.floor((atMs - originMs) / DAY_MS) + 1);
  const instants = Array.from({ length: DAYS_TOLD }, (_, index) => originMs + (next + index) * DAY_MS);
  return { instants, untilMs: originMs + (next + DAYS_TOLD - 1) * DAY_MS };
}

const countdownReading = (target: (subject: Subject) => number): Reading => ({
  read: ({ subject }, ms) => Math.floor((target(subject) - ms) / DAY_MS),
  turns: (reader, thresholds) => {
    // A day is no longer whole a millisecond after it was.
    const originMs = target(reader.subject) + 1;
    if (Number.isNaN(originMs)) return NO_TURNS;
    if (!thresholds) return daily(originMs, reader.atMs);
    const days = thresholds.flatMap((threshold) => ABOUT.map((more) => Math.floor(threshold) + more));
    return { instants: days.map((day) => originMs - day * DAY_MS) };
  },
});

const RHYTHM: Reading = {
  read: (reader, ms) => {
    const rhythm = rhythmIn(reader);
    return rhythm ? daysSince(rhythm.lastMs, ms) / rhythm.gapDays : UNKNOWN;
  },
  turns: (reader, thresholds) => {
    const rhythm = rhythmIn(reader);
    return rhythm ? ageTurns(reader, rhythm.lastMs, thresholds, rhythm.gapDays) : NO_TURNS;
  },
};

export const msOf = (at: string | undefined): number => (at === undefined ? UNKNOWN : instantMs(at));

const firstPaidMs = ({ facts }: Subject): number => msOf(facts.firstPaidAt);

const nextOrderMs = ({ predicted }: Subject): number => msOf(predicted.nextOrderAt);

/** Of a part of the buying, or of all. */
export function lastPaidAt(subject: Subject, part: PartOfBuying | undefined): string | undefined {
  if (!part) return subject.facts.lastPaidAt;
  let last: string | undefined;
  for (const breakdown of breakdownsOf(subject, part))
    if (last === undefined || breakdown.lastPaidAt > last) last = breakdown.lastPaidAt;
  return last;
}
