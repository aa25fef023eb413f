import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Export, ExportFile } from '../../shared/exports/export.ts';
import { caseFolder } from './run.ts';
import { type ApiDeployment, createApiDeployment, SLEEPING } from './run-api.ts';

async function withSleeping() {
  const made = createApiDeployment();
  await made.ask('segment put -', made.piped(SLEEPING));
  const { exports } = made.api.stores;
  const asked = async () => (await exports.listExports('sleeping', 10)).items;
  return { ...made, asked, cwd: await caseFolder({}) };
}
type Made = Awaited<ReturnType<typeof withSleeping>>;

const CONTENT = { 'members.csv': 'profile\nshopify/shop/anne\n', 'left.csv': 'profile\n', 'manifest.json': '{}' };

async function written({ api }: ApiDeployment, { id }: Export, content: Record<string, string>): Promise<ExportFile[]> {
  const made: ExportFile[] = [];
  for (const [name, text] of Object.entries(content)) {
    const key = `exports/sleeping/${id}/1/${name}`;
    const file = api.stores.files.open(key, { contentType: 'text/plain', keepDays: 7 });
    await file.write(Buffer.from(text));
    await file.finish();
    const sha256 = createHash('sha256').update(text).digest('hex');
    made.push({ name, key, rows: 1, bytes: Buffer.byteLength(text), sha256 });
  }
  return made;
}

/** As the function that writes exports goes on, a step at each call. */
function writing(made: Made, end: 'done' | 'failed' = 'done') {
  return async (ms: number) => {
    made.later(ms * 3);
    const [record] = await made.asked();
    if (!record) return;
    const next = { ...record, revision: record.revision + 1 };
    const { exports } = made.api.stores;
    if (record.status === 'waiting') return exports.putExport({ ...next, status: 'running', rows: 1_000 });
    if (end === 'failed') return exports.putExport({ ...next, status: 'failed', code: 'took_too_long' });
    const files = await written(made, record, CONTENT);
    await exports.putExport({ ...next, status: 'done', rows: 1_234, version: 1, files });
  };
}

describe('segment export', () => {
  test('asks for one, and says how to take it', async () => {
    const made = await withSleeping();
    const { stdout } = await made.type('segment export sleeping --format parquet --columns profile,tier --keep-days 3');
    const [record] = await made.asked();
    expect(record).toMatchObject({
      status: 'waiting',
      format: 'parquet',
      columns: ['profile', 'revision', 'since', 'tier'],
      expiresAt: '2026-11-28T09:00:00.000Z',
    });
    expect(stdout).toMatch(/state +waits for its turn\n/);
    expect(stdout).toContain(`tributary segment export ${record?.id} --out FILE`);
    expect(stdout).not.toContain('memory:');
  });

  test('waits, telling how far it is, and gives the links', async () => {
    const made = await withSleeping();
    const ran = await made.type('segment export sleeping --wait', { sleep: writing(made) });
    expect(ran).toMatchObject({
      code: 0,
      stderr: 'note: waits for its turn\nnote: being written: 1000 members so far\n',
    });
    expect(ran.stdout).toMatch(/state +done: 1234 members\n/);
    expect(ran.stdout).toMatch(/members\.csv +1 +26 +[0-9a-f]{64}\n/);
    expect(ran.stdout).toMatch(/manifest\.json +memory:exports\/sleeping\//);
  });

  test('fetches the members to a file, as they were written, for its owner only', async () => {
    const made = await withSleeping();
    const changes = { sleep: writing(made), cwd: made.cwd };
    const ran = await made.run(['segment', 'export', 'sleeping', '--out', '客户.csv', '--json'], changes);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    const file = path.join(made.cwd, '客户.csv');
    expect(JSON.parse(ran.stdout)).toMatchObject({ status: 'done', saved: [{ name: 'members.csv', file, bytes: 26 }] });
    expect(await readFile(file, 'utf8')).toBe(CONTENT['members.csv']);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(made.cwd)).toEqual(['客户.csv']);
  });

  test('the format is that of the file, unless one is said', async () => {
    const made = await withSleeping();
    const ask = (...more: string[]) =>
      made.run(['segment', 'export', 'sleeping', '--wait', '1', ...more], { cwd: made.cwd });
    await ask('--out', 'a.parquet');
    expect(await made.asked()).toMatchObject([{ format: 'parquet' }]);
    await ask('--out', 'a.parquet', '--format', 'ndjson');
    expect((await made.asked()).map(({ format }) => format).sort()).toEqual(['ndjson', 'parquet']);
  });

  test('one that was asked for is gone on with; a folder gets all its files', async () => {
    const made = await withSleeping();
    const { id } = await made.ask('segment export sleeping');
    const { sent, cwd } = made;
    const before = sent.length;
    const ran = await made.type(`segment export ${id} --out ./`, { sleep: writing(made), cwd });
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining(`members.csv is in ${cwd}/members.csv`) });
    expect(ran.stdout).not.toContain('memory:');
    expect((await readdir(cwd)).sort()).toEqual(['left.csv', 'manifest.json', 'members.csv']);
    expect(sent.slice(before).map(({ method }) => method)).not.toContain('POST');
    expect(await made.ask(`segment export ${id}`)).toMatchObject({
      id,
      status: 'done',
      files: [{ url: expect.any(String) }, {}, {}],
    });
  });

  test('what is not as it was written is not kept, and what was there stays', async () => {
    const made = await withSleeping();
    const file = path.join(made.cwd, 'a.csv');
    await writeFile(file, 'of yesterday');
    const fetch: typeof made.fetchApi = async (input, init) =>
      String(input).startsWith('memory:') ? new Response('profile\nsomebody\n') : made.fetchApi(input, init);
    const ran = await made.type('segment export sleeping --out a.csv', { sleep: writing(made), cwd: made.cwd, fetch });
    expect(ran).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/not the file that was written: its sha256 is/),
    });
    expect(await readFile(file, 'utf8')).toBe('of yesterday');
    expect(await readdir(made.cwd)).toEqual(['a.csv']);
  });

  test.each([
    ['a link that is too old', () => new Response('', { status: 403 }), 'answered 403. Ask for a new one'],
    ['a connection that fails', () => Promise.reject(new TypeError('fetch failed')), 'could not be fetched'],
  ])('%s is told without the link', async (_, answer, told) => {
    const made = await withSleeping();
    const fetch: typeof made.fetchApi = async (input, init) =>
      String(input).startsWith('memory:') ? answer() : made.fetchApi(input, init);
    const ran = await made.type('segment export sleeping --out a.csv', { sleep: writing(made), cwd: made.cwd, fetch });
    expect(ran).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(told) });
    expect(ran.stderr).not.toContain('memory:');
  });

  test('one that fails, or takes too long, ends with 1 and says why', async () => {
    const made = await withSleeping();
    const failed = await made.type('segment export sleeping --wait', { sleep: writing(made, 'failed') });
    expect(failed).toMatchObject({ code: 1, stdout: expect.stringContaining('failed (took_too_long)') });
    expect(failed.stdout).toContain('Ask for it anew: tributary segment export sleeping');
    const slow = await made.type('segment export sleeping --wait 3');
    expect(slow).toMatchObject({ code: 1, stdout: expect.stringContaining('Take it when it is done') });
  });

  test('names in the clear are not for readers: no links, and no file', async () => {
    const made = await withSleeping();
    const { id } = await made.ask('segment export sleeping --columns names');
    const changes = { sleep: writing(made), cwd: made.cwd, env: { TRIBUTARY_TOKEN: 'reader' } };
    const shown = await made.type(`segment export ${id} --wait`, changes);
    expect(shown.stdout).toContain('There are no links');
    const ran = await made.type(`segment export ${id} --out a.csv`, changes);
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('which your role may not see') });
  });

  test('of files that are gone it says so', async () => {
    const made = await withSleeping();
    const { id } = await made.ask('segment export sleeping');
    await made.type(`segment export ${id} --wait`, { sleep: writing(made) });
    made.api.later(8 * 24 * 60 * 60_000);
    const ran = await made.type(`segment export ${id} --out a.csv`, { cwd: made.cwd });
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('were kept until 2026-12-02') });
  });

  test.each([
    ['sleeping --columns profile,tire', 'There is no column tire. Did you mean tier?'],
    ['sleeping --format xlsx', 'Allowed choices are csv, ndjson, parquet'],
    ['sleeping --keep-days 31', 'from 1 to 30'],
    ['sleeping --out none/a.csv', 'There is no folder none for none/a.csv'],
    ['sleeping --out none/', 'There is no folder none/'],
    ['sleeping.1795597200000.abc --format csv', 'Leave those options out'],
    ['.x', 'the id of no segment and of no export'],
  ])('segment export %s is used wrongly, and asks for nothing', async (args, told) => {
    const made = await withSleeping();
    const ran = await made.type(`segment export ${args}`, { cwd: made.cwd });
    expect(ran).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(told) });
    expect(await made.asked()).toEqual([]);
  });

  test('a folder that is gone by then', async () => {
    const made = await withSleeping();
    const write = writing(made);
    const sleep = async (ms: number) => {
      await write(ms);
      await rm(made.cwd, { recursive: true, force: true });
    };
    const ran = await made.type('segment export sleeping --out a.csv', { sleep, cwd: made.cwd });
    expect(ran).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('could not be written') });
  });
});

describe('segment exports', () => {
  test('lists them, newest first, by whom, and what became of them', async () => {
    const made = await withSleeping();
    expect((await made.type('segment exports sleeping')).stdout).toBe('Segment sleeping was not exported yet.\n');
    await made.type('segment export sleeping --wait', { sleep: writing(made, 'failed') });
    made.api.later(60_000);
    const reader = { env: { TRIBUTARY_TOKEN: 'reader' } };
    await made.type('segment export sleeping --columns names', reader);
    const { items, nextCursor } = await made.ask('segment exports sleeping --limit 1');
    expect(items).toMatchObject([{ by: 'the reader', status: 'waiting', masked: true }]);
    const rest = await made.ask(`segment exports sleeping --cursor ${nextCursor}`);
    expect(rest).toMatchObject({ items: [{ by: 'the operator', status: 'failed' }], nextCursor: null });
    const [, first, second] = (await made.type('segment exports sleeping')).stdout.split('\n');
    expect(first).toMatch(/2026-11-25 09:01 +the reader +csv +waiting +- +yes /);
    expect(second).toMatch(/2026-11-25 09:00 +the operator +csv +failed \(took_too_long\) /);
  });
});

describe('segment schedule', () => {
  test('is put, changed in part, shown and taken off', async () => {
    const made = await withSleeping();
    expect(await made.ask('segment schedule sleeping')).toEqual({ schedule: null });
    expect((await made.type('segment schedule sleeping')).stdout).toContain('on request only');
    const put = await made.ask('segment schedule sleeping --every day --hour 7 --format ndjson --columns tier');
    expect(put.schedule).toMatchObject({
      every: 'day',
      hour: 7,
      timezone: 'Asia/Shanghai',
      wishes: { format: 'ndjson', columns: ['tier'], keepDays: 7 },
      nextAt: '2026-11-25T23:00:00.000Z',
      revision: 1,
    });
    const changed = await made.type('segment schedule sleeping --every week --timezone europe/london');
    expect(changed.stdout).toContain('is exported on Mondays at 07:00 (Europe/London), as ndjson, kept for 7 days.');
    expect(await made.ask('segment schedule sleeping')).toMatchObject({
      schedule: { every: 'week', hour: 7, wishes: { columns: ['tier'] }, revision: 2 },
    });
    expect((await made.type('segment schedule sleeping --off')).stdout).toContain('on request only now');
    expect(await made.ask('segment schedule sleeping')).toEqual({ schedule: null });
    expect(await made.type('segment schedule sleeping --off')).toMatchObject({ code: 1 });
  });

  test.each([
    ['--every day', 'give --every and --hour'],
    ['--hour 24', 'from 0 to 23'],
    ['--hour 7.5', 'from 0 to 23'],
    ['--every day --hour 7 --timezone +08:00', 'no IANA time zone'],
    ['--every year --hour 7', 'Allowed choices are day, week, month'],
    ['--off --hour 7', 'Give --off alone'],
  ])('%s is used wrongly', async (options, told) => {
    const made = await withSleeping();
    const ran = await made.type(`segment schedule sleeping ${options}`);
    expect(ran).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(told) });
    expect(await made.api.stores.exports.getSchedule('sleeping')).toBeUndefined();
  });

  test.each(['exports', 'schedule', 'schedule --off'])(
    '%s: of a segment that is not there it says so',
    async (command) => {
      const { type } = await withSleeping();
      const [name, ...options] = command.split(' ');
      expect(await type(`segment ${name} slepping ${options.join(' ')}`)).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('There is no segment slepping.'),
      });
    },
  );

  test('of two who change it at once the second is told', async () => {
    const made = await withSleeping();
    await made.ask('segment schedule sleeping --every day --hour 7');
    const fetch: typeof made.fetchApi = async (input, init) => {
      const answer = await made.fetchApi(input, init);
      if (init?.method === 'GET') await made.ask('segment schedule sleeping --hour 9');
      return answer;
    };
    const ran = await made.type('segment schedule sleeping --hour 8', { fetch });
    expect(ran).toMatchObject({ code: 1, stderr: expect.stringContaining('Look at it, then run the command again.') });
    expect(await made.ask('segment schedule sleeping')).toMatchObject({ schedule: { hour: 9 } });
  });
});
