/**
 * A function's code as one small ES module, and what it loads only when needed as modules beside it. NodejsFunction writes
 * a single file, so ingest would load all of the S3 client at each cold start for the one webhook in a thousand that
 * needs it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';

const ROOT = path.resolve(import.meta.dirname, '..', '..');

const folders = new Map<string, string>();
process.once('exit', () => {
  for (const folder of folders.values()) rmSync(folder, { recursive: true, force: true });
});

/** Folder with `index.mjs`, whose `handler` is that of functions/<name>/main.ts. It lives as long as this process. */
export function bundle(name: string): string {
  const known = folders.get(name);
  if (known !== undefined) return known;
  const folder = mkdtempSync(path.join(tmpdir(), `tributary-${name}-`));
  folders.set(name, folder);
  buildSync({
    absWorkingDir: ROOT,
    entryPoints: { index: path.join('functions', name, 'main.ts') },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
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
    alias: { '@aws-sdk/credential-provider-node': path.join(ROOT, 'infra/defaults/env-credentials.ts') },
  });
  return folder;
}
