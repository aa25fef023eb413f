/** What people ask of exports: who may see what, how long links hold, how many may wait; and what comes by itself. */
import { describe, expect, it } from 'vitest';
import { dueSchedules } from '../../shared/exports/due-schedules.ts';
import { type ExportsMessage, ExportWishes } from '../../shared/exports/export.ts';
import { scheduledExportId } from '../../shared/exports/export-id.ts';
import { requestExport, WAITING_MOST } from '../../shared/exports/manage.ts';
import { ExportView, ScheduleView } from '../../shared/exports/views.ts';
import { Conflict, NotFound } from '../../shared/runtime/errors.ts';
import { instant } from '../../shared/time/instant.ts';
import { DAY, HOUR, MARKETER, MINUTE, openStage, READER, SEGMENT, START_MS } from './stage.ts';

describe('a request', () => {
  it('puts a record, sends its name, and shows it', async () => {
    const stage = await openStage();
    const wishes = ExportWishes.parse({ columns: ['names'], keepDays: 2 });
    const outcome = await requestExport({ segment: SEGMENT, wishes, caller: READER }, stage);
    if (outcome.kind === 'refused') throw new Error(outcome.code);
    const { id } = outcome.export;
    expect(ExportView.parse(outcome.export)).toEqual({
      id,
      segment: SEGMENT,
      status: 'waiting',
      format: 'csv',
      columns: ['profile', 'revision', 'since', 'names'],
      masked: true,
      by: 'a reader',
      requestedAt: instant(START_MS),
      expiresAt: instant(START_MS + 2 * DAY),
      linksWithheld: false,
    });
    expect(stage.sent).toEqual([{ export: id }]);
    expect(await stage.recordOf(id)).toMatchObject({ revision: 1, masked: true });
  });

  it('is masked only where something personal is asked for by who may not see it', async () => {
    const stage = await openStage();
    const maskedOf = async (...asked: Parameters<typeof stage.request>) =>
      (await stage.recordOf(await stage.request(...asked))).masked;
    expect(await maskedOf({ columns: ['names'] }, MARKETER)).toBe(false);
    expect(await maskedOf({ columns: ['names'] }, READER)).toBe(true);
    expect(await maskedOf({}, READER)).toBe(false);
  });

  it('is refused while as many as may are waiting, and not because of those that are lost', async () => {
    const stage = await openStage();
    for (let asked = 0; asked < WAITING_MOST; asked++) await stage.request();
    await expect(stage.request()).rejects.toThrow('too_many_waiting');
    expect(stage.sent).toHaveLength(WAITING_MOST);
    const [first] = stage.sent;
    if (first && 'export' in first) await stage.run(first.export);
    await stage.request();
    stage.wait(DAY);
    await stage.request();
  });

  it('that could not be sent on its way has failed, and keeps nobody from asking again', async () => {
    const stage = await openStage();
    const queue = {
      send: async () => {
        throw new Error('no queue');
      },
    };
    const asked = { segment: SEGMENT, wishes: ExportWishes.parse({}), caller: READER };
    for (let tries = 0; tries < WAITING_MOST; tries++)
      await expect(requestExport(asked, { ...stage, queue })).rejects.toThrow('no queue');
    expect((await stage.exports.listExports(SEGMENT, 10)).items).toMatchObject(
      Array.from({ length: WAITING_MOST }, () => ({ status: 'failed', code: 'interrupted' })),
    );
    await stage.request();
    // One of which the message arrived all the same.
    const late = {
      send: async (message: ExportsMessage) => {
        if ('export' in message) await stage.run(message.export);
        throw new Error('no answer');
      },
    };
    await expect(requestExport(asked, { ...stage, queue: late })).rejects.toThrow('no answer');
    expect((await stage.exports.listExports(SEGMENT, 10)).items).toContainEqual(
      expect.objectContaining({ status: 'done' }),
    );
  });

  it('needs a segment that is there, and in use', async () => {
    const stage = await openStage();
    await stage.putSegment({ version: 2, isArchived: true });
    await expect(stage.request()).rejects.toThrow('segment_archived');
    expect(await stage.schedule()).toMatchObject({ kind: 'refused', code: 'segment_archived' });
    const wishes = ExportWishes.parse({});
    await expect(requestExport({ segment: 'nobody', wishes, caller: MARKETER }, stage)).rejects.toThrow(NotFound);
  });
});

describe('links', () => {
  const done = async (wishes: Parameters<Awaited<ReturnType<typeof openStage>>['request']>[0], caller = MARKETER) => {
    const stage = await openStage();
    const id = await stage.request(wishes, caller);
    const waiting = await stage.view(id);
    expect(waiting.files).toBeUndefined();
    await stage.run(id);
    return { stage, id };
  };

  it('are there once it is done, for twelve hours, and name the file after the segment', async () => {
    const { stage, id } = await done({});
    const { files = [], linksWithheld } = ExportView.parse(await stage.view(id));
    expect(linksWithheld).toBe(false);
    expect(files.map(({ name }) => name)).toEqual(['members.csv', 'left.csv', 'manifest.json']);
    for (const { name, url = '', urlExpiresAt } of files) {
      const asked = new URL(url).searchParams;
      expect(asked.get('seconds')).toBe(String(12 * 60 * 60));
      expect(urlExpiresAt).toBe(instant(START_MS + 12 * HOUR));
      const encoded = encodeURIComponent(`高价值沉睡客户-2026-11-24-${name}`);
      expect(asked.get('disposition')).toBe(
        `attachment; filename="sleeping-2026-11-24-${name}"; filename*=UTF-8''${encoded}`,
      );
    }
  });

  it('hold no longer than the files are kept, and then there are none', async () => {
    const { stage, id } = await done({ keepDays: 1 });
    stage.wait(23 * HOUR);
    const [file] = (await stage.view(id)).files ?? [];
    expect(file?.urlExpiresAt).toBe(instant(START_MS + DAY));
    stage.wait(HOUR);
    const [gone] = (await stage.view(id)).files ?? [];
    expect(gone?.rows).toBe(0);
    expect(gone?.url).toBeUndefined();
  });

  it('are withheld from who may not see what is in the files', async () => {
    const { stage, id } = await done({ columns: ['phones'] });
    const view = await stage.view(id, READER);
    expect(view.linksWithheld).toBe(true);
    expect(view.files?.map(({ url }) => url)).toEqual([undefined, undefined, undefined]);
    expect((await stage.view(id)).files?.every(({ url }) => url !== undefined)).toBe(true);
    expect((await stage.list(READER)).items[0]?.linksWithheld).toBe(true);
  });

  it('are for everybody where it is masked, or has figures only', async () => {
    for (const { stage, id } of [await done({ columns: ['phones'] }, READER), await done({})])
      expect((await stage.view(id, READER)).files?.every(({ url }) => url !== undefined)).toBe(true);
  });

  it('are in no list', async () => {
    const { stage } = await done({});
    const { items } = await stage.list();
    expect(items.map(({ files = [] }) => files.filter(({ url }) => url !== undefined))).toEqual([[]]);
  });

  it('lead nowhere where there is no export', async () => {
    const stage = await openStage();
    await expect(stage.view('sleeping.1.x')).rejects.toThrow(NotFound);
  });
});

describe('a schedule', () => {
  it('is put with its next time, in place of the one there is, and removed', async () => {
    const stage = await openStage();
    const outcome = await stage.schedule({ wishes: ExportWishes.parse({ columns: ['emails'] }) }, { caller: READER });
    if (outcome.kind === 'refused') throw new Error(outcome.code);
    expect(ScheduleView.parse(outcome.schedule)).toMatchObject({
      segment: SEGMENT,
      revision: 1,
      masked: true,
      by: 'a reader',
      nextAt: '2026-11-24T22:00:00.000Z',
    });
    await expect(stage.schedule({}, { revision: 0 })).rejects.toThrow(Conflict);
    expect(await stage.schedule({ hour: 7 })).toMatchObject({ schedule: { revision: 2, masked: false } });
    await stage.unschedule();
    await expect(stage.unschedule()).rejects.toThrow(NotFound);
  });

  it('is refused in a zone that is none', async () => {
    const stage = await openStage();
    expect(await stage.schedule({ timezone: 'Asia/Beijing' })).toMatchObject({ code: 'timezone_unknown' });
    expect(await stage.exports.listSchedules()).toEqual([]);
  });

  it('asks for an export once it is due, once, and for its next time', async () => {
    const stage = await openStage();
    await stage.schedule();
    expect(await dueSchedules(stage)).toEqual([]);
    stage.wait(12 * HOUR + 5 * MINUTE);
    const id = scheduledExportId(SEGMENT, instant(START_MS + 12 * HOUR));
    expect(await dueSchedules(stage)).toEqual([id]);
    expect(await dueSchedules(stage)).toEqual([]);
    expect(stage.sent).toEqual([{ export: id }]);
    expect(await stage.recordOf(id)).toMatchObject({
      status: 'waiting',
      by: 'a marketer',
      requestedAt: instant(stage.nowMs()),
    });
    expect(await stage.exports.getSchedule(SEGMENT)).toMatchObject({ nextAt: '2026-11-25T22:00:00.000Z', revision: 2 });
    expect(await stage.run(id)).toMatchObject({ kind: 'done' });
  });

  it('that was missed for days asks for one', async () => {
    const stage = await openStage();
    await stage.schedule();
    stage.wait(5 * DAY);
    expect(await dueSchedules(stage)).toHaveLength(1);
    expect(await stage.exports.getSchedule(SEGMENT)).toMatchObject({ nextAt: '2026-11-29T22:00:00.000Z' });
    expect((await stage.list()).items).toHaveLength(1);
  });

  it.each(['record', 'message'])('whose look died after its %s comes to one export all the same', async (after) => {
    const stage = await openStage();
    await stage.schedule();
    stage.wait(DAY);
    const dies = async () => Promise.reject(new Error('died'));
    const dying =
      after === 'record'
        ? { ...stage, queue: { send: dies } }
        : { ...stage, exports: { ...stage.exports, putSchedule: dies } };
    await expect(dueSchedules(dying)).rejects.toThrow(AggregateError);
    const [id] = await dueSchedules(stage);
    expect((await stage.list()).items.map((one) => one.id)).toEqual([id]);
    expect(stage.sent.at(-1)).toEqual({ export: id });
    expect(new Set(stage.sent.map((message) => JSON.stringify(message))).size).toBe(1);
  });

  it('taken by two at once makes one export', async () => {
    const stage = await openStage();
    await stage.schedule();
    stage.wait(DAY);
    await Promise.all([dueSchedules(stage), dueSchedules(stage), dueSchedules(stage)]);
    expect((await stage.list()).items).toHaveLength(1);
    expect(await stage.exports.getSchedule(SEGMENT)).toMatchObject({ revision: 2 });
  });

  it('of an archived segment asks for nothing, and goes on once it is restored', async () => {
    const stage = await openStage();
    await stage.schedule();
    await stage.putSegment({ version: 2, isArchived: true });
    stage.wait(DAY);
    expect(await dueSchedules(stage)).toEqual([]);
    await stage.putSegment({ version: 3 });
    stage.wait(DAY);
    expect(await dueSchedules(stage)).toHaveLength(1);
  });

  it('that fails keeps no other from being asked for', async () => {
    const stage = await openStage();
    await stage.putSegment({ id: 'another' });
    await stage.schedule();
    const own = await stage.exports.getSchedule(SEGMENT);
    if (own) await stage.exports.putSchedule({ ...own, segment: 'another' });
    stage.wait(DAY);
    const getSegment = async (id: string) =>
      id === 'another' ? Promise.reject(new Error('away')) : stage.segments.getSegment(id);
    await expect(dueSchedules({ ...stage, segments: { getSegment } })).rejects.toThrow();
    expect((await stage.list()).items).toHaveLength(1);
  });
});
