/** A question → its answer, counted over the newest snapshot. */
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { Clock } from '../runtime/clock.ts';
import { daysFile, PROFILES } from '../snapshots/layout.ts';
import { TIERS, type Tier } from '../tiers/policy.ts';
import { instant } from '../time/instant.ts';
import type { LocalSnapshots } from './local-snapshot.ts';
import { type Preview, type PreviewQuestion, TookTooLong } from './preview.ts';
import { type Defined, membersQuery } from './sql.ts';
import { list, type Sql, sql } from './sql-text.ts';
import { ask, openTables } from './tables.ts';

export interface AnswerDependencies {
  readonly snapshots: LocalSnapshots;
  /** Kept open from question to question. */
  readonly duckDB: () => Promise<DuckDBInstance>;
  /** Those that stand. */
  readonly segments: () => Promise<readonly Defined[]>;
  /** By channel. */
  readonly channelCategories: ReadonlyMap<string, string>;
  readonly clock: Clock;
  /** How long it may count, once the snapshot is there. */
  readonly countingMs?: number;
}

/** Less than whoever asks waits (see store.ts): counting for nobody would keep the next question waiting. */
const COUNTING_MS = 20_000;
const SAMPLE = 10;
const LARGEST = 10;

/** Throws NoSnapshot before there is one, and TookTooLong. */
export async function answerPreview(question: PreviewQuestion, dependencies: AnswerDependencies): Promise<Preview> {
  const { snapshots, duckDB, channelCategories, clock, countingMs = COUNTING_MS } = dependencies;
  const startedMs = clock().getTime();
  const segments = await dependencies.segments();
  const query = membersQuery(question.when, ['number', 'tier', 'channels', 'segments'], {
    at: instant(startedMs),
    segments,
    channelCategories,
  });
  const { snapshot, folder } = await snapshots.open([PROFILES, ...query.kinds.map(daysFile)]);
  const db = await (await duckDB()).connect();
  let isLate = false;
  // Again and again, as one that comes between two statements is of no effect.
  const timer = setInterval(() => {
    isLate = true;
    db.interrupt();
  }, countingMs);
  try {
    await openTables(db, folder, query.kinds);
    await ask(db, sql`CREATE TEMP TABLE members AS ${query}`);
    const tiers = await countsBy(db, sql`SELECT tier AS name, COUNT(*) AS found FROM members GROUP BY tier`);
    return {
      snapshotAt: snapshot.snapshotAt,
      profiles: snapshot.profiles,
      size: [...tiers.values()].reduce((sum, count) => sum + count, 0),
      tiers: tierSplit(tiers),
      channels: Object.fromEntries(await countsBy(db, countNames('members', 'channels'))),
      overlaps: await overlapsOf(question.compareWith, segments, db),
      sample: await sampleOf(db),
      tookMs: clock().getTime() - startedMs,
    };
  } catch (error) {
    throw isLate ? new TookTooLong(`It was not counted within ${countingMs} ms.`, { cause: error }) : error;
  } finally {
    clearInterval(timer);
    // What is temporary goes with it.
    db.disconnectSync();
  }
}

const countNames = (table: 'members' | 'profiles', column: 'channels' | 'segments'): Sql => {
  const from = { members: sql`members`, profiles: sql`profiles` }[table];
  const names = { channels: sql`channels`, segments: sql`segments` }[column];
  return sql`SELECT name, COUNT(*) AS found FROM ${from} CROSS JOIN UNNEST(${names}) AS each_one (name) GROUP BY name ORDER BY name`;
};

async function countsBy(db: DuckDBConnection, query: Sql): Promise<Map<string, number>> {
  return new Map((await ask(db, query)).map(({ name, found }) => [String(name), Number(found)]));
}

function tierSplit(counts: ReadonlyMap<string, number>): Record<Tier, number> {
  // The cast: fromEntries forgets that there is an entry for each.
  return Object.fromEntries(TIERS.map((tier) => [tier, counts.get(tier) ?? 0])) as Record<Tier, number>;
}

/** As the profiles were when the snapshot was taken: a segment that is being filled has few of its members yet. */
async function overlapsOf(
  compareWith: readonly string[] | undefined,
  segments: readonly Defined[],
  db: DuckDBConnection,
): Promise<Preview['overlaps']> {
  const [sizes, both] = [
    await countsBy(db, countNames('profiles', 'segments')),
    await countsBy(db, countNames('members', 'segments')),
  ];
  const sizeOf = (segment: string) => sizes.get(segment) ?? 0;
  const standing = segments.map(({ id }) => id).filter((id) => sizeOf(id) > 0);
  const largest = standing.toSorted((a, b) => sizeOf(b) - sizeOf(a) || (a < b ? -1 : 1)).slice(0, LARGEST);
  return (compareWith ?? largest).map((segment) => ({
    segment,
    size: sizeOf(segment),
    both: both.get(segment) ?? 0,
  }));
}

/** By a number drawn from the profile's own, so that they are of all ages, and the same at each asking. */
async function sampleOf(db: DuckDBConnection): Promise<Preview['sample']> {
  const drawn = await ask(
    db,
    sql`SELECT number FROM members ORDER BY (number * 2654435761) % 4294967296, number LIMIT ${SAMPLE}`,
  );
  if (drawn.length === 0) return [];
  const numbers = drawn.map(({ number }) => Number(number));
  const rows = await ask(
    db,
    sql`SELECT number, id, tier, orders, net_spend, last_paid_at, channels FROM profiles WHERE number IN (${list(numbers)})`,
  );
  const inOrder = rows.toSorted((a, b) => numbers.indexOf(Number(a.number)) - numbers.indexOf(Number(b.number)));
  return inOrder.map(({ id, tier, orders, net_spend, last_paid_at, channels }) => ({
    id: String(id),
    // The cast: a snapshot's tiers are those of profiles.
    tier: String(tier) as Tier,
    orders: Number(orders),
    netSpend: Number(net_spend),
    ...(last_paid_at instanceof Date && { lastPaidAt: instant(last_paid_at.getTime()) }),
    channels: Array.isArray(channels) ? channels.map(String).sort() : [],
  }));
}
