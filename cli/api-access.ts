/** What `connect` is told of a platform's API: credentials from a file, checked by the platform's adapter, and another host. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { PlatformApi } from '../shared/channels/platform-api.ts';
import type { ApiAccess } from '../shared/connections/connect.ts';
import { CliError, UsageError } from './errors.ts';
import type { World } from './world.ts';

export interface ApiOptions {
  readonly apiBase?: string;
  readonly credentialsFile?: string;
}

export interface ReadAccess {
  readonly access: ApiAccess;
  /** The shop's id at the platform, where the credentials name it. */
  readonly shop?: string;
  /** A host that is none of the platform's, which only some deployments may call. */
  readonly foreignBase?: string;
}

/** Undefined if neither option was given. */
export async function readApiAccess(
  channel: string,
  { apiBase, credentialsFile }: ApiOptions,
  world: Pick<World, 'adapters' | 'cwd' | 'readStdin'>,
): Promise<ReadAccess | undefined> {
  const given = [apiBase !== undefined && '--api-base', credentialsFile !== undefined && '--credentials-file'];
  if (given.every((option) => option === false)) return undefined;
  const api = (await world.adapters.find(channel))?.api;
  if (!api) {
    throw new UsageError(
      `${given.filter(Boolean).join(' and ')}: this version does not call the API of ${channel}, its webhooks say all that is used. Leave it out.`,
      'api_not_called',
    );
  }
  const base = apiBase === undefined ? undefined : readBase(apiBase);
  const opened =
    credentialsFile === undefined ? undefined : await readCredentials(api, channel, credentialsFile, world);
  const isForeign = base !== undefined && !api.hosts.includes(base);
  return {
    access: {
      ...(opened && { credentials: opened.credentials }),
      ...(base !== undefined && { base: { url: base === api.hosts[0] ? undefined : base } }),
    },
    ...(opened?.shop !== undefined && { shop: opened.shop }),
    ...(isForeign && { foreignBase: base }),
  };
}

function readBase(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isBase = url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.username;
  if (isBase) return url.origin;
  throw new UsageError(
    `${text} is no base of an API. Give scheme and host only: https://api.example.com.`,
    'api_base_invalid',
  );
}

async function readCredentials(
  api: PlatformApi,
  channel: string,
  file: string,
  { cwd, readStdin }: Pick<World, 'cwd' | 'readStdin'>,
): Promise<{ readonly credentials: unknown; readonly shop?: string }> {
  const text = file === '-' ? await readStdin() : await readCredentialsFile(path.resolve(cwd, file));
  let credentials: unknown;
  try {
    credentials = JSON.parse(text);
  } catch {
    throw new UsageError(`${file} is no JSON. ${form(channel)}`, 'credentials_invalid');
  }
  const account = api.open(credentials);
  if ('kind' in account) {
    throw new UsageError(`${file}: ${account.problems.join('; ')}. ${form(channel)}`, 'credentials_invalid');
  }
  return { credentials, ...(account.shop !== undefined && { shop: account.shop }) };
}

const form = (channel: string) => `shared/channels/${channel}/README.md lists the fields.`;

async function readCredentialsFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CliError('credentials_file_unreadable', `The credentials file ${file} could not be read.`, {
      cause: error,
    });
  }
}
