/** The ways to run launcher.py, best first: a private virtual environment, uv, a container. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { choosePython, ensureVenv, findPythons } from './python.ts';

const run = promisify(execFile);

const here = path.dirname(fileURLToPath(import.meta.url));
export const nodeModules = path.join(here, '..', '..', 'node_modules');
const requirements = path.join(here, 'requirements.txt');
const launcher = path.join(here, 'launcher.py');

/** How to start the emulator once what it needs is there. `deadlineMs`: how long a first start may take. */
export type Way = {
  how: 'venv' | 'uvx' | 'container';
  deadlineMs: number;
  command: (start: Start) => { command: string; args: string[] };
  /** Ends what outlives the started process itself. */
  cleanUp?: (start: Start) => Promise<void>;
};
export type Start = { port: number; environment: Record<string, string> };

type Options = { stateDir: string; report: (line: string) => void };

/** The first way that works here, or one sentence per way that does not. */
export async function findWay(options: Options): Promise<{ way: Way } | { tried: string[] }> {
  const tried: string[] = [];
  for (const attempt of [venvWay, uvWay, containerWay]) {
    const result = await attempt(options);
    if (typeof result !== 'string') return { way: result };
    tried.push(result);
  }
  return { tried };
}

const NO_UV = 'uv: no uvx in PATH: install uv, which brings a Python of its own.';
const NO_CONTAINER = 'Container: neither docker nor podman answers: install one, or start its service.';

async function venvWay({ stateDir, report }: Options): Promise<Way | string> {
  const python = choosePython(await findPythons());
  if ('problem' in python) return `Python: ${python.problem}`;
  try {
    const interpreter = await ensureVenv({ stateDir, requirements, python: python.found, report });
    return { how: 'venv', deadlineMs: 60_000, command: () => ({ command: interpreter, args: [launcher] }) };
  } catch (error) {
    return `Python: ${python.found.command} is there, but ${(error as Error).message}`;
  }
}

async function uvWay({ report }: Options): Promise<Way | string> {
  if (!(await answers('uvx', ['--version']))) return NO_UV;
  report('Starting the AWS emulator with uvx, which fetches it the first time…');
  const args = ['--quiet', '--python', '>=3.10', '--with-requirements', requirements, 'python', launcher];
  return { how: 'uvx', deadlineMs: 300_000, command: () => ({ command: 'uvx', args }) };
}

async function containerWay({ report }: Options): Promise<Way | string> {
  const engine = await containerEngine();
  if (!engine) return NO_CONTAINER;
  const image = `docker.io/ministackorg/ministack:${await pinnedVersion()}`;
  if (!(await answers(engine, ['image', 'inspect', image]))) {
    report(`Fetching the image ${image} with ${engine}…`);
    try {
      await run(engine, ['pull', '--quiet', image], { timeout: 600_000 });
    } catch (error) {
      const said = String((error as { stderr?: string }).stderr ?? error).trim();
      return `Container: ${engine} could not fetch ${image}: ${said.split('\n').at(-1)}`;
    }
  }
  return {
    how: 'container',
    deadlineMs: 120_000,
    command: (start) => ({ command: engine, args: containerArguments(image, start) }),
    cleanUp: async ({ port }) => {
      await run(engine, ['rm', '--force', containerName(port)], { timeout: 30_000 }).catch(() => {});
    },
  };
}

const containerName = (port: number) => `tributary-emulator-${port}`;

/** Functions run inside the container: on Linux they share the host's network and reach a test's servers there. */
export function containerArguments(image: string, { port, environment }: Start): string[] {
  const linux = process.platform === 'linux';
  const inside = { ...environment, NODE_PATH: '/node_modules', BIND_HOST: linux ? '127.0.0.1' : '0.0.0.0' };
  const forContainer = Object.entries(inside).filter(([name]) => FOR_CONTAINER.test(name));
  return [
    ...['run', '--rm', '--interactive', '--init', '--name', containerName(port)],
    ...(linux ? ['--network', 'host'] : ['--publish', `127.0.0.1:${port}:${port}`]),
    ...['--volume', `${here}:/emulator:ro`, '--volume', `${nodeModules}:/node_modules:ro`],
    ...forContainer.flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...['--entrypoint', 'python3', image, '/emulator/launcher.py'],
  ];
}

/** What of the emulator's environment means something inside a container: no path of this machine, no process group. */
const FOR_CONTAINER =
  /^(GATEWAY_PORT|BIND_HOST|NODE_PATH|LOG_LEVEL|[A-Z_]+_ENABLED|LAMBDA_.*|MINISTACK_.*|EMULATOR_WATCHES_STDIN)$/;

async function containerEngine(): Promise<string | undefined> {
  for (const engine of ['docker', 'podman']) {
    if (await answers(engine, ['info'])) return engine;
  }
  return undefined;
}

async function pinnedVersion(): Promise<string> {
  const pin = /^ministack==(\S+)$/m.exec(await readFile(requirements, 'utf8'));
  if (!pin?.[1]) throw new Error(`${requirements} pins no ministack==VERSION: restore that line.`);
  return pin[1];
}

async function answers(command: string, args: string[]): Promise<boolean> {
  return run(command, args, { timeout: 10_000 }).then(
    () => true,
    () => false,
  );
}
