/**
 * Events on EventBridge, and the history of profiles in the customers table.
 * # | question                      | function    | key                                                | read
 * 1 | what happened to a profile    | putHistory  | pk 'history#'+profile, sk time+'#'+event id        | -
 * 2 | all that did, newest first    | listHistory | likewise, backwards                                | eventual
 * Asked by: 1 publish · 2 cli.
 *
 * Under keys of their own, so that who writes history can write no profile. In plain text, for nothing personal is in it: names of profiles, tiers, figures.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { type DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { PersonaId } from '../identity/persona.ts';
import { type BusEvent, type EventBus, NotPublished, type Parcel, parcelsOf } from './bus.ts';
import { EVENT_SOURCE } from './events.ts';
import { HistoryEntry, type HistoryStore } from './history.ts';

/** Of a call of which some entries were not taken: those are sent again. Calls that fail as a whole the client repeats itself. */
const ATTEMPTS = 5;
const PAUSE_MS = 100;

export function eventBridgeBus({
  client,
  bus,
  sleep = wait,
}: {
  readonly client: EventBridgeClient;
  /** Name or ARN. */
  readonly bus: string;
  readonly sleep?: (ms: number) => Promise<unknown>;
}): EventBus<BusEvent> {
  /** Of each that was not taken, the reason. */
  async function send(parcels: readonly Parcel[]): Promise<{ readonly parcel: Parcel; readonly code: string }[]> {
    const { Entries = [] } = await client.send(
      new PutEventsCommand({
        Entries: parcels.map(({ type, detail, occurredAt }) => ({
          EventBusName: bus,
          Source: EVENT_SOURCE,
          DetailType: type,
          Detail: detail,
          Time: new Date(occurredAt),
        })),
      }),
    );
    return parcels.flatMap((parcel, index) => {
      const code = Entries[index]?.ErrorCode;
      return code === undefined ? [] : [{ parcel, code }];
    });
  }

  async function sendAll(parcels: readonly Parcel[]): Promise<readonly (readonly [string, string])[]> {
    let left = parcels;
    for (let attempt = 1; ; attempt++) {
      const refused = await send(left);
      if (refused.length === 0 || attempt === ATTEMPTS) return refused.map(({ parcel, code }) => [parcel.id, code]);
      left = refused.map(({ parcel }) => parcel);
      await sleep(PAUSE_MS * 2 ** attempt);
    }
  }

  return {
    async put(events) {
      const refused = new Map<string, string>();
      const calls = parcelsOf(events);
      for (const [index, parcels] of calls.entries()) {
        try {
          for (const [id, code] of await sendAll(parcels)) refused.set(id, code);
        } catch (error) {
          // Whatever it was, the next call would most likely meet it, too, and take as long to find out.
          const code = error instanceof Error ? error.name : 'unknown';
          for (const { id } of calls.slice(index).flat()) refused.set(id, code);
          throw new NotPublished(refused, { cause: error });
        }
      }
      if (refused.size > 0) throw new NotPublished(refused);
    },
  };
}

export const HISTORY_PREFIX = 'history#';
const partition = (profile: PersonaId) => `${HISTORY_PREFIX}${profile}`;

export function dynamoHistory({
  client,
  table,
}: {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}): HistoryStore {
  return {
    async putHistory(profile, entry) {
      const sk = `${entry.occurredAt}#${entry.id}`;
      await client.send(new PutCommand({ TableName: table, Item: { pk: partition(profile), sk, ...entry } }));
    },

    async listHistory(profile, limit, after) {
      const pk = partition(profile);
      const { Items = [], LastEvaluatedKey: last } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': pk },
          ScanIndexForward: false,
          Limit: limit,
          ...(after !== undefined && { ExclusiveStartKey: { pk, sk: after } }),
        }),
      );
      const items = Items.map((item) => HistoryEntry.parse(item));
      return { items, ...(last && { next: String(last.sk) }) };
    },
  };
}
