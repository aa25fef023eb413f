/** The evaluation's own tools: what it reads, how it ranks, what it answers to wrong use. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FALLBACK } from '../../shared/tiers/clv/model.ts';
import { CALIBRATED_AT, type Customer, differences, readCustomers } from '../../tools/evaluate/cdnow.ts';
import { runEvaluate } from '../../tools/evaluate/evaluate.ts';
import { captured, discrimination, rankCorrelation } from '../../tools/evaluate/ranking.ts';
import { compareTiers, type Tiering } from '../../tools/evaluate/tiers.ts';

let dir = '';
const day = (date: string): number => Date.parse(date) / 86_400_000;
const write = (name: string, text: string) => writeFileSync(path.join(dir, 'cdnow', name), text);

beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'cdnow-'));
  mkdirSync(path.join(dir, 'cdnow'));
});
afterAll(() => rmSync(dir, { recursive: true }));

test('purchases of one day are one, and what comes after calibration is held out', () => {
  write(
    'CDNOW_sample.txt',
    [
      ' 00004 0001 19970101  2   29.33',
      ' 00004 0001 19970118  2   29.73',
      ' 00004 0001 19970118  1   10.27',
      ' 00004 0001 19970930  1    5.00',
      ' 00004 0001 19971001  2   26.48',
      ' 00004 0001 19980701  2   99.99',
      ' 00021 0002 19970102  3   63.34',
    ].join('\r\n'),
  );
  expect(readCustomers(dir, 'sample')).toEqual([
    {
      id: '0001',
      repeats: 2,
      recencyDays: 272,
      ageDays: 272,
      meanRepeatValue: 2_250,
      spent: 7_433,
      purchases: [
        { day: day('1997-01-01'), spent: 2_933 },
        { day: day('1997-01-18'), spent: 4_000 },
        { day: day('1997-09-30'), spent: 500 },
      ],
      holdout: { purchases: 1, spent: 2_648 },
    },
    {
      id: '0002',
      repeats: 0,
      recencyDays: 0,
      ageDays: 271,
      spent: 6_334,
      purchases: [{ day: day('1997-01-02'), spent: 6_334 }],
      holdout: { purchases: 0, spent: 0 },
    },
  ]);
});

test('tells who differs from the derived table, and whether there is one', () => {
  const customers = readCustomers(dir, 'sample');
  expect(differences(dir, customers)).toBeUndefined();
  write(
    'cdnow_customers_summary_with_transactions.csv',
    'ID,x,t_x,T,zbar\n1,2,38.86,38.86,22.50\n2,0,0.00,38.86,0.00\n',
  );
  expect(differences(dir, customers)).toEqual(['0002']);
});

test('tiers hold every customer once, next to as many by spend, of whom equals share what came', () => {
  const bought = day('1997-02-01');
  const customers = Array.from({ length: 600 }, (_, index): Customer => {
    // A hundred who spent much, each a cent more than the one before; the others all the same, and every second comes again.
    const spent = index < 100 ? 50_000 + index : 1_000;
    return {
      id: `${index}`,
      repeats: 0,
      recencyDays: 0,
      ageDays: 241,
      spent,
      purchases: [{ day: bought, spent }],
      holdout: index % 2 === 0 ? { purchases: 1, spent: 2_000 } : { purchases: 0, spent: 0 },
    };
  });
  const [byPercentiles, byFirstNumbers] = compareTiers(FALLBACK, customers, CALIBRATED_AT);
  const counts = (tiering: Tiering | undefined) => tiering?.tiers.map(({ tier, customers }) => [tier, customers]);
  // Nearest rank: the 540th of 600.
  expect(byPercentiles?.highValueFrom).toBe(50_039);
  expect(counts(byPercentiles)).toEqual([
    ['high_value', 61],
    ['growth', 0],
    ['stable', 0],
    ['base', 539],
  ]);
  expect(counts(byFirstNumbers)).toEqual([
    ['high_value', 100],
    ['growth', 0],
    ['stable', 0],
    ['base', 500],
  ]);
  const half = { buyAgain: 0.5, purchases: 0.5, spent: 1_000 };
  expect(byFirstNumbers?.tiers[3]).toMatchObject({ ...half, bySpent: half });
  const [, , , base] = byPercentiles?.tiers ?? [];
  // The same people, by the one way and the other: the thirty-nine beside those who are all alike.
  expect(base?.bySpent.spent).toBeCloseTo(base?.spent ?? 0, 9);
  expect(byPercentiles?.tiers.reduce((sum, { shareOfSpent }) => sum + (shareOfSpent || 0), 0)).toBeCloseTo(1, 9);
});

describe('asked for what cannot be', () => {
  const run = (...args: string[]) => {
    const said = { out: '', err: '' };
    const code = runEvaluate(args, {
      out: (text) => {
        said.out += text;
      },
      err: (text) => {
        said.err += text;
      },
    });
    return { code, ...said };
  };

  test('a folder that is not there', () => {
    const { code, out, err } = run('--data', path.join(dir, 'nowhere'));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/CDNOW_sample\.txt is not there\. Expected DIR\/cdnow .* docs\/clv\.md/);
  });

  test('no folder, a wrong number, an unknown option', () => {
    expect(run()).toMatchObject({ code: 2, err: expect.stringContaining('--data') });
    expect(run('--data', dir, '--customers', 'many')).toMatchObject({ code: 2, err: expect.stringContaining('1000') });
    expect(run('--data', dir, '--date', dir)).toMatchObject({ code: 2, err: expect.stringContaining('--date') });
  });

  test('a line that is none of CDNOW', () => {
    write('CDNOW_sample.txt', ' 00004 0001 yesterday  2   29.33');
    expect(run('--data', dir)).toMatchObject({ code: 2, err: expect.stringMatching(/line 1: expected .*YYYYMMDD/) });
  });

  test('help is no failure', () => {
    expect(run('--help')).toMatchObject({ code: 0, err: '', out: expect.stringContaining('--json') });
  });
});

describe('ranking', () => {
  test('correlation of ranks, ties at their mean', () => {
    expect(rankCorrelation([1, 2, 30], [5, 6, 7])).toBeCloseTo(1);
    expect(rankCorrelation([3, 2, 1], [5, 6, 7])).toBeCloseTo(-1);
    // Ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4.
    expect(rankCorrelation([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(Math.sqrt(0.9));
  });

  test('the share captured, of tied ones a part', () => {
    expect(captured([4, 3, 2, 1], [8, 1, 1, 0], 0.25)).toBeCloseTo(0.8);
    expect(captured([4, 1, 1, 1, 1], [5, 2, 0, 2, 1], 0.4)).toBeCloseTo(0.625);
    expect(captured([0, 0, 0, 0], [5, 2, 0, 3], 0.5)).toBeCloseTo(0.5);
  });

  test('the odds of telling a buyer', () => {
    expect(discrimination([3, 2, 1], [true, false, false])).toBe(1);
    expect(discrimination([3, 2, 2, 1], [false, true, false, false])).toBeCloseTo(0.5);
    expect(discrimination([1, 1, 1], [true, false, false])).toBe(0.5);
  });
});
