/**
 * Accounts at providers: credentials as SecureString parameters, that they are there and their access tokens in tables.
 * # | question                          | function          | key                                                | read
 * 1 | what an account is opened with    | get-, put-, removeCredentials | SSM <prefix>/<provider>                | -
 * 2 | which there are                   | listProviders     | engagement, pk 'push-provider'                     | strong
 * 3 | say so, or no longer              | put-, removeProvider | likewise, sk provider                           | -
 * 4 | an access token                   | get, put          | operations, pk 'push-token', sk name; sealed       | strong
 * 5 | the right to renew it             | claim, release    | operations, pk 'push-token-claim', sk name; condition | -
 * Asked by: 1 push, api · 2, 3 api · 4, 5 push.
 */
import { randomUUID } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { Sealer } from '../../identity/seal.ts';
import type { Clock } from '../../runtime/clock.ts';
import { queryAll } from '../../runtime/dynamodb.ts';
import { Defect } from '../../runtime/errors.ts';
import { type ParameterPlace, secretParameters } from '../../runtime/secret-parameters.ts';
import { readCredentials } from '../../senders/credentials.ts';
import type { AccessToken, TokenCache } from '../../senders/token-cache.ts';
import type { Instant } from '../../time/instant.ts';
import { PROVIDERS } from '../endpoint.ts';
import type { CredentialKeeper, CredentialStore, ProviderNotes } from './account.ts';

export const PROVIDER_NOTES = 'push-provider';
export const TOKENS = 'push-token';
export const TOKEN_CLAIMS = 'push-token-claim';

interface Table {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}

export function ssmPushCredentials(place: ParameterPlace): CredentialStore & CredentialKeeper {
  const parameters = secretParameters(place);
  return {
    async getCredentials(provider) {
      const text = await parameters.getText(provider);
      if (text === undefined) return undefined;
      const read = readCredentials(provider, text);
      if (read.kind === 'credentials') return read.credentials;
      throw new Defect('credentials_unreadable', `Credentials of ${provider} are not of the form that was put.`);
    },
    putCredentials: (provider, json) => parameters.putText(provider, JSON.stringify(json)),
    removeCredentials: (provider) => parameters.removeText(provider),
  };
}

// The cast: written below, of an instant.
const NoteItem = z.object({
  provider: z.enum(PROVIDERS),
  at: z.iso.datetime().transform((at) => at as Instant),
  by: z.string(),
});

export function dynamoProviders({ client, table }: Table): ProviderNotes {
  return {
    async listProviders() {
      const items = await queryAll(client, {
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': PROVIDER_NOTES },
      });
      return items.map((item) => NoteItem.parse(item));
    },
    async putProvider(note) {
      await client.send(new PutCommand({ TableName: table, Item: { pk: PROVIDER_NOTES, sk: note.provider, ...note } }));
    },
    async removeProvider(provider) {
      await client.send(new DeleteCommand({ TableName: table, Key: { pk: PROVIDER_NOTES, sk: provider } }));
    },
  };
}

export function dynamoTokens({
  client,
  table,
  sealer,
  clock,
}: Table & { readonly sealer: Sealer; readonly clock: Clock }): TokenCache {
  return {
    async get(name) {
      const Key = { pk: TOKENS, sk: name };
      const { Item } = await client.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
      // The casts: only put seals what is read here.
      const token = Item && (sealer.open(Item.sealed as Uint8Array) as AccessToken);
      return token && token.expiresAt > clock().getTime() ? token : undefined;
    },

    async put(name, token) {
      const Item = {
        ...{ pk: TOKENS, sk: name, sealed: sealer.seal(token) },
        expiresAt: Math.ceil(token.expiresAt / 1000),
      };
      await client.send(new PutCommand({ TableName: table, Item }));
    },

    async claim(name, forMs) {
      const id = randomUUID();
      const nowMs = clock().getTime();
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: { pk: TOKEN_CLAIMS, sk: name, id, until: nowMs + forMs },
            ConditionExpression: 'attribute_not_exists(pk) OR #until <= :now',
            ExpressionAttributeNames: { '#until': 'until' },
            ExpressionAttributeValues: { ':now': nowMs },
          }),
        );
        return id;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return undefined;
      }
    },

    async release(name, claim) {
      try {
        await client.send(
          new DeleteCommand({
            TableName: table,
            Key: { pk: TOKEN_CLAIMS, sk: name },
            ConditionExpression: 'id = :claim',
            ExpressionAttributeValues: { ':claim': claim },
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}
