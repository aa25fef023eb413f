/** Python for the emulator, and for tests: finds one, and keeps private virtual environments that hold exactly what is pinned. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { withLock } from './lock.ts';

const run = promisify(execFile);

/** Lowest version MiniStack supports. */
const OLDEST_PYTHON = [3, 10] as const;

/** python3 and python first: those are what the developer chose; the numbered ones often stand beside an older python3. */
const PYTHON_NAMES = ['python3', 'python', ...[14, 13, 12, 11, 10].map((minor) => `python3.${minor}`)];

export type Python = { command: string; version: [number, number]; canMakeVenv: boolean };

/** `found` is the best interpreter; `problem` says in one sentence why none will do. */
type PythonChoice = { found: Python } | { problem: string };

export function choosePython(candidates: readonly Python[]): PythonChoice {
  const recent = candidates.filter((python) => isRecent(python.version));
  const usable = recent.find((python) => python.canMakeVenv);
  if (usable) return { found: usable };
  const wanted = `Python ${OLDEST_PYTHON.join('.')} or newer`;
  const [first] = recent;
  if (first) {
    return {
      problem: `${first.command} is ${first.version.join('.')} but lacks its venv module: install it (Debian, Ubuntu: apt install python3-venv).`,
    };
  }
  const [old] = candidates;
  if (old) return { problem: `${old.command} is ${old.version.join('.')}: install ${wanted}.` };
  return { problem: `No python3 in PATH: install ${wanted} with its venv module.` };
}

function isRecent([major, minor]: readonly [number, number]): boolean {
  return major > OLDEST_PYTHON[0] || (major === OLDEST_PYTHON[0] && minor >= OLDEST_PYTHON[1]);
}

// Debian's python3 has `venv` but not the `ensurepip` it needs, unless python3-venv is installed.
const PROBE = `import sys, importlib.util as u
print(sys.version_info[0], sys.version_info[1], int(all(u.find_spec(m) for m in ("venv", "ensurepip"))))`;

export async function findPythons(names: readonly string[] = PYTHON_NAMES): Promise<Python[]> {
  const found: Python[] = [];
  for (const command of names) {
    const python = await probe(command);
    if (python) found.push(python);
    if (python?.canMakeVenv && isRecent(python.version)) break; // good enough: no need to ask the others
  }
  return found;
}

async function probe(command: string): Promise<Python | undefined> {
  try {
    const { stdout } = await run(command, ['-c', PROBE], { timeout: 15_000, env: pythonEnvironment() });
    const [major, minor, canMakeVenv] = stdout.trim().split(' ').map(Number);
    if (major === undefined || minor === undefined || Number.isNaN(minor)) return undefined;
    return { command, version: [major, minor], canMakeVenv: canMakeVenv === 1 };
  } catch {
    return undefined; // not there, or not a Python that runs (macOS and Windows ship stubs)
  }
}

/** The caller's environment, pip settings and proxies included, without what would bend another interpreter's imports. */
function pythonEnvironment(): NodeJS.ProcessEnv {
  const { PYTHONHOME: _home, PYTHONPATH: _path, VIRTUAL_ENV: _venv, ...rest } = process.env;
  return { ...rest, PIP_DISABLE_PIP_VERSION_CHECK: '1' };
}

type VenvOptions = {
  stateDir: string;
  requirements: string;
  python: Python;
  report: (line: string) => void;
  /** Of its folder in the state folder; the emulator's unless given, as what follows. */
  name?: string;
  /** A module that it is there for. */
  module?: string;
  /** What it is for, in words. */
  purpose?: string;
};

/**
 * Path of the environment's interpreter, made or remade where needed. Complete means that the marker, written last,
 * names the same requirements, so one that was interrupted or belongs to another pin is made again.
 */
export async function ensureVenv({
  stateDir,
  requirements,
  python,
  report,
  name = 'venv',
  module = 'ministack',
  purpose = 'the AWS emulator',
}: VenvOptions): Promise<string> {
  const venv = path.join(stateDir, name);
  const wanted = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex');
  const ready = await readyInterpreter(venv, wanted, module);
  if (ready) return ready;
  return withLock(path.join(stateDir, `${name}.lock`), report, async () => {
    const madeMeanwhile = await readyInterpreter(venv, wanted, module);
    if (madeMeanwhile) return madeMeanwhile;
    report(`Preparing a Python environment for ${purpose} (once)…`);
    await rm(venv, { recursive: true, force: true });
    await must(python.command, ['-m', 'venv', venv]);
    report(`Installing ${purpose} into it…`);
    await must(interpreterOf(venv), ['-m', 'pip', 'install', '--quiet', '--no-input', '-r', requirements]);
    await writeFile(markerOf(venv), wanted);
    return interpreterOf(venv);
  });
}

function interpreterOf(venv: string): string {
  return process.platform === 'win32' ? path.join(venv, 'Scripts', 'python.exe') : path.join(venv, 'bin', 'python');
}

function markerOf(venv: string): string {
  return path.join(venv, 'complete');
}

async function readyInterpreter(venv: string, wanted: string, module: string): Promise<string | undefined> {
  const interpreter = interpreterOf(venv);
  if (!existsSync(interpreter) || (await readFile(markerOf(venv), 'utf8').catch(() => '')) !== wanted) return undefined;
  try {
    // The system's Python may have been upgraded or removed under the environment.
    await run(interpreter, ['-c', `import ${module}`], { timeout: 30_000, env: pythonEnvironment() });
    return interpreter;
  } catch {
    return undefined;
  }
}

async function must(command: string, args: readonly string[]): Promise<void> {
  try {
    await run(command, args, { env: pythonEnvironment(), maxBuffer: 16 * 1024 * 1024 });
  } catch (error) {
    const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string };
    const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-3).join(' ').trim();
    throw new Error(`\`${path.basename(command)} ${args.slice(0, 3).join(' ')}\` failed: ${said || String(error)}`);
  }
}
