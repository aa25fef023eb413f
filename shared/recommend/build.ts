/** Runs a build on DuckDB. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { type RecommendOptions, type RecommendSettings, withDefaults } from './options.ts';
import { planBuild } from './plan.ts';
import type { Statement } from './statement.ts';

export interface Built {
  /** Customers who were scored. */
  readonly customers: number;
  /** Rows of the table, in incremental mode with those that stayed. */
  readonly recommendations: number;
  readonly timings: readonly StepTiming[];
}

export interface StepTiming {
  readonly name: string;
  readonly ms: number;
}

/** Customers of one part: with 30 products each and 30 others of each, some 10 million candidates. */
const CUSTOMERS_PER_PART = 10_000;

/**
 * Makes the tables of `settings.outputs`, which must not be there yet, where `db` has its tables. Without `parts`, there are as many
 * as keep memory in bounds.
 */
export async function buildRecommendations(db: DuckDBConnection, settings: RecommendSettings): Promise<Built> {
  const options = withDefaults(settings);
  try {
    const prepared = await prepareBuild(db, options);
    const customers = await scoredCustomers(db, options);
    const parts = settings.parts ?? Math.max(1, Math.ceil(customers / CUSTOMERS_PER_PART));
    const finished = await finishBuild(db, { ...options, parts });
    const recommendations = await count(db, options.outputs.recommendations);
    return { customers, recommendations, timings: [...prepared, ...finished] };
  } finally {
    await cleanBuild(db, options);
  }
}

/** Tables of products, and what is known of customers. For who wants to score with several weights; see `cleanBuild`. */
export async function prepareBuild(db: DuckDBConnection, options: RecommendOptions): Promise<readonly StepTiming[]> {
  const { clean, prepare } = planBuild(options);
  await run(db, clean);
  return run(db, prepare);
}

/** Scores, and makes the tables that stay. */
export async function finishBuild(db: DuckDBConnection, options: RecommendOptions): Promise<readonly StepTiming[]> {
  const { score, finish } = planBuild(options);
  return run(db, [...score, ...finish]);
}

/** Drops the working tables. */
export async function cleanBuild(db: DuckDBConnection, options: RecommendOptions): Promise<void> {
  await run(db, planBuild(options).clean);
}

async function run(db: DuckDBConnection, statements: readonly Statement[]): Promise<readonly StepTiming[]> {
  const timings: StepTiming[] = [];
  for (const { name, sql } of statements) {
    const startedMs = performance.now();
    await db.run(sql);
    timings.push({ name, ms: performance.now() - startedMs });
  }
  return timings;
}

const scoredCustomers = (db: DuckDBConnection, options: RecommendOptions): Promise<number> =>
  count(db, `${planBuild(options).work.customer} WHERE scored`);

async function count(db: DuckDBConnection, from: string): Promise<number> {
  const [row] = (await db.runAndReadAll(`SELECT count(*) FROM ${from}`)).getRows();
  return Number(row?.[0]);
}
