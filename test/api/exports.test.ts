import { describe, expect, test } from 'vitest';
import type { Export } from '../../shared/exports/export.ts';
import { type OpenedApi, openApi } from './open-api.ts';

const SEGMENT = { id: 'sleeping', name: '沉睡客户', when: { field: 'orders', atLeast: 2 } };

async function withSegment(): Promise<OpenedApi> {
  const api = openApi();
  expect((await api.ask('POST', '/v1/segments', { body: SEGMENT })).status).toBe(201);
  return api;
}

const request = ({ ask }: OpenedApi, role: 'reader' | 'marketer', body?: object) =>
  ask('POST', '/v1/segments/sleeping/exports', { role, body });
const idOf = ({ body }: { readonly body: unknown }): string => (body as { id: string }).id;

/** As the function that writes it does. */
async function finish({ stores }: OpenedApi, id: string): Promise<void> {
  const record = await stores.exports.getExport(id);
  if (!record) throw new Error(`no ${id}`);
  const file = { name: 'members.csv', key: `exports/${id}/members.csv`, rows: 2, bytes: 80, sha256: 'ab' };
  const done: Export = { ...record, revision: record.revision + 1, status: 'done', rows: 2, files: [file] };
  await stores.exports.putExport(done);
}

test('an export is asked for, and has links once it is done', async () => {
  const api = await withSegment();
  const asked = await request(api, 'marketer', { format: 'ndjson', keepDays: 3 });
  expect(asked).toMatchObject({ status: 202, body: { segment: 'sleeping', status: 'waiting', format: 'ndjson' } });
  const id = idOf(asked);
  expect(api.sent.exports).toEqual([{ export: id }]);
  expect((await api.ask('GET', `/v1/exports/${id}`)).body).toMatchObject({ status: 'waiting' });
  await finish(api, id);
  const { body } = await api.ask('GET', `/v1/exports/${id}`);
  expect(body).toMatchObject({ status: 'done', rows: 2, files: [{ name: 'members.csv', url: expect.any(String) }] });
  expect(JSON.stringify(body)).not.toContain('"key"');
});

test('without wishes it is CSV', async () => {
  expect((await request(await withSegment(), 'marketer')).body).toMatchObject({ format: 'csv', masked: false });
});

describe('what shows persons', () => {
  const personal = { columns: ['profile', 'phones'] };

  test('is masked for who may not see them', async () => {
    const api = await withSegment();
    expect((await request(api, 'reader', personal)).body).toMatchObject({ masked: true });
    expect((await request(api, 'marketer', personal)).body).toMatchObject({ masked: false });
  });

  test('is not given to them by another way either', async () => {
    const api = await withSegment();
    const id = idOf(await request(api, 'marketer', personal));
    await finish(api, id);
    const asReader = await api.ask('GET', `/v1/exports/${id}`, { role: 'reader' });
    expect(asReader.body).toMatchObject({ linksWithheld: true, files: [{ name: 'members.csv' }] });
    expect(JSON.stringify(asReader.body)).not.toContain('url');
    expect((await api.ask('GET', `/v1/exports/${id}`, { role: 'marketer' })).body).toMatchObject({
      linksWithheld: false,
      files: [{ url: expect.any(String) }],
    });
  });
});

test('they are listed newest first, page by page', async () => {
  const api = await withSegment();
  const ids: string[] = [];
  for (let count = 0; count < 3; count++) {
    ids.unshift(idOf(await request(api, 'marketer')));
    api.later(1_000);
  }
  const first = (await api.ask('GET', '/v1/segments/sleeping/exports?limit=2')).body as { nextCursor: string };
  expect(first).toMatchObject({ items: [{ id: ids[0] }, { id: ids[1] }] });
  expect((await api.ask('GET', `/v1/segments/sleeping/exports?cursor=${first.nextCursor}`)).body).toMatchObject({
    items: [{ id: ids[2] }],
    nextCursor: null,
  });
  expect(await request(api, 'marketer')).toMatchObject({ status: 422, body: { code: 'too_many_waiting' } });
});

test.each(['sleeping', 'sleeping.1795597200000', 'sleeping.x.y', 'a%2Fb.1795597200000.z'])(
  '%s is no name of one',
  async (id) => {
    expect((await openApi().ask('GET', `/v1/exports/${id}`)).status).toBe(400);
  },
);

test('one that is not there is not found', async () => {
  const answer = await openApi().ask('GET', '/v1/exports/sleeping.1795597200000.Zm9v');
  expect(answer).toMatchObject({ status: 404, body: { code: 'export_not_found' } });
});

describe('a schedule', () => {
  const DAILY = { every: 'day', hour: 7, wishes: {} };
  const put = ({ ask }: OpenedApi, body: object, headers = {}) =>
    ask('PUT', '/v1/segments/sleeping/export-schedule', { role: 'marketer', body, headers });

  test('is put, changed by who has seen it, and removed', async () => {
    const api = await withSegment();
    const first = await put(api, DAILY);
    expect(first).toMatchObject({
      status: 200,
      body: { every: 'day', timezone: 'Asia/Shanghai', revision: 1, nextAt: '2026-11-25T23:00:00.000Z' },
    });
    expect((await api.ask('GET', '/v1/segments/sleeping/export-schedule')).body).toEqual(first.body);
    const weekly = { ...DAILY, every: 'week' };
    expect(await put(api, weekly)).toMatchObject({ status: 428, body: { code: 'if_match_missing' } });
    expect((await put(api, weekly, { 'if-match': '"7"' })).status).toBe(412);
    expect((await put(api, weekly, { 'if-match': '"1"' })).body).toMatchObject({ every: 'week', revision: 2 });
    const remove = (headers = {}) =>
      api.ask('DELETE', '/v1/segments/sleeping/export-schedule', { role: 'marketer', headers });
    expect((await remove({ 'if-match': '"1"' })).status).toBe(412);
    expect((await remove({ 'if-match': '"2"' })).status).toBe(204);
    expect((await remove()).status).toBe(404);
  });

  test('that was not there is not what was seen', async () => {
    for (const seen of ['"1"', '"0"', '*']) {
      const api = await withSegment();
      expect(await put(api, DAILY, { 'if-match': seen })).toMatchObject({
        status: 412,
        body: { code: 'revision_changed' },
      });
      expect((await api.ask('GET', '/v1/segments/sleeping/export-schedule')).status).toBe(404);
    }
  });

  test('that another puts at the same time stands', async () => {
    const api = await withSegment();
    const { putSchedule } = api.stores.exports;
    api.stores.exports.putSchedule = async (schedule) => {
      await putSchedule(schedule);
      await putSchedule(schedule);
    };
    expect(await put(api, DAILY)).toMatchObject({ status: 409, body: { code: 'export_changed' } });
  });

  test('is in a zone that there is', async () => {
    expect(await put(await withSegment(), { ...DAILY, timezone: 'Asia/Atlantis' })).toMatchObject({
      status: 422,
      body: { code: 'timezone_unknown', problems: [{ in: 'body', at: '/timezone' }] },
    });
  });
});
