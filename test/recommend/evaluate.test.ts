/** The evaluation, on a data set too small to reach any aim: it runs through, and says so. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runEvaluate } from '../../tools/evaluate-recommend/evaluate.ts';
import { ABLATIONS, HISTORIES_ALONE } from '../../tools/evaluate-recommend/ours.ts';

async function run(args: readonly string[]) {
  const output: string[] = [];
  const errors: string[] = [];
  const code = await runEvaluate(args, { out: (text) => output.push(text), err: (text) => errors.push(text) });
  return { code, out: output.join(''), err: errors.join('') };
}

/** 50 customers who buy one of five products again, and another at random. */
function smallData(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'tributary-recommend-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const ids = Array.from({ length: 50 }, (_, id) => id);
  const basket = (id: number, nth: number) => [id % 5, 5 + ((id * 7 + nth * 3) % 11)];
  const history = ids.map((id) => [id, [[-1], basket(id, 0), basket(id, 1), basket(id, 2), [-1]]]);
  const future = ids.map((id) => [id, [[-1], basket(id, 3), [-1]]]);
  writeFileSync(path.join(folder, 'tafeng_history.json'), JSON.stringify(Object.fromEntries(history)));
  writeFileSync(path.join(folder, 'tafeng_future.json'), JSON.stringify(Object.fromEntries(future)));
  return folder;
}

test('all methods on one fold, with figures of each', async () => {
  const { code, out } = await run(['--data', smallData(), '--seeds', '1', '--ablations', '--json']);
  const { scores, customers, products } = JSON.parse(out);
  expect({ customers, products }).toEqual({ customers: 50, products: 16 });
  expect(scores.map(({ name }: { name: string }) => name)).toEqual([
    'popularity',
    'popularity of last baskets',
    'personal frequency',
    'personal, then popular',
    'personal, then popular of last',
    'TIFU-KNN',
    'ours',
    ...Object.keys(ABLATIONS),
    HISTORIES_ALONE,
  ]);
  for (const { at10, at20 } of scores) {
    for (const at of [at10, at20]) {
      expect(at.recall).toBeGreaterThanOrEqual(0);
      expect(at.recall).toBeLessThanOrEqual(1);
    }
    expect(at20.recall).toBeGreaterThanOrEqual(at10.recall);
  }
  const ours = scores.find(({ name }: { name: string }) => name === 'ours');
  expect(ours.at10.repeatRecall).toBe(1);
  // All lists of ten of sixteen products find most: the aims may be reached or not, and the exit code says which.
  expect([0, 1]).toContain(code);
});

test('as tables', async () => {
  const { out } = await run(['--data', smallData(), '--seeds', '1']);
  expect(out).toContain('TIFU-KNN');
  expect(out).toContain('recall@10 by seed');
});

test('what cannot be is said', async () => {
  expect(await run(['--data', '/nowhere'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('docs/recommend.md'),
  });
  expect(await run(['--data', '/nowhere', '--seeds', 'x'])).toMatchObject({ code: 2 });
  expect(await run([])).toMatchObject({ code: 2 });
});
