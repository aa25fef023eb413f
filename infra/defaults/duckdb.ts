/**
 * Functions with DuckDB: their bundle, and beside it the compiled library of the architecture they run on. Those of other
 * platforms than this machine's are not installed, so they are fetched, as package-lock.json has them, but only where a stack is
 * really staged: listing stacks, and tests of the template, need neither network nor library.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import * as z from 'zod';
import type { Settings } from '../settings.ts';
import { bundleTogether, CACHE } from './bundle.ts';

const ROOT = path.resolve(import.meta.dirname, '..', '..');
const NODE_NAMES = { arm64: 'arm64', x86_64: 'x64' } as const;

type Architecture = Settings['architecture'];

/** Named after the functions in it: `<name>.handler`. */
export function duckDBCode(names: readonly string[], architecture: Architecture): Code {
  const folder = bundleTogether(names);
  const { version } = bindingOf(architecture);
  const assetHash = createHash('sha256')
    .update([folder.replace(CACHE, ''), version, architecture].join(' '))
    .digest('hex');
  return Code.fromAsset(folder, {
    assetHash,
    bundling: {
      // Never started: what is local does it all.
      image: DockerImage.fromRegistry('none'),
      local: {
        tryBundle(into) {
          putTogether(folder, architecture, into);
          return true;
        },
      },
    },
  });
}

/** The bundle and its library. */
export function putTogether(bundle: string, architecture: Architecture, into: string): void {
  cpSync(bundle, into, { recursive: true });
  const { name } = bindingOf(architecture);
  cpSync(installedOrFetched(architecture), path.join(into, 'node_modules', name), { recursive: true });
}

interface Binding {
  readonly name: string;
  readonly version: string;
  /** Of the package, as npm has it. */
  readonly integrity: string;
}

const Locked = z.object({ version: z.string(), integrity: z.string() });

function bindingOf(architecture: Architecture): Binding {
  const name = `@duckdb/node-bindings-linux-${NODE_NAMES[architecture]}`;
  const lock = z
    .object({ packages: z.record(z.string(), z.unknown()) })
    .parse(JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')));
  return { name, ...Locked.parse(lock.packages[`node_modules/${name}`]) };
}

/** Folder of the package. */
function installedOrFetched(architecture: Architecture): string {
  const binding = bindingOf(architecture);
  const installed = path.join(ROOT, 'node_modules', binding.name);
  if (existsSync(installed)) return installed;
  const folder = path.join(CACHE, `${path.basename(binding.name)}-${binding.version}`);
  if (!existsSync(folder)) fetchPackage(binding, folder);
  return folder;
}

const Packed = z.tuple([z.object({ filename: z.string(), integrity: z.string() })]);

function fetchPackage({ name, version, integrity }: Binding, folder: string): void {
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(unfinished, { recursive: true });
  try {
    const text = execFileSync('npm', ['pack', `${name}@${version}`, '--json', '--pack-destination', unfinished], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [packed] = Packed.parse(JSON.parse(text));
    if (packed.integrity !== integrity)
      throw new Error(`npm gave ${packed.integrity}, and package-lock.json has ${integrity}.`);
    execFileSync('tar', ['-xzf', path.join(unfinished, path.basename(packed.filename)), '-C', unfinished]);
    renameSync(path.join(unfinished, 'package'), folder);
  } catch (cause) {
    throw new Error(
      `${name}@${version} is not on this machine and could not be fetched from the npm registry. It is DuckDB for the functions' architecture: ` +
        'deploy where the registry can be reached, or with -c tributary:architecture= the one of this machine.',
      { cause },
    );
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}
