/** Which sender is used while credentials change. */
import { expect, test } from 'vitest';
import { createSenders } from '../../shared/push/accounts/senders.ts';
import { readCredentials } from '../../shared/senders/credentials.ts';
import { createMemoryTokenCache } from '../../shared/senders/token-cache.ts';
import { instant } from '../../shared/time/instant.ts';
import { fcmFault, startFcm } from '../providers/fcm.ts';

/** Credentials of FCM's model, in a store that counts how often it is asked. */
async function open() {
  const fcm = await startFcm();
  const world = { nowMs: Date.now(), reads: 0, projectId: 'tributary-demo' };
  const clock = () => new Date(world.nowMs);
  const find = createSenders(
    {
      async getCredentials(provider) {
        world.reads++;
        const json = JSON.stringify({ ...fcm.credentials, project_id: world.projectId });
        const read = readCredentials(provider, json);
        if (read.kind === 'problems') throw new Error(read.problems.join());
        return read.credentials;
      },
    },
    async () => ({ clock, sleep: async () => undefined, tokens: createMemoryTokenCache(clock) }),
    clock,
  );
  const send = async (key: string) => {
    const content = { title: 'x', body: 'x', data: {}, expiresAt: instant(world.nowMs + 60_000) };
    const endpoint = { provider: 'fcm', token: 'registration-token' } as const;
    const [outcome] = (await (await find('fcm'))?.send([{ key, endpoint, content }])) ?? [];
    return outcome?.kind;
  };
  return { fcm, world, find, send };
}

test('asked for by many at once, credentials are read once and one sender is opened', async () => {
  const { fcm, world, find } = await open();
  const found = await Promise.all(Array.from({ length: 32 }, () => find('fcm')));
  expect([world.reads, new Set(found).size]).toEqual([1, 1]);
  await fcm.close();
});

test('other credentials are looked for within seconds where those at hand are refused, else within a minute', async () => {
  const { fcm, world, send } = await open();
  expect(await send('k1')).toBe('sent');
  world.nowMs += 50_000;
  expect([await send('k2'), world.reads]).toEqual(['sent', 1]);
  fcm.faults.next(fcmFault(403, 'PERMISSION_DENIED'));
  expect(await send('k3')).toBe('refused');
  expect([await send('k4'), world.reads]).toEqual(['sent', 2]);
  await fcm.close();
});

test('what is being sent while credentials change is not broken off', async () => {
  const { fcm, world, send } = await open();
  await send('k1');
  fcm.faults.next({ kind: 'slow', ms: 300 });
  const slow = send('k2');
  // So that it is under way.
  await expect.poll(() => fcm.calls.send).toBe(2);
  world.projectId = 'another';
  world.nowMs += 61_000;
  expect(await send('k3')).toBe('refused');
  expect(await slow).toBe('sent');
  await fcm.close();
});
