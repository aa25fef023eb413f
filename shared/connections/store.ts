/**
 * Connections in the operations table, their secrets in SSM.
 * # | question                      | function          | key                              | read
 * 1 | one connection                | getConnection     | pk 'connection', sk id           | strong
 * 2 | all of them, by id            | listConnections   | pk 'connection'                  | strong
 * 3 | put, if unchanged since seen  | putConnection     | likewise, condition on updatedAt | -
 * 4 | secrets that sign webhooks    | getWebhookSecrets | SSM /<prefix>/<id>/webhook       | -
 * 5 | put these                     | putWebhookSecrets | likewise, SecureString           | -
 * Asked by: 1 ingest, orders, cli · 2 cli · 3 cli · 4 ingest, cli · 5 cli.
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetParameterCommand, ParameterNotFound, PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { type DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { Conflict } from '../runtime/errors.ts';
import { Connection, type ConnectionId, WebhookSecrets } from './connection.ts';
import type { ConnectionStore, SecretStore } from './directory.ts';

const PARTITION = 'connection';

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
      const found: Connection[] = [];
      let start: Record<string, unknown> | undefined;
      do {
        const { Items = [], LastEvaluatedKey } = await client.send(
          new QueryCommand({
            TableName: table,
            KeyConditionExpression: 'pk = :pk',
            ExpressionAttributeValues: { ':pk': PARTITION },
            ConsistentRead: true,
            ExclusiveStartKey: start,
          }),
        );
        found.push(...Items.map((item) => Connection.parse(item)));
        start = LastEvaluatedKey;
      } while (start);
      return found;
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

export function ssmSecrets({ client, prefix }: { readonly client: SSMClient; readonly prefix: string }): SecretStore {
  const parameter = (id: ConnectionId) => `${prefix}/${id}/webhook`;
  return {
    async getWebhookSecrets(id) {
      try {
        const { Parameter } = await client.send(new GetParameterCommand({ Name: parameter(id), WithDecryption: true }));
        return Parameter?.Value === undefined ? undefined : WebhookSecrets.parse(JSON.parse(Parameter.Value));
      } catch (error) {
        if (error instanceof ParameterNotFound) return undefined;
        throw error;
      }
    },

    async putWebhookSecrets(id, secrets) {
      await client.send(
        new PutParameterCommand({
          Name: parameter(id),
          Value: JSON.stringify(secrets),
          Type: 'SecureString',
          Overwrite: true,
        }),
      );
    },
  };
}
