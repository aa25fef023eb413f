/** `.local/endpoints.json`: where the local deployment is. Scripts of users rely on it. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';

export const Endpoints = z.object({
  /** Base of all webhook addresses: `{webhookUrl}/webhooks/{channel}/{connection}`. */
  webhookUrl: z.string(),
  /** Base of the HTTP API: `{apiUrl}/v1/…`, `{apiUrl}/openapi.json`. */
  apiUrl: z.string().nullable(),
  /** Null until that part of the product is built. */
  consoleUrl: z.string().nullable(),
  awsEndpoint: z.string(),
  region: z.string(),
  stack: z.string(),
  /** A bearer token with all roles, for this local deployment only. */
  token: z.string().nullable(),
});
export type Endpoints = z.infer<typeof Endpoints>;

export const ROOT = path.resolve(import.meta.dirname, '..');
export const STATE_DIR = path.join(ROOT, '.local');
export const ENDPOINTS_FILE = path.join(STATE_DIR, 'endpoints.json');

export async function writeEndpoints(endpoints: Endpoints, file = ENDPOINTS_FILE): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(endpoints, null, 2)}\n`);
}

export async function readEndpoints(file = ENDPOINTS_FILE): Promise<Endpoints | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : Endpoints.parse(JSON.parse(text));
}

export const removeEndpoints = (file = ENDPOINTS_FILE): Promise<void> => rm(file, { force: true });
