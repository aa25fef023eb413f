/** Bytes of a CSV file → its rows, one at a time, each with the line that it begins on. */
import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { UsageError } from '../errors.ts';

export interface Row {
  /** From 1. */
  readonly line: number;
  /** Without spaces at their ends. */
  readonly cells: readonly string[];
}

const DELIMITERS = [',', ';', '\t'] as const;
/** Longer than any row that is meant; one with an open quote would be all of the file. */
const LONGEST_ROW = 1_000_000;

/** UTF-8 with or without BOM; commas, semicolons or tabs, whichever the first line has. `source`: for messages. */
export async function* readTable(bytes: AsyncIterable<Uint8Array>, source: string): AsyncGenerator<Row> {
  const text = readText(bytes, source);
  const first = (await text.next()).value ?? '';
  const parser = parse({
    delimiter: delimiterOf(first),
    raw: true,
    trim: true,
    relax_column_count: true,
    max_record_size: LONGEST_ROW,
  });
  async function* whole() {
    yield first;
    yield* text;
  }
  // What goes wrong reaches the parser, and so the loop below.
  pipeline(Readable.from(whole()), parser, () => {});
  let line = 1;
  try {
    // The cast: what the parser gives with these options.
    for await (const { record, raw } of parser as AsyncIterable<{ record: string[]; raw: string }>) {
      const cells = record.map((cell) => cell.trim());
      if (cells.some((cell) => cell !== '')) yield { line, cells };
      line += linesIn(raw);
    }
  } catch (error) {
    if (error instanceof CsvError) throw malformed(error, source);
    throw error;
  }
}

/** Ends of lines in a row, its own too: the parser's count is off where they differ within quotes. */
const linesIn = (raw: string): number => (raw.match(/\r\n|\r|\n/g) ?? []).length;

function delimiterOf(text: string): string {
  const [line = ''] = text.split(/\r?\n/, 1);
  const counts = DELIMITERS.map((delimiter) => [delimiter, line.split(delimiter).length] as const);
  return counts.reduce((most, one) => (one[1] > most[1] ? one : most))[0];
}

function malformed({ code, message, ...context }: CsvError, source: string): UsageError {
  const line = 'lines' in context ? `, line ${String(context.lines)}` : '';
  const what: Partial<Record<string, string>> = {
    CSV_QUOTE_NOT_CLOSED: 'a quote (") is not closed',
    CSV_MAX_RECORD_SIZE: 'a row is longer than any can be: is a quote (") not closed?',
    CSV_INVALID_CLOSING_QUOTE:
      'after a closing quote (") there is more; within a quoted cell, a quote is written twice',
    INVALID_OPENING_QUOTE: 'a quote (") stands within a cell; put the whole cell in quotes, and write the quote twice',
  };
  return new UsageError(`${source}${line}: ${what[code] ?? message}. Nothing can be read beyond it.`, 'csv_malformed');
}

async function* readText(bytes: AsyncIterable<Uint8Array>, source: string): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let line = 1;
  let isFirst = true;
  for await (const chunk of bytes) {
    if (isFirst) refuseUtf16(chunk, source);
    isFirst = false;
    let text: string;
    try {
      text = decoder.decode(chunk, { stream: true });
    } catch {
      throw notUtf8(chunk, line, source);
    }
    line += text.split('\n').length - 1;
    yield text;
  }
  try {
    yield decoder.decode();
  } catch {
    throw notUtf8(new Uint8Array(), line, source);
  }
  return undefined;
}

function refuseUtf16([a, b]: Uint8Array, source: string): void {
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff))
    throw new UsageError(`${source} is in UTF-16. ${SAVE_AS}`, 'csv_encoding');
}

const SAVE_AS =
  'Save it as UTF-8: in Excel or WPS as "CSV UTF-8", or with `iconv -f GB18030 -t UTF-8 FILE` (另存为「CSV UTF-8」).';

function notUtf8(chunk: Uint8Array, line: number, source: string): UsageError {
  const [from, at] = [chunk, firstOdd(chunk)];
  const where = line + linesBefore(from, at);
  const isChinese = looksLikeGbk(chunk);
  const what = isChinese
    ? 'it looks like GBK (GB18030), in which Excel saves CSV in China'
    : 'it is in another encoding';
  return new UsageError(`${source} is not UTF-8 (line ${where}): ${what}. ${SAVE_AS}`, 'csv_encoding');
}

/** Where the first byte is that no UTF-8 has there. */
function firstOdd(bytes: Uint8Array): number {
  let [good, bad] = [0, bytes.length];
  while (good < bad) {
    const middle = Math.ceil((good + bad) / 2);
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
      good = middle;
    } catch {
      bad = middle - 1;
    }
  }
  return good;
}

const linesBefore = (bytes: Uint8Array, end: number): number =>
  bytes.subarray(0, end).reduce((count, byte) => (byte === 0x0a ? count + 1 : count), 0);

function looksLikeGbk(bytes: Uint8Array): boolean {
  try {
    // The last character of a chunk may be cut.
    const text = new TextDecoder('gb18030', { fatal: true }).decode(bytes, { stream: true });
    return /\p{Script=Han}/u.test(text);
  } catch {
    return false;
  }
}
