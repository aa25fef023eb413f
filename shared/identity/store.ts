/**
 * The keys of identity in one SSM SecureString parameter. Whoever needs them first makes them; no function ever overwrites them. They
 * are kept in memory for some minutes, after which a key that was added is known everywhere, and may be made the current one.
 */
import { randomBytes } from 'node:crypto';
import {
  GetParameterCommand,
  ParameterAlreadyExists,
  ParameterNotFound,
  PutParameterCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import * as z from 'zod';
import { createCache } from '../runtime/cache.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { Defect } from '../runtime/errors.ts';
import type { IdentityKeys } from './contribution.ts';
import { type Sealer, sealer } from './seal.ts';

export interface Keys extends IdentityKeys {
  readonly sealer: Sealer;
}

export interface KeyStore {
  load(): Promise<Keys>;
}

const KEY_BYTES = 32;
const MAX_AGE_MS = 5 * 60_000;

/** As stored: base64. A new sealing key is added under the next number and made the current one; old ones stay. */
const Stored = z.object({
  guest: z.base64(),
  lookup: z.base64(),
  seal: z.object({ current: z.int().min(1).max(255), keys: z.record(z.string().regex(/^\d{1,3}$/), z.base64()) }),
});
type Stored = z.infer<typeof Stored>;

export function ssmKeys({
  client,
  name,
  clock = systemClock,
}: {
  readonly client: SSMClient;
  readonly name: string;
  readonly clock?: Clock;
}): KeyStore {
  async function get(): Promise<Stored | undefined> {
    try {
      const { Parameter } = await client.send(new GetParameterCommand({ Name: name, WithDecryption: true }));
      return Stored.parse(JSON.parse(Parameter?.Value ?? ''));
    } catch (error) {
      if (error instanceof ParameterNotFound) return undefined;
      // Not the cause: a parser's message may quote what it read.
      if (error instanceof SyntaxError || error instanceof z.ZodError)
        throw new Defect('identity_keys_malformed', `Parameter ${name} does not hold the keys of identity.`);
      throw error;
    }
  }

  async function make(): Promise<Stored> {
    try {
      await client.send(
        new PutParameterCommand({
          Name: name,
          Value: JSON.stringify(newKeys()),
          Type: 'SecureString',
          Overwrite: false,
        }),
      );
    } catch (error) {
      // Another was first: theirs are the keys.
      if (!(error instanceof ParameterAlreadyExists)) throw error;
    }
    const made = await get();
    if (!made) throw new Defect('identity_keys_missing', `Parameter ${name} was put, and is not there.`);
    return made;
  }

  // Under one name, as there is one parameter.
  const cache = createCache({
    load: async () => toKeys((await get()) ?? (await make())),
    clock,
    maxAgeMs: MAX_AGE_MS,
    maxEntries: 1,
  });
  return {
    async load() {
      const keys = await cache.get(name);
      if (!keys) throw new Defect('identity_keys_missing', `There are no keys in ${name}.`);
      return keys;
    },
  };
}

function newKeys(): Stored {
  const key = () => randomBytes(KEY_BYTES).toString('base64');
  return { guest: key(), lookup: key(), seal: { current: 1, keys: { '1': key() } } };
}

function toKeys({ guest, lookup, seal }: Stored): Keys {
  const bytes = (base64: string) => Buffer.from(base64, 'base64');
  const keys = new Map(Object.entries(seal.keys).map(([number, key]) => [Number(number), bytes(key)]));
  return { guest: bytes(guest), lookup: bytes(lookup), sealer: sealer({ current: seal.current, keys }) };
}
