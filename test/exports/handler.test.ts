/** Messages as they come on the queue. */
import { expect, it } from 'vitest';
import { ANNE, personaId } from '../profiles/people.ts';
import { DAY, openStage, SEGMENT } from './stage.ts';

it('an export is written, measured, and told without anything of anybody', async () => {
  const stage = await openStage();
  await stage.buy(ANNE);
  await stage.putRow(personaId('shopify/shop/anne'));
  const id = await stage.request({ columns: ['names', 'phones'] });
  expect(await stage.handle({ export: id })).toBe(0);
  expect((await stage.recordOf(id)).status).toBe('done');
  expect(stage.measured).toEqual([{ metric: 'exported', value: 1 }]);
  const told = stage.logged.join();
  expect(told).toContain(id);
  expect(told).not.toMatch(/Novak|139123|shopify/);
  expect(await stage.handle({ export: id }, { export: 'sleeping.1.nobody' })).toBe(0);
  expect(stage.measured).toHaveLength(1);
});

it('one that failed rings, and does not come again', async () => {
  const stage = await openStage();
  const id = await stage.request();
  stage.wait(8 * DAY);
  expect(await stage.handle({ export: id })).toBe(0);
  expect(stage.measured).toEqual([{ metric: 'exportFailed', value: 1 }]);
  expect(stage.logged.join()).toContain('"code":"expired"');
});

it('one that another may be writing comes again, as does what is no message of ours', async () => {
  const stage = await openStage();
  const id = await stage.request();
  const record = await stage.recordOf(id);
  await stage.exports.putExport({ ...record, status: 'running', revision: 2, startedAt: record.requestedAt });
  expect(await stage.handle({ export: id })).toBe(1);
  expect(await stage.handle({ nonsense: true })).toBe(1);
});

it('schedules that are due become messages', async () => {
  const stage = await openStage();
  await stage.schedule();
  stage.wait(DAY);
  expect(await stage.handle({ schedules: true })).toBe(0);
  expect(stage.sent).toHaveLength(1);
  expect(await stage.handle(...stage.sent)).toBe(0);
  expect((await stage.list()).items).toMatchObject([{ segment: SEGMENT, status: 'done' }]);
});
