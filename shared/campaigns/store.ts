/**
 * Campaigns in the engagement table.
 * # | question                          | function        | key                                      | read
 * 1 | the newest version of all         | listCampaigns   | pk 'campaigns'                           | strong
 * 2 | the newest version of one         | getCampaign     | pk 'campaigns', sk id                    | strong
 * 3 | all versions of one, newest first | listVersions    | pk 'campaign-versions#'+id, sk version   | strong
 * 4 | put a version                     | putCampaign     | 2 and 3, a transaction                   | -
 * 5 | the push policy                   | getPushPolicy   | pk 'push-policy', sk 'now'               | strong
 * 6 | put a version of it               | putPushPolicy   | 5, and sk version                        | -
 * Asked by: 1 publish, push, recommend, behaviour, attribute, api · 2 push, api · 3 attribute, api · 4, 6 api · 5 push, attribute, api.
 */
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { onRevision, queryAll } from '../runtime/dynamodb.ts';
import { Conflict } from '../runtime/errors.ts';
import type { Instant } from '../time/instant.ts';
import { type Campaign, CampaignDefinition } from './campaign.ts';
import type { CampaignStore } from './campaign-store.ts';
import { PushPolicy } from './push-policy.ts';

export const CAMPAIGNS = 'campaigns';
export const CAMPAIGN_VERSIONS_PREFIX = 'campaign-versions#';
export const PUSH_POLICY = 'push-policy';
const NOW = 'now';
const VERSION_DIGITS = 10;

// The cast: written below, of an instant.
const At = z.iso.datetime().transform((at) => at as Instant);
const CampaignItem = z.object({
  campaign: z.object({
    ...CampaignDefinition.shape,
    version: z.int(),
    wanted: z.enum(['draft', 'started', 'paused']),
    by: z.string(),
    at: At,
  }),
});
const PolicyItem = z.object({ policy: PushPolicy, version: z.int(), by: z.string(), at: At });

interface Place {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}

export function dynamoCampaigns({ client, table }: Place): CampaignStore {
  const itemsOf = (pk: string, more: { readonly ScanIndexForward?: boolean } = {}) =>
    queryAll(client, {
      TableName: table,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': pk },
      ...more,
    });
  const get = async (pk: string, sk: string) =>
    (await client.send(new GetCommand({ TableName: table, Key: { pk, sk }, ConsistentRead: true }))).Item;

  /** As what stands now, on condition of the version before it, and for the history. */
  async function putVersion(now: Key, history: string, version: number, content: object): Promise<void> {
    const past = { pk: history, sk: String(version).padStart(VERSION_DIGITS, '0') };
    const puts = [
      { Item: { ...now, revision: version, ...content }, ...onRevision(version - 1) },
      { Item: { ...past, ...content } },
    ];
    try {
      await client.send(
        new TransactWriteCommand({ TransactItems: puts.map((put) => ({ Put: { TableName: table, ...put } })) }),
      );
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      throw new Conflict('changed_meanwhile', 'It was changed by another meanwhile.', { cause: error });
    }
  }

  return {
    listCampaigns: async () => (await itemsOf(CAMPAIGNS)).map(readItem),
    async getCampaign(id) {
      const item = await get(CAMPAIGNS, id);
      return item && readItem(item);
    },
    listVersions: async (id) =>
      (await itemsOf(`${CAMPAIGN_VERSIONS_PREFIX}${id}`, { ScanIndexForward: false })).map(readItem),
    putCampaign: (campaign) =>
      putVersion({ pk: CAMPAIGNS, sk: campaign.id }, `${CAMPAIGN_VERSIONS_PREFIX}${campaign.id}`, campaign.version, {
        campaign,
      }),
    async getPushPolicy() {
      const item = await get(PUSH_POLICY, NOW);
      return item && PolicyItem.parse(item);
    },
    putPushPolicy: (stored) => putVersion({ pk: PUSH_POLICY, sk: NOW }, PUSH_POLICY, stored.version, stored),
  };
}

interface Key {
  readonly pk: string;
  readonly sk: string;
}

const readItem = (item: unknown): Campaign => CampaignItem.parse(item).campaign;
