/** What several stores ask of a table in the same way. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  BatchWriteCommand,
  type DynamoDBDocumentClient,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { Defect } from './errors.ts';

/** All pages of a query, as one, read strongly unless it says otherwise; or the pages that it takes to have `limit` items, which may be a few more. */
export async function queryAll(
  client: DynamoDBDocumentClient,
  query: QueryCommandInput,
  limit = Number.POSITIVE_INFINITY,
): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await client.send(
      new QueryCommand({
        ConsistentRead: true,
        ...query,
        ExclusiveStartKey: start,
        ...(Number.isFinite(limit) && { Limit: limit }),
      }),
    );
    found.push(...Items);
    start = LastEvaluatedKey;
  } while (start && found.length < limit);
  return found;
}

/** How many items a query finds, read strongly; counted no further than `most`. */
export async function countItems(
  client: DynamoDBDocumentClient,
  query: QueryCommandInput,
  most: number,
): Promise<number> {
  let found = 0;
  let start: Record<string, unknown> | undefined;
  do {
    const { Count = 0, LastEvaluatedKey } = await client.send(
      new QueryCommand({
        ConsistentRead: true,
        ...query,
        Select: 'COUNT',
        Limit: most - found,
        ExclusiveStartKey: start,
      }),
    );
    found += Count;
    start = LastEvaluatedKey;
  } while (start && found < most);
  return found;
}

/** Condition of a put: the item is still of the revision that was seen, 0 if there was none. */
export const onRevision = (seen: number) =>
  seen === 0
    ? { ConditionExpression: 'attribute_not_exists(pk)' }
    : {
        ConditionExpression: '#revision = :seen',
        ExpressionAttributeNames: { '#revision': 'revision' },
        ExpressionAttributeValues: { ':seen': seen },
      };

/** What DynamoDB takes at once. */
export const BATCH = 25;
const TRIES = 8;
const FIRST_WAIT_MS = 50;

/** Puts these, `BATCH` at most, each of another key: whatever was there is replaced. Throws a Defect where not all were taken. */
export async function putBatch(
  client: DynamoDBDocumentClient,
  table: string,
  items: readonly Record<string, unknown>[],
): Promise<void> {
  let requests: Record<string, { PutRequest: { Item: Record<string, unknown> } }[]> | undefined = {
    [table]: items.map((Item) => ({ PutRequest: { Item } })),
  };
  for (let attempt = 1; requests && (requests[table]?.length ?? 0) > 0; attempt++) {
    if (attempt > TRIES) throw new Defect('batch_not_written', 'DynamoDB did not take all of a batch.');
    const { UnprocessedItems } = await client.send(new BatchWriteCommand({ RequestItems: requests }));
    // The cast: what comes back is of what was sent.
    requests = UnprocessedItems as typeof requests;
    // What was not taken was too fast for the table: the SDK waits where a whole batch is refused, but not for a part of one.
    if (requests && (requests[table]?.length ?? 0) > 0) await sleep(FIRST_WAIT_MS * 2 ** (attempt - 1));
  }
}
