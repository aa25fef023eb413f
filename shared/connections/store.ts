/**
 * Connections in the operations table, their secrets in SSM.
 * # | question                      | function          | key                              | read
 * 1 | one connection                | getConnection     | pk 'connection', sk id           | strong
 * 2 | all of them, by id            | listConnections   | pk 'connection'                  | strong
 * 3 | put, if unchanged since seen  | putConnection     | likewise, condition on updatedAt | -
 * 4 | secrets that sign webhooks    | getWebhookSecrets | SSM /<prefix>/<id>/webhook       | -
 * 5 | put these                     | putWebhookSecrets | likewise, SecureString           | -
 * 6 | what a person gave for the API | get-, putCredentials | SSM /<prefix>/<id>/credentials | -
 * 7 | tokens had in exchange        | get-, putTokens   | SSM /<prefix>/<id>/tokens        | -
 * 8 | when it was last heard of     | put…, listHealth | pk 'health', sk id               | eventual
 * Asked by: 1 ingest, orders, hydrate, cli · 2 hydrate (sweep), cli · 3 cli · 4 ingest, cli · 5 cli · 6 hydrate, cli · 7 hydrate · 8 orders, cli.
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetParameterCommand, ParameterNotFound, PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { type DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { queryAll } from '../runtime/dynamodb.ts';
import { Conflict } from '../runtime/errors.ts';
import { Connection, type ConnectionId, StoredTokens, WebhookSecrets } from './connection.ts';
import type { ConnectionStore, SecretStore } from './directory.ts';
import type { HealthStore } from './health.ts';

const PARTITION = 'connection';
const HEALTH = 'health';

/** Parameters of their own, as each function may read only the kind that it needs. */
export type SecretKind = 'webhook' | 'credentials' | 'tokens';

export function dynamoConnections({
  client,
  table,
}: {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}): ConnectionStore {
  return {
    async getConnection(id) {
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: { pk: PARTITION, sk: id }, ConsistentRead: true }),
      );
      return Item && Connection.parse(Item);
    },

    async listConnections() {
      const items = await queryAll(client, {
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': PARTITION },
      });
      return items.map((item) => Connection.parse(item));
    },

    async putConnection(connection, seen) {
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: { pk: PARTITION, sk: connection.id, ...connection },
            ...(seen
              ? { ConditionExpression: 'updatedAt = :seen', ExpressionAttributeValues: { ':seen': seen.updatedAt } }
              : { ConditionExpression: 'attribute_not_exists(pk)' }),
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        throw new Conflict('connection_changed', `Connection ${connection.id} was changed meanwhile. Try again.`, {
          cause: error,
        });
      }
    },
  };
}

export function dynamoHealth({
  client,
  table,
}: {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}): HealthStore {
  return {
    async putLastWebhook(connection, receivedAt) {
      try {
        await client.send(
          new UpdateCommand({
            TableName: table,
            Key: { pk: HEALTH, sk: connection },
            UpdateExpression: 'SET lastWebhookAt = :at',
            ConditionExpression: 'attribute_not_exists(lastWebhookAt) OR lastWebhookAt < :at',
            ExpressionAttributeValues: { ':at': receivedAt },
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },

    async putUnconnectedShop(connection, shop, receivedAt) {
      await client.send(
        new UpdateCommand({
          TableName: table,
          Key: { pk: HEALTH, sk: connection },
          UpdateExpression: 'SET unconnectedShop = :told',
          ExpressionAttributeValues: { ':told': { shop, at: receivedAt } },
        }),
      );
    },

    async listHealth() {
      const items = await queryAll(client, {
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': HEALTH },
        ConsistentRead: false,
      });
      return new Map(items.map((item) => [String(item.sk), HeardOf.parse(item)]));
    },
  };
}

/** As written above; keys are left out. */
const HeardOf = z.object({
  lastWebhookAt: z.string().optional(),
  unconnectedShop: z.object({ shop: z.string(), at: z.string() }).optional(),
});

export function ssmSecrets({ client, prefix }: { readonly client: SSMClient; readonly prefix: string }): SecretStore {
  async function get(id: ConnectionId, kind: SecretKind) {
    try {
      const { Parameter } = await client.send(
        new GetParameterCommand({ Name: `${prefix}/${id}/${kind}`, WithDecryption: true }),
      );
      return Parameter?.Value === undefined
        ? undefined
        : { value: JSON.parse(Parameter.Value), version: Parameter.Version ?? 0 };
    } catch (error) {
      if (error instanceof ParameterNotFound) return undefined;
      throw error;
    }
  }

  async function put(id: ConnectionId, kind: SecretKind, value: unknown): Promise<void> {
    await client.send(
      new PutParameterCommand({
        Name: `${prefix}/${id}/${kind}`,
        Value: JSON.stringify(value),
        Type: 'SecureString',
        Overwrite: true,
      }),
    );
  }

  return {
    async getWebhookSecrets(id) {
      const found = await get(id, 'webhook');
      return found && WebhookSecrets.parse(found.value);
    },
    putWebhookSecrets: (id, secrets) => put(id, 'webhook', secrets),
    async getCredentials(id) {
      const found = await get(id, 'credentials');
      return found && { given: found.value, version: found.version };
    },
    putCredentials: (id, given) => put(id, 'credentials', given),
    async getTokens(id) {
      const found = await get(id, 'tokens');
      return found && StoredTokens.parse(found.value);
    },
    putTokens: (id, tokens) => put(id, 'tokens', tokens),
  };
}
