import { expect, test } from 'vitest';
import { CliError } from '../../cli/errors.ts';
import type { World } from '../../cli/world.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { deliveryParty, hydrationParty, idleLane } from '../../shared/lanes/lane.ts';
import { pushParty } from '../../shared/push/push-work.ts';
import type { Subscriber } from '../../shared/subscribers/subscriber.ts';
import { instant } from '../../shared/time/instant.ts';
import { createTestDeployment, OUTPUTS, saleCase } from './run.ts';

type Made = ReturnType<typeof createTestDeployment>;

const AT = instant(Date.parse('2026-11-24T08:00:00.000Z'));
const subscriber = (id: string): Subscriber => ({
  id,
  url: 'https://crm.example',
  events: ['segment.entered'],
  paused: false,
  revision: 1,
  createdAt: AT,
  by: 'ann',
});

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

test('queues of segments and subscribers, and what was not told', async () => {
  const made = await withShops();
  made.queues.set('deliver', { arn: 'a', waiting: 1_001, inFlight: 0 });
  made.queues.set('exports', { arn: 'a', waiting: 1_001, inFlight: 0 });
  made.queues.set('deliver-dead', { arn: 'arn:deliver', waiting: 1, inFlight: 0 });
  made.queues.set('exports-dead', { arn: 'arn:exports', waiting: 0, inFlight: 1 });
  made.queues.set('publish-dead', { arn: 'arn:publish', waiting: 3, inFlight: 0 });
  const { tableStatus } = made.deployment.inspection;
  made.deployment.inspection.tableStatus = async (table) => (table === 'engagement' ? 'DELETING' : tableStatus(table));
  const { byName } = await examine(made);
  expect(byName.get('deliverQueue')).toMatchObject({
    status: 'warn',
    message: expect.stringContaining('1001 waiting'),
  });
  expect(byName.get('exportsQueue')).toMatchObject({ status: 'warn' });
  for (const name of ['deliver', 'exports'])
    expect(byName.get(`${name}DeadLetters`)).toMatchObject({
      status: 'fail',
      action: expect.stringContaining(`--source-arn arn:${name}`),
    });
  // A stream has nothing that could be put back.
  expect(byName.get('publishDeadLetters')).toMatchObject({
    status: 'fail',
    message: expect.stringContaining('3 batches'),
    action: expect.stringMatching(/docs\/events\.md.*purge-queue --queue-url .*publish-dead --endpoint-url/),
  });
  expect(byName.get('tables')).toMatchObject({ status: 'fail', message: 'engagement is DELETING.' });
});

test('fetches are those of connections; deliveries those of subscribers', async () => {
  const made = await withShops();
  const failed = { health: { lastSuccessAt: 1, lastFailure: { at: 2, code: 'timeout' } }, revision: 1 };
  const { lanes } = made.deployment;
  await lanes.putLane({ ...idleLane(deliveryParty('crm')), ...failed }, 0);
  await lanes.putLane({ ...idleLane(deliveryParty('gone')), ...failed }, 0);
  await made.subscribers.putSubscriber(subscriber('crm'));
  const first = await examine(made);
  expect(first.code).toBe(0);
  expect(first.byName.get('fetches')).toMatchObject({ status: 'ok' });
  expect(first.byName.get('subscribers')).toMatchObject({ status: 'warn', message: 'Last failed: crm (timeout).' });
  await lanes.putLane({ ...idleLane(hydrationParty('shop')), ...failed }, 0);
  const second = await examine(made);
  expect(second.byName.get('fetches')).toMatchObject({ status: 'warn', message: 'Last failed: shop (timeout).' });
  expect(second.byName.get('subscribers')?.message).not.toContain('shop');
});

test('subscribers that were given up, or have dead letters', async () => {
  const made = await withShops();
  const look = async () => (await examine(made)).byName.get('subscribers');
  expect(await look()).toMatchObject({ status: 'ok', message: 'There is no subscriber.' });
  await made.subscribers.putSubscriber(subscriber('crm'));
  await made.subscribers.putSubscriber({ ...subscriber('later'), paused: true });
  const dead = { message: { id: 'm', type: 't', occurredAt: AT, body: '{}' }, code: 'paused', attempts: 0, diedAt: AT };
  // Of one that is paused they are what is meant to be.
  await made.deadLetters.putDeadLetter({ subscriber: 'later', ...dead });
  expect(await look()).toMatchObject({ status: 'ok', message: '1 subscriber of 2 active, 1 paused; none fails.' });
  await made.deadLetters.putDeadLetter({ subscriber: 'crm', ...dead });
  expect(await look()).toMatchObject({ status: 'warn', message: 'Not taken, and kept: crm 1.' });
  await made.subscribers.putSubscriber({ ...subscriber('crm'), revision: 2, gaveUp: { at: AT, code: 'gone' } });
  expect(await look()).toMatchObject({
    status: 'fail',
    message: 'Given up, so nothing is sent to them: crm (gone).',
    action: expect.stringContaining('tributary subscribers resume ID'),
  });
});

test('the API, where there is one', async () => {
  const made = await withShops();
  expect((await examine(made)).byName.get('api')).toMatchObject({
    status: 'ok',
    message: expect.stringContaining('apiIssuer'),
  });
  Object.assign(made.deployment, { site: { ...made.deployment.site, apiUrl: 'https://api.example' } });
  const paths = Object.fromEntries(Object.values(ROUTES).map(({ path }) => [path, {}]));
  const answering = (document: unknown, stranger: number, status = 200): Partial<World> => ({
    fetch: async (input, init) => {
      const url = String(input);
      if (!url.startsWith('https://api.example')) return made.fetchIngest(input, init);
      expect(new Headers(init?.headers).has('authorization')).toBe(false);
      return url.endsWith('/openapi.json')
        ? Response.json(document, { status })
        : Response.json({}, { status: stranger });
    },
  });
  const document = { openapi: '3.1.0', info: { title: 'Tributary', version: '1' } };
  const look = async (world: Partial<World>) => (await examine(made, '', world)).byName.get('api');
  expect(await look(answering({ ...document, paths }, 401))).toMatchObject({
    status: 'ok',
    message: 'https://api.example answers, and refuses strangers with 401.',
  });
  expect(await look(answering({ ...document, paths }, 200))).toMatchObject({
    status: 'fail',
    message: expect.stringContaining('answered 200'),
  });
  expect(await look(answering({}, 401, 502))).toMatchObject({
    status: 'fail',
    message: expect.stringContaining('answers 502'),
  });
  expect(await look(answering({ hello: 'world' }, 401))).toMatchObject({
    status: 'fail',
    message: expect.stringContaining('has no OpenAPI document'),
  });
  const { '/v1/segments:preview': _, ...older } = paths;
  expect(await look(answering({ ...document, paths: older }, 401))).toMatchObject({
    status: 'warn',
    message: 'The API does not know /v1/segments:preview.',
  });
  // Whose fetch knows nobody there.
  const silent = await look({
    fetch: async (input, init) =>
      String(input).startsWith('https://api') ? Promise.reject(new TypeError('x')) : made.fetchIngest(input, init),
  });
  expect(silent).toMatchObject({ status: 'fail', message: 'https://api.example does not answer.' });
});

test('campaigns that no provider takes messages of, and queues of push and behaviour', async () => {
  const made = await withShops();
  const failed = { at: 2, code: 'http_401' };
  const { lanes } = made.deployment;
  await lanes.putLane(
    { ...idleLane(pushParty('spring')), revision: 1, health: { lastSuccessAt: 1, lastFailure: failed } },
    0,
  );
  await lanes.putLane(
    { ...idleLane(pushParty('well')), revision: 1, health: { lastSuccessAt: 3, lastFailure: failed } },
    0,
  );
  made.queues.set('push-dead', { arn: 'arn:push', waiting: 1, inFlight: 0 });
  made.queues.set('behaviour-dead', { arn: 'arn:behaviour', waiting: 2, inFlight: 0 });
  const { byName } = await examine(made);
  expect(byName.get('push')).toMatchObject({
    status: 'warn',
    message: 'Campaigns whose last message was not taken: spring (http_401).',
    action: expect.stringContaining('tributary push connect'),
  });
  expect(byName.get('pushDeadLetters')).toMatchObject({ status: 'fail', action: expect.stringContaining('arn:push') });
  expect(byName.get('behaviourDeadLetters')?.message).toContain('2 messages');
});

test('a deployment without an API has no behaviour queue, and that is no trouble', async () => {
  const made = await withShops();
  const outputs = { ...OUTPUTS, BehaviourQueueUrl: 'none', BehaviourDeadLetterQueueUrl: 'none' };
  Object.assign(made.deployment, { outputs });
  made.queues.set('none', { arn: 'a', waiting: 9, inFlight: 0 });
  const { byName } = await examine(made);
  expect(byName.get('behaviourDeadLetters')).toMatchObject({ status: 'ok' });
});
