/**
 * Recorded cases: `test/channels/<channel>/<case>/`, data only.
 *
 *     request.json   method, path, query, headers as sent (signature included), receivedAt, secret; `connection` settings if any matter
 *     body.json      the exact bytes              (several messages: 01-request.json, 01-body.json, 02-…)
 *     answer.json    instead of a request, for what was fetched from the platform's API: subject, fetchedAt
 *     expected.json  the order at the end         (or refused.json: code, path, expected · or ignored.json: code)
 *     signals.json   what the messages ask to be fetched, message by message; where they ask for anything
 *     case.md        what happened in the shop; where the sample comes from; what is invented
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

export const Refused = z.strictObject({ code: z.string(), path: z.string(), expected: z.string() });
export const IgnoredAs = z.strictObject({ code: z.string() });

export interface Message {
  readonly file: string;
  readonly request: HttpRequest;
  readonly receivedAt: Date;
  readonly secret: string;
}

/** What was fetched from the platform's API. */
export interface Answer {
  readonly file: string;
  readonly subject: string;
  readonly fetchedAt: Date;
  readonly body: Uint8Array;
}

export interface Case {
  readonly channel: string;
  readonly name: string;
  readonly folder: string;
  readonly connection: ConnectionSettings;
  /** Webhooks and answers, in the order in which they came. */
  readonly arrivals: readonly (Message | Answer)[];
  /** The webhooks among them. */
  readonly messages: readonly Message[];
}

export function loadCases(): Case[] {
  return folders(HERE).flatMap((channel) => folders(join(HERE, channel)).map((name) => loadCase(channel, name)));
}

function loadCase(channel: string, name: string): Case {
  const folder = join(HERE, channel, name);
  const files = readdirSync(folder)
    .filter((file) => /^(\d\d-)?(request|answer)\.json$/.test(file))
    .sort();
  let settings: z.infer<typeof RequestFile>['connection'];
  const arrivals = files.map((file): Message | Answer => {
    const body = new Uint8Array(readFileSync(join(folder, file.replace(/request|answer/, 'body'))));
    if (file.endsWith('answer.json')) {
      const { subject, fetchedAt, connection } = AnswerFile.parse(readJson(join(folder, file)));
      settings ??= connection;
      return { file, subject, fetchedAt: new Date(fetchedAt), body };
    }
    const read = RequestFile.parse(readJson(join(folder, file)));
    settings ??= read.connection;
    const { method, path, query, headers, receivedAt, secret } = read;
    const request = { method, url: `https://hooks.example.com${path}`, query, headers, body };
    return { file, request, receivedAt: new Date(receivedAt), secret };
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

/** The expectation of a case, or undefined if it has none of this kind. */
export function readExpectation(folder: string, kind: 'expected' | 'refused' | 'ignored' | 'signals'): unknown {
  const file = join(folder, `${kind}.json`);
  return existsSync(file) ? readJson(file) : undefined;
}

export function writeExpectation(folder: string, kind: string, value: unknown): void {
  writeJson(join(folder, `${kind}.json`), value);
}

/** Puts the headers of `request` into its file: how a case gets its signature. */
export function writeHeaders(folder: string, { file }: Message, headers: HttpRequest['headers']): void {
  const path = join(folder, file);
  // Spread over what is there, so that nothing that was written by hand is lost.
  writeJson(path, { ...z.looseObject({}).parse(readJson(path)), headers });
}

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const writeJson = (path: string, value: unknown) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
const folders = (path: string) =>
  readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
