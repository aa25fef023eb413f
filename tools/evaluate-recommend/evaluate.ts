/** `npm run evaluate`: the next basket on Ta-Feng, next to simple ways and a published one. Exits with 1 if an aim is missed. */
import { DuckDBInstance } from '@duckdb/node-api';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import type { Weights } from '../../shared/recommend/weights.ts';
import { globalPopularity, personalFrequency, personalThen, type Recommend, recentPopularity } from './baselines.ts';
import { type MetricsAt, measure, type Prediction } from './metrics.ts';
import { cpuSeconds, type Everybody, recommendFold, timeEverybody } from './ours.ts';
import { describe } from './report.ts';
import { type Fold, splitBySeed } from './split.ts';
import { NoData, readShoppers, type Shopper } from './tafeng.ts';
import { tifuKnn } from './tifu-knn.ts';

export interface Score {
  readonly name: string;
  readonly at10: MetricsAt;
  readonly at20: MetricsAt;
  /** Processor time of a fold: learning, and lists for its test customers. */
  readonly seconds: number;
}

interface Aim {
  readonly name: string;
  readonly aim: string;
  readonly found: number;
  readonly reached: boolean;
}

export interface Evaluation {
  readonly customers: number;
  readonly products: number;
  readonly seeds: readonly number[];
  /** Means over the seeds. */
  readonly scores: readonly Score[];
  /** Of each seed. */
  readonly recallBySeed: Readonly<Record<string, readonly number[]>>;
  /** Means over the seeds of what was fitted on validation customers. */
  readonly weights: Weights;
  readonly everybody: Everybody;
  readonly aims: readonly Aim[];
}

const OURS = 'ours';

async function evaluate(folder: string, seeds: readonly number[], ablations: boolean): Promise<Evaluation> {
  const shoppers = readShoppers(folder);
  const products = new Set(shoppers.flatMap(({ history, future }) => [...history.flat(), ...future])).size;
  // One thread: the aim is one of one core, and figures do not depend on the machine's number of them.
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const db = await instance.connect();
  const bySeed: (readonly Score[])[] = [];
  const weights: Weights[] = [];
  for (const seed of seeds) {
    const fold = splitBySeed(shoppers, seed);
    const scored = baselines(fold).map(([name, make]) => scoreBaseline(name, make, fold, products));
    for (const { name, lists, fitted, seconds } of await recommendFold(db, fold, ablations)) {
      if (name === OURS) weights.push(fitted.weights);
      scored.push(score(name, fold.test, ({ id }) => lists.get(id) ?? [], products, seconds));
    }
    bySeed.push(scored);
  }
  const scores = (bySeed[0] ?? []).map(({ name }) => meanScore(bySeed.map((all) => named(all, name))));
  const meanWeights = meanOf(weights);
  const everybody = await timeEverybody(db, shoppers, meanWeights);
  return {
    customers: shoppers.length,
    products,
    seeds,
    scores,
    recallBySeed: Object.fromEntries(
      scores.map(({ name }) => [name, bySeed.map((all) => named(all, name).at10.recall)]),
    ),
    weights: meanWeights,
    everybody,
    aims: check(scores, everybody),
  };
}

const baselines = (fold: Fold): readonly (readonly [name: string, make: () => Recommend])[] => [
  ['popularity', () => globalPopularity(fold)],
  ['popularity of last baskets', () => recentPopularity(fold)],
  ['personal frequency', () => personalFrequency],
  ['personal, then popular', () => personalThen(fold, globalPopularity)],
  ['personal, then popular of last', () => personalThen(fold, recentPopularity)],
  ['TIFU-KNN', () => tifuKnn(fold)],
];

function scoreBaseline(name: string, make: () => Recommend, fold: Fold, products: number): Score {
  const started = cpuSeconds();
  const recommend = make();
  const lists = new Map(fold.test.map((shopper) => [shopper.id, recommend(shopper)]));
  return score(name, fold.test, ({ id }) => lists.get(id) ?? [], products, cpuSeconds() - started);
}

function score(name: string, test: readonly Shopper[], recommend: Recommend, products: number, seconds: number): Score {
  const predictions: Prediction[] = test.map((shopper) => ({
    recommended: recommend(shopper),
    future: shopper.future,
    known: new Set(shopper.history.flat()),
  }));
  return { name, at10: measure(predictions, 10, products), at20: measure(predictions, 20, products), seconds };
}

function named(scores: readonly Score[], name: string): Score {
  const found = scores.find((one) => one.name === name);
  if (!found) throw new Error(`Expected a score of ${name}.`);
  return found;
}

const meanScore = (scores: readonly Score[]): Score => ({
  name: scores[0]?.name ?? '',
  at10: meanOf(scores.map(({ at10 }) => at10)),
  at20: meanOf(scores.map(({ at20 }) => at20)),
  seconds: scores.reduce((sum, { seconds }) => sum + seconds, 0) / scores.length,
});

/** Key by key. */
function meanOf<T extends { readonly [key in keyof T]: number }>(all: readonly T[]): T {
  const [first] = all;
  if (!first) throw new Error('Expected at least one seed.');
  const keys = Object.keys(first) as (keyof T)[]; // The cast: what keys an object has, its type says.
  const means = keys.map((key) => [key, all.reduce((sum, one) => sum + one[key], 0) / all.length]);
  return Object.fromEntries(means) as T; // The cast: the same keys, each a number again.
}

function check(scores: readonly Score[], everybody: Everybody): readonly Aim[] {
  const { at10 } = named(scores, OURS);
  const others = scores.filter(({ name }) => name !== OURS && !name.startsWith('without'));
  const best = Math.max(...others.map((one) => one.at10.recall));
  const atLeast = (name: string, found: number, aim: number): Aim => ({
    ...{ name, found, aim: `at least ${aim}` },
    reached: found >= aim,
  });
  return [
    atLeast('recall@10', at10.recall, 0.145),
    atLeast('NDCG@10', at10.ndcg, 0.125),
    atLeast('hit rate@10', at10.hitRate, 0.43),
    {
      name: 'recall@10 less that of the best baseline',
      aim: 'more than 0',
      found: at10.recall - best,
      reached: at10.recall > best,
    },
    {
      name: `all ${everybody.customers} customers (processor seconds, one thread)`,
      aim: 'under 20',
      found: everybody.cpuSeconds,
      reached: everybody.cpuSeconds < 20,
    },
  ];
}

export interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Answers the exit code: 1 if an aim is missed, 2 if it was asked for what cannot be. */
export async function runEvaluate(args: readonly string[], { out, err }: Output): Promise<number> {
  const program = new Command('npm run evaluate --')
    .description(
      'Fits the recommender on validation customers of Ta-Feng and tests it on others, next to simpler ways.',
    )
    .requiredOption(
      '--data <dir>',
      'holds tafeng_history.json and tafeng_future.json; docs/recommend.md tells where they are from',
    )
    .option('--seeds <list>', 'of the splits', readSeeds, [1, 2, 3])
    .option('--ablations', 'also without each part of the blend')
    .option('--json', 'all figures as one JSON object')
    .configureOutput({ writeOut: out, writeErr: err })
    .exitOverride();
  try {
    program.parse([...args], { from: 'user' });
    const options = program.opts<{ data: string; seeds: number[]; ablations?: true; json?: true }>();
    const evaluation = await evaluate(options.data, options.seeds, options.ablations ?? false);
    out(options.json ? `${JSON.stringify(evaluation, null, 2)}\n` : describe(evaluation));
    return evaluation.aims.every(({ reached }) => reached) ? 0 : 1;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof NoData)) throw error;
    err(`error: ${error.message}\n`);
    return 2;
  }
}

function readSeeds(text: string): number[] {
  const seeds = text.split(',').map(Number);
  if (!seeds.every((seed) => Number.isInteger(seed) && seed >= 0)) {
    throw new InvalidArgumentError('Expected whole numbers, as in 1,2,3.');
  }
  return seeds;
}

if (import.meta.filename === process.argv[1]) {
  process.exitCode = await runEvaluate(process.argv.slice(2), {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  });
}
