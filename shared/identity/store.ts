/**
 * The keys of identity in one SSM SecureString parameter. Whoever needs them first makes them; no function ever overwrites them. They
 * are kept in memory for some minutes, after which a key that was added is known everywhere, and may be made the current one.
 *
 * The linking rules in the operations table.
 * # | question                    | function    | key                                        | read
 * 1 | put a version               | putLinking  | pk 'linking-rules', sk version, ten digits | condition: not there yet
 * 2 | all, or the newest          | listLinking | pk 'linking-rules', backwards              | strong
 * Asked by: 1 cli · 2 profiles, cli.
 */
import { randomBytes } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  GetParameterCommand,
  ParameterAlreadyExists,
  ParameterNotFound,
  PutParameterCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { createCache } from '../runtime/cache.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { queryAll } from '../runtime/dynamodb.ts';
import { Conflict, Defect } from '../runtime/errors.ts';
import { instant } from '../time/instant.ts';
import type { IdentityKeys } from './contribution.ts';
import type { LinkingStore } from './linking-versions.ts';
import { LinkingRules } from './policy.ts';
import { type Sealer, sealer } from './seal.ts';

export interface Keys extends IdentityKeys {
  readonly sealer: Sealer;
}

export interface KeyStore {
  load(): Promise<Keys>;
}

const KEY_BYTES = 32;
const MAX_AGE_MS = 5 * 60_000;

/**
 * As stored: base64. A new sealing key is added under the next number and made the current one; old ones stay. A new lookup key takes
 * the place of the old one under the next number: the sweep then has every order hashed anew.
 */
const Stored = z.object({
  guest: z.base64(),
  lookup: z.object({ number: z.int().min(1), key: z.base64() }),
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
  return { guest: key(), lookup: { number: 1, key: key() }, seal: { current: 1, keys: { '1': key() } } };
}

function toKeys({ guest, lookup, seal }: Stored): Keys {
  const bytes = (base64: string) => Buffer.from(base64, 'base64');
  const keys = new Map(Object.entries(seal.keys).map(([number, key]) => [Number(number), bytes(key)]));
  const looking = { lookup: bytes(lookup.key), lookupNumber: lookup.number };
  return { guest: bytes(guest), ...looking, sealer: sealer({ current: seal.current, keys }) };
}

const PARTITION = 'linking-rules';
const VERSION_DIGITS = 10;
const LinkingItem = z.object({
  version: z.int(),
  rules: LinkingRules,
  by: z.string(),
  at: z.iso.datetime(),
  why: z.string(),
});

export function dynamoLinking({
  client,
  table,
}: {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}): LinkingStore {
  return {
    async putLinking({ version, rules, put }) {
      const key = { pk: PARTITION, sk: String(version).padStart(VERSION_DIGITS, '0') };
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: { ...key, version, rules, ...put },
            ConditionExpression: 'attribute_not_exists(pk)',
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        throw new Conflict('linking_version_taken', `Version ${version} was put by another meanwhile.`, {
          cause: error,
        });
      }
    },

    async listLinking(limit) {
      const query = {
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': PARTITION },
        ScanIndexForward: false,
      };
      return (await queryAll(client, query, limit)).slice(0, limit).map((item) => {
        const { version, rules, by, at, why } = LinkingItem.parse(item);
        return { version, rules, put: { by, at: instant(Date.parse(at)), why } };
      });
    },
  };
}
