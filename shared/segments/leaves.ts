/** The leaves of a condition as closures: what holds at an instant, when time alone may change it, and what was found. */
import { DAY_MS } from '../profiles/windows.ts';
import type { Subject } from './catalogue.ts';
import {
  type DateCondition,
  type DateField,
  type Leaf,
  NUMBER_OPERATORS,
  type NumberCondition,
  type NumberOperator,
  type SetCondition,
  type TierCondition,
} from './condition.ts';
import { lastPaidAt, msOf, NO_TURNS, type Reading, readingOf, type Turns } from './measures.ts';
import type { LeafValue } from './membership.ts';
import type { Planner } from './plan.ts';
import { distinct, namesOf, type PartOfBuying, type Reader } from './reader.ts';
import { byKind } from './tree.ts';

/**
 * Whether it holds at an instant, now or later. Later it may not be sure yet: `sure` asks whether it holds in any case, else
 * whether it may.
 */
export type Test = (reader: Reader, ms: number, sure: boolean) => boolean;

/** Instead of an instant: what time alone can change is not sure, but possible. */
export const WHENEVER = Number.NaN;

export interface CompiledLeaf {
  readonly test: Test;
  /** Of one that time alone changes: between two of these instants it does not. */
  readonly turns?: (reader: Reader) => Turns;
  readonly values: (reader: Reader) => readonly LeafValue[];
}

export interface Surroundings {
  readonly planner: Planner;
  /** Place of another segment in the order of evaluation; undefined for one that is not to be had. */
  readonly placeOfSegment: (id: string) => number | undefined;
}

/** `at`: its place in the tree. */
export function compileLeaf(leaf: Leaf, at: string, { planner, placeOfSegment }: Surroundings): CompiledLeaf {
  return byKind(leaf, {
    segment: ({ segment }) => memberLeaf(placeOfSegment(segment), at),
    tier: (one) => tierLeaf(one, at),
    date: (one) => dateLeaf(one, at, planner),
    set: (one) => setLeaf(one, at),
    number: (one) => numberLeaf(one, at, planner),
  });
}

const value = (at: string, found: LeafValue['value']): LeafValue => ({
  at,
  ...(found !== undefined && { value: found }),
});
const known = (number: number): number | undefined => (Number.isNaN(number) ? undefined : number);
const everyTest = (tests: readonly Test[]): Test => {
  const [only, ...others] = tests;
  if (only && others.length === 0) return only;
  return (reader, ms, sure) => {
    for (const test of tests) if (!test(reader, ms, sure)) return false;
    return true;
  };
};

function memberLeaf(place: number | undefined, at: string): CompiledLeaf {
  const test: Test = place === undefined ? () => false : ({ isMember }) => isMember[place] === true;
  return { test, values: (reader) => [value(at, test(reader, reader.atMs, true))] };
}

function tierLeaf({ is, isOneOf }: TierCondition, at: string): CompiledLeaf {
  return {
    test: ({ subject: { tier } }) =>
      (is === undefined || tier.value === is) && (isOneOf === undefined || isOneOf.includes(tier.value)),
    values: ({ subject }) => [value(at, subject.tier.value)],
  };
}

interface Comparison {
  readonly operator: NumberOperator;
  readonly amount: number | (Reading & { readonly times: number });
}

function numberLeaf(leaf: NumberCondition, at: string, planner: Planner): CompiledLeaf {
  const { field, of, withinDays } = leaf;
  const reading = readingOf({ field, of, withinDays }, planner);
  const comparisons = NUMBER_OPERATORS.flatMap((operator): Comparison[] => {
    const amount = leaf[operator];
    if (amount === undefined) return [];
    if (typeof amount === 'number') return [{ operator, amount }];
    return [{ operator, amount: { ...readingOf(amount, planner), times: amount.times ?? 1 } }];
  });
  const varies = ({ amount }: Comparison) => reading.turns ?? (typeof amount === 'number' ? undefined : amount.turns);
  return {
    test: everyTest(comparisons.map((one) => (varies(one) ? timed(compare(reading, one)) : compare(reading, one)))),
    ...(comparisons.some(varies) && { turns: numberTurns(reading, comparisons) }),
    values: (reader) => [
      value(at, known(reading.read(reader, reader.atMs, true))),
      ...comparisons.flatMap(({ operator, amount }) =>
        typeof amount === 'number' ? [] : value(`${at}/${operator}`, known(amount.read(reader, reader.atMs, true))),
      ),
    ],
  };
}

const timed =
  (test: Test): Test =>
  (reader, ms, sure) =>
    Number.isNaN(ms) ? !sure : test(reader, ms, sure);

/** What is sure of a sum that is not known yet is what holds at its worst. */
function compare({ read }: Reading, { operator, amount }: Comparison): Test {
  if (typeof amount === 'number') {
    switch (operator) {
      case 'atLeast':
        return (reader, ms, sure) => read(reader, ms, !sure) >= amount;
      case 'atMost':
        return (reader, ms, sure) => read(reader, ms, sure) <= amount;
      case 'moreThan':
        return (reader, ms, sure) => read(reader, ms, !sure) > amount;
      case 'lessThan':
        return (reader, ms, sure) => read(reader, ms, sure) < amount;
      case 'equals':
        return (reader, ms, sure) => read(reader, ms, !sure) >= amount && read(reader, ms, sure) <= amount;
    }
  }
  const { read: readOther, times } = amount;
  const other = (reader: Reader, ms: number, most: boolean) => readOther(reader, ms, most) * times;
  switch (operator) {
    case 'atLeast':
      return (reader, ms, sure) => read(reader, ms, !sure) >= other(reader, ms, sure);
    case 'atMost':
      return (reader, ms, sure) => read(reader, ms, sure) <= other(reader, ms, !sure);
    case 'moreThan':
      return (reader, ms, sure) => read(reader, ms, !sure) > other(reader, ms, sure);
    case 'lessThan':
      return (reader, ms, sure) => read(reader, ms, sure) < other(reader, ms, !sure);
    case 'equals':
      return (reader, ms, sure) =>
        read(reader, ms, !sure) >= other(reader, ms, sure) && read(reader, ms, sure) <= other(reader, ms, !sure);
  }
}

/** The side that time leaves as it is gives the other its threshold. */
function numberTurns(left: Reading, comparisons: readonly Comparison[]): (reader: Reader) => Turns {
  const numbers = comparisons.flatMap(({ amount }) => (typeof amount === 'number' ? [amount] : []));
  const others = comparisons.flatMap(({ amount }) => (typeof amount === 'number' ? [] : [amount]));
  return (reader) => {
    const { atMs } = reader;
    if (others.length === 0) return left.turns?.(reader, numbers) ?? NO_TURNS;
    const thresholds = others.flatMap((other) => (other.turns ? [] : other.read(reader, atMs, true) * other.times));
    const isFixed = others.every(({ turns }) => !turns);
    return allTurns([
      left.turns?.(reader, isFixed ? [...numbers, ...thresholds] : undefined) ?? NO_TURNS,
      ...others.map(
        ({ turns, times }) =>
          turns?.(reader, left.turns ? undefined : [left.read(reader, atMs, true) / times]) ?? NO_TURNS,
      ),
    ]);
  };
}

function allTurns(all: readonly Turns[]): Turns {
  const ends = all.flatMap(({ untilMs }) => untilMs ?? []);
  return {
    instants: all.flatMap(({ instants }) => instants),
    ...(ends.length > 0 && { untilMs: Math.min(...ends) }),
  };
}

function dateLeaf(leaf: DateCondition, at: string, planner: Planner): CompiledLeaf {
  const { of, before, after, atLeastDaysAgo, withinLastDays, withinNextDays, exists } = leaf;
  const part = of && planner.partOf(of);
  const read = DATES[leaf.field];
  const found = ({ subject }: Reader) => msOf(read(subject, part));
  const tests: Test[] = [];
  const timedTests: Test[] = [];
  if (exists !== undefined) tests.push((reader) => Number.isNaN(found(reader)) !== exists);
  if (before !== undefined) {
    const beforeMs = Date.parse(before);
    tests.push((reader) => found(reader) < beforeMs);
  }
  if (after !== undefined) {
    const afterMs = Date.parse(after);
    tests.push((reader) => found(reader) >= afterMs);
  }
  if (atLeastDaysAgo !== undefined) {
    const spanMs = atLeastDaysAgo * DAY_MS;
    timedTests.push((reader, ms) => ms - found(reader) >= spanMs);
  }
  if (withinLastDays !== undefined) {
    const spanMs = withinLastDays * DAY_MS;
    timedTests.push((reader, ms) => {
      const agoMs = ms - found(reader);
      return agoMs >= 0 && agoMs < spanMs;
    });
  }
  if (withinNextDays !== undefined) {
    const spanMs = withinNextDays * DAY_MS;
    timedTests.push((reader, ms) => {
      const aheadMs = found(reader) - ms;
      return aheadMs > 0 && aheadMs <= spanMs;
    });
  }
  const spansMs = [
    0,
    atLeastDaysAgo,
    withinLastDays,
    withinNextDays === undefined ? undefined : -withinNextDays,
  ].flatMap((days) => (days === undefined ? [] : [days * DAY_MS]));
  return {
    test: everyTest([...tests, ...timedTests.map(timed)]),
    ...(timedTests.length > 0 && {
      turns: (reader) => {
        const foundMs = found(reader);
        return { instants: spansMs.map((spanMs) => foundMs + spanMs) };
      },
    }),
    values: ({ subject }) => [value(at, read(subject, part))],
  };
}

const DATES: Readonly<Record<DateField, (subject: Subject, part: PartOfBuying | undefined) => string | undefined>> = {
  firstPaidAt: ({ facts }) => facts.firstPaidAt,
  lastPaidAt,
  nextOrderAt: ({ predicted }) => predicted.nextOrderAt,
  tierSince: ({ tier }) => tier.since,
};

/** Of what was found, as much is told as a person would read. */
const NAMES_TOLD = 10;

function setLeaf(leaf: SetCondition, at: string): CompiledLeaf {
  const {
    field,
    includes,
    includesAny,
    includesAll,
    includesNone,
    anyStartsWith,
    anyContains,
    sizeAtLeast,
    sizeAtMost,
  } = leaf;
  const names = (reader: Reader) => namesOf(reader, field);
  const tests: Test[] = [];
  if (includes !== undefined) tests.push((reader) => names(reader).includes(includes));
  if (includesAny) tests.push((reader) => includesAny.some((name) => names(reader).includes(name)));
  if (includesAll) tests.push((reader) => includesAll.every((name) => names(reader).includes(name)));
  if (includesNone) tests.push((reader) => !includesNone.some((name) => names(reader).includes(name)));
  if (anyStartsWith !== undefined) tests.push((reader) => names(reader).some((name) => name.startsWith(anyStartsWith)));
  if (anyContains !== undefined) tests.push((reader) => names(reader).some((name) => name.includes(anyContains)));
  if (sizeAtLeast !== undefined) tests.push((reader) => names(reader).length >= sizeAtLeast);
  if (sizeAtMost !== undefined) tests.push((reader) => names(reader).length <= sizeAtMost);

  const asked = distinct([
    ...(includes === undefined ? [] : [includes]),
    ...[includesAny, includesAll, includesNone].flatMap((list) => list ?? []),
  ]);
  const asksForNames = asked.length > 0 || anyStartsWith !== undefined || anyContains !== undefined;
  const isAskedFor = (name: string) =>
    asked.includes(name) ||
    (anyStartsWith !== undefined && name.startsWith(anyStartsWith)) ||
    (anyContains !== undefined && name.includes(anyContains));
  return {
    test: everyTest(tests),
    values: (reader) => [
      value(at, asksForNames ? names(reader).filter(isAskedFor).sort().slice(0, NAMES_TOLD) : names(reader).length),
    ],
  };
}
