/** What several stores ask of a table in the same way. */
import { type DynamoDBDocumentClient, QueryCommand, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';

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
