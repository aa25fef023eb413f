/**
 * What a condition asks of the days: one pass over those of a kind answers all that is asked of it, whatever the windows, and
 * reads only the names and times that somebody asks for.
 */
import { DAY_MS } from '../profiles/windows.ts';
import type { PartOfBuying } from '../segments/reader.ts';
import { DAY_KINDS, type DayKind } from '../snapshots/layout.ts';
import { epochMs, type Instant } from '../time/instant.ts';
import { joined, list, own, type Sql, sql, timestamp } from './sql-text.ts';

export interface Days {
  /** Column of the sum over all that was bought, or over a part of it; of all days, or of those within so many up to now. */
  sum(of: 'orders' | 'net', part: PartOfBuying | undefined, withinDays: number | undefined): Sql;
  /** Column of the last instant at which some of the part was paid; null where there is none. */
  last(part: PartOfBuying): Sql;
  /** Once all is asked: the tables that have it, how they are joined to `profiles`, and what is read of them. */
  tables(): Tables;
}

export interface Tables {
  readonly kinds: readonly DayKind[];
  readonly tables: readonly Sql[];
  readonly joins: Sql;
  readonly read: Sql;
}

interface Ask {
  readonly of: 'orders' | 'net' | 'last';
  /** Absent: all there is. */
  readonly names?: readonly string[];
  readonly withinDays?: number;
}

export function daysFor(at: Instant): Days {
  const asked = new Map<DayKind, Ask[]>();

  function ask(kind: DayKind, one: Ask): Sql {
    const asks = asked.get(kind) ?? [];
    asked.set(kind, asks);
    const text = JSON.stringify(one);
    const place = asks.findIndex((other) => JSON.stringify(other) === text);
    return columnOf(kind, place < 0 ? asks.push(one) - 1 : place);
  }

  return {
    sum(of, part, withinDays) {
      // No channel is of that category.
      if (part?.names.length === 0) return NOTHING;
      return ask(part?.kind ?? 'all', {
        of,
        ...(part && { names: part.names }),
        ...(withinDays !== undefined && { withinDays }),
      });
    },

    last: ({ kind, names }) => (names.length === 0 ? NEVER : ask(kind, { of: 'last', names })),

    tables() {
      const kinds = DAY_KINDS.flatMap((kind) => {
        const asks = asked.get(kind);
        return asks ? [{ kind, asks, table: own(`days_${kind}`) }] : [];
      });
      const read = kinds.flatMap(({ kind, asks, table }) =>
        asks.map(({ of }, place) => {
          const column = columnOf(kind, place);
          return of === 'last' ? sql`, ${table}.${column}` : sql`, COALESCE(${table}.${column}, 0e0) AS ${column}`;
        }),
      );
      return {
        kinds: kinds.map(({ kind }) => kind),
        tables: kinds.map(({ kind, asks, table }) => sql`${table} AS (${tableOf(kind, asks, at)})`),
        joins: joined(
          kinds.map(({ table }) => sql` LEFT JOIN ${table} ON ${table}.profile = profiles.number`),
          '\n',
        ),
        read: joined(read, '\n'),
      };
    },
  };
}

const NOTHING = sql`0e0`;
const NEVER = sql`CAST(NULL AS TIMESTAMP)`;

const columnOf = (kind: DayKind, place: number): Sql => own(`${kind}_${place}`);

function tableOf(kind: DayKind, asks: readonly Ask[], at: Instant): Sql {
  const scope = filterOf(widest(asks), at);
  const columns = asks.map((one, place) => {
    const filter = filterOf(one, at);
    // What the whole pass is about anyway is not asked of each line again.
    const isScope = JSON.stringify(filter) === JSON.stringify(scope);
    return sql`, ${aggregate(one.of, isScope ? undefined : joined(filter, ' AND '))} AS ${columnOf(kind, place)}`;
  });
  const where = joined([sql`kind = ${own(`'${kind}'`)}`, sql`profile IS NOT NULL`, ...scope], ' AND ');
  return sql`SELECT profile${joined(columns, '\n')} FROM days WHERE ${where} GROUP BY profile`;
}

function aggregate(of: Ask['of'], filter: Sql | undefined): Sql {
  if (of === 'last') return sql`MAX(${filter ? sql`CASE WHEN ${filter} THEN last_at END` : own('last_at')})`;
  const number = sql`CAST(${own(of)} AS DOUBLE)`;
  return sql`SUM(${filter ? sql`CASE WHEN ${filter} THEN ${number} ELSE 0e0 END` : number})`;
}

/** All that any of them reads. */
function widest(asks: readonly Ask[]): Omit<Ask, 'of'> {
  const windows = asks.flatMap(({ withinDays }) => withinDays ?? []);
  return {
    ...(asks.every(({ names }) => names) && { names: [...new Set(asks.flatMap(({ names }) => names ?? []))].sort() }),
    ...(windows.length === asks.length && { withinDays: Math.max(...windows) }),
  };
}

function filterOf({ names, withinDays }: Omit<Ask, 'of'>, at: Instant): Sql[] {
  const atMs = epochMs(at);
  return [
    ...(names ? [sql`name IN (${list(names)})`] : []),
    ...(withinDays === undefined
      ? []
      : [sql`first_at > ${timestamp(atMs - withinDays * DAY_MS)} AND first_at <= ${timestamp(atMs)}`]),
  ];
}
