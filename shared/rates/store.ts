/**
 * Exchange rates in the operations table.
 * # | question                               | function  | key                                | read
 * 1 | put these                              | putRates  | pk 'rates', sk currency#day        | -
 * 2 | of a currency, or all, between two days | listRates | likewise, sk between                | strong
 * 3 | how often rates were put               | putRates, getRevision | pk 'rates-revision', sk 'all'     | strong
 * Asked by: 1 cli · 2 profiles, cli · 3 profiles.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { BatchWriteCommand, type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { queryAll } from '../runtime/dynamodb.ts';
import { Defect } from '../runtime/errors.ts';
import { type RateStore, rateText } from './rate-store.ts';
import { type DailyRate, parseRate } from './rate-table.ts';

const PARTITION = 'rates';
const REVISION = { pk: 'rates-revision', sk: 'all' };
const BATCH = 25;
const TRIES = 8;
const FIRST_WAIT_MS = 50;

const RateItem = z.object({ currency: z.string(), day: z.string(), rate: z.string() });

export function dynamoRates({
  client,
  table,
}: {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}): RateStore {
  async function putBatch(rates: readonly DailyRate[]): Promise<void> {
    let requests: Record<string, { PutRequest: { Item: Record<string, unknown> } }[]> | undefined = {
      [table]: rates.map(({ currency, day, rate }) => ({
        PutRequest: {
          Item: {
            pk: PARTITION,
            sk: `${currency}#${day}`,
            currency,
            day,
            rate: rateText({ currency, day, rate }),
          },
        },
      })),
    };
    for (let attempt = 1; requests && Object.keys(requests).length > 0; attempt++) {
      if (attempt > TRIES) throw new Defect('rates_not_written', 'DynamoDB did not take all rates. Import them again.');
      const { UnprocessedItems } = await client.send(new BatchWriteCommand({ RequestItems: requests }));
      // The cast: what comes back is of what was sent.
      requests = UnprocessedItems as typeof requests;
      // What was not taken was too fast for the table: the SDK waits where a whole batch is refused, but not for a part of one.
      if (requests && Object.keys(requests).length > 0) await sleep(FIRST_WAIT_MS * 2 ** (attempt - 1));
    }
  }

  return {
    async putRates(rates) {
      for (let at = 0; at < rates.length; at += BATCH) await putBatch(rates.slice(at, at + BATCH));
      await client.send(
        new UpdateCommand({
          TableName: table,
          Key: REVISION,
          UpdateExpression: 'ADD revision :one',
          ExpressionAttributeValues: { ':one': 1 },
        }),
      );
    },

    async getRevision() {
      const { Item } = await client.send(new GetCommand({ TableName: table, Key: REVISION, ConsistentRead: true }));
      return Item ? z.object({ revision: z.number() }).parse(Item).revision : 0;
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
