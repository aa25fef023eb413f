/** An export from its record to its files: what is in them, for whom, and what becomes of it when something fails or dies. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DEFAULT_COLUMNS, EXPORT_COLUMNS, EXPORT_FORMATS } from '../../shared/exports/export.ts';
import { EVENTS_MARGIN_MS, LEASE_MS } from '../../shared/exports/run-export.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import { Conflict } from '../../shared/runtime/errors.ts';
import { instant } from '../../shared/time/instant.ts';
import { ANNE, PETER, personaId } from '../profiles/people.ts';
import { aliasOf, profileOf, rootOf } from '../publish/samples.ts';
import { DAY, HOUR, MINUTE, openStage, READER, SEGMENT, START_MS } from './stage.ts';

const [ANNE_ID, PETER_ID] = [personaId('shopify/shop/anne'), personaId('shopify/shop/peter')];
const numbered = (index: number): PersonaId => personaId(`shopify/shop/${String(index).padStart(5, '0')}`);
const unreachable = () => Object.assign(new Error('away'), { name: 'TimeoutError' });

async function openWithPeople() {
  const stage = await openStage();
  await stage.buy([...ANNE, PETER]);
  await stage.putRow(ANNE_ID, { revision: 3, version: 2 });
  await stage.putRow(PETER_ID, { revision: 1 });
  await stage.putRow(personaId('shopify/shop/gone'), { revision: 7, leftAt: instant(START_MS - HOUR) });
  return stage;
}

describe('the files', () => {
  it('have each member with the figures of the profile, and those who left apart', async () => {
    const stage = await openWithPeople();
    const id = await stage.request({ format: 'ndjson' });
    expect(await stage.run(id)).toMatchObject({ kind: 'done' });
    const [anne, peter, ...others] = await stage.rowsOf(id, 'members');
    expect(others).toEqual([]);
    expect(anne).toEqual({
      profile: ANNE_ID,
      revision: 3,
      since: instant(START_MS - DAY),
      segmentVersion: 2,
      tier: expect.any(String),
      orders: 3,
      netSpend: 250_000 + 80_000 + 42_568,
      currency: 'CNY',
      netSpend365d: 372_568,
      averageOrder: 124_189,
      refundRate: 0,
      firstPaidAt: ANNE[0]?.at,
      lastPaidAt: ANNE[2]?.at,
      aliveProbability: expect.any(Number),
      nextOrderAt: expect.any(String),
      channels: ['douyin', 'shopify', 'square'],
      categories: [],
      regions: [],
      personas: ['douyin/live/dy-7', ANNE_ID, 'square/tills/guest:email:x1'],
    });
    expect(peter).toMatchObject({ profile: PETER_ID, revision: 1, segmentVersion: 1, orders: 1, netSpend: 5_000 });
    expect(await stage.rowsOf(id, 'left')).toEqual([
      {
        profile: 'shopify/shop/gone',
        revision: 7,
        since: instant(START_MS - DAY),
        segmentVersion: 1,
        leftAt: instant(START_MS - HOUR),
      },
    ]);
  });

  it('have the names of what was bought and where, sorted, and what is predicted', async () => {
    const stage = await openStage();
    const part = { orders: 1, netSpend: 1, lastPaidAt: instant(START_MS) };
    const profile = profileOf({
      currency: 'USD',
      categories: { 美妆: part, '服饰/女装': part },
      regions: { 'CN/浙江': part, 'CN/上海': part },
      hosts: { 'douyin/live/1': part },
    });
    const predicted = { clv12m: 123_456, aliveProbability: 0.5 };
    const place = rootOf(ANNE_ID, { profile: { ...profile, predicted } });
    await stage.customers.putPlaces([{ place, seenRevision: 0 }]);
    await stage.putRow(ANNE_ID);
    const id = await stage.request({ format: 'ndjson' });
    await stage.run(id);
    const [row = {}] = await stage.rowsOf(id, 'members');
    expect(row).toMatchObject({
      currency: 'USD',
      categories: ['服饰/女装', '美妆'],
      regions: ['CN/上海', 'CN/浙江'],
      personas: [ANNE_ID],
      ...predicted,
    });
    expect(row).not.toHaveProperty('nextOrderAt');
  });

  it.each(EXPORT_FORMATS)('say the same in every format: %s', async (format) => {
    const stage = await openWithPeople();
    const id = await stage.request({ format, columns: [...EXPORT_COLUMNS] });
    await stage.run(id);
    const members = await stage.rowsOf(id, 'members');
    expect(members.map(({ profile }) => profile)).toEqual([ANNE_ID, PETER_ID]);
    expect(Object.keys(members[0] ?? {})).toEqual([...EXPORT_COLUMNS].filter((name) => name in (members[0] ?? {})));
    expect(members.map(({ orders, netSpend }) => [Number(orders), Number(netSpend)])).toEqual([
      [3, 372_568],
      [1, 5_000],
    ]);
    expect((await stage.rowsOf(id, 'left')).map(({ profile }) => profile)).toEqual(['shopify/shop/gone']);
  });

  it('are described by a manifest, and by the record likewise', async () => {
    const stage = await openWithPeople();
    const id = await stage.request();
    stage.wait(MINUTE);
    await stage.run(id);
    const record = await stage.recordOf(id);
    expect(record).toMatchObject({
      status: 'done',
      rows: 2,
      version: 1,
      startedAt: instant(START_MS + MINUTE),
      eventsFrom: instant(START_MS + MINUTE - EVENTS_MARGIN_MS),
      columns: DEFAULT_COLUMNS,
    });
    for (const { key, bytes, sha256 } of record.files ?? []) {
      const { content, keepDays } = stage.files.files.get(key) ?? { content: Buffer.alloc(0) };
      expect(key.startsWith(`exports/${SEGMENT}/${id}/`)).toBe(true);
      expect([bytes, sha256]).toEqual([content.length, createHash('sha256').update(content).digest('hex')]);
      expect(keepDays).toBe(7);
    }
    const manifest = await stage.manifestOf(id);
    expect(manifest).toMatchObject({
      export: id,
      segment: SEGMENT,
      name: '高价值沉睡客户',
      version: 1,
      format: 'csv',
      rows: 2,
      startedAt: record.startedAt,
      eventsFrom: record.eventsFrom,
    });
    const listed = record.files?.filter(({ name }) => name !== 'manifest.json');
    expect(manifest.files).toEqual(listed?.map(({ key: _, ...file }) => file));
    expect(manifest.files.map(({ name, rows }) => [name, rows])).toEqual([
      ['members.csv', 2],
      ['left.csv', 1],
    ]);
  });

  it('have what combines rows with events even where it was not asked for', async () => {
    const stage = await openWithPeople();
    const id = await stage.request({ format: 'ndjson', columns: ['tier', 'revision', 'tier'] });
    await stage.run(id);
    expect(Object.keys((await stage.rowsOf(id, 'members'))[0] ?? {})).toEqual(['profile', 'revision', 'since', 'tier']);
  });

  it('have the row of a member whose profile is gone or another one just now, without figures', async () => {
    const stage = await openWithPeople();
    const [absorbed, gone] = [personaId('douyin/live/before'), personaId('shopify/shop/nobody')];
    // It still has the profile that it was.
    const place = aliasOf(absorbed, ANNE_ID, { profile: profileOf() });
    await stage.customers.putPlaces([{ place, seenRevision: 0 }]);
    await stage.putRow(absorbed, { revision: 4 });
    await stage.putRow(gone, { revision: 5 });
    for (const format of ['ndjson', 'parquet'] as const) {
      const id = await stage.request({ format, columns: [...EXPORT_COLUMNS] });
      await stage.run(id);
      const members = await stage.rowsOf(id, 'members');
      expect(members).toHaveLength(4);
      for (const profile of [absorbed, gone]) {
        const { revision, since, segmentVersion, ...figures } = members.find((row) => row.profile === profile) ?? {};
        expect([Number(revision), since !== undefined, Number(segmentVersion)]).toEqual([
          profile === gone ? 5 : 4,
          true,
          1,
        ]);
        expect(Object.values(figures).filter((value) => value !== null)).toEqual([profile]);
      }
    }
  });

  it('hold every member of a large segment once, whatever the pages', async () => {
    const stage = await openStage();
    for (let index = 0; index < 2_500; index++)
      await stage.putRow(numbered(index), index % 5 === 0 ? { revision: 2, leftAt: instant(START_MS) } : {});
    const id = await stage.request({ format: 'ndjson', columns: ['profile'] });
    await stage.run(id);
    const members = (await stage.rowsOf(id, 'members')).map(({ profile }) => profile);
    const left = (await stage.rowsOf(id, 'left')).map(({ profile }) => profile);
    expect([members.length, left.length]).toEqual([2_000, 500]);
    expect([...members, ...left].sort()).toEqual(Array.from({ length: 2_500 }, (_, index) => numbered(index)));
  });
});

describe('what is personal', () => {
  const PERSONAL = ['names', 'phones', 'emails', 'memberCards'] as const;

  it('is there in the clear for who may see it', async () => {
    const stage = await openWithPeople();
    const id = await stage.request({ format: 'ndjson', columns: [...PERSONAL] });
    await stage.run(id);
    const [anne, peter] = await stage.rowsOf(id, 'members');
    expect(anne).toMatchObject({
      names: ['Anne Novak'],
      phones: ['+8613912345678'],
      emails: ['anne.novak@example.org'],
      memberCards: [],
    });
    // A phone that both have is in both rows.
    expect(peter).toMatchObject({ names: ['Peter Novak'], phones: ['+8613912345678'], emails: [] });
  });

  it.each(EXPORT_FORMATS)('is masked for who may not, in %s', async (format) => {
    const stage = await openWithPeople();
    const id = await stage.request({ format, columns: [...PERSONAL] }, READER);
    await stage.run(id);
    const told = JSON.stringify([await stage.rowsOf(id, 'members'), await stage.manifestOf(id), stage.logged]);
    for (const secret of ['Novak', 'Anne', 'Peter', '13912345678', 'anne.novak']) expect(told).not.toContain(secret);
    expect(told).toContain('A*** N***');
    expect(told).toContain('+86139****5678');
    expect(told).toContain('a***@example.org');
    expect((await stage.manifestOf(id)).masked).toBe(true);
  });

  it('is not read unless it is asked for, nor are profiles', async () => {
    const stage = await openWithPeople();
    const never = async () => Promise.reject(new Error('It was read.'));
    const { getProfiles } = stage.customers;
    const figures = await stage.request({ columns: [...DEFAULT_COLUMNS] });
    expect(await stage.run(figures, { customers: { getProfiles, getContent: never } })).toMatchObject({ kind: 'done' });
    const names = await stage.request({ columns: ['segmentVersion'] });
    const run = await stage.run(names, { customers: { getProfiles: never, getContent: never } });
    expect(run).toMatchObject({ kind: 'done' });
  });
});

describe('a message that comes again', () => {
  it('changes nothing once the export is done', async () => {
    const stage = await openWithPeople();
    const id = await stage.request();
    await stage.run(id);
    const [record, files] = [await stage.recordOf(id), new Map(stage.files.files)];
    stage.wait(2 * HOUR);
    await stage.putRow(numbered(1));
    expect(await stage.run(id)).toEqual({ kind: 'nothing' });
    expect(await stage.recordOf(id)).toEqual(record);
    expect(new Map(stage.files.files)).toEqual(files);
    expect(await stage.run('sleeping.0.nobody')).toEqual({ kind: 'nothing' });
  });

  it('comes again later while another may be at it, and begins anew once that one must be dead', async () => {
    const stage = await openWithPeople();
    const id = await stage.request({ format: 'ndjson' });
    let reads = 0;
    // Dies while it reads: nothing of it is heard again.
    const dead = stage.run(id, {
      memberships: {
        listRows: async () => {
          reads++;
          return new Promise(() => undefined);
        },
      },
    });
    void dead;
    await expect.poll(() => reads).toBe(1);
    expect((await stage.recordOf(id)).status).toBe('running');
    await expect(stage.run(id)).rejects.toThrow(Conflict);
    stage.wait(LEASE_MS + 1);
    expect(await stage.run(id)).toMatchObject({ kind: 'done' });
    const { startedAt, files = [] } = await stage.recordOf(id);
    expect(startedAt).toBe(instant(START_MS + LEASE_MS + 1));
    expect(await stage.rowsOf(id, 'members')).toHaveLength(2);
    expect(files).toHaveLength(3);
  });

  it.each(['while it reads', 'as it ends'])(
    'does not let one that was taken for dead spoil the files, or the record, of the next: %s',
    async (when) => {
      const stage = await openStage();
      for (let index = 0; index < 3_000; index++) await stage.putRow(numbered(index));
      const id = await stage.request({ format: 'ndjson', columns: ['profile'] });
      let goOn: () => void = () => undefined;
      let isPaused = false;
      const pause = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      const pauseHere = async (isHere: boolean) => {
        if (isPaused || !isHere) return;
        isPaused = true;
        await pause;
      };
      const { listRows } = stage.memberships;
      const late = stage.run(id, {
        memberships: {
          async listRows(segment, limit, after) {
            await pauseHere(when === 'while it reads' && after !== undefined);
            return listRows(segment, limit, after);
          },
        },
        files: {
          open(...asked) {
            const upload = stage.files.open(...asked);
            return {
              ...upload,
              async finish() {
                await pauseHere(when === 'as it ends');
                await upload.finish();
              },
            };
          },
        },
      });
      await expect.poll(() => isPaused).toBe(true);
      stage.wait(LEASE_MS + 1);
      await stage.putRow(numbered(9_999));
      await stage.run(id);
      const record = await stage.recordOf(id);
      goOn();
      await expect(late).rejects.toThrow(Conflict);
      expect(await stage.recordOf(id)).toEqual(record);
      expect(record.rows).toBe(3_001);
      for (const { key, sha256 } of record.files ?? []) {
        const content = stage.files.files.get(key)?.content ?? '';
        expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
      }
      expect(stage.files.unfinished()).toBe(0);
    },
  );
});

describe('what fails', () => {
  it('is tried again where AWS was away, from the beginning', async () => {
    const stage = await openWithPeople();
    const id = await stage.request({ format: 'ndjson' });
    let tries = 0;
    const getProfiles: typeof stage.customers.getProfiles = (personas) =>
      ++tries < 3 ? Promise.reject(unreachable()) : stage.customers.getProfiles(personas);
    const { getContent } = stage.customers;
    expect(await stage.run(id, { customers: { getProfiles, getContent } })).toMatchObject({ kind: 'done' });
    expect(await stage.rowsOf(id, 'members')).toHaveLength(2);
    const { startedAt } = await stage.recordOf(id);
    expect(startedAt).toBe(instant(stage.nowMs()));
    expect(stage.files.unfinished()).toBe(0);
  });

  it.each([
    ['interrupted', unreachable()],
    ['unexpected', new TypeError('a defect')],
  ])('says so in its record, and does not come again: %s', async (code, error) => {
    const stage = await openWithPeople();
    const id = await stage.request();
    const { getContent } = stage.customers;
    const getProfiles = () => Promise.reject(error);
    expect(await stage.run(id, { customers: { getProfiles, getContent } })).toMatchObject({ kind: 'failed', error });
    const record = await stage.recordOf(id);
    expect(record).toMatchObject({ status: 'failed', code, finishedAt: instant(stage.nowMs()) });
    expect(record.files).toBeUndefined();
    expect(stage.files.unfinished()).toBe(0);
    expect(await stage.run(id)).toEqual({ kind: 'nothing' });
  });

  it('gives up the upload that failed, and all others', async () => {
    const stage = await openWithPeople();
    const id = await stage.request();
    let aborted = 0;
    const run = await stage.run(id, {
      files: {
        open: (key) => ({
          write: async () => (key.includes('left') ? Promise.reject(new Error('no room')) : undefined),
          finish: async () => undefined,
          async abort() {
            aborted++;
          },
        }),
      },
    });
    expect(run).toMatchObject({ kind: 'failed', record: { code: 'unexpected' } });
    expect(aborted).toBe(2);
  });

  it.each([
    ['took_too_long', 15 * MINUTE, true],
    ['segment_missing', 0, false],
    ['expired', 8 * DAY, true],
  ])('names what was wrong: %s', async (code, lateMs, isThere) => {
    const stage = await openWithPeople();
    const id = await stage.request();
    const { listRows } = stage.memberships;
    if (code === 'expired') stage.wait(lateMs);
    await stage.run(id, {
      ...(!isThere && { segments: { getSegment: async () => undefined } }),
      memberships: {
        async listRows(...asked) {
          stage.wait(lateMs);
          return listRows(...asked);
        },
      },
    });
    expect(await stage.recordOf(id)).toMatchObject({ status: 'failed', code });
    expect(stage.files.unfinished()).toBe(0);
  });

  it('tells how far it is while it goes on', async () => {
    const stage = await openStage();
    for (let index = 0; index < 3_000; index++) await stage.putRow(numbered(index));
    const id = await stage.request({ columns: ['profile'] });
    const seen: (number | undefined)[] = [];
    const { putExport, getExport } = stage.exports;
    await stage.run(id, {
      exports: {
        getExport,
        async putExport(record) {
          if (record.status === 'running') seen.push(record.rows);
          await putExport(record);
        },
      },
      files: {
        open: (...asked) => {
          const upload = stage.files.open(...asked);
          return {
            ...upload,
            async write(bytes) {
              stage.wait(6_000);
              await upload.write(bytes);
            },
          };
        },
      },
    });
    expect(seen).toEqual([0, 1_000, 2_000, 3_000]);
    expect((await stage.recordOf(id)).rows).toBe(3_000);
  });
});
