/** An evaluation as tables to read. */
import Table from 'cli-table3';
import type { Evaluation, Score } from './evaluate.ts';

const four = (value: number): string => value.toFixed(4);

const COLUMNS: readonly (readonly [head: string, read: (score: Score) => string])[] = [
  ['recall@10', ({ at10 }) => four(at10.recall)],
  ['NDCG@10', ({ at10 }) => four(at10.ndcg)],
  ['PHR@10', ({ at10 }) => four(at10.hitRate)],
  ['recall@20', ({ at20 }) => four(at20.recall)],
  ['NDCG@20', ({ at20 }) => four(at20.ndcg)],
  ['PHR@20', ({ at20 }) => four(at20.hitRate)],
  ['repeat@10', ({ at10 }) => four(at10.repeatRecall)],
  ['new@10', ({ at10 }) => four(at10.newRecall)],
  ['coverage@10', ({ at10 }) => `${(at10.coverage * 100).toFixed(1)} %`],
  ['CPU s', ({ seconds }) => seconds.toFixed(1)],
];

export function describe({
  customers,
  products,
  seeds,
  scores,
  recallBySeed,
  weights,
  everybody,
  aims,
}: Evaluation): string {
  return [
    `Ta-Feng: ${customers} customers, ${products} products. Means over the splits of seeds ${seeds.join(', ')}.\n`,
    table(
      ['on test customers', ...COLUMNS.map(([head]) => head)],
      scores.map((score) => [score.name, ...COLUMNS.map(([, read]) => read(score))]),
    ),
    table(
      ['recall@10 by seed', ...seeds.map(String)],
      Object.entries(recallBySeed).map(([name, recalls]) => [name, ...recalls.map(four)]),
    ),
    table(
      ['weight', 'fitted on validation customers, mean'],
      Object.entries(weights).map(([name, weight]) => [name, weight.toFixed(3)]),
    ),
    `A build for all ${everybody.customers}: ${everybody.cpuSeconds.toFixed(1)} s of processor time, ${everybody.seconds.toFixed(1)} s by the clock.\n`,
    table(
      ['aim', 'wanted', 'found', ''],
      aims.map(({ name, aim, found, reached }) => [name, aim, four(found), reached ? 'reached' : 'MISSED']),
    ),
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const made = new Table({
    head: [...head],
    style: { head: [], border: [] },
    colAligns: head.map((_, column) => (column === 0 ? 'left' : 'right')),
  });
  made.push(...rows.map((row) => [...row]));
  return `${made.toString()}\n`;
}
