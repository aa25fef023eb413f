/**
 * Devices, what customers were sent, and what became of each message, in the engagement table.
 * # | question                            | function      | key                                           | read
 * 1 | one device                          | getDevice     | pk 'device#'+id, sk 'device'                  | strong
 * 2 | of a persona or visitor, seen last first | listDevices | pk 'devices#'+owner                        | strong
 * 3 | put or remove one, if unchanged     | put-, removeDevice | 1 and 2, a transaction                   | -
 * 4 | what a customer was sent            | getLog        | pk 'contact-log#'+persona, sk 'log'           | strong
 * 5 | put that, if unchanged              | putLog        | likewise, condition on revision               | -
 * 6 | what became of a message            | getRecord     | pk 'sends#'+campaign+'#'+shard, sk key        | strong
 * 7 | put that                            | putRecord     | likewise                                      | -
 * 8 | all messages of a campaign          | listRecords   | each shard of it                              | eventual
 * 9 | take one of a budget                | takeOfBudget  | pk 'push-budget#'+campaign, sk period         | condition
 * 10 | that a run has begun               | putRun        | pk 'push-runs', sk campaign; condition on time | -
 * 11 | when each last began               | listRuns      | pk 'push-runs'                                | strong
 * 12 | what a visitor agreed to           | putConsent    | pk 'visitor-consents#'+visitor, sk hash of name; condition on time | -
 * 13 | all of that                        | listConsents  | pk 'visitor-consents#'+visitor                | strong
 * 14 | put on, or take off, the list      | put-, removeContacts | pk 'suppressed#'+type+'#'+hash, sk 'contact' | -
 * 15 | whether a contact is on it         | findContacts  | likewise                                      | strong
 * 16 | whether it was ever used           | isUsed        | pk 'suppressed#', sk 'used'                   | strong
 * 17 | ask for a test, once               | putTest       | pk 'campaign-tests#'+campaign, sk id          | condition
 * 18 | what came of it                    | getTest       | likewise                                      | strong
 * Asked by: 1, 3 api · 2, 4–7, 9 push · 3 push (what is gone) · 8 api, attribute · 10, 11 push (sweep) · 12, 14 api · 13, 15–18 push, api.
 *
 * Of the contacts that are never written to there are keyed hashes only. An endpoint, and who a device or a log is of, is personal: sealed, and keyed hashes are what personas are named by.
 */
import { createHash } from 'node:crypto';
import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import pMap from 'p-map';
import * as z from 'zod';
import type { VisitorKey } from '../behaviour/names.ts';
import type { HashKey } from '../identity/key.ts';
import type { PersonaId } from '../identity/persona.ts';
import type { Sealer } from '../identity/seal.ts';
import type { Mark } from '../profiles/marks.ts';
import { onRevision, queryAll } from '../runtime/dynamodb.ts';
import { Conflict } from '../runtime/errors.ts';
import { epochMs, type Instant } from '../time/instant.ts';
import { type CampaignTest, type CampaignTestStore, TEST_KEPT_DAYS } from './campaign-test.ts';
import type { ContactLog, ContactLogStore } from './contact-log.ts';
import { DEVICES_MOST, type Device, type DeviceStore, ownerOf } from './device.ts';
import { isSameEndpoint } from './endpoint.ts';
import type { RunStore } from './runs.ts';
import type { SendRecord, SendRecordStore } from './send-record.ts';
import { type ContactKey, contactKey, type Listed, type SuppressionList } from './suppression-list.ts';
import type { VisitorConsentStore } from './visitor-consents.ts';

interface Place {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}
type SealedPlace = Place & { readonly sealer: Sealer };

export const DEVICE_PREFIX = 'device#';
export const DEVICES_PREFIX = 'devices#';
export const LOG_PREFIX = 'contact-log#';
export const SENDS_PREFIX = 'sends#';
export const BUDGET_PREFIX = 'push-budget#';
export const RUNS = 'push-runs';
export const VISITOR_CONSENTS_PREFIX = 'visitor-consents#';
export const SUPPRESSED_PREFIX = 'suppressed#';
export const TESTS_PREFIX = 'campaign-tests#';

const DEVICE = 'device';
const LOG = 'log';
const SHARDS = 8;
const DAY_SECONDS = 24 * 60 * 60;
/** Reports look back so far. */
const RECORDS_KEPT_SECONDS = 400 * DAY_SECONDS;
const BUDGETS_KEPT_SECONDS = 60 * DAY_SECONDS;

export function dynamoDevices({ client, table, sealer }: SealedPlace): DeviceStore {
  const own = (id: string) => ({ pk: `${DEVICE_PREFIX}${id}`, sk: DEVICE });
  const listed = (device: Device) => ({ pk: `${DEVICES_PREFIX}${ownerOf(device)}`, sk: device.id });
  // The cast: only putDevice seals what is read here.
  const open = (item: Record<string, unknown>): Device => sealer.open(item.sealed as Uint8Array) as Device;

  async function find(id: string): Promise<{ readonly device: Device; readonly revision: number } | undefined> {
    const { Item } = await client.send(new GetCommand({ TableName: table, Key: own(id), ConsistentRead: true }));
    return Item && { device: open(Item), revision: Number(Item.revision) };
  }

  async function write(items: readonly object[]): Promise<void> {
    try {
      await client.send(new TransactWriteCommand({ TransactItems: [...items] }));
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      throw new Conflict('device_changed', 'The device was registered by another meanwhile.', { cause: error });
    }
  }

  return {
    async putDevice(device) {
      const known = await find(device.id);
      const sealed = sealer.seal(device);
      const revision = (known?.revision ?? 0) + 1;
      const moved = known && ownerOf(known.device) !== ownerOf(device);
      await write([
        { Put: { TableName: table, Item: { ...own(device.id), revision, sealed }, ...onRevision(revision - 1) } },
        { Put: { TableName: table, Item: { ...listed(device), sealed } } },
        ...(moved ? [{ Delete: { TableName: table, Key: listed(known.device) } }] : []),
      ]);
    },

    getDevice: async (id) => (await find(id))?.device,

    async removeDevice(id, endpoint) {
      const known = await find(id);
      if (!known || (endpoint && !isSameEndpoint(endpoint, known.device.endpoint))) return;
      await write([
        { Delete: { TableName: table, Key: own(id), ...onRevision(known.revision) } },
        { Delete: { TableName: table, Key: listed(known.device) } },
      ]);
    },

    async listDevices(owner) {
      const items = await queryAll(client, {
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': `${DEVICES_PREFIX}${owner}` },
      });
      return items
        .map(open)
        .sort((a, b) => (a.seenAt < b.seenAt ? 1 : -1))
        .slice(0, DEVICES_MOST);
    },
  };
}

// The casts: written below, of an instant and a persona.
const At = z.iso.datetime().transform((at) => at as Instant);
const Persona = z.string().transform((id) => id as PersonaId);

const LogItem = z.object({
  profile: Persona,
  revision: z.int(),
  sends: z.array(z.object({ key: z.string(), campaign: z.string(), at: At, isMarketing: z.boolean() })),
});

export function dynamoContactLogs({ client, table }: Place): ContactLogStore {
  const keyOf = (profile: PersonaId) => ({ pk: `${LOG_PREFIX}${profile}`, sk: LOG });
  return {
    async getLog(profile): Promise<ContactLog | undefined> {
      const Key = keyOf(profile);
      const { Item } = await client.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
      return Item && LogItem.parse(Item);
    },
    async putLog(log) {
      try {
        const Item = { ...keyOf(log.profile), ...log };
        await client.send(new PutCommand({ TableName: table, Item, ...onRevision(log.revision - 1) }));
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        throw new Conflict('log_changed', 'The customer was sent something meanwhile.', { cause: error });
      }
    },
  };
}

const shardOf = (key: string): number => (createHash('sha256').update(key).digest()[0] ?? 0) % SHARDS;
const sendsKey = (campaign: string, shard: number): string => `${SENDS_PREFIX}${campaign}#${shard}`;

export function dynamoSendRecords({ client, table }: Place): SendRecordStore {
  const keyOf = (campaign: string, key: string) => ({ pk: sendsKey(campaign, shardOf(key)), sk: key });
  // The cast: only putRecord writes what is read here, and reports read too many to look at each by a schema.
  const read = ({ record }: Record<string, unknown>): SendRecord => record as SendRecord;
  return {
    async getRecord(campaign, key) {
      const Key = keyOf(campaign, key);
      const { Item } = await client.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
      return Item && read(Item);
    },

    async putRecord(record) {
      const expiresAt = Math.floor(epochMs(record.at) / 1000) + RECORDS_KEPT_SECONDS;
      const Item = { ...keyOf(record.campaign, record.key), record, expiresAt };
      await client.send(new PutCommand({ TableName: table, Item }));
    },

    async listRecords(campaign, limit, after) {
      const items: SendRecord[] = [];
      let { shard, start } = after === undefined ? { shard: 0, start: undefined } : readCursor(after);
      while (shard < SHARDS) {
        const { Items = [], LastEvaluatedKey: last } = await client.send(
          new QueryCommand({
            TableName: table,
            KeyConditionExpression: 'pk = :pk',
            ExpressionAttributeValues: { ':pk': sendsKey(campaign, shard) },
            Limit: limit - items.length,
            ...(start !== undefined && { ExclusiveStartKey: { pk: sendsKey(campaign, shard), sk: start } }),
          }),
        );
        items.push(...Items.map(read));
        if (last) start = String(last.sk);
        else [shard, start] = [shard + 1, undefined];
        if (items.length >= limit && shard < SHARDS) return { items, next: `${shard}#${start ?? ''}` };
      }
      return { items };
    },

    async takeOfBudget(campaign, period, most) {
      try {
        await client.send(
          new UpdateCommand({
            TableName: table,
            Key: { pk: `${BUDGET_PREFIX}${campaign}`, sk: period },
            UpdateExpression: 'ADD taken :one SET expiresAt = :end',
            ConditionExpression: 'attribute_not_exists(taken) OR taken < :most',
            ExpressionAttributeValues: {
              ':one': 1,
              ':most': most,
              ':end': Math.floor(Date.parse(period.slice(0, 10)) / 1000) + BUDGETS_KEPT_SECONDS,
            },
          }),
        );
        return true;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return false;
      }
    },
  };
}

function readCursor(after: string): { shard: number; start: string | undefined } {
  const [shard = '0', start = ''] = after.split('#');
  return { shard: Number(shard), start: start === '' ? undefined : start };
}

const RunItem = z.object({ sk: z.string(), at: At });

export function dynamoRuns({ client, table }: Place): RunStore {
  return {
    async listRuns() {
      const items = await queryAll(client, {
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': RUNS },
      });
      return new Map(items.map((item) => RunItem.parse(item)).map(({ sk, at }) => [sk, at]));
    },
    async putRun(campaign, at) {
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: { pk: RUNS, sk: campaign, at },
            ConditionExpression: 'attribute_not_exists(pk) OR #at < :at',
            ExpressionAttributeNames: { '#at': 'at' },
            ExpressionAttributeValues: { ':at': at },
          }),
        );
        return true;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return false;
      }
    },
  };
}

export function dynamoVisitorConsents({ client, table, sealer }: SealedPlace): VisitorConsentStore {
  const pkOf = (visitor: VisitorKey) => `${VISITOR_CONSENTS_PREFIX}${visitor}`;
  return {
    async putConsent(visitor, mark) {
      const { name, at, on } = mark;
      const sk = createHash('sha256').update(name).digest('base64url');
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            // Who said it is a person.
            Item: { pk: pkOf(visitor), sk, saidAt: at, on, sealed: sealer.seal(mark) },
            ConditionExpression: `attribute_not_exists(pk) OR saidAt < :at${on ? '' : ' OR (saidAt = :at AND #on = :given)'}`,
            ExpressionAttributeValues: { ':at': at, ...(!on && { ':given': true }) },
            ...(!on && { ExpressionAttributeNames: { '#on': 'on' } }),
          }),
        );
      } catch (error) {
        // What is there is as new.
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },

    async listConsents(visitor) {
      const items = await queryAll(client, {
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': pkOf(visitor) },
      });
      // The casts: only putConsent seals what is read here.
      return items.map((item) => sealer.open(item.sealed as Uint8Array) as Mark);
    },
  };
}

const CONTACT = 'contact';
const USED = { pk: SUPPRESSED_PREFIX, sk: 'used' };
const CONTACTS_AT_ONCE = 10;
const ListedItem = z.object({ at: At, by: z.string(), source: z.string().exactOptional() });

/** `key`: the one that never changes, that of guests. */
export function dynamoSuppressions({ client, table, key }: Place & { readonly key: HashKey }): SuppressionList {
  const keyOf = (contact: ContactKey) => ({ pk: `${SUPPRESSED_PREFIX}${contact}`, sk: CONTACT });
  const putUnlessThere = async (Item: object) => {
    try {
      await client.send(new PutCommand({ TableName: table, Item, ConditionExpression: 'attribute_not_exists(pk)' }));
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  };
  return {
    async isUsed() {
      const { Item } = await client.send(new GetCommand({ TableName: table, Key: USED, ConsistentRead: true }));
      return Item !== undefined;
    },

    async putContacts(contacts, listed) {
      // First: a list that is said to be used and is empty is harmless.
      await putUnlessThere(USED);
      return pMap(
        contacts.map((contact) => contactKey(contact, key)),
        async (contact) => {
          await putUnlessThere({ ...keyOf(contact), ...listed });
          return contact;
        },
        { concurrency: CONTACTS_AT_ONCE },
      );
    },

    removeContacts: (contacts) =>
      pMap(
        contacts.map((contact) => contactKey(contact, key)),
        async (contact) => {
          await client.send(new DeleteCommand({ TableName: table, Key: keyOf(contact) }));
          return contact;
        },
        { concurrency: CONTACTS_AT_ONCE },
      ),

    findContacts: (contacts) =>
      pMap(
        contacts,
        async (contact): Promise<Listed | undefined> => {
          const Key = keyOf(contactKey(contact, key));
          const { Item } = await client.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
          return Item && ListedItem.parse(Item);
        },
        { concurrency: CONTACTS_AT_ONCE },
      ),
  };
}

export function dynamoCampaignTests({ client, table }: Place): CampaignTestStore {
  const keyOf = (campaign: string, id: string) => ({ pk: `${TESTS_PREFIX}${campaign}`, sk: id });
  return {
    async putTest(test, seen) {
      const expiresAt = Math.floor(epochMs(test.at) / 1000) + TEST_KEPT_DAYS * DAY_SECONDS;
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: { ...keyOf(test.campaign, test.id), test, state: test.state, expiresAt },
            ...(seen === undefined
              ? { ConditionExpression: 'attribute_not_exists(pk)' }
              : {
                  ConditionExpression: '#state = :seen',
                  ExpressionAttributeNames: { '#state': 'state' },
                  ExpressionAttributeValues: { ':seen': seen },
                }),
          }),
        );
        return true;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return false;
      }
    },

    async getTest(campaign, id) {
      const Key = keyOf(campaign, id);
      const { Item } = await client.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
      // The cast: only putTest writes what is read here.
      return Item && (Item.test as CampaignTest);
    },
  };
}
