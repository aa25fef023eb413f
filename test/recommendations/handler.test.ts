/** The function that makes recommendations: what it is asked, what it tells. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRecommend } from '../../functions/recommend/handler.ts';
import { rollBack } from '../../shared/recommendations/versions.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { daysAgo, openWorld, type World } from './world.ts';

let world: World;
let told: [string, unknown][];
let measured: string[];
beforeEach(async () => {
  world = openWorld();
  [told, measured] = [[], []];
  await world.product('rice', { consumable: true });
  await world.profile('ann');
  await world.order('ann-1', 'ann', daysAgo(3), ['rice']);
  await world.snapshot();
});
afterEach(() => world.close());

const telemetry: Telemetry = {
  info: (message, fields) => void told.push([message, fields]),
  warn() {},
  error() {},
  measure: (metric, value, { event = '' }) => void measured.push(`${metric} ${event} ${value}`),
  flush() {},
};
function recommend(event: unknown, stores = world.dependencies()) {
  const { now: _, isFull: __, ...rest } = stores;
  world.pass(1 / 3_600);
  return createRecommend({ ...rest, telemetry, clock: () => new Date(world.now()) })(event);
}

test('makes a version, and measures how many customers were scored', async () => {
  const outcome = await recommend({});
  expect(outcome).toMatchObject({ kind: 'made', scored: 1 });
  expect(told).toMatchObject([['Recommendations made', { customers: 1, scored: 1, tookMs: 0 }]]);
  expect(measured).toEqual(['recommended recommend 1', 'recommendMillis recommend 0']);
});

test('says why none was made', async () => {
  await recommend({ full: false });
  expect(await recommend({ full: false })).toEqual({ kind: 'current' });
  expect(told.at(-1)).toEqual(['No recommendations made', { why: 'current', tookMs: 0 }]);
  expect(await recommend({ full: true })).toMatchObject({ kind: 'made' });
  const seen = await world.stored.getVersions();
  const back = seen && rollBack(seen, 'an operator', world.now());
  if (!back) throw new Error('There is a version before.');
  await world.stored.putVersions(back);
  expect(await recommend({ full: true })).toEqual({ kind: 'held' });
  expect(measured).toHaveLength(4);
});

test('gives way where somebody rolls back while it is at work', async () => {
  await recommend({});
  world.pass(24);
  await recommend({});
  const before = await world.stored.getVersions();
  const stores = world.dependencies();
  const racing = {
    ...stores,
    rows: {
      async putRows(...of: Parameters<typeof stores.rows.putRows>) {
        await stores.rows.putRows(...of);
        const seen = await stores.versions.getVersions();
        const back = seen && rollBack(seen, 'an operator', world.now());
        if (back && !seen.held) await stores.versions.putVersions(back);
      },
    },
  };
  expect(await recommend({ full: true }, racing)).toEqual({ kind: 'overtaken' });
  expect(await world.stored.getVersions()).toMatchObject({ current: before?.previous[0], held: { by: 'an operator' } });
});

test('fails where it cannot know what it is asked, or cannot write', async () => {
  await expect(recommend({ full: 'yes' })).rejects.toThrow();
  const stores = world.dependencies();
  const dead = { ...stores, rows: { putRows: () => Promise.reject(new Error('throttled')) } };
  await expect(recommend({}, dead)).rejects.toThrow('throttled');
  expect((await world.stored.getVersions())?.current).toBeUndefined();
  expect(measured).toEqual([]);
});
