import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  emulatorEnvironment,
  freePort,
  isFree,
  PortBusy,
  startEmulator,
  stopDetachedEmulator,
} from '../../local/emulator/emulator.ts';
import { EmulatorUnavailable } from '../../local/emulator/errors.ts';
import { withLock } from '../../local/emulator/lock.ts';
import { choosePython, type Python } from '../../local/emulator/python.ts';
import { containerArguments } from '../../local/emulator/ways.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'emulator-test-'));
  vi.stubEnv('AWS_ENDPOINT_URL', '');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

describe('choosing Python', () => {
  const python = (command: string, minor: number, canMakeVenv = true): Python => ({
    command,
    version: [3, minor],
    canMakeVenv,
  });

  it.each([
    ['the first that is new enough', [python('python3', 12), python('python3.14', 14)], 'python3'],
    ['a numbered one where python3 is too old', [python('python3', 9), python('python3.11', 11)], 'python3.11'],
    ['one that has venv', [python('python3', 12, false), python('python3.11', 11)], 'python3.11'],
    ['3.10, compared as a number', [python('python3', 10)], 'python3'],
  ])('takes %s', (_, candidates, command) => {
    expect(choosePython(candidates)).toMatchObject({ found: { command } });
  });

  it.each([
    ['none', [], 'No python3 in PATH: install Python 3.10 or newer'],
    ['an old one', [python('python3', 9)], 'python3 is 3.9: install Python 3.10 or newer'],
    ['one without venv', [python('python3', 13, false)], 'apt install python3-venv'],
  ])('says what to install when there is %s', (_, candidates, problem) => {
    expect(choosePython(candidates)).toEqual({ problem: expect.stringContaining(problem) });
  });
});

describe('the port', () => {
  let server: Server;
  let port: number;
  beforeEach(async () => {
    port = await freePort();
    server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  });
  afterEach(() => new Promise<void>((resolve) => server.close(() => resolve())));

  it('is refused in one sentence when busy, before anything is installed', async () => {
    expect(await isFree(port)).toBe(false);
    const start = startEmulator({ stateDir: folder, port, report: () => {} });
    await expect(start).rejects.toThrow(PortBusy);
    await expect(start).rejects.toThrow(`Port ${port} is already in use: end the program that holds it`);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('the lock', () => {
  it('lets one work at a time', async () => {
    const lock = path.join(folder, 'lock');
    let inside = 0;
    const work = async () => {
      expect(++inside).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      inside--;
    };
    await Promise.all(Array.from({ length: 3 }, () => withLock(lock, () => {}, work)));
    expect(await readdir(folder)).toEqual([]);
  });

  it('is taken over from a holder that died', async () => {
    const lock = path.join(folder, 'lock');
    await mkdir(lock);
    await writeFile(path.join(lock, 'pid'), '2147483647');
    expect(
      await withLock(
        lock,
        () => {},
        async () => 'done',
      ),
    ).toBe('done');
  });

  it('is freed when the work fails', async () => {
    const lock = path.join(folder, 'lock');
    await expect(
      withLock(
        lock,
        () => {},
        async () => {
          throw new Error('no network');
        },
      ),
    ).rejects.toThrow('no network');
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("the emulator's environment", () => {
  const options = { port: 4566, temporary: '/tmp/x', detached: false };

  it('keeps proxies and locale, and nothing that would change what functions do', () => {
    vi.stubEnv('HTTPS_PROXY', 'http://proxy:3128');
    vi.stubEnv('NO_PROXY', 'intranet');
    vi.stubEnv('AWS_PROFILE', 'work');
    vi.stubEnv('NODE_OPTIONS', '--inspect');
    vi.stubEnv('LAMBDA_EXECUTOR', 'docker');
    const environment = emulatorEnvironment(options);
    expect(environment).toMatchObject({ HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'intranet,127.0.0.1,localhost' });
    expect(Object.keys(environment)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(AWS_PROFILE|NODE_OPTIONS|LAMBDA_EXECUTOR)$/)]),
    );
  });

  it('runs functions on the node that runs us', () => {
    expect(emulatorEnvironment(options).PATH?.split(path.delimiter)[0]).toBe(path.dirname(process.execPath));
  });

  it('tells a container nothing of this machine but the two folders it mounts', () => {
    const args = containerArguments('image:1', { port: 4566, environment: emulatorEnvironment(options) });
    const passed = args.filter((_, index) => args[index - 1] === '--env');
    expect(passed).toEqual(
      expect.arrayContaining(['GATEWAY_PORT=4566', 'NODE_PATH=/node_modules', 'EMULATOR_WATCHES_STDIN=1']),
    );
    expect(passed.join()).not.toMatch(/PATH=.*bin|TMPDIR|HOME|OWNS_GROUP/);
  });
});

describe('what cannot run', () => {
  it('names each way that was tried', () => {
    const error = new EmulatorUnavailable(['Python: …', 'uv: …', 'Container: …']);
    expect(error.message.split('\n- ').slice(1)).toEqual(['Python: …', 'uv: …', 'Container: …']);
  });

  it('stops nothing where a pid file names a process of someone else', async () => {
    await writeFile(path.join(folder, 'emulator.pid'), `${process.pid}\n4566\n\n`);
    expect(await stopDetachedEmulator(folder)).toBe(false);
    expect(await readdir(folder)).toEqual([]);
  });
});
