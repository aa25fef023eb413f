/**
 * Recorded cases: `test/channels/<channel>/<case>/`, data only.
 *
 *     request.json   method, path, query, headers as sent (signature included), receivedAt, secret; `connection` settings if any
 *                    matter; `nextSecret` where the secret has a form that `<secret>-next` has not
 *     body.json      the exact bytes              (several messages: 01-request.json, 01-body.json, 02-…)
 *     answer.json    instead of a request, for what was fetched from the platform's API: subject, fetchedAt
 *     expected.json  the order at the end         (or refused.json: code, path, expected · or ignored.json: code)
 *     signals.json   what the messages ask to be fetched, message by message; where they ask for anything
 *     case.md        what happened in the shop; where the sample comes from; what is invented
 *
 * A case whose messages are all another shop's has no expectation: nothing of it is this shop's.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { HttpRequest } from '../../shared/channels/adapter.ts';
import { ConnectionSettings } from '../../shared/connections/connection.ts';

const HERE = import.meta.dirname;

const RequestFile = z.strictObject({
  method: z.string(),
  path: z.string(),
  query: z.string(),
  headers: z.record(z.string(), z.string()),
  receivedAt: z.iso.datetime(),
  secret: z.string().min(1),
  nextSecret: z.string().min(1).optional(),
  connection: z
    .strictObject({
      currency: z.string().optional(),
      timezone: z.string().optional(),
      region: z.string().optional(),
      shop: z.string().optional(),
    })
    .optional(),
});

const AnswerFile = z.strictObject({
  subject: z.string().min(1),
  fetchedAt: z.iso.datetime(),
  connection: RequestFile.shape.connection,
});

const Refused = z.strictObject({ code: z.string(), path: z.string(), expected: z.string() });
const Ignored = z.strictObject({ code: z.string() });
/** What the files of a case say of it, or what came out, by the same names. */
export const Expectations = z.strictObject({
  expected: z.unknown().optional(),
  refused: Refused.optional(),
  ignored: Ignored.optional(),
  signals: z.unknown().optional(),
});
export type Expectations = z.infer<typeof Expectations>;

export interface Message {
  readonly file: string;
  readonly request: HttpRequest;
  readonly receivedAt: Date;
  readonly secret: string;
  /** One of the same form. */
  readonly nextSecret: string;
}

/** What was fetched from the platform's API. */
export interface Answer {
  readonly file: string;
  readonly subject: string;
  readonly fetchedAt: Date;
  readonly body: Uint8Array;
}

export interface CasePlace {
  readonly channel: string;
  readonly name: string;
  readonly folder: string;
}

export interface Case extends CasePlace {
  readonly connection: ConnectionSettings;
  /** Webhooks and answers, in the order in which they came. */
  readonly arrivals: readonly (Message | Answer)[];
  /** The webhooks among them. */
  readonly messages: readonly Message[];
}

export function listCases(): CasePlace[] {
  return folders(HERE).flatMap((channel) =>
    folders(join(HERE, channel)).map((name) => ({ channel, name, folder: join(HERE, channel, name) })),
  );
}

/** @throws Error that names the file which is not as it should be */
export function loadCase({ channel, name, folder }: CasePlace): Case {
  const files = readdirSync(folder)
    .filter((file) => /^(\d\d-)?(request|answer)\.json$/.test(file))
    .sort();
  if (files.length === 0) throw new Error(`${folder} holds no request.json, 01-request.json or answer.json.`);
  let settings: z.infer<typeof RequestFile>['connection'];
  const arrivals = files.map((file): Message | Answer => {
    const body = new Uint8Array(readFileSync(join(folder, file.replace(/request|answer/, 'body'))));
    if (file.endsWith('answer.json')) {
      const { subject, fetchedAt, connection } = readAs(AnswerFile, join(folder, file));
      settings ??= connection;
      return { file, subject, fetchedAt: new Date(fetchedAt), body };
    }
    const read = readAs(RequestFile, join(folder, file));
    settings ??= read.connection;
    const { method, path, query, headers, receivedAt, secret, nextSecret = `${secret}-next` } = read;
    const request = { method, url: `https://hooks.example.com${path}`, query, headers, body };
    return { file, request, receivedAt: new Date(receivedAt), secret, nextSecret };
  });
  const connection = ConnectionSettings.parse({
    id: 'demo',
    channel,
    type: 'direct',
    settingsRevision: 0,
    ...settings,
  });
  return { channel, name, folder, connection, arrivals, messages: arrivals.filter(isMessage) };
}

export const isMessage = (arrival: Message | Answer): arrival is Message => 'request' in arrival;

const KINDS = ['expected', 'refused', 'ignored', 'signals'] as const;

export function readExpectations(folder: string): Expectations {
  const there = KINDS.filter((kind) => existsSync(fileOf(folder, kind)));
  const read = there.map((kind) => [kind, readJson(fileOf(folder, kind))]);
  return parseAs(Expectations, Object.fromEntries(read), folder);
}

/** Writes what is to be expected from now on. A case does not change from one kind to another by itself. */
export function writeExpectations(folder: string, expectations: Expectations): void {
  const gone = KINDS.find((kind) => expectations[kind] === undefined && existsSync(fileOf(folder, kind)));
  if (gone) {
    const now = KINDS.filter((kind) => expectations[kind] !== undefined);
    const said = now.map((kind) => `${kind}: ${JSON.stringify(expectations[kind])}`).join(', ') || 'nothing';
    throw new Error(
      `${fileOf(folder, gone)} was expected, and now the case says ${said}. If that is right, delete it.`,
    );
  }
  for (const kind of KINDS) {
    if (expectations[kind] !== undefined) writeJson(fileOf(folder, kind), expectations[kind]);
  }
}

const fileOf = (folder: string, kind: (typeof KINDS)[number]) => join(folder, `${kind}.json`);

/** Puts the headers of `request` into its file: how a case gets its signature. */
export function writeHeaders(folder: string, { file }: Message, headers: HttpRequest['headers']): void {
  const path = join(folder, file);
  // Spread over what is there, so that nothing that was written by hand is lost.
  writeJson(path, { ...z.looseObject({}).parse(readJson(path)), headers });
}

function parseAs<T>(schema: z.ZodType<T>, input: unknown, path: string): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new Error(`${path} is not as cases.ts says:\n${z.prettifyError(parsed.error)}`);
}

const readAs = <T>(schema: z.ZodType<T>, path: string): T => parseAs(schema, readJson(path), path);

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`${path} is no JSON.`, { cause: error });
  }
}
const writeJson = (path: string, value: unknown) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
const folders = (path: string) =>
  readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
