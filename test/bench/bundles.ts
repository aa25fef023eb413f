/** What each function weighs, and how long a fresh process takes to load it, against a handler that does nothing. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundle } from '../../infra/defaults/bundle.ts';
import { median, type Row } from './measure.ts';

const ROUNDS = 15;
const ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  OPERATIONS_TABLE: 't',
  ORDERS_TABLE: 't',
  INBOX_QUEUE_URL: 'https://q',
  WORK_QUEUE_URL: 'https://q',
  WAKE_QUEUE_URL: 'https://q',
  LAKE_BUCKET: 'b',
  ANY_API_BASE: 'false',
  SECRETS_PREFIX: '/p',
};

export function benchBundles(): { readonly sizes: Row[]; readonly loads: Row[] } {
  const empty = mkdtempSync(path.join(tmpdir(), 'tributary-empty-'));
  writeFileSync(path.join(empty, 'index.mjs'), 'export const handler = async () => ({});\n');
  const names = ['ingest', 'archive', 'orders', 'hydrate'];
  const folders = [['empty handler', empty] as const, ...names.map((name) => [name, bundle(name)] as const)];
  // Round by round over all of them, so that what else the machine does falls on each alike.
  const times = new Map(folders.map(([name]) => [name, [] as number[]]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, folder] of folders) times.get(name)?.push(loadMs(folder));
  }
  const emptyMs = median(times.get('empty handler') ?? []);
  rmSync(empty, { recursive: true });
  return {
    sizes: names.flatMap((name) => {
      const folder = bundle(name);
      const all = readdirSync(folder).reduce((sum, file) => sum + statSync(path.join(folder, file)).size, 0);
      const row = (what: string, bytes: number) => ({
        name: `${name}, ${what}`,
        value: Math.round(bytes / 1024),
        unit: 'KB',
      });
      return [row('loaded at start', startBytes(folder)), row('with what is loaded when needed', all)];
    }),
    loads: folders.map(([name]) => {
      const ms = median(times.get(name) ?? []);
      return { name, value: Math.round(ms), unit: 'ms', ratio: ms / emptyMs };
    }),
  };
}

/** index.mjs and what it imports statically, through and through. */
function startBytes(folder: string): number {
  const seen = new Set<string>();
  const visit = (file: string): number => {
    if (seen.has(file)) return 0;
    seen.add(file);
    const text = readFileSync(path.join(folder, file), 'utf8');
    const imported = [...text.matchAll(/(?:from|import)"\.\/([^"]+\.mjs)"/g)].flatMap(([, name]) => name ?? []);
    return Buffer.byteLength(text) + imported.reduce((sum, name) => sum + visit(name), 0);
  };
  return visit('index.mjs');
}

/** From the start of the process to the handler in hand. */
function loadMs(folder: string): number {
  const script = `await import(${JSON.stringify(path.join(folder, 'index.mjs'))})`;
  const startedMs = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    env: { PATH: process.env.PATH, ...ENVIRONMENT },
  });
  if (status !== 0) throw new Error(`${folder} does not load: ${stderr.toString('utf8')}`);
  return performance.now() - startedMs;
}
