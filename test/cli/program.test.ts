import { expect, test } from 'vitest';
import { locate, readOutputs } from '../../cli/deployment.ts';
import { CliError, explain } from '../../cli/errors.ts';
import { facts, formatMoney, oneLine, table } from '../../cli/output.ts';
import { nearest } from '../../shared/text/nearest.ts';
import { caseFolder, createTestDeployment, OUTPUTS } from './run.ts';

test.each([
  ['conect', "Unknown command 'conect' (Did you mean connect?)"],
  ['connections --jsno', "Unknown option '--jsno' (Did you mean --json?)"],
  ['disconnect', "Missing required argument 'id'. Usage: tributary disconnect"],
  ['order nope', 'channel/connection/orderId'],
  ['order tilt/shop/1', 'Did you mean till?'],
  ['send till folder --connection shop --repeat 0', '--repeat takes a whole number'],
  ['quarantine shwo', 'Did you mean show?'],
  ['quarantine list --status opne', 'Allowed choices are open, resolved, dismissed'],
  ['quarantine retry', '--all'],
  ['quarantine retry --all an-id', 'not both'],
  ['quarantine retry an-id --code c', '--code narrows --all'],
])('%s is used wrongly', async (line, told) => {
  const { type } = createTestDeployment();
  expect(await type(line)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(told) });
  const { stderr } = await type(`${line} --json`);
  expect(JSON.parse(stderr)).toMatchObject({
    error: { code: expect.stringMatching(/^[a-z_]+$/), message: expect.any(String) },
  });
});

test('every command has help with an example', async () => {
  const { type } = createTestDeployment();
  const commands = ['connect', 'connections', 'disconnect', 'send', 'order', 'quarantine', 'doctor'];
  const nested = ['list', 'show', 'retry', 'dismiss'].map((name) => `quarantine ${name}`);
  for (const command of ['', ...commands, ...nested]) {
    const { code, stdout, stderr } = await type(`${command} --help`);
    expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: '' });
    expect(stdout).toMatch(/Examples?:\n {2}\$ tributary /);
    expect(stdout).toContain('--stack <name>');
  }
  expect(await type('')).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('Commands:') });
});

test('the local deployment is the default, and says how to start it', async () => {
  const folder = await caseFolder({ 'endpoints.json': 'no json' });
  await expect(locate({ stack: undefined, env: { TRIBUTARY_ENDPOINTS: `${folder}/none.json` } })).rejects.toMatchObject(
    {
      exitCode: 1,
      message: expect.stringContaining('npm start'),
    },
  );
  await expect(locate({ stack: undefined, env: { TRIBUTARY_ENDPOINTS: `${folder}/endpoints.json` } })).rejects.toThrow(
    'npm start',
  );
  const written = {
    webhookUrl: 'http://h',
    apiUrl: null,
    consoleUrl: null,
    awsEndpoint: 'http://e',
    region: 'r',
    stack: 's',
    token: null,
  };
  const good = await caseFolder({ 'endpoints.json': JSON.stringify(written) });
  expect(await locate({ stack: undefined, env: { TRIBUTARY_ENDPOINTS: `${good}/endpoints.json` } })).toEqual({
    kind: 'local',
    stack: 's',
    region: 'r',
    endpoint: 'http://e',
    webhookUrl: 'http://h',
  });
  const withApi = await caseFolder({
    'endpoints.json': JSON.stringify({ ...written, apiUrl: 'http://a', token: 't' }),
  });
  expect(await locate({ stack: undefined, env: { TRIBUTARY_ENDPOINTS: `${withApi}/endpoints.json` } })).toMatchObject({
    apiUrl: 'http://a',
    token: 't',
  });
  expect(await locate({ stack: 'prod', env: { AWS_REGION: 'eu-west-1' } })).toEqual({
    kind: 'aws',
    stack: 'prod',
    region: 'eu-west-1',
  });
});

test('an incomplete stack is named', () => {
  const { LakeBucket: _, ...rest } = OUTPUTS;
  expect(() => readOutputs({ kind: 'aws', stack: 'prod' }, { status: '', outputs: rest })).toThrow('LakeBucket');
  const { WebhookBaseUrl: __, ...local } = OUTPUTS;
  const site = { kind: 'local' as const, stack: 's', webhookUrl: 'http://h' };
  expect(readOutputs(site, { status: '', outputs: local })).toMatchObject({ WebhookBaseUrl: 'http://h' });
  // An emulator's gateways have addresses that only its endpoints know.
  const { ApiUrl: ___, ...bare } = local;
  const endpoints = { ...site, apiUrl: 'http://a' };
  expect(readOutputs(endpoints, { status: '', outputs: bare })).toMatchObject({ ApiUrl: 'http://a' });
});

test('failures become sentences', () => {
  const refused = Object.assign(new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })]), {});
  expect(explain(new TypeError('fetch failed', { cause: refused }))).toMatchObject({
    code: 'unreachable',
    exitCode: 1,
  });
  expect(explain(Object.assign(new Error('y'), { name: 'ExpiredTokenException' })).code).toBe('credentials_refused');
  expect(explain(new Error('Region is missing')).code).toBe('region_missing');
  const own = new CliError('own', 'mine');
  expect(explain(own)).toBe(own);
});

test('money is shown in major units', () => {
  expect(formatMoney(42568, 'CNY')).toBe('425.68 CNY');
  expect(formatMoney(-5, 'USD')).toBe('-0.05 USD');
  expect(formatMoney(1500, 'JPY')).toBe('1500 JPY');
  expect(formatMoney(1, 'KWD')).toBe('0.001 KWD');
  expect(formatMoney(0, 'CNY')).toBe('0.00 CNY');
});

test('columns align by what is seen, also in Chinese', () => {
  const drawn = table(
    ['title', { name: 'n', align: 'right' }],
    [
      ['龙井茶', '5'],
      ['abc', '12'],
    ],
  );
  expect(drawn).toBe('TITLE    N\n龙井茶   5\nabc     12');
  expect(
    facts([
      ['a', 'x'],
      ['long', undefined],
      ['bc', 'y'],
    ]),
  ).toBe('a   x\nbc  y');
  expect(oneLine('a\u001b[2Jb\nc\u202ed')).toBe('a [2Jb c d');
});

test('the nearest word, unless it is another word', () => {
  expect(nearest('quarentine', ['quarantine', 'order'])).toBe('quarantine');
  expect(nearest('odrer', ['order'])).toBe('order');
  expect(nearest('zzzzzz', ['order'])).toBeUndefined();
});
