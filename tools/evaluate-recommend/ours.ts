/** The recommender of `shared/recommend` on a fold: the very statements that a build runs, fitted on the validation customers. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { buildRecommendations, cleanBuild, finishBuild, prepareBuild } from '../../shared/recommend/build.ts';
import { FEATURES, type Feature } from '../../shared/recommend/features.ts';
import { type FittedWeights, fitExamples, readExamples } from '../../shared/recommend/fit.ts';
import type { Examples } from '../../shared/recommend/logistic.ts';
import { type Tuning, withDefaults } from '../../shared/recommend/options.ts';
import { WEIGHT_NAMES, type Weights } from '../../shared/recommend/weights.ts';
import type { Fold } from './split.ts';
import type { Shopper } from './tafeng.ts';
import { AS_OF, loadAll, loadFold } from './world.ts';

/** Half-lives in baskets, chosen on validation customers. The rest is as a shop would have it. */
const TUNING: Partial<Tuning> = { trendHalfLifeDays: 0.3, affinityHalfLifeDays: 1 };

const OUTPUTS = {
  recommendations: 'out_recommendations',
  similar: 'out_similar',
  popular: 'out_popular',
  productAudience: 'out_product_audience',
};

/** What is left out, by the name of what is missing then. */
export const ABLATIONS: Readonly<Record<string, readonly Feature[]>> = {
  'without affinity': ['affinity', 'affinityStrong', 'ownedAffinity'],
  'without trend': ['trend', 'ownedTrend'],
  'without own frequency': ['frequency', 'share'],
  'without repeat rate': ['repeat'],
  'without rhythm': ['due'],
};

export interface Variant {
  readonly name: string;
  readonly fitted: FittedWeights;
  readonly lists: ReadonlyMap<string, readonly number[]>;
  readonly seconds: number;
}

/** What nobody told the fit before: every weight is 0. */
// The cast: one entry is made of each name.
const NOTHING_KNOWN = Object.fromEntries(WEIGHT_NAMES.map((name) => [name, 0])) as Weights;

/** What others' last baskets are worth: nobody's are known, as in the published protocol of TIFU-KNN. */
export const HISTORIES_ALONE = 'without last baskets of others';

export async function recommendFold(db: DuckDBConnection, fold: Fold, ablations: boolean): Promise<readonly Variant[]> {
  await loadFold(db, fold);
  const variants = await recommendLoaded(db, { ours: [], ...(ablations && ABLATIONS) });
  if (!ablations) return variants;
  await loadFold(db, fold, { lastBaskets: false });
  return [...variants, ...(await recommendLoaded(db, { [HISTORIES_ALONE]: [] }))];
}

/** A variant for each name, without these features. */
async function recommendLoaded(
  db: DuckDBConnection,
  leftOut: Readonly<Record<string, readonly Feature[]>>,
): Promise<readonly Variant[]> {
  const options = withDefaults({ asOf: AS_OF, tuning: TUNING, outputs: OUTPUTS });
  const started = cpuSeconds();
  await prepareBuild(db, options);
  const examples = await readExamples(db, options, 'bought');
  const shared = cpuSeconds() - started;
  const variants: Variant[] = [];
  for (const [name, left] of Object.entries(leftOut)) {
    const from = cpuSeconds();
    const fitted = fitExamples(without(examples, left), { prior: NOTHING_KNOWN });
    await dropOutputs(db);
    await finishBuild(db, { ...options, weights: fitted.weights });
    const seconds = shared + cpuSeconds() - from;
    variants.push({ name, fitted, lists: await readLists(db), seconds });
  }
  await cleanBuild(db, options);
  return variants;
}

function without(examples: Examples, left: readonly Feature[]): Examples {
  const places = left.map((feature) => FEATURES.indexOf(feature));
  const values = examples.values.slice();
  for (let row = 0; row < examples.rows; row++) for (const place of places) values[row * examples.columns + place] = 0;
  return { ...examples, values };
}

async function readLists(db: DuckDBConnection): Promise<ReadonlyMap<string, readonly number[]>> {
  const lists = new Map<string, number[]>();
  const rows = await db.runAndReadAll(
    `SELECT customer, product FROM ${OUTPUTS.recommendations} ORDER BY customer, rank`,
  );
  for (const [customer, product] of rows.getRows()) {
    const list = lists.get(String(customer));
    if (list) list.push(Number(product));
    else lists.set(String(customer), [Number(product)]);
  }
  return lists;
}

export interface Everybody {
  readonly customers: number;
  /** Processor time of a build for all customers, on one thread. */
  readonly cpuSeconds: number;
  /** By the clock, with whatever else the machine did. */
  readonly seconds: number;
}

export async function timeEverybody(
  db: DuckDBConnection,
  shoppers: readonly Shopper[],
  weights: Weights,
): Promise<Everybody> {
  await loadAll(db, shoppers);
  await dropOutputs(db);
  const started = cpuSeconds();
  const startedMs = performance.now();
  const { customers } = await buildRecommendations(db, { asOf: AS_OF, tuning: TUNING, outputs: OUTPUTS, weights });
  return { customers, cpuSeconds: cpuSeconds() - started, seconds: (performance.now() - startedMs) / 1_000 };
}

async function dropOutputs(db: DuckDBConnection): Promise<void> {
  for (const table of Object.values(OUTPUTS)) await db.run(`DROP TABLE IF EXISTS ${table}`);
}

export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
