/** `npm run evaluate`: predicted value and tiers on public data, next to published results and simpler ways. Exits with 1 if a promise is missed. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import type { FitOptions } from '../../shared/tiers/clv/fit.ts';
import { fitModel } from '../../shared/tiers/clv/fit.ts';
import type { Model } from '../../shared/tiers/clv/model.ts';
import { instant } from '../../shared/time/instant.ts';
import { CALIBRATED_AT, type Customer, type DataSet, differences, NoData, readCustomers } from './cdnow.ts';
import { fitParts, type Part } from './enough.ts';
import {
  aliveDiscrimination,
  byFrequency,
  comparePurchases,
  compareSpending,
  frequencyValueCorrelation,
  type Group,
  rankCorrelationOnceTied,
  type Score,
} from './holdout.ts';
import { describe } from './report.ts';
import { measureSpeed, type Speed } from './speed.ts';
import { compareTiers, type Tiering } from './tiers.ts';

export interface Run {
  readonly set: DataSet;
  readonly customers: number;
  readonly repeaters: number;
  readonly repeatsInCalibration: number;
  readonly purchasesInHoldout: number;
  readonly buyersInHoldout: number;
  readonly model: Model;
  readonly fitSeconds: number;
  readonly frequencyValueCorrelation: number;
  readonly aliveDiscrimination: number;
  readonly rankCorrelationOnceTied: number;
  readonly purchases: readonly Score[];
  readonly spending: readonly Score[];
  readonly byFrequency: readonly Group[];
  /** By the default policy. */
  readonly tiers: readonly Tiering[];
}

/** A published figure, or a bound that was promised. */
export interface Promised {
  readonly name: string;
  readonly promised: string;
  readonly found: number;
  readonly kept: boolean;
}

export interface Evaluation {
  /** Of the sample's customers with the derived table; absent where the table is. */
  readonly differences?: readonly string[];
  readonly runs: readonly Run[];
  readonly parts: readonly Part[];
  readonly speed: Speed;
  readonly promises: readonly Promised[];
}

const OPTIONS: FitOptions = { version: 'evaluation', fittedAt: instant(Date.UTC(1997, 8, 30)), currency: 'USD' };

/** Fader, Hardie, Lee (2005) and Fader, Hardie (note 025): within 1 %. */
const PUBLISHED: readonly (readonly [name: string, value: number, of: (model: Model) => number])[] = [
  ['BG/NBD r', 0.243, ({ bgNbd }) => bgNbd.r],
  ['BG/NBD alpha (weeks)', 4.414, ({ bgNbd }) => bgNbd.alpha],
  ['BG/NBD a', 0.793, ({ bgNbd }) => bgNbd.a],
  ['BG/NBD b', 2.426, ({ bgNbd }) => bgNbd.b],
  ['Gamma–Gamma p', 6.25, ({ gammaGamma }) => gammaGamma?.p ?? Number.NaN],
  ['Gamma–Gamma q', 3.74, ({ gammaGamma }) => gammaGamma?.q ?? Number.NaN],
  ['Gamma–Gamma v (dollars)', 15.44, ({ gammaGamma }) => (gammaGamma?.v ?? Number.NaN) / 100],
];
const PUBLISHED_LOG_LIKELIHOOD = -9582.4;
const GREATEST_ERROR = 0.79;
const MOST_SECONDS_PER_MILLION = 10;

function evaluate(dir: string, scored: number): Evaluation {
  const sample = readCustomers(dir, 'sample');
  const master = readCustomers(dir, 'master');
  const runs = [run('sample', sample), run('master', master)];
  const [ofSample] = runs;
  if (!ofSample) throw new Error('Expected a run.');
  const differing = differences(dir, sample);
  const speed = measureSpeed(ofSample.model, scored, OPTIONS);
  return {
    ...(differing && { differences: differing }),
    runs,
    parts: fitParts(sample, ofSample.model, OPTIONS),
    speed,
    promises: check(ofSample, speed),
  };
}

function run(set: DataSet, customers: readonly Customer[]): Run {
  const started = process.cpuUsage();
  const fitted = fitModel(customers, OPTIONS);
  const { user, system } = process.cpuUsage(started);
  if (fitted.kind === 'refused') {
    throw new NoData(`${set}: no fit, ${fitted.code}: ${fitted.seen} seen, ${fitted.expected} expected.`);
  }
  const { model } = fitted;
  return {
    set,
    customers: customers.length,
    repeaters: model.repeaters,
    repeatsInCalibration: customers.reduce((sum, { repeats }) => sum + repeats, 0),
    purchasesInHoldout: customers.reduce((sum, { holdout }) => sum + holdout.purchases, 0),
    buyersInHoldout: customers.filter(({ holdout }) => holdout.purchases > 0).length,
    model,
    fitSeconds: (user + system) / 1e6,
    frequencyValueCorrelation: frequencyValueCorrelation(customers),
    aliveDiscrimination: aliveDiscrimination(model, customers),
    rankCorrelationOnceTied: rankCorrelationOnceTied(model, customers),
    purchases: comparePurchases(model, customers),
    spending: compareSpending(model, customers),
    byFrequency: byFrequency(model, customers),
    tiers: compareTiers(model, customers, CALIBRATED_AT),
  };
}

function check({ model, purchases }: Run, { customers, scoringSeconds }: Speed): Promised[] {
  const logLikelihood = model.bgNbd.fit?.logLikelihood ?? Number.NaN;
  const error = purchases[0]?.meanAbsoluteError ?? Number.NaN;
  const perMillion = (scoringSeconds / customers) * 1e6;
  return [
    ...PUBLISHED.map(([name, value, of]) => {
      const found = of(model);
      return { name, promised: `${value} ± 1 %`, found, kept: Math.abs(found / value - 1) <= 0.01 };
    }),
    {
      name: 'BG/NBD log-likelihood',
      promised: `${PUBLISHED_LOG_LIKELIHOOD} ± 0.1`,
      found: logLikelihood,
      kept: Math.abs(logLikelihood - PUBLISHED_LOG_LIKELIHOOD) <= 0.1,
    },
    {
      name: 'holdout: mean absolute error, purchases',
      promised: `at most ${GREATEST_ERROR}`,
      found: error,
      kept: error <= GREATEST_ERROR,
    },
    {
      name: 'a million customers scored (CPU seconds)',
      promised: `under ${MOST_SECONDS_PER_MILLION}`,
      found: perMillion,
      kept: perMillion < MOST_SECONDS_PER_MILLION,
    },
  ];
}

export interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Answers the exit code: 1 if a promise is missed, 2 if it was asked for what cannot be. */
export function runEvaluate(args: readonly string[], { out, err }: Output): number {
  const program = new Command('npm run evaluate --')
    .description(
      'Fits predicted value on CDNOW, puts its customers into tiers, and compares both with published results and with simpler ways.',
    )
    .requiredOption('--data <dir>', 'holds cdnow/; docs/clv.md tells where the files come from')
    .option('--customers <number>', 'how many simulated ones are scored to measure speed', readCount, 1_000_000)
    .option('--json', 'all figures as one JSON object')
    .configureOutput({ writeOut: out, writeErr: err })
    .exitOverride();
  try {
    program.parse([...args], { from: 'user' });
    const options = program.opts<{ data: string; customers: number; json?: true }>();
    const evaluation = evaluate(options.data, options.customers);
    out(options.json ? `${JSON.stringify(evaluation, null, 2)}\n` : describe(evaluation));
    return evaluation.promises.every(({ kept }) => kept) ? 0 : 1;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof NoData)) throw error;
    err(`error: ${error.message}\n`);
    return 2;
  }
}

function readCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1_000) {
    throw new InvalidArgumentError('Expected a whole number from 1000.');
  }
  return count;
}

if (import.meta.filename === process.argv[1]) {
  process.exitCode = runEvaluate(process.argv.slice(2), {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  });
}
