import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { caseFolder, createTestDeployment } from './run.ts';

describe('rates', () => {
  test('are imported from a file and listed, exactly as written', async () => {
    const { type } = createTestDeployment();
    const folder = await caseFolder({});
    await writeFile(
      path.join(folder, 'r.csv'),
      'date,currency,rate\n2026-11-24,USD,7.1032\n2026-11-23,USD,7.10\n2026-11-24,JPY,0.0462\n',
    );
    const ran = await type('rates import r.csv --json', { cwd: folder });
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.stdout)).toEqual({
      imported: 3,
      changed: 3,
      currencies: ['JPY', 'USD'],
      from: '2026-11-23',
      to: '2026-11-24',
      reportingCurrency: 'CNY',
    });
    expect(JSON.parse((await type('rates --currency usd --json')).stdout)).toEqual({
      reportingCurrency: 'CNY',
      items: [
        { currency: 'USD', day: '2026-11-23', rate: '7.10' },
        { currency: 'USD', day: '2026-11-24', rate: '7.1032' },
      ],
    });
    expect((await type('rates')).stdout).toMatch(/CURRENCY +DAY +CNY FOR ONE/);
    expect((await type('rates --currency EUR')).stdout).toContain('No rates into CNY yet for EUR');
  });

  test('a file with mistakes loads nothing, and tells each by its line', async () => {
    const { type, deployment } = createTestDeployment();
    const readStdin = async () => '2026-11-24,USD,7.1\n2026-13-01,USD,7\n2026-11-25,usd,7';
    const ran = await type('rates import -', { readStdin });
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toMatch(/line 2: expected a date.*line 3: expected an ISO 4217.*Nothing was imported/);
    expect(await deployment.rates.listRates({})).toEqual([]);
  });

  test.each([
    ['rates import -', '', 'holds no rates'],
    ['rates import -', '2026-11-24,CNY,1', 'is the reporting currency'],
    ['rates imprt x', '', 'Did you mean import?'],
    ['rates --from yesterday', '', 'is no day'],
    ['rates import nowhere.csv', '', 'could not be read'],
  ])('%s is refused: %j', async (line, stdin, told) => {
    const { type } = createTestDeployment();
    const ran = await type(line, { readStdin: async () => stdin });
    expect(ran.code).toBeGreaterThan(0);
    expect(ran.stderr).toContain(told);
  });
});
