/**
 * A function's code as one small ES module, and what it loads only when needed as modules beside it. NodejsFunction writes
 * a single file, so ingest would load all of the S3 client at each cold start for the one webhook in a thousand that
 * needs it.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';

const ROOT = path.resolve(import.meta.dirname, '..', '..');
export const CACHE = path.join(ROOT, 'node_modules', '.cache', 'tributary');
/** Compiled, and another for each platform: it lies beside the bundle, see infra/defaults/duckdb.ts. */
const DUCKDB_BINDINGS = '@duckdb/node-bindings-*';

/** Folder with `index.mjs`, whose `handler` is that of functions/<name>/main.ts. It is named after what is in it. */
export const bundle = (name: string): string => build({ index: name });

/** Several functions in one folder, so that what they share is in it once: `<name>.mjs` has the handler of each. */
export const bundleTogether = (names: readonly string[]): string =>
  build(Object.fromEntries(names.map((name) => [name, name])));

/** By the names of its functions: code does not change while a program runs, and tests synthesise many stacks. */
const built = new Map<string, string>();

/** `entries`: the function's name, by that of its file. */
function build(entries: Readonly<Record<string, string>>): string {
  const key = Object.values(entries).join('-');
  const folder = built.get(key) ?? buildAnew(entries);
  built.set(key, folder);
  return folder;
}

function buildAnew(entries: Readonly<Record<string, string>>): string {
  const names = Object.values(entries);
  const entryPoints = Object.entries(entries).map(([out, name]) => ({
    in: path.join('functions', name, 'main.ts'),
    out,
  }));
  const { outputFiles } = buildSync({
    absWorkingDir: ROOT,
    entryPoints,
    outdir: CACHE,
    outExtension: { '.js': '.mjs' },
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    // Not the runtime's version: the same bundle runs on an emulator, on the Node found there.
    target: 'node20',
    mainFields: ['module', 'main'], // the SDK's ES modules: a third less than its CommonJS
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
    // CommonJS dependencies call `require`, which an ES module has not.
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
    // What only proves who is speaking never reads what was said: see shared/channels/registry.ts.
    external: [...(names.includes('ingest') ? ['./shared/channels/*/adapter.ts'] : []), DUCKDB_BINDINGS],
    alias: { '@aws-sdk/credential-provider-node': path.join(ROOT, 'infra/defaults/env-credentials.ts') },
  });
  const hash = createHash('sha256');
  for (const file of outputFiles) hash.update(path.basename(file.path)).update(file.contents);
  const folder = path.join(CACHE, `${names.join('-')}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  // Renamed into place when whole: tests and a deployment may bundle at the same time.
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  for (const file of outputFiles) writeFileSync(path.join(unfinished, path.basename(file.path)), file.contents);
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
