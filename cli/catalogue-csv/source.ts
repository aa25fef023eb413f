/** A CSV file, or what is piped in, that can be read more than once: first to look, then to send. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { CliError, UsageError } from '../errors.ts';
import { sourceName } from '../json-file.ts';
import type { World } from '../world.ts';
import { COLUMNS, type Problem } from './columns.ts';
import { type Row, readTable } from './table.ts';

export interface Source {
  readonly name: string;
  readonly rows: () => AsyncIterable<Row>;
  /** Throws where it is no longer the file that was looked at. */
  readonly requireSame: () => Promise<void>;
}

/** `file`: a path, or - for stdin. */
export async function openSource(file: string, { cwd, readStdin }: Pick<World, 'cwd' | 'readStdin'>): Promise<Source> {
  const name = sourceName(file);
  if (file === '-') {
    const bytes = Buffer.from(await readStdin());
    return { name, rows: () => readTable(once(bytes), name), requireSame: async () => {} };
  }
  const place = path.resolve(cwd, file);
  const before = await look(place, file);
  return {
    name,
    rows: () => readTable(createReadStream(place), name),
    async requireSame() {
      const now = await look(place, file);
      if (now.size === before.size && now.mtimeMs === before.mtimeMs) return;
      throw new CliError('file_changed', `${file} was changed while it was read. Run the command again.`);
    },
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function look(place: string, file: string) {
  try {
    const found = await stat(place);
    if (found.isFile()) return found;
  } catch (error) {
    throw new CliError('catalogue_file_unreadable', `The file ${file} could not be read.`, { cause: error });
  }
  throw new CliError('catalogue_file_unreadable', `${file} is no file.`);
}

const PROBLEMS_TOLD = 10;

/** The first of them in full, with what may stand there. */
export function problemsText(problems: readonly Problem[], count: number): string {
  const inOrder = problems.toSorted((a, b) => a.line - b.line);
  const told = inOrder.slice(0, PROBLEMS_TOLD).map(({ line, column, message, valid }) => {
    const place = column === undefined ? `line ${line}` : `line ${line}, column ${column}`;
    return `\n  ${place}: ${message}${valid === undefined ? '' : `\n    valid: ${valid}`}`;
  });
  const more = count > told.length ? `\n  and ${count - told.length} more` : '';
  return `${told.join('')}${more}`;
}

/** Kept of a file in which all lines are wrong. */
const PROBLEMS_KEPT = 1_000;

/** The first of what is wrong, and how much it is. */
export class Problems {
  readonly first: Problem[] = [];
  count = 0;
  add(problem: Problem): void {
    this.count++;
    if (this.first.length < PROBLEMS_KEPT) this.first.push(problem);
  }
}

export const nothingThere = (name: string): UsageError =>
  new UsageError(
    `${name} holds no rows. Its first line names columns: ${Object.values(COLUMNS)
      .map(({ names }) => names[0])
      .join(', ')}.`,
    'catalogue_empty',
  );
