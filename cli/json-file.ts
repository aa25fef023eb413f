/** What people wrote into a file, or pipe in: a JSON object, whose fields are looked at by whoever takes it. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { CliError, UsageError } from './errors.ts';
import type { World } from './world.ts';

export type JsonFields = Readonly<Record<string, unknown>>;

/** What it is to hold: for messages, and their codes. */
export interface Holding {
  /** `policy`: refusals are `policy_invalid`, `policy_file_unreadable`. */
  readonly what: string;
  /** Where one is shown. */
  readonly shownIn: string;
}

/** `file`: a path, or - for stdin. */
export async function readJsonFields(
  file: string,
  { what, shownIn }: Holding,
  world: Pick<World, 'cwd' | 'readStdin'>,
): Promise<JsonFields> {
  const text = await readTextOf(file, what, world);
  const source = sourceName(file);
  const code = `${what}_invalid`;
  if (text.trim() === '') throw new UsageError(`${source} is empty. ${shownIn} shows what it may hold.`, code);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${source} is no JSON: ${error instanceof Error ? error.message : String(error)}.`, code);
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return { ...json };
  throw new UsageError(`${source} holds no ${what}, which is a JSON object. ${shownIn} shows one.`, code);
}

export const readTextOf = (
  file: string,
  what: string,
  { cwd, readStdin }: Pick<World, 'cwd' | 'readStdin'>,
): Promise<string> => (file === '-' ? readStdin() : readText(path.resolve(cwd, file), file, what));

/** As messages call it. */
export const sourceName = (file: string): string => (file === '-' ? 'stdin' : file);

async function readText(place: string, file: string, what: string): Promise<string> {
  try {
    return await readFile(place, 'utf8');
  } catch (error) {
    throw new CliError(`${what}_file_unreadable`, unreadable(file, error), { cause: error });
  }
}

function unreadable(file: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return `There is no file ${file}.`;
  if (code === 'EISDIR') return `${file} is a folder, not a file.`;
  return `The file ${file} could not be read${typeof code === 'string' ? ` (${code})` : ''}.`;
}
