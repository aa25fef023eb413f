/**
 * Exchange rates in the operations table.
 * # | question                               | function  | key                                | read
 * 1 | put these                              | putRates  | pk 'rates', sk currency#day        | -
 * 2 | of a currency, or all, between two days | listRates | likewise, sk between                | strong
 * 3 | how often rates were put               | putRates, getRevision | pk 'rates-revision', sk 'all'     | strong
 * 4 | of what they were                      | putRates, listChanges | pk 'rates-revision', sk 'change#'+revision | strong
 * Asked by: 1 cli · 2 profiles, cli · 3, 4 profiles.
 */
import { type DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { BATCH, putBatch, queryAll } from '../runtime/dynamodb.ts';
import { changeOf, type RateStore, rateText } from './rate-store.ts';
import { type DailyRate, parseRate } from './rate-table.ts';

const PARTITION = 'rates';
const RevisionItem = z.object({ revision: z.int() });
const ChangeItem = z.object({ revision: z.int(), currencies: z.array(z.string()), from: z.string(), to: z.string() });
const LAST_REVISION = 9_999_999_999;
const changeKey = (revision: number) => `change#${String(revision).padStart(10, '0')}`;
const REVISION = { pk: 'rates-revision', sk: 'all' };

const RateItem = z.object({ currency: z.string(), day: z.string(), rate: z.string() });

export function dynamoRates({
  client,
  table,
}: {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}): RateStore {
  const itemOf = ({ currency, day, rate }: DailyRate) => ({
    ...{ pk: PARTITION, sk: `${currency}#${day}`, currency, day },
    rate: rateText({ currency, day, rate }),
  });

  return {
    async putRates(rates) {
      for (let at = 0; at < rates.length; at += BATCH)
        await putBatch(client, table, rates.slice(at, at + BATCH).map(itemOf));
      const { Attributes } = await client.send(
        new UpdateCommand({
          TableName: table,
          Key: REVISION,
          UpdateExpression: 'ADD revision :one',
          ExpressionAttributeValues: { ':one': 1 },
          ReturnValues: 'UPDATED_NEW',
        }),
      );
      const { revision } = RevisionItem.parse(Attributes);
      const key = { pk: REVISION.pk, sk: changeKey(revision) };
      await client.send(new PutCommand({ TableName: table, Item: { ...key, ...changeOf(rates, revision) } }));
    },

    async listChanges(afterRevision) {
      const items = await queryAll(client, {
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: {
          ':pk': REVISION.pk,
          ':from': changeKey(afterRevision + 1),
          ':to': changeKey(LAST_REVISION),
        },
      });
      return items.map((item) => ChangeItem.parse(item));
    },

    async getRevision() {
      const { Item } = await client.send(new GetCommand({ TableName: table, Key: REVISION, ConsistentRead: true }));
      return Item ? RevisionItem.parse(Item).revision : 0;
    },

    async listRates({ currency, from = '0000-00-00', to = '9999-99-99' }) {
      const items = await queryAll(client, {
        TableName: table,
        KeyConditionExpression: currency === undefined ? 'pk = :pk' : 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: {
          ':pk': PARTITION,
          ...(currency !== undefined && { ':from': `${currency}#${from}`, ':to': `${currency}#${to}` }),
        },
      });
      return items.flatMap((item) => {
        const { currency, day, rate } = RateItem.parse(item);
        return day >= from && day <= to ? [{ currency, day, rate: parseRate(rate) }] : [];
      });
    },
  };
}
