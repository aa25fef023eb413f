/**
 * What campaigns brought, in the engagement table.
 * # | question                          | function    | key                                       | read
 * 1 | what all campaigns brought        | listResults | pk 'campaign-results'                     | strong
 * 2 | what one brought                  | getResult   | pk 'campaign-results', sk campaign        | strong
 * 3 | it brought this                   | putResult   | likewise, condition on asOf               | -
 * 4 | orders that count for a campaign  | listOrders  | pk 'attributed#'+campaign, sk order key   | strong
 * 5 | an order counts, or no longer     | putOrder    | likewise, condition on revision           | -
 * Asked by: 1, 3, 5 attribute · 2 api · 4 attribute, api.
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { onRevision, queryAll } from '../runtime/dynamodb.ts';
import { Conflict } from '../runtime/errors.ts';
import { AttributedOrder, type AttributedOrderStore } from './attributed-order.ts';
import { CampaignResult, type ResultStore } from './result.ts';

interface Place {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}

export const CAMPAIGN_RESULTS = 'campaign-results';
export const ATTRIBUTED_PREFIX = 'attributed#';

/** As records of messages are. */
const KEPT_SECONDS = 400 * 24 * 60 * 60;

export function dynamoResults({ client, table }: Place): ResultStore {
  const keyOf = (campaign: string) => ({ pk: CAMPAIGN_RESULTS, sk: campaign });
  return {
    async listResults() {
      const items = await queryAll(client, {
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': CAMPAIGN_RESULTS },
      });
      return items.map((item) => CampaignResult.parse(item));
    },

    async getResult(campaign) {
      const Key = keyOf(campaign);
      const { Item } = await client.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
      return Item && CampaignResult.parse(Item);
    },

    async putResult(result) {
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: { ...keyOf(result.campaign), ...result },
            ConditionExpression: 'attribute_not_exists(pk) OR asOf <= :asOf',
            ExpressionAttributeValues: { ':asOf': result.asOf },
          }),
        );
      } catch (error) {
        // What is there is newer.
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}

export function dynamoAttributedOrders({ client, table }: Place): AttributedOrderStore {
  const partition = (campaign: string) => `${ATTRIBUTED_PREFIX}${campaign}`;
  return {
    async listOrders(campaign, limit, after) {
      const pk = partition(campaign);
      const { Items = [], LastEvaluatedKey: last } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': pk },
          ConsistentRead: true,
          Limit: limit,
          ...(after !== undefined && { ExclusiveStartKey: { pk, sk: after } }),
        }),
      );
      const items = Items.map((item) => AttributedOrder.parse(item));
      return { items, ...(last && { next: String(last.sk) }) };
    },

    async putOrder(order) {
      const expiresAt = Math.floor(Date.parse(order.paidAt) / 1000) + KEPT_SECONDS;
      const Item = { pk: partition(order.campaign), sk: order.order, ...order, expiresAt };
      try {
        await client.send(new PutCommand({ TableName: table, Item, ...onRevision(order.revision - 1) }));
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        throw new Conflict('attribution_changed', 'Another run wrote it meanwhile.', { cause: error });
      }
    },
  };
}
