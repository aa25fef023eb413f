/**
 * A condition → one query over the tables of a snapshot: the profiles that satisfy it at an instant, as the compiled closures of
 * shared/segments would decide. Whatever people wrote is bound, never part of the text.
 *
 * The text is Trino's, and so Athena's; DuckDB takes it, too, once it knows `cardinality` and `arrays_overlap` (see MACROS).
 *
 * A window holds the days whose first order is in it: exact to the millisecond where a persona has one order on the days at its
 * edges, or all of them on one side.
 */
import { DAY_MS } from '../profiles/windows.ts';
import {
  type Condition,
  type DateCondition,
  type Measure,
  NUMBER_OPERATORS,
  type NumberCondition,
  type NumberOperator,
  type Part,
  type SetCondition,
  type SetField,
  type TierCondition,
} from '../segments/condition.ts';
import { inDependencyOrder, segmentsIn } from '../segments/dependencies.ts';
import { plannerFor } from '../segments/plan.ts';
import { byKind } from '../segments/tree.ts';
import type { DayKind } from '../snapshots/layout.ts';
import { epochMs, type Instant } from '../time/instant.ts';
import { type Days, daysFor } from './days-sql.ts';
import { joined, list, own, type Sql, sql, timestamp } from './sql-text.ts';

/** What DuckDB has under other names. */
export const MACROS: readonly string[] = [
  'CREATE OR REPLACE TEMP MACRO cardinality(names) AS len(names)',
  'CREATE OR REPLACE TEMP MACRO arrays_overlap(names, others) AS list_has_any(names, others)',
];

export interface Defined {
  readonly id: string;
  readonly when: Condition;
}

export interface Surroundings {
  /** Windows end, and days are counted, here. */
  readonly at: Instant;
  readonly channelCategories: ReadonlyMap<string, string>;
  /** Segments that stand: a condition on another is decided by its definition, not by what was stored, and on none of these is false. */
  readonly segments: readonly Defined[];
}

export interface MembersQuery extends Sql {
  /** Of the days that it reads. */
  readonly kinds: readonly DayKind[];
}

/** `columns` of `profiles`, of those who satisfy it. */
export function membersQuery(
  when: Condition,
  columns: readonly string[],
  { at, segments, channelCategories }: Surroundings,
): MembersQuery {
  const days = daysFor(at);
  const writer = writerFor({ at, days, channelCategories });
  const asked = inDependencyOrder(reachable(when, segments));
  const isIn = new Map<string, Sql>();
  const layers = asked.map(({ id, when: condition }, index) => {
    const holds = writer.condition(condition, isIn);
    const column = own(`in_${index}`);
    isIn.set(id, column);
    return sql`layer_${own(String(index + 1))} AS (SELECT *, ${holds} AS ${column} FROM layer_${own(String(index))})`;
  });
  const holds = writer.condition(when, isIn);
  // What is asked of days is known now.
  const { kinds, tables, joins, read } = days.tables();
  const base = sql`layer_0 AS (SELECT profiles.*${read} FROM profiles${joins})`;
  const selected = joined(columns.map(own), ', ');
  const query = sql`WITH ${withCommas([...tables, base, ...layers])}
SELECT ${selected} FROM layer_${own(String(layers.length))} WHERE ${holds}`;
  return { ...query, kinds };
}

const withCommas = (pieces: readonly Sql[]): Sql =>
  joined(
    pieces.map((piece, index) => (index === 0 ? piece : sql`, ${piece}`)),
    '\n',
  );

function reachable(when: Condition, segments: readonly Defined[]): readonly Defined[] {
  const byId = new Map(segments.map((one) => [one.id, one]));
  const found = new Map<string, Defined>();
  const visit = (condition: Condition): void => {
    for (const id of segmentsIn(condition)) {
      const one = byId.get(id);
      if (!one || found.has(id)) continue;
      found.set(id, one);
      visit(one.when);
    }
  };
  visit(when);
  return [...found.values()];
}

interface Writing {
  readonly at: Instant;
  readonly days: Days;
  readonly channelCategories: ReadonlyMap<string, string>;
}

const TRUE = sql`TRUE`;
const FALSE = sql`FALSE`;
/** Doubles, as JavaScript has them. */
const DAY = sql`86400000e0`;

const all = (tests: readonly Sql[]): Sql => (tests.length === 0 ? TRUE : sql`(${joined(tests, ' AND ')})`);
const any = (tests: readonly Sql[]): Sql => (tests.length === 0 ? FALSE : sql`(${joined(tests, ' OR ')})`);
/** What is not known satisfies no condition, so under `not` it does. */
const known = (test: Sql): Sql => sql`COALESCE(${test}, FALSE)`;
const double = (number: Sql): Sql => sql`CAST(${number} AS DOUBLE)`;

function writerFor({ at, days, channelCategories }: Writing) {
  const atMs = epochMs(at);
  const now = timestamp(atMs);
  const { partOf } = plannerFor(channelCategories);
  const part = (of: Part | undefined) => of && partOf(of);

  function condition(tree: Condition, isIn: ReadonlyMap<string, Sql>): Sql {
    if ('all' in tree) return all(tree.all.map((one) => condition(one, isIn)));
    if ('any' in tree) return any(tree.any.map((one) => condition(one, isIn)));
    if ('not' in tree) return sql`(NOT ${condition(tree.not, isIn)})`;
    return byKind(tree, {
      segment: ({ segment }) => isIn.get(segment) ?? FALSE,
      tier: (leaf) => known(tierTest(leaf)),
      date: (leaf) => known(dateTest(leaf)),
      set: (leaf) => known(setTest(leaf)),
      number: (leaf) => known(numberTest(leaf)),
    });
  }

  const tierTest = ({ is, isOneOf }: TierCondition): Sql =>
    all([
      ...(is === undefined ? [] : [sql`tier = ${is}`]),
      ...(isOneOf === undefined ? [] : [sql`tier IN (${list(isOneOf)})`]),
    ]);

  function numberTest(one: NumberCondition): Sql {
    const left = measure(one);
    return all(
      NUMBER_OPERATORS.flatMap((operator) => {
        const amount = one[operator];
        if (amount === undefined) return [];
        const right = typeof amount === 'number' ? sql`${amount}` : times(measure(amount), amount.times);
        return [sql`${left} ${OPERATORS[operator]} ${right}`];
      }),
    );
  }

  const times = (of: Sql, factor: number | undefined): Sql => (factor === undefined ? of : sql`(${of} * ${factor})`);

  function measure({ field, of, withinDays }: Omit<Measure, 'times'>): Sql {
    switch (field) {
      case 'orders':
        return of || withinDays !== undefined ? days.sum('orders', part(of), withinDays) : double(own('orders'));
      case 'netSpend':
        return of || withinDays !== undefined ? days.sum('net', part(of), withinDays) : double(own('net_spend'));
      case 'daysSinceLastOrder':
        return daysSince(lastPaidAt(of));
      case 'daysSinceFirstOrder':
        return daysSince(own('first_paid_at'));
      case 'daysUntilNextOrder':
        return sql`FLOOR(date_diff('millisecond', ${now}, next_order_at) / ${DAY})`;
      case 'averageOrder':
        return sql`CASE WHEN orders > 0 THEN ${double(own('average_order'))} END`;
      case 'refundRate':
        return own('refund_rate');
      case 'purchaseDays':
        return double(own('purchase_days'));
      case 'rhythm':
        return sql`CASE WHEN purchase_days >= 2 AND first_day < last_day THEN ${daysSince(sql`CAST(last_day AS TIMESTAMP)`)} / (${double(sql`date_diff('day', first_day, last_day)`)} / (purchase_days - 1)) END`;
      case 'clv12m':
        return double(own('clv_12m'));
      case 'aliveProbability':
        return own('alive_probability');
      case 'personas':
        return double(own('personas'));
    }
  }

  /** None since what lies ahead. */
  const daysSince = (since: Sql): Sql =>
    sql`CASE WHEN ${since} > ${now} THEN 0e0 ELSE FLOOR(date_diff('millisecond', ${since}, ${now}) / ${DAY}) END`;

  const lastPaidAt = (of: Part | undefined): Sql => (of ? days.last(partOf(of)) : own('last_paid_at'));

  function date({ field, of }: DateCondition): Sql {
    switch (field) {
      case 'firstPaidAt':
        return own('first_paid_at');
      case 'lastPaidAt':
        return lastPaidAt(of);
      case 'nextOrderAt':
        return own('next_order_at');
      case 'tierSince':
        return own('tier_since');
    }
  }

  function dateTest(one: DateCondition): Sql {
    const { before, after, atLeastDaysAgo, withinLastDays, withinNextDays, exists } = one;
    const found = date(one);
    const daysAgo = (count: number) => timestamp(atMs - count * DAY_MS);
    const tests: Sql[] = [];
    if (exists !== undefined) tests.push(exists ? sql`${found} IS NOT NULL` : sql`${found} IS NULL`);
    if (before !== undefined) tests.push(sql`${found} < ${timestamp(Date.parse(before))}`);
    if (after !== undefined) tests.push(sql`${found} >= ${timestamp(Date.parse(after))}`);
    if (atLeastDaysAgo !== undefined) tests.push(sql`${found} <= ${daysAgo(atLeastDaysAgo)}`);
    if (withinLastDays !== undefined) tests.push(sql`${found} <= ${now} AND ${found} > ${daysAgo(withinLastDays)}`);
    if (withinNextDays !== undefined) tests.push(sql`${found} > ${now} AND ${found} <= ${daysAgo(-withinNextDays)}`);
    return all(tests);
  }

  function setTest(one: SetCondition): Sql {
    return all(one.field === 'channelCategories' ? categoryTests(one) : nameTests(one, SETS[one.field]));
  }

  /** No column has them: they follow from the channels, and there are few. */
  function categoryTests(one: SetCondition): Sql[] {
    const names = [...new Set(channelCategories.values())];
    const bought = (category: string): Sql => {
      const { names: channels } = partOf({ channelCategory: category });
      return channels.length === 0 ? FALSE : sql`arrays_overlap(channels, ARRAY[${list(channels)}])`;
    };
    const anyOf = (matches: (name: string) => boolean) => any(names.filter(matches).map(bought));
    const size = joined([sql`0`, ...names.map((name) => sql`CASE WHEN ${bought(name)} THEN 1 ELSE 0 END`)], ' + ');
    return setTests(one, {
      includes: bought,
      includesAny: (wanted) => any(wanted.map(bought)),
      anyStartsWith: (beginning) => anyOf((name) => name.startsWith(beginning)),
      anyContains: (text) => anyOf((name) => name.includes(text)),
      size: sql`(${size})`,
    });
  }

  return { condition };
}

const OPERATORS: Readonly<Record<NumberOperator, Sql>> = {
  atLeast: sql`>=`,
  atMost: sql`<=`,
  moreThan: sql`>`,
  lessThan: sql`<`,
  equals: sql`=`,
};

const SETS: Readonly<Record<Exclude<SetField, 'channelCategories'>, Sql>> = {
  channels: own('channels'),
  connections: own('connections'),
  categories: own('categories'),
  regions: own('regions'),
  stores: own('stores'),
  hosts: own('hosts'),
  tags: own('tags'),
  consents: own('consents'),
};

interface SetReading {
  readonly includes: (name: string) => Sql;
  readonly includesAny: (names: readonly string[]) => Sql;
  readonly anyStartsWith: (beginning: string) => Sql;
  readonly anyContains: (text: string) => Sql;
  readonly size: Sql;
}

const nameTests = (one: SetCondition, column: Sql): Sql[] =>
  setTests(one, {
    includes: (name) => sql`contains(${column}, ${name})`,
    includesAny: (names) => sql`arrays_overlap(${column}, ARRAY[${list(names)}])`,
    anyStartsWith: (beginning) => sql`cardinality(filter(${column}, name -> starts_with(name, ${beginning}))) > 0`,
    anyContains: (text) => sql`cardinality(filter(${column}, name -> strpos(name, ${text}) > 0)) > 0`,
    size: sql`cardinality(${column})`,
  });

function setTests(one: SetCondition, read: SetReading): Sql[] {
  const { includes, includesAny, includesAll, includesNone, anyStartsWith, anyContains, sizeAtLeast, sizeAtMost } = one;
  return [
    ...(includes === undefined ? [] : [read.includes(includes)]),
    ...(includesAny ? [read.includesAny(includesAny)] : []),
    ...(includesAll ?? []).map(read.includes),
    ...(includesNone ? [sql`NOT ${read.includesAny(includesNone)}`] : []),
    ...(anyStartsWith === undefined ? [] : [read.anyStartsWith(anyStartsWith)]),
    ...(anyContains === undefined ? [] : [read.anyContains(anyContains)]),
    ...(sizeAtLeast === undefined ? [] : [sql`${read.size} >= ${sizeAtLeast}`]),
    ...(sizeAtMost === undefined ? [] : [sql`${read.size} <= ${sizeAtMost}`]),
  ];
}
