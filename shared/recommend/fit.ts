/**
 * Fits the weights of the blend on a window that was held out: what customers bought in it is what should have been recommended
 * before. Lines of the window must not be in `inputs.lines`, or the answer is among the questions.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { cleanBuild, prepareBuild } from './build.ts';
import { candidates } from './candidates.ts';
import { FEATURES, featureSql } from './features.ts';
import { type Examples, type Fitted, fitLogistic } from './logistic.ts';
import { type RecommendOptions, type RecommendSettings, withDefaults } from './options.ts';
import { planBuild } from './plan.ts';
import { DEFAULT_WEIGHTS, WEIGHT_NAMES, type Weights } from './weights.ts';

export interface FitSettings {
  /** A relation with `customer` and `product`: bought in the window. Only its customers are learned from, so each of them bought. */
  readonly bought: string;
  /** What weights are unless the window says otherwise; features that do not occur in it keep theirs. */
  readonly prior?: Weights;
  readonly priorPrecision?: number;
}

export interface FittedWeights extends Pick<Fitted, 'iterations' | 'converged'> {
  readonly weights: Weights;
  readonly examples: number;
  /** Of them, bought. */
  readonly bought: number;
}

export async function fitWeights(
  db: DuckDBConnection,
  settings: RecommendSettings,
  { bought, ...rest }: FitSettings,
): Promise<FittedWeights> {
  const options = withDefaults(settings);
  try {
    await prepareBuild(db, options);
    return fitExamples(await readExamples(db, options, bought), rest);
  } finally {
    await cleanBuild(db, options);
  }
}

export function fitExamples(
  examples: Examples,
  { prior = DEFAULT_WEIGHTS, priorPrecision = 1 }: Omit<FitSettings, 'bought'> = {},
): FittedWeights {
  const { weights, ...rest } = fitLogistic(examples, {
    prior: WEIGHT_NAMES.map((name) => prior[name]),
    priorPrecision,
  });
  return {
    ...rest,
    weights: toWeights(weights),
    examples: examples.rows,
    bought: examples.labels.reduce((sum, label) => sum + label, 0),
  };
}

function toWeights([intercept = 0, ...others]: readonly number[]): Weights {
  const byFeature = Object.fromEntries(FEATURES.map((feature, index) => [feature, others[index] ?? 0]));
  // The cast: one entry was made of each feature.
  return { intercept, ...(byFeature as Record<(typeof FEATURES)[number], number>) };
}

/** The candidates of customers of `bought`, after `prepareBuild`. Columns in the order of `FEATURES`. */
export async function readExamples(db: DuckDBConnection, options: RecommendOptions, bought: string): Promise<Examples> {
  const { work } = planBuild(options);
  const sql = featureSql();
  const learners = `known.customer IN (SELECT customer FROM ${bought})`;
  const reader = await db.runAndReadAll(`
    WITH answers AS (
      SELECT DISTINCT known.c, item.p FROM ${bought} AS bought
      JOIN ${work.customer} AS known ON known.customer = bought.customer
      JOIN ${work.product} AS item ON item.product = bought.product
    )
    SELECT CAST(answers.c IS NOT NULL AS INTEGER) AS label, ${FEATURES.map((feature) => `${sql[feature]} AS "${feature}"`).join(', ')}
    FROM (${candidates(options, work, learners)}) AS candidate
    LEFT JOIN answers ON answers.c = candidate.c AND answers.p = candidate.p
    ORDER BY candidate.c, candidate.p`);
  const [labels = [], ...features] = reader.getColumns();
  const rows = labels.length;
  const values = new Float64Array(rows * features.length);
  features.forEach((feature, column) => {
    feature.forEach((value, row) => {
      values[row * features.length + column] = Number(value);
    });
  });
  return { rows, columns: features.length, values, labels: Uint8Array.from(labels, Number) };
}
