import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConnectionId } from '../../shared/connections/connection.ts';
import { hydrationParty, idleLane } from '../../shared/lanes/lane.ts';
import { caseFolder, createTestDeployment } from './run.ts';

const shop = ConnectionId.parse('shop');
const secretFrom = (secret: string) => ({ readStdin: async () => `${secret}\n` });
const FROM_STDIN = '--secret-file -';

describe('connect', () => {
  test('creates a connection whose secret is there first, and prints its address', async () => {
    const { type, deployment } = createTestDeployment();
    const writes: string[] = [];
    const { putWebhookSecrets } = deployment.secrets;
    const { putConnection } = deployment.connections;
    deployment.secrets.putWebhookSecrets = async (...args) => {
      writes.push('secret');
      return putWebhookSecrets(...args);
    };
    deployment.connections.putConnection = async (...args) => {
      writes.push('connection');
      return putConnection(...args);
    };
    const ran = await type(
      `connect till --connection shop ${FROM_STDIN} --currency cny --timezone asia/shanghai --region cn --json`,
      secretFrom('s1'),
    );
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(ran.stdout)).toEqual({
      webhookUrl: 'https://hooks.example/webhooks/till/shop',
      connection: 'shop',
      channel: 'till',
      created: true,
      changed: ['type', 'currency', 'timezone', 'region', 'status', 'webhookUrl', 'secret'],
    });
    expect(writes).toEqual(['secret', 'connection']);
    expect(await deployment.connections.getConnection(shop)).toMatchObject({
      type: 'direct',
      currency: 'CNY',
      timezone: 'Asia/Shanghai',
      region: 'CN',
      settingsRevision: 0,
      status: 'active',
    });
    expect(await deployment.secrets.getWebhookSecrets(shop)).toEqual({ current: 's1' });
  });

  test('a changed setting is a new settings revision, the same again is nothing', async () => {
    const { type, deployment } = createTestDeployment();
    await type(`connect till --connection shop ${FROM_STDIN} --currency CNY`, secretFrom('s1'));
    const changed = await type('connect till --connection shop --currency USD --type agency --json');
    expect(JSON.parse(changed.stdout)).toMatchObject({ created: false, changed: ['type', 'currency'] });
    const again = await type('connect till --connection shop --currency USD --json');
    expect(JSON.parse(again.stdout)).toMatchObject({ changed: [] });
    expect(await deployment.connections.getConnection(shop)).toMatchObject({ settingsRevision: 1, type: 'agency' });
  });

  test('contacts of the shop itself are settings: whatever their order, the same again is nothing', async () => {
    const { type, deployment } = createTestDeployment();
    await type(`connect till --connection shop ${FROM_STDIN} --app tea-app`, secretFrom('s1'));
    const contacts = '--own-contact counter@shop.example +8657112345678';
    const changed = await type(`connect till --connection shop ${contacts} --json`);
    expect(JSON.parse(changed.stdout)).toMatchObject({ changed: ['ownContacts'] });
    const again = await type(
      'connect till --connection shop --own-contact +8657112345678 --own-contact counter@shop.example --json',
    );
    expect(JSON.parse(again.stdout)).toMatchObject({ changed: [] });
    expect(await deployment.connections.getConnection(shop)).toMatchObject({
      settingsRevision: 1,
      ownContacts: ['+8657112345678', 'counter@shop.example'],
      app: 'tea-app',
    });
  });

  test('a replaced secret stays valid for a day, and a second replacement drops the first', async () => {
    const { type, deployment } = createTestDeployment();
    await type(`connect till --connection shop ${FROM_STDIN}`, secretFrom('s1'));
    const second = await type(`connect till --connection shop ${FROM_STDIN} --json`, secretFrom('s2'));
    expect(JSON.parse(second.stdout)).toMatchObject({
      changed: ['secret'],
      oldSecretValidUntil: expect.stringMatching(/^2026-11-25T09/),
    });
    expect(await deployment.secrets.getWebhookSecrets(shop)).toMatchObject({ current: 's2', previous: 's1' });
    const third = await type(`connect till --connection shop ${FROM_STDIN}`, secretFrom('s3'));
    expect(third.stderr).toContain('the one before it no longer is');
    expect(await deployment.connections.getConnection(shop)).toMatchObject({ settingsRevision: 0 });
  });

  test('an id stays on its channel', async () => {
    const { type } = createTestDeployment();
    await type(`connect till --connection shop ${FROM_STDIN}`, secretFrom('s1'));
    const ran = await type(`connect blunt --connection shop ${FROM_STDIN} --json`, secretFrom('s2'));
    expect(ran).toMatchObject({ code: 1, stdout: '' });
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { code: 'connection_on_other_channel' } });
  });

  test('disconnect disables, twice as well as once, and connect enables again', async () => {
    const { type } = createTestDeployment();
    await type(`connect till --connection shop ${FROM_STDIN}`, secretFrom('s1'));
    expect(JSON.parse((await type('disconnect shop --json')).stdout)).toEqual({
      connection: 'shop',
      status: 'disabled',
      changed: true,
    });
    expect(JSON.parse((await type('disconnect shop --json')).stdout)).toMatchObject({ changed: false });
    expect(JSON.parse((await type('connect till --connection shop --json')).stdout)).toMatchObject({
      changed: ['status'],
    });
    expect(await type('disconnect shpo')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Did you mean shop?'),
    });
  });

  test('the list never holds a secret', async () => {
    const { type } = createTestDeployment();
    expect((await type('connections')).stdout).toContain('No connection yet');
    await type(`connect till --connection shop ${FROM_STDIN} --region CN`, secretFrom('s3cret'));
    const [listed, json] = [await type('connections'), await type('connections --json')];
    expect(JSON.parse(json.stdout)).toEqual({
      items: [
        {
          id: 'shop',
          channel: 'till',
          type: 'direct',
          status: 'active',
          region: 'CN',
          webhookUrl: 'https://hooks.example/webhooks/till/shop',
          createdAt: expect.any(String),
          updatedAt: expect.any(String),
          health: {},
        },
      ],
    });
    expect(listed.stdout).toMatch(/^ID +CHANNEL/);
    expect(listed.stdout + json.stdout).not.toContain('s3cret');
  });
});

describe('the secret', () => {
  test('is asked for where somebody can answer, and required elsewhere', async () => {
    const { type, deployment } = createTestDeployment();
    const nobody = await type('connect till --connection shop');
    expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining('--secret-file') });
    expect((await type('connect till --connection shop', { askSecret: async () => undefined })).code).toBe(2);
    expect(await deployment.connections.listConnections()).toEqual([]);
    expect((await type('connect till --connection shop', { askSecret: async () => 'typed' })).code).toBe(0);
    expect(await deployment.secrets.getWebhookSecrets(shop)).toEqual({ current: 'typed' });
  });

  test('comes from a file, from where the person stands', async () => {
    const { type, deployment } = createTestDeployment();
    const folder = await caseFolder({});
    await writeFile(path.join(folder, 'secret.txt'), 'from a file\r\n');
    expect((await type('connect till --connection shop --secret-file secret.txt', { cwd: folder })).code).toBe(0);
    expect(await deployment.secrets.getWebhookSecrets(shop)).toEqual({ current: 'from a file' });
    expect((await type('connect till --connection shop --secret-file nowhere.txt', { cwd: folder })).code).toBe(1);
  });

  test('on the command line is warned of, but only on stderr', async () => {
    const { type } = createTestDeployment();
    const ran = await type('connect till --connection shop --secret s1 --json');
    expect(ran.stderr).toContain('shell history');
    expect(ran.stderr + ran.stdout).not.toContain('s1');
    expect(JSON.parse(ran.stdout)).toMatchObject({ created: true });
  });

  test.each([
    ['', 'empty'],
    [' x', 'space'],
    ['a\nb', 'line'],
  ])('%j is refused', async (secret, why) => {
    const { run } = createTestDeployment();
    const ran = await run(['connect', 'till', '--connection', 'shop', '--secret', secret]);
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining(why) });
  });
});

describe('wrong settings are told with the nearest right form', () => {
  test.each([
    ['connect tlil --connection a', 'Did you mean till?'],
    ['connect till --connection a.b', 'For example a-b.'],
    ['connect till', "'--connection <id>' not specified. Usage: tributary connect"],
    ['connect till --connection a --currency RMB', 'Did you mean CNY?'],
    ['connect till --connection a --currency EURO', 'Did you mean EUR?'],
    ['connect till --connection a --region UK', 'Did you mean GB?'],
    ['connect till --connection a --timezone Asia/Shanghi', 'Did you mean Asia/Shanghai?'],
    ['connect till --connection a --timezone +08:00', 'Asia/Shanghai'],
    ['connect till --connection a --type agent', 'Did you mean agency?'],
    ['connect till --connection a --own-contact counter', 'neither a phone number nor an email'],
    ['connect till --connection a --app my/app', 'no id of an app'],
    ['connect till --connection a --api-base https://x', 'does not call the API of till'],
    ['connect till --connection a --credentials-file f', 'does not call the API of till'],
    ['connect till --connection a --secret s --secret-file f', 'not both'],
  ])('%s', async (line, told) => {
    const { type, deployment } = createTestDeployment();
    expect(await type(line)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(told) });
    expect(await deployment.connections.listConnections()).toEqual([]);
  });
});

describe('a platform whose API is called', () => {
  const CREDENTIALS = { shop: 'S1', token: 'a long token' };
  const connected = async (credentials: unknown = CREDENTIALS, options = '') => {
    const made = createTestDeployment();
    const folder = await caseFolder({});
    await writeFile(
      path.join(folder, 'c.json'),
      typeof credentials === 'string' ? credentials : JSON.stringify(credentials),
    );
    const line = `connect thin --connection shop --secret key-s --credentials-file c.json ${options} --json`;
    return { ...made, folder, ran: await made.type(line, { cwd: folder }) };
  };

  test('keeps its credentials as a secret, and its shop as a setting', async () => {
    const { ran, deployment, type } = await connected();
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.stdout).changed).toEqual(expect.arrayContaining(['shop', 'secret', 'credentials']));
    expect(await deployment.secrets.getCredentials(shop)).toEqual({ given: CREDENTIALS, version: 1 });
    expect(await deployment.connections.getConnection(shop)).toMatchObject({ shop: 'S1' });
    expect(JSON.stringify(await type('connections --json'))).not.toContain('a long token');
    expect(ran.stdout + ran.stderr).not.toContain('a long token');
    expect(ran.stderr).toContain('tributary:fixedAddress=true');
  });

  test('the same credentials again are no change, others reopen a lane that waits', async () => {
    const { type, folder, deployment } = await connected();
    const again = () => type('connect thin --connection shop --credentials-file c.json --json', { cwd: folder });
    expect(JSON.parse((await again()).stdout).changed).toEqual([]);
    const party = hydrationParty('shop');
    await deployment.lanes.putLane({ ...idleLane(party), revision: 1, notBefore: Date.now() * 2, failures: 7 }, 0);
    await writeFile(path.join(folder, 'c.json'), JSON.stringify({ ...CREDENTIALS, token: 'another token' }));
    expect(JSON.parse((await again()).stdout).changed).toEqual(['credentials']);
    expect(await deployment.lanes.getLane(party)).toMatchObject({ notBefore: 0, failures: 0, revision: 2 });
    expect(await deployment.secrets.getCredentials(shop)).toMatchObject({ version: 2 });
  });

  test.each([
    [{ shop: 'S1' }, 'token: expected string'],
    [{ ...CREDENTIALS, token: 'short' }, 'token: expected at least 8 characters'],
    [{ ...CREDENTIALS, extra: 1 }, 'unknown field extra'],
    ['{"shop":', 'is no JSON'],
  ])('credentials %j are refused by field, without their values', async (credentials, told) => {
    const { ran, deployment } = await connected(credentials);
    expect(ran).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(told) });
    expect(ran.stderr).not.toContain('short');
    expect(await deployment.connections.listConnections()).toEqual([]);
  });

  test('without credentials it is connected, and told what will wait', async () => {
    const { type } = createTestDeployment();
    const ran = await type('connect thin --connection shop --secret key-s');
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining('--credentials-file') });
  });

  test('only its own hosts are called, unless the deployment says otherwise', async () => {
    expect((await connected(CREDENTIALS, '--api-base https://sandbox.till.example')).ran.code).toBe(0);
    const foreign = await connected(CREDENTIALS, '--api-base http://127.0.0.1:4000');
    expect(foreign.ran).toMatchObject({ code: 1, stderr: expect.stringContaining('api_base_not_allowed') });
    expect(await foreign.deployment.connections.listConnections()).toEqual([]);
    const path = await connected(CREDENTIALS, '--api-base https://sandbox.till.example/v2');
    expect(path.ran).toMatchObject({ code: 2, stderr: expect.stringContaining('scheme and host only') });
  });

  test('a secret of another form is refused', async () => {
    const { type } = createTestDeployment();
    expect(await type('connect thin --connection shop --secret anything')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('key- and some letters'),
    });
  });

  test('the list tells how its calls go', async () => {
    const { type, deployment } = await connected();
    const party = hydrationParty('shop');
    const health = { lastSuccessAt: 1_790_000_000_000, lastFailure: { at: 1_790_000_060_000, code: 'http_503' } };
    await deployment.lanes.putLane({ ...idleLane(party), revision: 1, health }, 0);
    const [item] = JSON.parse((await type('connections --json')).stdout).items;
    expect(item.health).toEqual({
      lastFetchAt: '2026-09-21T14:13:20.000Z',
      lastError: { at: '2026-09-21T14:14:20.000Z', code: 'http_503' },
    });
    expect((await type('connections')).stdout).toContain('http_503 2026-09-21 14:14');
  });
});
