/**
 * Adds up what DynamoDB says each call consumed. DynamoDB Local counts sizes, indexes, consistency and transactions as AWS
 * does (of a transaction twice the units), but says 0 for a query that finds nothing, and nothing of a condition that fails:
 * both are charged as the least there is.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

export interface Units {
  read: number;
  /** With those of indexes. */
  write: number;
}

export interface CountedUnits extends Units {
  requests: number;
  /** By the function of the store that asked, of stores that `named` made; what indexes consumed stands apart. */
  readonly byCall: Map<string, Units>;
}

const asking = new AsyncLocalStorage<string>();
const OF_INDEX = 'review index';

/** Counts from now on, into an object that the caller may reset. */
export function countUnits(client: DynamoDBDocumentClient): CountedUnits {
  const counted: CountedUnits = { read: 0, write: 0, requests: 0, byCall: new Map() };
  const add = (call: string, { read, write }: Units) => {
    counted.read += read;
    counted.write += write;
    const known = counted.byCall.get(call) ?? { read: 0, write: 0 };
    counted.byCall.set(call, { read: known.read + read, write: known.write + write });
  };
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        // The cast: every command of the document client takes these parameters.
        const input = args.input as { ReturnConsumedCapacity?: string; ConsistentRead?: boolean };
        input.ReturnConsumedCapacity = 'INDEXES';
        counted.requests++;
        const call = asking.getStore() ?? commandName;
        try {
          const result = await next(args);
          // The cast: and every answer has this where it was asked for, of a transaction or a batch one for each table.
          const { ConsumedCapacity } = result.output as { ConsumedCapacity?: Consumed | Consumed[] };
          for (const { CapacityUnits = 0, GlobalSecondaryIndexes = {} } of [ConsumedCapacity ?? []].flat()) {
            if (/^(Get|Query|BatchGet|Scan)/.test(commandName)) {
              add(call, { read: Math.max(CapacityUnits, input.ConsistentRead ? 1 : 0.5), write: 0 });
              continue;
            }
            const ofIndexes = Object.values(GlobalSecondaryIndexes).reduce(
              (sum, one) => sum + (one.CapacityUnits ?? 0),
              0,
            );
            add(call, { read: 0, write: CapacityUnits - ofIndexes });
            if (ofIndexes > 0) add(OF_INDEX, { read: 0, write: ofIndexes });
          }
          return result;
        } catch (error) {
          if (error instanceof ConditionalCheckFailedException) add(call, { read: 0, write: 1 });
          throw error;
        }
      },
    { step: 'initialize' },
  );
  return counted;
}

interface Consumed {
  readonly CapacityUnits?: number;
  readonly GlobalSecondaryIndexes?: Readonly<Record<string, { readonly CapacityUnits?: number }>>;
}

/** From zero, for the next one. */
export function resetUnits(counted: CountedUnits): void {
  Object.assign(counted, { read: 0, write: 0, requests: 0 });
  counted.byCall.clear();
}

/** The same store; its functions are known to `countUnits` by their names. */
export function named<Store extends object>(store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => asking.run(String(name), () => Reflect.apply(member, target, args));
    },
  });
}
