/**
 * Lanes in the operations table.
 * # | question                          | function            | key                                           | read
 * 1 | one piece of work                 | getWork             | pk 'lane#'+party, sk subject                  | strong
 * 2 | put or remove it, if unchanged    | putWork, removeWork | likewise, condition on revision               | -
 * 3 | what is due, the longest due first | listDue            | index `due`: pk likewise, dueAt ≤ …           | strong
 * 4 | the state of a lane               | getLane, putLane    | pk 'lane', sk party; condition on revision    | strong
 * 5 | of all lanes                      | listLanes           | pk 'lane'                                     | strong
 * 6 | how much work there is            | countWork           | pk 'lane#'+party                              | strong
 * 7 | forget the state of a lane        | removeLane          | pk 'lane', sk party                           | -
 * Asked by: 1 orders, hydrate, deliver, behaviour · 2 orders, hydrate, deliver, publish, push, recommend, behaviour, api ·
 * 3 hydrate, deliver, api · 4 hydrate, deliver, cli, api ·
 * 5 hydrate, deliver (sweeps), cli · 6 api · 7 deliver, api.
 *
 * `due` is a local index, for only those can be read consistently: a holder that gives its lease back must not miss a row.
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { countItems, onRevision, queryAll } from '../runtime/dynamodb.ts';
import { Conflict } from '../runtime/errors.ts';
import type { LaneState, LaneStore, LaneUpkeep, Party, Work } from './lane.ts';

export const DUE_INDEX = 'due';

// The casts: only putWork and putLane write these keys, from a Party.
const asParty = z.string().transform((text) => text as Party);

const LaneItem = z.object({
  party: asParty,
  revision: z.number(),
  holder: z.object({ id: z.string(), until: z.number() }).optional(),
  nudged: z.boolean(),
  reopened: z.boolean().optional(),
  notBefore: z.number(),
  failures: z.number(),
  failedSubjects: z.array(z.string()).optional(),
  allowance: z.object({ calls: z.number(), at: z.number(), share: z.number().default(1) }).optional(),
  wakeAt: z.number().optional(),
  health: z.object({
    lastSuccessAt: z.number().optional(),
    lastFailure: z.object({ at: z.number(), code: z.string() }).optional(),
    failingSince: z.number().optional(),
    tokensExpireAt: z.number().optional(),
    authorisationExpiresAt: z.number().optional(),
  }),
});

export const LANE_STATES = 'lane';
export const WORK_PREFIX = 'lane#';
const workKey = (party: Party, subject: string) => ({ pk: `${WORK_PREFIX}${party}`, sk: subject });

export function dynamoLanes<Detail>({
  client,
  table,
  detail,
}: {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
  readonly detail: z.ZodType<Detail>;
}): LaneStore<Detail> & LaneUpkeep {
  const WorkItem = z.object({
    party: asParty,
    subject: z.string(),
    revision: z.number(),
    dueAt: z.number(),
    askedAt: z.number(),
    attempts: z.number(),
    trouble: z.object({ code: z.string(), since: z.number() }).optional(),
    triedAt: z.number().optional(),
    detail,
  });
  const readWork = (item: unknown): Work<Detail> => WorkItem.parse(item);
  const readLane = (item: unknown): LaneState => LaneItem.parse(item);

  return {
    async getWork(party, subject) {
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: workKey(party, subject), ConsistentRead: true }),
      );
      return Item && readWork(Item);
    },

    async putWork(work, seenRevision) {
      await unlessChanged(() =>
        client.send(
          new PutCommand({
            TableName: table,
            Item: { ...workKey(work.party, work.subject), ...work },
            ...onRevision(seenRevision),
          }),
        ),
      );
    },

    async removeWork({ party, subject, revision }) {
      await unlessChanged(() =>
        client.send(new DeleteCommand({ TableName: table, Key: workKey(party, subject), ...onRevision(revision) })),
      );
    },

    async listDue(party, dueBy, limit) {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: DUE_INDEX,
          KeyConditionExpression: 'pk = :pk AND dueAt <= :dueBy',
          ExpressionAttributeValues: { ':pk': `${WORK_PREFIX}${party}`, ':dueBy': dueBy },
          ConsistentRead: true,
          Limit: limit,
        }),
      );
      return Items.map(readWork);
    },

    async getLane(party) {
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: { pk: LANE_STATES, sk: party }, ConsistentRead: true }),
      );
      return Item && readLane(Item);
    },

    async putLane(state, seenRevision) {
      await unlessChanged(() =>
        client.send(
          new PutCommand({
            TableName: table,
            Item: { pk: LANE_STATES, sk: state.party, ...state },
            ...onRevision(seenRevision),
          }),
        ),
      );
    },

    async listLanes() {
      const items = await queryAll(client, {
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': LANE_STATES },
      });
      return items.map(readLane);
    },

    async countWork(party, most) {
      return countItems(
        client,
        {
          TableName: table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': `${WORK_PREFIX}${party}` },
        },
        most,
      );
    },

    async removeLane(party) {
      await client.send(new DeleteCommand({ TableName: table, Key: { pk: LANE_STATES, sk: party } }));
    },
  };
}

async function unlessChanged(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    throw new Conflict('lane_changed', 'The lane or its work moved on.', { cause: error });
  }
}
