/** Where a webhook secret comes from: a file, stdin, the command line, or the person at the terminal. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { CliError, UsageError } from './errors.ts';
import type { World } from './world.ts';

export interface SecretOptions {
  readonly secret?: string;
  readonly secretFile?: string;
}

/** The secret that was given, if one was. */
export async function givenSecret(
  { secret, secretFile }: SecretOptions,
  world: Pick<World, 'cwd' | 'readStdin'>,
): Promise<string | undefined> {
  if (secret !== undefined && secretFile !== undefined) {
    throw new UsageError('Give either --secret or --secret-file, not both.', 'secret_twice');
  }
  if (secret !== undefined) return checked(secret, '--secret');
  if (secretFile === undefined) return undefined;
  if (secretFile === '-') return checked(withoutLineEnd(await world.readStdin()), 'stdin');
  return checked(withoutLineEnd(await readSecretFile(path.resolve(world.cwd, secretFile))), secretFile);
}

async function readSecretFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CliError('secret_file_unreadable', `The secret file ${file} could not be read.`, { cause: error });
  }
}

/** The secret of a connection that has none yet: asked for where somebody can answer. */
export async function askForSecret(channel: string, world: Pick<World, 'askSecret'>): Promise<string> {
  if (!world.askSecret) {
    throw new UsageError(
      'A new connection needs the secret that the platform signs with: --secret-file FILE, or --secret-file - to read it from stdin.',
      'secret_missing',
    );
  }
  const given = await world.askSecret(`The secret that ${channel} signs webhooks with`);
  if (given === undefined) throw new UsageError('No secret was given, so nothing was changed.', 'secret_missing');
  return checked(given.trim(), 'the answer');
}

/** Editors and `echo` end a file with a line end that is no part of the secret. */
const withoutLineEnd = (text: string): string => text.replace(/\r?\n$/, '');

function checked(secret: string, from: string): string {
  if (secret === '') throw new UsageError(`The secret from ${from} is empty.`, 'secret_empty');
  if (/[\r\n]/.test(secret)) throw new UsageError(`The secret from ${from} has more than one line.`, 'secret_invalid');
  if (secret !== secret.trim()) {
    throw new UsageError(`The secret from ${from} begins or ends with a space. Remove it.`, 'secret_invalid');
  }
  return secret;
}
