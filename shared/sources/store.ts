/**
 * Sources in the operations table, their server keys in SSM.
 * # | question                       | function        | key                             | read
 * 1 | one source                     | getSource       | pk 'source', sk id              | strong
 * 2 | all of them, by id             | listSources     | pk 'source'                     | strong
 * 3 | put or remove it, if unchanged | put-, removeSource | likewise, condition on revision | -
 * 4 | the keys that sign for it      | get-, put-, removeServerKeys | SSM <prefix>/<id>, SecureString | -
 * Asked by: 1, 3 api · 2 collect, api · 4 collect (read), api.
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
// zod/mini, as collect bundles this: a fifth of the size of zod.
import * as z from 'zod/mini';
import { onRevision, queryAll } from '../runtime/dynamodb.ts';
import { Conflict, Defect } from '../runtime/errors.ts';
import { type ParameterPlace, secretParameters } from '../runtime/secret-parameters.ts';
import type { Instant } from '../time/instant.ts';
import { SERVER_KEY_PREFIX } from './keys.ts';
import { type ServerKeyStore, type ServerKeys, SOURCE_KINDS, type Source, type SourceStore } from './source.ts';

export const SOURCES = 'source';

// The casts: written below, of instants.
const At = z.pipe(
  z.iso.datetime(),
  z.transform((at) => at as Instant),
);
const Old = z.object({ key: z.string(), until: At });

const SourceItem = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(SOURCE_KINDS),
  zone: z.exactOptional(z.string()),
  currency: z.exactOptional(z.string()),
  region: z.exactOptional(z.string()),
  writeKey: z.string(),
  previousWriteKey: z.exactOptional(Old),
  serverKeyHash: z.string(),
  previousServerKeyHash: z.exactOptional(Old),
  revision: z.int(),
  createdAt: At,
  by: z.string(),
  disabledAt: z.exactOptional(At),
});

export function dynamoSources({
  client,
  table,
}: {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}): SourceStore {
  const keyOf = (id: string) => ({ pk: SOURCES, sk: id });
  const read = (item: unknown): Source => z.parse(SourceItem, item);
  return {
    async getSource(id) {
      const { Item } = await client.send(new GetCommand({ TableName: table, Key: keyOf(id), ConsistentRead: true }));
      return Item && read(Item);
    },

    async listSources() {
      const items = await queryAll(client, {
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': SOURCES },
      });
      return items.map(read);
    },

    async putSource(source) {
      const { id, revision } = source;
      const Item = { ...keyOf(id), ...source };
      await unlessChanged(id, () =>
        client.send(new PutCommand({ TableName: table, Item, ...onRevision(revision - 1) })),
      );
    },

    async removeSource(id, revision) {
      await unlessChanged(id, () =>
        client.send(new DeleteCommand({ TableName: table, Key: keyOf(id), ...onRevision(revision) })),
      );
    },
  };
}

async function unlessChanged(id: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    throw new Conflict('source_changed', `Source ${id} was changed meanwhile. Look again.`, { cause: error });
  }
}

const Key = z.string().check(z.startsWith(SERVER_KEY_PREFIX));
const StoredKeys = z.object({ current: Key, previous: z.exactOptional(z.object({ key: Key, until: At })) });

export function ssmServerKeys(place: ParameterPlace): ServerKeyStore {
  const parameters = secretParameters(place);
  return {
    async getServerKeys(source) {
      const text = await parameters.getText(source);
      return text === undefined ? undefined : readKeys(source, text);
    },
    putServerKeys: (source, keys) => parameters.putText(source, JSON.stringify(keys)),
    removeServerKeys: (source) => parameters.removeText(source),
  };
}

function readKeys(source: string, text: string): ServerKeys {
  try {
    return z.parse(StoredKeys, JSON.parse(text));
  } catch {
    // Not the cause: a parser's message may quote what it read.
    throw new Defect('server_keys_malformed', `The parameter of source ${source} does not hold its keys.`);
  }
}
