/**
 * What all profiles were derived by, and how far a run of it has come, in the operations table.
 * # | question                            | function      | key                               | read
 * 1 | by what were they derived last      | getDerivation | pk 'derivation', sk 'state'       | strong
 * 2 | put it, if unchanged                | putDerivation | likewise, condition on revision   | -
 * 3 | how far has a run come              | putProgress, listProgress | pk 'derivation#'+run, sk part | strong
 * 4 | which profiles has it on their way  | putPending, removePending, hasPending | pk 'derivation-pending#'+run, sk group | strong
 * Asked by: 1–4 profiles · 1, 3 api, cli.
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { onRevision, queryAll } from '../runtime/dynamodb.ts';
import { Conflict } from '../runtime/errors.ts';
import type { Instant } from '../time/instant.ts';
import type { Derivation, DerivationStore } from './sweep.ts';

const STATE = { pk: 'derivation', sk: 'state' };
const KEPT_SECONDS = 30 * 24 * 60 * 60;

// The casts: written below, of instants.
const At = z.iso.datetime().transform((at) => at as Instant);
const DerivationItem = z.object({
  revision: z.int(),
  policy: z.int(),
  model: z.string(),
  rates: z.int(),
  keys: z.int().exactOptional(),
  linking: z.int().exactOptional(),
  segments: z.int().exactOptional(),
  run: z.string().exactOptional(),
  startedAt: At.exactOptional(),
  beginsAt: At.exactOptional(),
  finished: z.object({ run: z.string(), at: At, segments: z.int() }).exactOptional(),
});
const ProgressItem = z.object({
  part: z.int(),
  seen: z.int(),
  step: z.int().exactOptional(),
  finishedAt: At.exactOptional(),
});

export function dynamoDerivations({
  client,
  table,
}: {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}): DerivationStore {
  return {
    async getDerivation(): Promise<Derivation | undefined> {
      const { Item } = await client.send(new GetCommand({ TableName: table, Key: STATE, ConsistentRead: true }));
      return Item && DerivationItem.parse(Item);
    },

    async putDerivation(derivation) {
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: { ...STATE, ...derivation },
            ...onRevision(derivation.revision - 1),
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        throw new Conflict('derivation_changed', 'Another sweep was first.', { cause: error });
      }
    },

    async putProgress(run, progress) {
      const key = { pk: `derivation#${run}`, sk: String(progress.part).padStart(3, '0') };
      await client.send(new PutCommand({ TableName: table, Item: { ...key, ...progress, expiresAt: expiry() } }));
    },

    async listProgress(run) {
      const items = await queryAll(client, {
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': `derivation#${run}` },
      });
      return items.map((item) => ProgressItem.parse(item));
    },

    async putPending(run, group) {
      await client.send(new PutCommand({ TableName: table, Item: { ...pendingKey(run, group), expiresAt: expiry() } }));
    },

    async removePending(run, group) {
      await client.send(new DeleteCommand({ TableName: table, Key: pendingKey(run, group) }));
    },

    async hasPending(run) {
      const [one] = await queryAll(
        client,
        {
          TableName: table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': `derivation-pending#${run}` },
        },
        1,
      );
      return one !== undefined;
    },
  };
}

const pendingKey = (run: string, group: string) => ({ pk: `derivation-pending#${run}`, sk: group });
const expiry = (): number => Math.floor(Date.now() / 1000) + KEPT_SECONDS;
