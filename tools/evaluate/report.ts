/** An evaluation as tables, each with what is to be read from it. */
import Table from 'cli-table3';
import type { Part } from './enough.ts';
import type { Evaluation, Promised, Run } from './evaluate.ts';
import type { Group, Score } from './holdout.ts';
import type { Speed } from './speed.ts';
import type { Outcome, Tiering, TierOutcome } from './tiers.ts';

type Cell = string | number;

export function describe({ differences, runs, parts, speed, promises }: Evaluation): string {
  const [sample] = runs;
  return [
    statistics(differences, sample?.customers ?? 0),
    table(['promise, on the sample', 'promised', 'found', ''], promises.map(promiseRow)),
    ...runs.flatMap(describeRun),
    table(
      ['fitted on random parts of the sample', 'repeaters', 'unsure', 'total off by', 'at worst', 'MAE', 'at worst'],
      parts.map(partRow),
    ),
    'Total: expected purchases of the whole sample, to those by its own model. Unsure: no end, or a parameter at the edge.',
    table([`${speed.customers} simulated customers`, 'CPU seconds', 'a million a core'], speedRows(speed)),
    `Their fit is off by ${percent(speed.worstParameterError)} at worst in the seven parameters they were simulated with: those who buy twice a day are seen once.`,
    honestly(runs),
    '',
  ].join('\n\n');
}

function statistics(differences: readonly string[] | undefined, customers: number): string {
  if (!differences) return 'The derived table is not there: statistics were not compared.';
  return differences.length === 0
    ? `Statistics of all ${customers} customers of the sample are those of the derived table.`
    : `Statistics differ from the derived table for ${differences.length} customers: ${differences.slice(0, 10).join(', ')}`;
}

const promiseRow = ({ name, promised, found, kept }: Promised): Cell[] => [
  name,
  promised,
  found.toFixed(Math.abs(found) > 1_000 ? 2 : 4),
  kept ? 'kept' : 'MISSED',
];

function describeRun(run: Run): string[] {
  const { set, customers, repeaters, repeatsInCalibration, purchasesInHoldout, buyersInHoldout, model } = run;
  const { r, alpha, a, b, fit } = model.bgNbd;
  const values = model.gammaGamma;
  return [
    [
      `== ${set}: ${customers} customers, ${repeaters} with ${repeatsInCalibration} repeat purchases in 39 weeks;`,
      `   in the next 39 weeks ${buyersInHoldout} (${percent(buyersInHoldout / customers)}) make ${purchasesInHoldout}.`,
      `   r ${r.toFixed(4)}, alpha ${alpha.toFixed(4)}, a ${a.toFixed(4)}, b ${b.toFixed(4)}, log-likelihood ${fit?.logLikelihood.toFixed(2)}: ${fit?.agreeing} of ${fit?.starts} starts agree, ${fit?.evaluations} evaluations`,
      values
        ? `   p ${values.p.toFixed(3)}, q ${values.q.toFixed(3)}, v $${(values.v / 100).toFixed(3)} of ${values.customers} repeaters: ${values.fit?.agreeing} of ${values.fit?.starts} starts agree; ${run.fitSeconds.toFixed(2)} CPU seconds for both`
        : '   no values',
      `   frequency and value correlate by ${run.frequencyValueCorrelation.toFixed(3)}, where Gamma–Gamma assumes 0`,
    ].join('\n'),
    scores(`${set}: purchases`, run.purchases, (error) => error.toFixed(3)),
    scores(`${set}: spending`, run.spending, dollars),
    table(
      [`${set}: repeats so far`, 'customers', 'BG/NBD expects', 'came', 'expects ÷ came'],
      run.byFrequency.map(groupRow),
    ),
    ...run.tiers.map((tiering) => tiersTable(set, tiering)),
  ];
}

function scores(title: string, rows: readonly Score[], error: (value: number) => string): string {
  const optional = (value: number | undefined, text: (value: number) => string) =>
    value === undefined ? '' : text(value);
  return table(
    [title, 'MAE', 'RMSE', 'total', 'rank corr.', 'top 10 %', 'top 20 %', 'AUC'],
    rows.map((row) => [
      row.name,
      optional(row.meanAbsoluteError, error),
      optional(row.rootMeanSquareError, error),
      optional(row.total, percent),
      Number.isNaN(row.rankCorrelation) ? '-' : row.rankCorrelation.toFixed(3),
      percent(row.topTenth),
      percent(row.topFifth),
      row.discrimination.toFixed(3),
    ]),
  );
}

function tiersTable(set: string, { thresholds, highValueFrom, tiers }: Tiering): string {
  const customers = tiers.reduce((sum, tier) => sum + tier.customers, 0);
  const outcome = ({ buyAgain, purchases, spent, shareOfSpent }: Outcome): Cell[] => [
    percent(buyAgain),
    purchases.toFixed(2),
    dollars(spent),
    percent(shareOfSpent),
  ];
  const row = ({ tier, bySpent, ...own }: TierOutcome): Cell[][] => [
    [tier, own.customers, percent(own.customers / customers), ...outcome(own)],
    ['  as many, by spend so far', '', '', ...outcome(bySpent)],
  ];
  return table(
    [
      `${set}: tiers by ${thresholds} (high value from ${dollars(highValueFrom)})`,
      'customers',
      'share',
      'buy again',
      'purchases',
      'spend',
      'of all spend',
    ],
    tiers.flatMap(row),
  );
}

const dollars = (cents: number): string => `$${(cents / 100).toFixed(2)}`;

const groupRow = ({ repeats, customers, expected, actual }: Group, i: number, all: readonly Group[]): Cell[] => [
  `${repeats}${i === all.length - 1 ? ' or more' : ''}`,
  customers,
  expected.toFixed(3),
  actual.toFixed(3),
  (expected / actual).toFixed(2),
];

const partRow = ({ customers, fits, unsure, repeaters, totalError, meanAbsoluteError }: Part): Cell[] => [
  `${fits} of ${customers} customers`,
  Math.round(repeaters),
  unsure,
  percent(totalError.median),
  percent(totalError.worst),
  meanAbsoluteError.median.toFixed(3),
  meanAbsoluteError.worst.toFixed(3),
];

function speedRows({ customers, ...seconds }: Speed): Cell[][] {
  const row = (name: string, value: number): Cell[] => [name, value.toFixed(2), ((value / customers) * 1e6).toFixed(2)];
  return [
    row('scored: P(alive), next order, CLV', seconds.scoringSeconds),
    row('scored, each month discounted', seconds.discountedSeconds),
    row('counted for a fit', seconds.countingSeconds),
    row('fitted, both models', seconds.fittingSeconds),
  ];
}

/** What the tables say, by their own figures. */
function honestly(runs: readonly Run[]): string {
  return runs.map(sayHonestly).join('\n\n');
}

function sayHonestly(run: Run): string {
  const { set, tiers, purchases, spending, byFrequency, aliveDiscrimination, rankCorrelationOnceTied } = run;
  const of = (scores: readonly Score[], name: string) => scores.find((score) => score.name.startsWith(name));
  const [model, frequency, nobody, alive] = ['BG/NBD', 'frequency: as many', 'nobody', 'P(alive)'].map((name) =>
    of(purchases, name),
  );
  const [value, spent, none] = ['BG/NBD ×', 'spent so far on repeats', 'nobody'].map((name) => of(spending, name));
  if (!model || !frequency || !nobody || !alive || !value || !spent || !none) throw new Error('Expected these scores.');
  const weakest = byFrequency.reduce((one, other) =>
    other.expected / other.actual < one.expected / one.actual ? other : one,
  );
  return [
    `What it adds on the ${set}:`,
    `- How much in all. It expects ${percent(model.total)} of the purchases that came and ${percent(value.total)} of the money; "as many as so far" expects ${percent(frequency.total)}, "as much" ${percent(spent.total)}.`,
    `- Each customer's number. RMSE ${model.rootMeanSquareError?.toFixed(3)} against ${frequency.rootMeanSquareError?.toFixed(3)} of "as many as so far" (MAE ${gap(model.meanAbsoluteError, frequency.meanAbsoluteError)}).`,
    'Where it adds little or nothing:',
    `- MAE itself. "Nobody buys again" has one of ${nobody.meanAbsoluteError?.toFixed(3)}, the model ${model.meanAbsoluteError?.toFixed(3)}; of money it is ${gap(value.meanAbsoluteError, none.meanAbsoluteError)} to "nobody spends". Most buy nothing, and MAE rewards saying so.`,
    `- Who buys most. The top tenth by the model brings ${percent(model.topTenth)} of purchases, by past frequency alone ${percent(frequency.topTenth)}; of money ${percent(value.topTenth)}, by money spent on repeats ${percent(spent.topTenth)}.`,
    `- The order of all. Rank correlation ${model.rankCorrelation.toFixed(3)}, by past frequency alone ${frequency.rankCorrelation.toFixed(3)}: it sorts those who bought once by age, which tells little. With them tied ${rankCorrelationOnceTied.toFixed(3)}.`,
    `- Who buys at all. AUC ${model.discrimination.toFixed(3)}, by past frequency alone ${frequency.discrimination.toFixed(3)}. P(alive) alone ${alive.discrimination.toFixed(3)}, worse than chance, as it is 1 for all who bought once; among repeaters ${aliveDiscrimination.toFixed(3)}.`,
    `- It expects too little, least of those with ${weakest.repeats} repeat${weakest.repeats === 1 ? '' : 's'}: ${percent(weakest.expected / weakest.actual)} of what came.`,
    ...tiers.slice(0, 1).map((tiering) => sayOfTiers(tiering)),
  ].join('\n');
}

/** High value is a tenth by spend, so there is little to tell it from one; what the rules add is below it. */
function sayOfTiers({ tiers }: Tiering): string {
  const [high, ...lower] = tiers;
  const middle = lower.slice(0, -1);
  return [
    'What tiers add to a list sorted by spend so far, group by group of the same size:',
    `- high_value: ${percent(high?.shareOfSpent)} of the money to come, by the list ${percent(high?.bySpent.shareOfSpent)}.`,
    ...middle.map(
      ({ tier, bySpent, ...own }) =>
        `- ${tier}: ${percent(own.buyAgain)} buy again, by the list ${percent(bySpent.buyAgain)}; each spends ${dollars(own.spent)}, by the list ${dollars(bySpent.spent)} (${gap(own.spent, bySpent.spent)}).`,
    ),
  ].join('\n');
}

const gap = (own = Number.NaN, other = Number.NaN): string => {
  const change = own / other - 1;
  return `${change > 0 ? '+' : '−'}${percent(Math.abs(change))}`;
};

const percent = (share = Number.NaN): string => `${(share * 100).toFixed(1)} %`;

function table(head: readonly string[], rows: readonly Cell[][]): string {
  const made = new Table({
    head: [...head],
    style: { head: [], border: [] },
    colAligns: head.map((_, i) => (i === 0 ? 'left' : 'right')),
  });
  made.push(...rows);
  return made.toString();
}
