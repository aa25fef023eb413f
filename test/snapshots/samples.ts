/** Rows of places, months and marks, and what a snapshot makes of them. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { createRandom } from '../../demo/random.ts';
import { sql } from '../../shared/preview/sql-text.ts';
import { ask, openTables } from '../../shared/preview/tables.ts';
import { DAY_KINDS } from '../../shared/snapshots/layout.ts';
import type { DayLine, MarkRow, MonthRow, ProfileRow, Rows } from '../../shared/snapshots/rows.ts';
import { instant } from '../../shared/time/instant.ts';

const START = Date.parse('2026-10-01T00:00:00.000Z');
const HOUR = 60 * 60 * 1000;

/** A root unless it is another's. */
export function place(id: string, revision: number, root = id, more: Partial<ProfileRow> = {}): ProfileRow {
  const known = { id, revision, root, writtenAt: instant(START + revision) };
  if (id !== root) return known;
  const none: readonly string[] = [];
  return {
    ...known,
    members: [id],
    connections: ['shopify/shop'],
    tier: 'base',
    tierSince: instant(START),
    currency: 'CNY',
    orders: revision,
    netSpend: revision * 100,
    averageOrder: 100,
    refundRate: 0,
    purchaseDays: 1,
    channels: ['shopify'],
    ...{ categories: none, regions: none, stores: none, hosts: none, segments: none },
    ...more,
  };
}

export function month(persona: string, name: string, revision: number, orders = [revision]): MonthRow {
  const lines = (part: string): DayLine[] =>
    orders.map((count, index) => {
      const at = instant(Date.parse(`${name}-05T08:00:00.000Z`) + index * 24 * HOUR);
      return { name: part, firstAt: at, lastAt: at, orders: count, net: count * 100 };
    });
  return {
    persona,
    month: name,
    revision,
    all: lines(''),
    channels: lines('shopify'),
    categories: lines(`茶/${persona}`),
    regions: [],
    hosts: [],
    stores: [],
  };
}

export const mark = (persona: string, name: string, hours: number, given: boolean): MarkRow => ({
  persona,
  kind: 'tag',
  name,
  given,
  saidAt: instant(START + hours * HOUR),
});

/** The same rows in one to four portions, in another order, some of them several times. */
export function inPortions(rows: Rows, seed: number): Partial<Rows>[] {
  const random = createRandom(seed);
  const below = (count: number) => Math.floor(random.next() * count);
  const portions = Array.from({ length: 1 + below(4) }, () => ({
    profiles: [] as ProfileRow[],
    months: [] as MonthRow[],
    marks: [] as MarkRow[],
  }));
  const deal = <Row>(all: readonly Row[], into: (portion: (typeof portions)[number]) => Row[]) => {
    for (const row of all) {
      for (let times = random.next() < 0.3 ? 3 : 1; times > 0; times--) {
        const portion = portions[below(portions.length)];
        if (portion) into(portion).splice(below(into(portion).length + 1), 0, row);
      }
    }
  };
  deal(rows.profiles, ({ profiles }) => profiles);
  deal(rows.months, ({ months }) => months);
  deal(rows.marks, ({ marks }) => marks);
  return portions;
}

export interface Profile {
  readonly id: string;
  readonly revision: number;
  readonly tags: readonly string[];
  /** `kind name day × orders`, sorted. */
  readonly days: readonly string[];
}

export const dayText = (kind: string, { name, firstAt, orders }: DayLine) =>
  `${kind} ${name} ${firstAt.slice(0, 10)} ${orders}`;

export async function readSnapshot(db: DuckDBConnection, folder: string): Promise<Profile[]> {
  await openTables(db, folder, DAY_KINDS);
  const rows = await ask(
    db,
    sql`SELECT id, revision, CAST(to_json(tags) AS VARCHAR) AS tags, CAST(to_json(coalesce(lines, [])) AS VARCHAR) AS days
        FROM profiles LEFT JOIN (
          SELECT profile, list(kind || ' ' || name || ' ' || CAST(CAST(first_at AS DATE) AS VARCHAR) || ' ' || orders) AS lines
          FROM days GROUP BY profile
        ) AS found ON found.profile = profiles.number ORDER BY id`,
  );
  return rows.map(({ id, revision, tags, days }) => ({
    id: String(id),
    revision: Number(revision),
    tags: JSON.parse(String(tags)),
    days: (JSON.parse(String(days)) as string[]).sort(),
  }));
}

/** All that is in it but for numbers, which are given by turns: instead of them the ids that they stand for. */
export async function readWhole(db: DuckDBConnection, folder: string): Promise<unknown> {
  await openTables(db, folder, DAY_KINDS);
  const lines = async (query: ReturnType<typeof sql>) => (await ask(db, query)).map(({ line }) => String(line)).sort();
  return {
    profiles: await lines(
      sql`SELECT CAST(to_json(one) AS VARCHAR) AS line FROM (SELECT * EXCLUDE (number) FROM profiles) AS one`,
    ),
    days: await lines(
      sql`SELECT CAST(to_json(one) AS VARCHAR) AS line FROM (
            SELECT profiles.id, alias IS NULL AS is_root, kind, name, first_at, last_at, days.orders, net
            FROM days JOIN profiles ON profiles.number = days.profile) AS one`,
    ),
  };
}
