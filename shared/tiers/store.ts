/**
 * Tier policies and the models behind predictions, in the operations table.
 * # | question                         | function     | key                                      | read
 * 1 | put a version of the policy      | putPolicy    | pk 'tier-policy', sk version, ten digits | condition: not there yet
 * 2 | all versions, or the newest      | listPolicies | pk 'tier-policy', backwards              | strong
 * 3 | put a model                      | putModel     | pk 'clv-model', sk fittedAt#version      | -
 * 4 | the model fitted last            | latestModel  | pk 'clv-model', backwards, one           | strong
 * 5 | all models, fitted last first    | listModels   | pk 'clv-model', backwards                | strong
 * Asked by: 1 population, cli · 2 profiles, population, cli · 3 population · 4 profiles, population · 5 nobody but tests, as yet.
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { queryAll } from '../runtime/dynamodb.ts';
import { Conflict } from '../runtime/errors.ts';
import { instant } from '../time/instant.ts';
import { Model } from './clv/model.ts';
import type { ModelStore } from './clv/model-store.ts';
import { Policy } from './policy.ts';
import type { PolicyStore, StoredPolicy } from './policy-store.ts';

export const POLICIES = 'tier-policy';
const MODELS = 'clv-model';
const VERSION_DIGITS = 10;

interface Place {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}

/** The policy is read as strictly as it was put: one that today's rules could not mean must not decide anything. */
const PolicyItem = z.object({ policy: Policy, by: z.string(), at: z.iso.datetime(), why: z.string().optional() });

export function dynamoPolicies({ client, table }: Place): PolicyStore {
  return {
    async putPolicy({ policy, by, at, why }) {
      const { version } = policy;
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: { pk: POLICIES, sk: String(version).padStart(VERSION_DIGITS, '0'), version, policy, by, at, why },
            ConditionExpression: 'attribute_not_exists(pk)',
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        throw versionTaken(version, error);
      }
    },

    listPolicies: async (limit) =>
      (await newestFirst({ client, table }, POLICIES, limit)).map((item): StoredPolicy => {
        const { at, why, ...stored } = PolicyItem.parse(item);
        return { ...stored, at: instant(Date.parse(at)), ...(why !== undefined && { why }) };
      }),
  };
}

export function dynamoModels({ client, table }: Place): ModelStore {
  const read = async (limit?: number) =>
    (await newestFirst({ client, table }, MODELS, limit)).map((item) => Model.parse(item.model));
  return {
    async putModel(model) {
      // One form of time, so that they sort by it.
      const sk = `${instant(Date.parse(model.fittedAt))}#${model.version}`;
      await client.send(new PutCommand({ TableName: table, Item: { pk: MODELS, sk, model } }));
    },
    latestModel: async () => (await read(1))[0],
    listModels: () => read(),
  };
}

const versionTaken = (version: number, cause: unknown): Conflict =>
  new Conflict('policy_version_taken', `Version ${version} of the tier policy was put by another meanwhile.`, {
    cause,
  });

/** Sort keys as they are made here sort by version, or by time. */
async function newestFirst(
  { client, table }: Place,
  partition: string,
  limit?: number,
): Promise<Record<string, unknown>[]> {
  const query = {
    TableName: table,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': partition },
    ScanIndexForward: false,
  };
  return (await queryAll(client, query, limit)).slice(0, limit);
}
