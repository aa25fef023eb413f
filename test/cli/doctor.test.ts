import { expect, test } from 'vitest';
import { CliError } from '../../cli/errors.ts';
import type { World } from '../../cli/world.ts';
import { createTestDeployment, OUTPUTS, saleCase } from './run.ts';

type Made = ReturnType<typeof createTestDeployment>;

async function withShops() {
  const made = createTestDeployment();
  await made.type('connect till --connection shop --secret s1');
  await made.type('connect blunt --connection dull --secret s2');
  return made;
}

async function examine({ type }: Made, options = '', changes?: Partial<World>) {
  const { code, stdout } = await type(`doctor ${options} --json`, changes);
  const { ok, checks } = JSON.parse(stdout);
  const byName = new Map<string, { status: string; message: string; action?: string }>(
    checks.map((finding: { check: string }) => [finding.check, finding]),
  );
  return { code, ok, byName };
}

test('a healthy deployment', async () => {
  const made = await withShops();
  const { code, ok, byName } = await examine(made);
  expect({ code, ok }).toEqual({ code: 0, ok: true });
  expect([...byName].filter(([, { status }]) => status !== 'ok')).toEqual([]);
  expect(byName.get('webhook')?.message).toContain('alike for connections that exist');
  expect((await made.type('doctor')).stdout).toContain('All is well.');
  expect(made.lake.objects()).toEqual([]); // it only looked
});

test('nothing there at all', async () => {
  const made = createTestDeployment();
  const locate = async () => {
    throw new CliError('no_local_deployment', 'No local deployment is running. Start it with `npm start`.');
  };
  const { code, byName } = await examine(made, '', { locate });
  expect(code).toBe(1);
  expect([...byName.keys()]).toEqual(['reach']);
  expect(byName.get('reach')?.message).toContain('npm start');
});

test('an incomplete stack ends it, one in change does not', async () => {
  const made = await withShops();
  const { OrdersTable: _, ...outputs } = OUTPUTS;
  made.switches.description = { status: 'CREATE_COMPLETE', outputs };
  const { code, byName } = await examine(made);
  expect(code).toBe(1);
  expect(byName.get('stack')).toMatchObject({ status: 'fail', message: expect.stringContaining('OrdersTable') });
  made.switches.description = { status: 'UPDATE_ROLLBACK_COMPLETE', outputs: OUTPUTS };
  const rolledBack = await examine(made);
  expect(rolledBack.code).toBe(0);
  expect(rolledBack.byName.get('stack')?.status).toBe('warn');
});

test('each thing that is wrong, with what to do', async () => {
  const made = await withShops();
  made.queues.set('work', { arn: 'a', waiting: 5_000, inFlight: 1 });
  made.queues.set('profiles', { arn: 'a', waiting: 2_000, inFlight: 0 });
  made.queues.set('profiles-dead', { arn: 'a', waiting: 1, inFlight: 0 });
  made.queues.set('inbox-dead', { arn: 'arn:aws:sqs:eu:0:dead', waiting: 2, inFlight: 0 });
  await made.type(`send till ${await saleCase('{}')} --connection shop`);
  Object.assign(made.deployment.secrets, { getWebhookSecrets: async () => undefined });
  Object.assign(made.deployment.inspection, {
    tableStatus: async () => 'DELETING',
    reachBucket: async () => {
      throw Object.assign(new Error('no'), { name: 'AccessDenied' });
    },
  });
  const { code, byName } = await examine(made);
  expect(code).toBe(1);
  expect(byName.get('workQueue')).toMatchObject({ status: 'warn', message: expect.stringContaining('5000 waiting') });
  expect(byName.get('inboxDeadLetters')).toMatchObject({
    status: 'fail',
    action: expect.stringContaining(
      'start-message-move-task --source-arn arn:aws:sqs:eu:0:dead --endpoint-url http://localhost:4566',
    ),
  });
  expect(byName.get('profilesQueue')).toMatchObject({
    status: 'warn',
    message: expect.stringContaining('2000 waiting'),
  });
  expect(byName.get('profilesDeadLetters')).toMatchObject({ status: 'fail' });
  expect(byName.get('tables')).toMatchObject({ status: 'fail' });
  expect(byName.get('lake')).toMatchObject({ status: 'fail', message: expect.stringContaining('did not allow') });
  expect(byName.get('connections')).toMatchObject({ status: 'fail', message: 'Without a secret: dull, shop.' });
  expect(byName.get('quarantine')).toMatchObject({
    status: 'warn',
    message: '1 message in quarantine: wire_mismatch.',
  });
});

test('a door that tells strangers which connections exist', async () => {
  const made = await withShops();
  const telltale: typeof fetch = async (input) =>
    new Response(String(input).includes('nobody') ? 'unknown' : 'bad signature', { status: 401 });
  const { code, byName } = await examine(made, '', { fetch: telltale });
  expect(code).toBe(1);
  expect(byName.get('webhook')?.message).toContain('strangers can tell');
  const open: typeof fetch = async () => new Response('', { status: 200 });
  expect((await examine(made, '', { fetch: open })).byName.get('webhook')?.message).toContain('answered 200, not 401');
});

test('the round trip leaves a message that is ignored, and no order', async () => {
  const made = await withShops();
  const { code, byName } = await examine(made, '--connection shop');
  expect(byName.get('roundTrip')).toMatchObject({
    status: 'ok',
    message: expect.stringMatching(/in the lake after \d+ ms/),
  });
  expect(code).toBe(0);
  expect(made.lake.objects()).toHaveLength(1);
  expect((await made.deployment.quarantine.list({ status: 'open', limit: 9 })).items).toEqual([]);
});

test('where a platform has nothing to ignore, the probe is dismissed from quarantine', async () => {
  const made = await withShops();
  const { byName } = await examine(made, '--connection dull');
  expect(byName.get('roundTrip')).toMatchObject({ status: 'ok', message: expect.stringContaining('dismissed again') });
  expect((await made.deployment.quarantine.list({ status: 'open', limit: 9 })).items).toEqual([]);
  expect((await made.deployment.quarantine.list({ status: 'dismissed', limit: 9 })).items).toHaveLength(1);
});

test('a stage that stands still is found by the round trip', async () => {
  const made = await withShops();
  made.switches.orders = false;
  const { code, byName } = await examine(made, '--connection dull');
  expect(code).toBe(1);
  expect(byName.get('roundTrip')?.message).toContain('not judged after 60 s');
  expect((await examine(made, '--connection nobody')).byName.get('roundTrip')?.message).toContain(
    'no connection nobody',
  );
});
