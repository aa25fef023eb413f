/**
 * The local AWS emulator, from nothing to a healthy endpoint and back to nothing. What it runs, and which gaps of it are
 * filled, is in launcher.py and README.md beside this file.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { EmulatorFailed, EmulatorUnavailable, PortBusy } from './errors.ts';
import { endProcessGroup, isAlive, signal } from './processes.ts';
import { findWay, nodeModules, type Start, type Way } from './ways.ts';

export { EmulatorUnavailable, PortBusy } from './errors.ts';

export type Emulator = {
  endpoint: string;
  port: number;
  /** `running`: one that AWS_ENDPOINT_URL named; it is not ours, so `stop` leaves it alone. */
  how: 'running' | 'venv' | 'uvx' | 'container';
  pid?: number;
  stop(): Promise<void>;
};

export type EmulatorOptions = {
  /** Holds the Python environment, the log, and the functions' temporary files; may be shared by several runs. */
  stateDir: string;
  /** A free one unless given. */
  port?: number;
  /** Lets the emulator outlive this process; `stopDetachedEmulator` ends it. Otherwise it dies with us, however we die. */
  detached?: boolean;
  report: (line: string) => void;
};

export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const named = process.env.AWS_ENDPOINT_URL;
  if (named) {
    if (await isEmulator(named)) return runningEmulator(named);
    options.report(`AWS_ENDPOINT_URL is ${named}, where no emulator answers: starting one of our own.`);
  }
  if (options.port !== undefined && !(await isFree(options.port))) throw new PortBusy(options.port);
  const stateDir = path.resolve(options.stateDir);
  await mkdir(stateDir, { recursive: true });
  const left = await detachedEmulator(stateDir);
  if (options.detached && left) {
    throw new EmulatorFailed(
      `A detached emulator (pid ${left.pid}, port ${left.port}) still runs: stop that one first.`,
    );
  }
  const found = await findWay({ stateDir, report: options.report });
  if ('tried' in found) throw new EmulatorUnavailable(found.tried);

  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    try {
      return await launch({ ...options, stateDir, port, way: found.way });
    } catch (error) {
      // A free port is only free until somebody takes it: with one of our own choice, choose again.
      if (options.port !== undefined || attempt === 3 || !/already in use/i.test(String(error))) throw error;
    }
  }
}

/** Ends the emulator that a run with `detached` left in this folder; false where there is none. */
export async function stopDetachedEmulator(stateDir: string): Promise<boolean> {
  const left = await detachedEmulator(stateDir);
  if (left) {
    await endProcessGroup(left.pid);
    if (left.container) {
      const [engine = '', name = ''] = left.container.split(' ');
      await promisify(execFile)(engine, ['rm', '--force', name], { timeout: 30_000 }).catch(() => {});
    }
    await rm(temporaryFolder(path.resolve(stateDir), left.port), { recursive: true, force: true });
  }
  await rm(pidFile(stateDir), { force: true });
  return left !== undefined;
}

type Launch = EmulatorOptions & { port: number; way: Way };

async function launch({ stateDir, port, way, detached = false, report }: Launch): Promise<Emulator> {
  const endpoint = `http://127.0.0.1:${port}`;
  const temporary = temporaryFolder(stateDir, port);
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  // MiniStack's worker for Node is CommonJS in a .js file; a package.json further up may say that such files are not.
  await writeFile(path.join(temporary, 'package.json'), '{"type":"commonjs"}\n');
  const start: Start = { port, environment: emulatorEnvironment({ port, temporary, detached }) };
  const log = path.join(stateDir, 'emulator.log');
  const child = await spawnLogged(way.command(start), start.environment, { log, detached });
  const pid = child.pid as number;
  if (detached) await writeFile(pidFile(stateDir), pidFileText(pid, port, way, start));

  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= end();
    return stopping;
  };
  const end = async () => {
    await endProcessGroup(pid);
    await way.cleanUp?.(start);
    await rm(temporary, { recursive: true, force: true });
    if (detached) await rm(pidFile(stateDir), { force: true });
  };
  child.once('exit', (code, by) => {
    signal(-pid, 'SIGKILL'); // its functions, if it died without ending them
    if (!stopping) report(`The AWS emulator ended (${by ?? `exit code ${code}`}). Its log: ${log}`);
  });

  try {
    await untilReady(endpoint, child, { deadlineMs: way.deadlineMs, log });
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint, port, how: way.how, pid, stop };
}

/** Started as the leader of a process group, so that a terminal's Ctrl-C reaches us alone, and the end reaches all of it. */
async function spawnLogged(
  { command, args }: { command: string; args: string[] },
  environment: Record<string, string>,
  { log, detached }: { log: string; detached: boolean },
): Promise<ChildProcess> {
  await writeFile(log, '');
  const output = openSync(log, 'a');
  try {
    // The pipe on stdin is never written to: its closing, by our death of whatever kind, tells the launcher to end.
    const child = spawn(command, args, {
      detached: true,
      env: environment,
      stdio: [detached ? 'ignore' : 'pipe', output, output],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => reject(new EmulatorFailed(`${command} did not start: ${error.message}`)));
    });
    // Neither keeps our process alive: a tool that ends without stop() ends, and the emulator with it.
    child.unref();
    (child.stdin as (NodeJS.WritableStream & { unref?: () => void }) | null)?.unref?.();
    return child;
  } finally {
    closeSync(output);
  }
}

async function untilReady(
  endpoint: string,
  child: ChildProcess,
  { deadlineMs, log }: { deadlineMs: number; log: string },
): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new EmulatorFailed(`The AWS emulator ended while starting. ${lastLines(log)}`);
    }
    if (await isEmulator(endpoint)) return;
    await sleep(50);
  }
  throw new EmulatorFailed(`The AWS emulator was not ready after ${deadlineMs / 1000} s. ${lastLines(log)}`);
}

function lastLines(log: string): string {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-12).join('\n');
  return lines ? `The end of ${log}:\n${lines}` : `Its log ${log} is empty.`;
}

/**
 * Only what a process needs to run, plus MiniStack's own settings. Nothing else may leak in: functions inherit this, and
 * a developer's AWS_PROFILE, NODE_OPTIONS or LAMBDA_EXECUTOR would change what they do.
 */
export function emulatorEnvironment(options: {
  port: number;
  temporary: string;
  detached: boolean;
}): Record<string, string> {
  const inherited = Object.entries(process.env).filter(([name]) => INHERITED.test(name)) as [string, string][];
  const environment = Object.fromEntries(inherited);
  for (const name of ['NO_PROXY', 'no_proxy']) {
    environment[name] = [environment[name], '127.0.0.1', 'localhost'].filter(Boolean).join(',');
  }
  return {
    ...environment,
    // Functions run on the first `node` in PATH, whatever their runtime says: let it be the one that runs us.
    PATH: [path.dirname(process.execPath), process.env.PATH].filter(Boolean).join(path.delimiter),
    NODE_PATH: nodeModules, // CDK's custom resources expect the runtime's SDK; this is the nearest to it
    TMPDIR: options.temporary,
    GATEWAY_PORT: String(options.port),
    BIND_HOST: '127.0.0.1',
    LOG_LEVEL: 'WARNING',
    IOT_MTLS_ENABLED: '0', // these two would open ports of their own
    SFTP_ENABLED: '0',
    LAMBDA_WARM_TTL_SECONDS: '60', // a burst leaves one Node process of 50 MB per concurrent call: reclaim them soon
    EMULATOR_OWNS_GROUP: '1',
    EMULATOR_TEMPORARY: options.temporary,
    EMULATOR_WATCHES_STDIN: options.detached ? '0' : '1',
  };
}

const INHERITED =
  /^(HOME|USER|LOGNAME|LANG|LC_\w+|TZ|SystemRoot|SYSTEMROOT|(https?|no|all)_proxy|SSL_CERT_\w+|NODE_EXTRA_CA_CERTS|DOCKER_\w+|CONTAINER_HOST|XDG_\w+|UV_\w+|PIP_\w+)$/i;

async function isEmulator(endpoint: string): Promise<boolean> {
  try {
    const url = new URL('/_ministack/health', endpoint);
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}

function runningEmulator(endpoint: string): Emulator {
  const { port, protocol } = new URL(endpoint);
  return {
    endpoint: endpoint.replace(/\/$/, ''),
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
    how: 'running',
    stop: async () => {},
  };
}

export async function freePort(): Promise<number> {
  return listenOnce(0);
}

/** Whether nobody listens on the port of the interface that the emulator binds. */
export async function isFree(port: number): Promise<boolean> {
  return listenOnce(port).then(
    () => true,
    () => false,
  );
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}

const temporaryFolder = (stateDir: string, port: number) => path.join(stateDir, 'tmp', String(port));
const pidFile = (stateDir: string) => path.join(path.resolve(stateDir), 'emulator.pid');

/** Lines: pid, port, and for a container its engine and name. */
function pidFileText(pid: number, port: number, way: Way, start: Start): string {
  const { command, args } = way.command(start);
  const container = way.how === 'container' ? `${command} ${args[args.indexOf('--name') + 1]}` : '';
  return `${[pid, port, container].join('\n')}\n`;
}

type Detached = { pid: number; port: number; container?: string };

/** The living detached emulator of this folder. A pid that now belongs to another program does not count. */
async function detachedEmulator(stateDir: string): Promise<Detached | undefined> {
  const text = await readFile(pidFile(stateDir), 'utf8').catch(() => '');
  const [pid = 0, port = 0] = text.split('\n').map(Number);
  const container = text.split('\n')[2];
  if (!pid || !isAlive(pid) || !(await runsLauncher(pid))) return undefined;
  return { pid, port, ...(container ? { container } : {}) };
}

async function runsLauncher(pid: number): Promise<boolean> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({
    stdout: '',
  }));
  return stdout.includes('launcher.py');
}
