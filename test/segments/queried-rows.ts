/** The rows of one partition, queried as DynamoDB does: a limit is of the rows that are read, before the filter. */
import type { DynamoDBDocumentClient, QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { answeringClient } from '../answering-client.ts';

type Item = Readonly<Record<string, unknown>> & { readonly pk: string; readonly sk: string };

export interface Queries {
  readonly client: DynamoDBDocumentClient;
  readonly asked: QueryCommandInput[];
}

/** A page ends at a size. */
const PAGE_ROWS = 100;

/** Sorted by `sk`. The only filter known here is the one on `leftAt`. */
export function queriesOf(items: readonly Item[]): Queries {
  const asked: QueryCommandInput[] = [];
  const partitions = new Map<string, Item[]>();
  for (const item of items) partitions.set(item.pk, [...(partitions.get(item.pk) ?? []), item]);
  const client = answeringClient((command) => {
    // The cast: queries are all that is asked of it.
    const input = command as QueryCommandInput;
    asked.push(input);
    const { ExpressionAttributeValues, ExclusiveStartKey, Limit = PAGE_ROWS } = input;
    if (ExclusiveStartKey) marshall(ExclusiveStartKey);
    const own = partitions.get(String(ExpressionAttributeValues?.[':pk'])) ?? [];
    const rest = own.filter(({ sk }) => ExclusiveStartKey === undefined || sk > String(ExclusiveStartKey.sk));
    const read = rest.slice(0, Limit);
    const last = read.at(-1);
    const found = read.filter(({ leftAt }) => input.FilterExpression === undefined || leftAt === undefined);
    return {
      ...(input.Select !== 'COUNT' && { Items: found }),
      Count: found.length,
      ScannedCount: read.length,
      ...(read.length < rest.length && last && { LastEvaluatedKey: { pk: last.pk, sk: last.sk } }),
    };
  });
  return { client, asked };
}
