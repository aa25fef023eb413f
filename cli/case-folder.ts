/**
 * A recorded case: `request.json` beside `body.<any extension>`, or several of them, `01-request.json` beside
 * `01-body.json` and so on, in the order of their names. Bodies are the exact bytes.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { REPOSITORY } from './deployment.ts';
import { CliError, UsageError } from './errors.ts';

/** Only what playing it needs: its address and its secret are those of the connection. */
const RecordedRequest = z.object({
  method: z.string().default('POST'),
  query: z.string().default(''),
  headers: z.record(z.string(), z.string()).default({}),
});

export interface CaseRequest extends z.infer<typeof RecordedRequest> {
  /** `request.json`, `01-request.json`. */
  readonly file: string;
  readonly body: Uint8Array;
}

const REQUEST_FILE = /^(?:(.+)-)?request\.json$/;
const FORM = 'A case has request.json and body.json, or 01-request.json and 01-body.json and so on';

/** `folder` as given, or the name of one of the channel's cases in this repository. */
export async function readCase(channel: string, folder: string, cwd: string): Promise<CaseRequest[]> {
  const places = [path.resolve(cwd, folder), path.join(REPOSITORY, 'test', 'channels', channel, folder)];
  for (const place of places) {
    const names = await readdir(place).catch(() => undefined);
    if (names) return readRequests(place, names);
  }
  throw new CliError('case_not_found', `There is no case folder ${folder}. Looked at ${places.join(' and ')}.`);
}

async function readRequests(folder: string, names: readonly string[]): Promise<CaseRequest[]> {
  const files = names.filter((name) => REQUEST_FILE.test(name)).sort();
  if (files.length === 0) throw new UsageError(`${folder} holds no request. ${FORM}.`, 'case_invalid');
  return Promise.all(files.map((file) => readRequest(folder, file, names)));
}

async function readRequest(folder: string, file: string, names: readonly string[]): Promise<CaseRequest> {
  const prefix = REQUEST_FILE.exec(file)?.[1];
  const start = prefix === undefined ? 'body.' : `${prefix}-body.`;
  const [bodyFile, second] = names.filter((name) => name.startsWith(start));
  if (bodyFile === undefined || second !== undefined) {
    throw new UsageError(`${folder} needs one file ${start}… for ${file}. ${FORM}.`, 'case_invalid');
  }
  const recorded = parseRequest(await readFile(path.join(folder, file), 'utf8'), path.join(folder, file));
  return { ...recorded, file, body: await readFile(path.join(folder, bodyFile)) };
}

function parseRequest(text: string, file: string): z.infer<typeof RecordedRequest> {
  try {
    return RecordedRequest.parse(JSON.parse(text));
  } catch (error) {
    const message = `${file} is no recorded request: { "method", "query", "headers" }, headers and query as text.`;
    throw new UsageError(error instanceof Error ? message : String(error), 'case_invalid');
  }
}
