/** Adds up what DynamoDB says each call consumed. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

export interface CountedUnits {
  read: number;
  write: number;
  requests: number;
}

/** Counts from now on, into an object that the caller may reset. */
export function countUnits(client: DynamoDBDocumentClient): CountedUnits {
  const counted: CountedUnits = { read: 0, write: 0, requests: 0 };
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        // The cast: every command of the document client takes this parameter.
        (args.input as { ReturnConsumedCapacity?: string }).ReturnConsumedCapacity = 'TOTAL';
        counted.requests++;
        const result = await next(args);
        const { ConsumedCapacity } = result.output as { ConsumedCapacity?: { CapacityUnits?: number } };
        const units = ConsumedCapacity?.CapacityUnits ?? 0;
        if (/^(Get|Query)/.test(commandName)) counted.read += units;
        else counted.write += units;
        return result;
      },
    { step: 'initialize' },
  );
  return counted;
}
