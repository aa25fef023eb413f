/** The generator makes a room that stands: it type-checks, is formatted, its door is used, its case says what to do. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ChannelAdapter, HttpRequest, Normalized } from '../../shared/channels/adapter.ts';
import { ConnectionSettings } from '../../shared/connections/connection.ts';
import { CanonicalOrder } from '../../shared/orders/canonical-order.ts';
import { newChannel } from '../../tools/channel/name.ts';
import { withChannel } from '../../tools/channel/registry.ts';
import { runNewChannel } from '../../tools/new-channel.ts';
import { answerEnvelope, toEnvelope } from '../channels/read.ts';

const REPOSITORY = path.resolve(import.meta.dirname, '../..');
const REGISTRY = 'shared/channels/registry.ts';

/** A copy of what the made files touch. */
let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'tributary-new-channel-'));
  cpSync(path.join(REPOSITORY, 'shared'), path.join(root, 'shared'), { recursive: true });
  symlinkSync(path.join(REPOSITORY, 'node_modules'), path.join(root, 'node_modules'));
});
afterEach(() => rmSync(root, { recursive: true }));

function run(...args: string[]) {
  const told = { out: '', err: '' };
  const world = {
    root,
    out: (text: string) => {
      told.out += text;
    },
    err: (text: string) => {
      told.err += text;
    },
  };
  return { exitCode: runNewChannel(args, world), ...told };
}

const text = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const json = (file: string) => JSON.parse(text(file));
const list = (folder: string): string[] => readdirSync(path.join(root, folder)).sort();

interface Recorded {
  readonly request: HttpRequest;
  readonly receivedAt: Date;
  readonly secret: string;
}

function recorded(folder: string, prefix = ''): Recorded {
  const { method, path: address, query, headers, secret, receivedAt } = json(`${folder}/${prefix}request.json`);
  const body = readFileSync(path.join(root, folder, `${prefix}body.json`));
  const request = { method, url: `https://hooks.example.com${address}`, query, headers, body };
  return { request, secret, receivedAt: new Date(receivedAt) };
}

/** The generated adapter, as the registry would load it. */
async function load(name: string): Promise<ChannelAdapter> {
  const module: Record<string, ChannelAdapter> = await import(path.join(root, `shared/channels/${name}/adapter.ts`));
  const [adapter] = Object.values(module);
  if (!adapter) throw new Error('no adapter');
  return adapter;
}

const connectionOf = (channel: string) =>
  ConnectionSettings.parse({ id: 'demo', channel, type: 'direct', shop: '42', settingsRevision: 0 });

const notWritten = (name: string): Normalized => ({
  kind: 'unacceptable',
  code: 'not_written',
  path: '',
  expected: `partsOf in ${name}/normalize.ts to be written`,
});

describe('what is made', () => {
  test('with whole webhooks: the files, a first case that its door takes, and what comes next', async () => {
    const { exitCode, out, err } = run('acme', '--category', 'pos');
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(list('shared/channels/acme')).toEqual([
      'README.md',
      'adapter.ts',
      'door.ts',
      'identifiers.ts',
      'normalize.ts',
      'wire.ts',
    ]);
    const folder = 'test/channels/acme/first-order';
    expect(list(folder)).toEqual(['body.json', 'case.md', 'expected.json', 'request.json']);
    for (const command of ["-t 'acme: '", 'UPDATE_EXPECTED=acme ', 'npm run check']) expect(out).toContain(command);
    for (const file of out.match(/(?<=^ {2})[\w./-]+\.\w+$/gm) ?? []) expect(text(file)).not.toBe('');

    const { door, normalize } = await load('acme');
    const { request, secret, receivedAt } = recorded(folder);
    expect(door).toMatchObject({ channel: 'acme', category: 'pos' });
    expect(door.verify(request, [secret], receivedAt)).toEqual({ kind: 'verified' });
    expect(door.verify(request, [`${secret}x`], receivedAt)).toMatchObject({ code: 'signature_mismatch' });
    const connection = connectionOf('acme');
    const outcome = normalize(toEnvelope({ door, request, receivedAt, connection, number: 1 }), connection);
    expect(outcome).toEqual(notWritten('acme'));
    const expected = json(`${folder}/expected.json`);
    expect(CanonicalOrder.parse(expected)).toEqual(expected);
    expect(expected).toMatchObject({ channel: 'acme', category: 'pos' });
  });

  test('with thin ones: an API and its model too, and a case of which the signals are right already', async () => {
    run('tiktok_shop', '--thin', '--category', 'live');
    expect(list('shared/channels/tiktok_shop')).toContain('api.ts');
    expect(list('test/platforms')).toEqual(['tiktok_shop.test.ts', 'tiktok_shop.ts']);
    const folder = 'test/channels/tiktok_shop/first-order';
    const { door, normalize, api } = await load('tiktok_shop');
    const { request, receivedAt } = recorded(folder, '01-');
    const connection = connectionOf('tiktok_shop');
    const push = toEnvelope({ door, request, receivedAt, connection, number: 1 });
    const [signals] = json(`${folder}/signals.json`);
    expect(normalize(push, connection)).toEqual({ kind: 'accepted', documents: [], signals });
    expect(normalize(push, { ...connection, shop: '43' })).toMatchObject({ otherShops: ['42'] });
    const { subject, fetchedAt } = json(`${folder}/02-answer.json`);
    const answer = { subject, fetchedAt: new Date(fetchedAt), body: Buffer.from(text(`${folder}/02-body.json`)) };
    expect(normalize(answerEnvelope(answer, connection, 2), connection)).toEqual(notWritten('tiktok_shop'));
    expect(api?.open({ shop_id: '42', access_token: 't' })).toMatchObject({ shop: '42' });
  });

  test('type-checks and is formatted, whatever the name and wherever its order is', () => {
    for (const name of ['aa', 'platform_z9', 'sixteen_letters2', 'zz']) expect(run(name).exitCode).toBe(0);
    for (const name of ['a1', 'mercado_libre_br', 'zy']) expect(run(name, '--thin').exitCode).toBe(0);
    for (const file of ['biome.json', '.gitignore', 'demo/delivery.ts', 'test/platforms/platform.ts'])
      cpSync(path.join(REPOSITORY, file), path.join(root, file));
    const tsconfig = JSON.parse(readFileSync(path.join(REPOSITORY, 'tsconfig.json'), 'utf8'));
    writeFileSync(path.join(root, 'tsconfig.json'), JSON.stringify({ ...tsconfig, include: ['shared', 'test'] }));
    const tool = (name: string, ...args: string[]) => {
      const program = path.join(REPOSITORY, 'node_modules/.bin', name);
      const { status, stdout, stderr } = spawnSync(program, args, { cwd: root, encoding: 'utf8' });
      return { status, told: `${stdout}${stderr}` };
    };
    expect(tool('tsc', '--noEmit')).toEqual({ status: 0, told: '' });
    expect(tool('biome', 'check', '--error-on-warnings', 'shared/channels', 'test')).toEqual({
      status: 0,
      told: expect.stringMatching(/^Checked \d{2,} files in \S+\. No fixes applied\.\n$/),
    });
  });

  test('asks and tells, and leaves no note of something undone', () => {
    run('sixteen_letters2', '--thin');
    const made = ['door', 'wire', 'normalize', 'api', 'adapter'].map((file) =>
      text(`shared/channels/sixteen_letters2/${file}.ts`),
    );
    for (const source of made) {
      expect(source).not.toMatch(/TODO|FIXME|XXX/);
      for (const line of source.split('\n')) expect(line.length, line).toBeLessThanOrEqual(120);
    }
    const [door] = made;
    const questions = ['Signature', 'Version', 'Money', 'Time', 'Reply', 'Redelivery', 'Handshake', 'Ids', 'Source'];
    for (const question of questions) expect(door).toMatch(new RegExp(`${question}[^:]*:`));
  });
});

describe('the registry', () => {
  const registry = `import type { ChannelAdapter, Door } from './adapter.ts';
import { douyinDoor } from './douyin/door.ts';
import { squareDoor } from './square/door.ts';

const CHANNELS: readonly Channel[] = [
  { door: douyinDoor, load: async () => (await import('./douyin/adapter.ts')).douyin },
  { door: squareDoor, load: async () => (await import('./square/adapter.ts')).square },
];
`;
  const added = (name: string): string[] => {
    const channel = newChannel(name, 'ecommerce', false);
    if (!channel) throw new Error(name);
    const before = registry.split('\n');
    const after = withChannel(registry, channel).split('\n');
    expect(after.length).toBe(before.length + 2);
    expect(after.filter((line) => before.includes(line))).toEqual(before);
    return after.flatMap((line, index) => (before.includes(line) ? [] : [`${index}: ${line}`]));
  };

  test.each([
    ['acme', 0, 6],
    ['amazon', 1, 6],
    ['shopee', 2, 7],
    ['zalando', 3, 8],
  ])('%s goes where its order is', (name, importAt, lineAt) => {
    expect(added(name)).toEqual([
      `${importAt}: import { ${name}Door } from './${name}/door.ts';`,
      `${lineAt}:   { door: ${name}Door, load: async () => (await import('./${name}/adapter.ts')).${name} },`,
    ]);
  });

  test('a name of two words', () => {
    expect(added('tiktok_shop')).toContain("3: import { tiktokShopDoor } from './tiktok_shop/door.ts';");
  });

  test('one of another form is left alone', () => {
    const acme = newChannel('acme', 'ecommerce', false);
    expect(acme && (() => withChannel('export {};\n', acme))).toThrow('has no line like');
  });
});

describe('refused, with a sentence and exit code 2, and nothing is changed', () => {
  test.each([
    [['Acme'], 'Acme is no name for a channel. Expected 2 to 16 lower-case letters'],
    [['1688'], '1688 is no name'],
    [['a'], 'a is no name'],
    [['a-b'], 'a-b is no name'],
    [['a__b'], 'a__b is no name'],
    [['../x'], '../x is no name'],
    [['seventeen_letters'], 'seventeen_letters is no name'],
    [['import'], 'import is no name'],
    [['suite'], 'suite is no name'],
    [['square'], 'shared/channels/square is there already'],
    [[], 'Expected one NAME.'],
    [['acme', 'again'], 'Expected one NAME, not also again.'],
    [['acme', '--category', 'shop'], 'shop is no category. Expected ecommerce, live, pos, cross_border.'],
    [['acme', '--thick'], "Unknown option '--thick'"],
  ])('%j', (args, message) => {
    const registry = text(REGISTRY);
    const { exitCode, out, err } = run(...args);
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toMatch(/^error: .*\.\n$/);
    expect(err).toContain(message);
    expect(text(REGISTRY)).toBe(registry);
    expect(list('shared/channels')).not.toContain('acme');
  });

  test('a second time', () => {
    run('acme');
    const registry = text(REGISTRY);
    expect(run('acme', '--thin')).toEqual({
      exitCode: 2,
      out: '',
      err: 'error: shared/channels/acme is there already, and nothing was changed.\n',
    });
    expect(text(REGISTRY)).toBe(registry);
    expect(list('shared/channels/acme')).not.toContain('api.ts');
  });

  test('a test of that name', () => {
    run('acme');
    rmSync(path.join(root, 'shared/channels/acme'), { recursive: true });
    rmSync(path.join(root, 'test/channels/acme'), { recursive: true });
    expect(run('acme').err).toContain('test/channels/acme.test.ts is there already');
  });
});

test('--help tells the form', () => {
  const { exitCode, out } = run('--help');
  expect(exitCode).toBe(0);
  for (const word of ['NAME', '--category', '--thin', 'ecommerce']) expect(out).toContain(word);
});
