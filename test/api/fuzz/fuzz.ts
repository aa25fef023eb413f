/** Schemathesis against a deployed API: requests made up from its OpenAPI document, alone and in sequences along its links. */
import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { choosePython, ensureVenv, findPythons } from '../../../local/emulator/python.ts';
import { type Client, createClient } from '../../../shared/api/client.ts';
import { ROUTES } from '../../../shared/api/routes.ts';

const HERE = import.meta.dirname;
const DOCUMENT = path.resolve(HERE, '..', '..', '..', 'functions', 'api', 'openapi.json');

export interface FuzzTarget {
  readonly apiUrl: string;
  /** With all roles. */
  readonly token: string;
  /** For the Python environment and reports. */
  readonly stateDir: string;
}

export interface FuzzRun {
  readonly phases: readonly ('examples' | 'coverage' | 'fuzzing' | 'stateful')[];
  readonly seconds: number;
}

export interface Fuzzed {
  /** Nothing was found. */
  readonly passed: boolean;
  /** What was found, with the requests that show it. */
  readonly output: string;
}

/** Undefined where there is no Python that can have it; `problem` says what is wanted. */
export async function openFuzzer({ apiUrl, token, stateDir }: FuzzTarget) {
  const choice = choosePython(await findPythons());
  if ('problem' in choice) return choice;
  await mkdir(stateDir, { recursive: true });
  const python = await ensureVenv({
    stateDir,
    requirements: path.join(HERE, 'requirements.txt'),
    python: choice.found,
    report: (line) => process.stdout.write(`${line}\n`),
    name: 'venv-schemathesis',
    module: 'schemathesis',
    purpose: 'schemathesis',
  });
  const config = path.join(stateDir, 'schemathesis.toml');
  const known = await someoneKnown(createClient({ baseUrl: apiUrl, token }));
  await writeFile(config, `${await readFile(path.join(HERE, 'schemathesis.toml'), 'utf8')}${namesOf(known)}`);
  return {
    run: ({ phases, seconds }: FuzzRun): Promise<Fuzzed> =>
      schemathesis(path.join(path.dirname(python), 'schemathesis'), stateDir, [
        ...['--config-file', config, 'run', DOCUMENT, '--url', apiUrl],
        ...['--header', `Authorization: Bearer ${token}`],
        ...['--phases', phases.join(','), '--max-time', String(seconds)],
      ]),
  };
}

function schemathesis(program: string, cwd: string, args: readonly string[]): Promise<Fuzzed> {
  return new Promise((resolve, reject) => {
    const output: string[] = [];
    const env = { ...process.env, NO_COLOR: '1', COLUMNS: '120' };
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const endWithUs = () => child.kill();
    process.once('exit', endWithUs);
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => output.push(chunk.toString('utf8')));
    child.once('error', reject);
    child.once('close', (status) => {
      process.off('exit', endWithUs);
      resolve({ passed: status === 0, output: output.join('') });
    });
  });
}

interface Known {
  readonly profile: string;
  readonly order?: { readonly channel: string; readonly connection: string; readonly orderId: string };
}

const SEGMENT = 'everyone-who-bought';
const PATIENCE_MS = 30_000;

/** A customer and an order, if there are any: made-up names lead nowhere, and what lies behind would never be looked at. */
async function someoneKnown(client: Client): Promise<Known | undefined> {
  const when = { field: 'orders', atLeast: 1 } as const;
  await client.call(ROUTES.createSegment, { body: { id: SEGMENT, name: SEGMENT, when } }).catch(() => undefined); // it is there already
  const deadline = Date.now() + PATIENCE_MS;
  do {
    const { items } = await client.call(ROUTES.listMembersOfSegment, { params: { id: SEGMENT }, query: { limit: 1 } });
    const [member] = items;
    if (!member) continue;
    const orders = await client.call(ROUTES.listOrdersOfProfile, { params: { id: member.profile } });
    const [order] = orders.items;
    return { profile: member.profile, ...(order && { order }) };
  } while (await sleep(1_000, Date.now() < deadline));
  return undefined;
}

/** Of each name, about half the time. JSON text is a string of TOML, too. */
function namesOf(known: Known | undefined): string {
  if (!known) return '';
  const { profile, order } = known;
  const names: readonly (readonly [tag: string, parameter: string, value: string])[] = [
    ['profiles', 'id', profile],
    ...(order
      ? (['channel', 'connection', 'orderId'] as const).map((name) => ['orders', name, order[name]] as const)
      : []),
  ];
  return names
    .map(
      ([tag, parameter, value], index) => `
[dictionaries.known${index}]
values = [${JSON.stringify(value)}]

[[operations]]
include-tag = "${tag}"
parameters = { "path.${parameter}" = { dictionary = "known${index}", probability = 0.5 } }
`,
    )
    .join('');
}
