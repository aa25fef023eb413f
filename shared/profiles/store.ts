/**
 * Customers on DynamoDB. All of a persona lies under its key, so that a component is read with one query and one get a persona.
 * #  | question                                   | function         | key                                             | read
 * 1  | what an order says of a persona on a day   | putEntry         | pk 'persona#'+id, sk 'entry#'+day+'#'+hash of order | condition on revision, reading
 * 2  | all that is said of a day                  | listEntries      | likewise, sk begins with 'entry#'+day+'#'       | strong
 * 3  | a month, put if unchanged                  | getMonth, putMonth | sk 'content#month#'+month; condition on revision | strong
 * 4  | all months, decisions, marks of a persona  | getContent       | sk begins with 'content#'                       | strong
 * 5  | a person's decision, under all it names    | putDecision      | sk 'content#decision#'+id                       | -
 * 6  | who carries an identifier                  | putHolder, listHolders | pk 'identifier#'+type#hash, sk persona    | strong
 * 7  | where a persona is, and the profile there  | getPlace         | sk 'place'                                      | strong
 * 8  | put places together, each if unchanged     | putPlaces        | likewise; a transaction where there are several | -
 * 9  | profiles to be looked at by then; all      | listDue, listRoots | index 'review': shard, lookAt                 | eventual
 * 10 | two profiles that may be one               | put-, delete-, listSuggestion | pk 'suggestions', sk both           | eventual
 * 11 | all orders of a persona                    | listEntriesOf    | sk begins with 'entry#', backwards              | eventual
 * 12 | many profiles at once                      | getProfiles      | as 7, in batches                                | eventual
 * 13 | what is said of a persona beside orders    | putMark          | sk 'content#mark#'+kind+'#'+hash of name; condition on time | -
 * 14 | all of that                                 | listMarks        | sk begins with 'content#mark#'                  | strong
 * 15 | what the brand said it is identified by    | putIdentified    | sk 'content#identified#'+type+'#'+name; conditions on reading and time | -
 * Asked by: 1–8, 10, 15 profiles · 4–7, 10, 11 cli, api · 9 profiles, population, cli · 12 population, exports, cli · 13, 14 api.
 *
 * Identifiers are keyed hashes, and personas of guests are too: nothing personal is in a key. What is personal is sealed.
 */

import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  type QueryCommandInput,
  TransactWriteCommand,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import pMap from 'p-map';
import type { Decision } from '../identity/cuts.ts';
import type { PersonaId } from '../identity/persona.ts';
import type { Sealer } from '../identity/seal.ts';
import { onRevision, queryAll } from '../runtime/dynamodb.ts';
import { Conflict, Defect } from '../runtime/errors.ts';
import { type Column, fromColumn, toColumn } from './columns.ts';
import type {
  Content,
  CustomerIndex,
  CustomerStore,
  Day,
  Entry,
  EntryContent,
  IdentifierKey,
  Month,
  PageOf,
  Place,
} from './customer.ts';
import type { Identified } from './identified.ts';
import type { Mark } from './marks.ts';
import { shardOf } from './shard.ts';

export const REVIEW_INDEX = 'review';
export const PLACE = 'place';
const CONTENT = 'content#';
export const MONTH_PREFIX = `${CONTENT}month#`;
export const MARK_PREFIX = `${CONTENT}mark#`;
const IDENTIFIED_PREFIX = `${CONTENT}identified#`;

/** Keys in one BatchGetItem, as many as it takes. */
const BATCH = 100;
const BATCHES_AT_ONCE = 8;
const BATCH_TRIES = 8;
const FIRST_WAIT_MS = 50;

const SUGGESTIONS = 'suggestions';
export const PERSONA_PREFIX = 'persona#';
const personaKey = (persona: PersonaId) => `${PERSONA_PREFIX}${persona}`;
const holderKey = (identifier: IdentifierKey) => `identifier#${identifier}`;
const entryKey = ({ day, key }: Pick<Entry, 'day' | 'key'>) => `entry#${day}#${hash(key)}`;
const shardName = (shard: number) => String(shard).padStart(2, '0');

type Item = Record<string, unknown>;

export function dynamoCustomers<Profile>({
  client,
  table,
  sealer,
}: {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
  readonly sealer: Sealer;
}): CustomerStore<Profile> & CustomerIndex {
  async function get(persona: PersonaId, sk: string): Promise<Item | undefined> {
    const key = { pk: personaKey(persona), sk };
    const { Item } = await client.send(new GetCommand({ TableName: table, Key: key, ConsistentRead: true }));
    return Item;
  }

  /** What is there of these, at most `BATCH`; eventually consistent, at half the price. */
  async function getBatch(keys: readonly Item[]): Promise<Item[]> {
    const found: Item[] = [];
    let asked: Item[] = [...keys];
    for (let attempt = 1; asked.length > 0; attempt++) {
      if (attempt > BATCH_TRIES)
        throw new Defect('profiles_not_read', 'DynamoDB did not give all profiles. Ask again later.');
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetCommand({ RequestItems: { [table]: { Keys: asked } } }),
      );
      found.push(...(Responses?.[table] ?? []));
      asked = UnprocessedKeys?.[table]?.Keys ?? [];
      // Left out for its size, 16 MB, or because the table is busy: the SDK waits where a whole batch is refused, but not for a part.
      if (asked.length > 0) await sleep(FIRST_WAIT_MS * 2 ** (attempt - 1));
    }
    return found;
  }

  const query = (pk: string, prefix: string, limit?: number): Promise<Item[]> =>
    queryAll(
      client,
      {
        TableName: table,
        KeyConditionExpression: prefix === '' ? 'pk = :pk' : 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':pk': pk, ...(prefix !== '' && { ':prefix': prefix }) },
      },
      limit,
    );

  /** One page, as large as asked for; the cursor is the key that DynamoDB names. */
  async function page(input: QueryCommandInput, limit: number, after: string | undefined): Promise<PageOf<Item>> {
    const start = after === undefined ? undefined : JSON.parse(Buffer.from(after, 'base64url').toString());
    const { Items = [], LastEvaluatedKey: last } = await client.send(
      new QueryCommand({ ...input, Limit: limit, ExclusiveStartKey: start }),
    );
    return { items: Items, ...(last && { next: Buffer.from(JSON.stringify(last)).toString('base64url') }) };
  }

  const ofShard = (shard: number): QueryCommandInput => ({
    TableName: table,
    IndexName: REVIEW_INDEX,
    KeyConditionExpression: '#shard = :shard',
    ExpressionAttributeNames: { '#shard': 'shard' },
    ExpressionAttributeValues: { ':shard': shardName(shard) },
  });

  const open = <T>(item: Item): T => sealer.open(item.sealed as Uint8Array) as T;
  const entryOf = (item: Item): Entry => {
    const { persona, day, key, revision, reading } = asWritten<Entry>(item);
    const known = { persona, day, key, revision, reading };
    return item.sealed === undefined ? known : { ...known, content: open<EntryContent>(item) };
  };

  return {
    async putEntry({ content, ...entry }) {
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: {
              pk: personaKey(entry.persona),
              sk: entryKey(entry),
              ...entry,
              ...(content && { sealed: sealer.seal(content) }),
            },
            ConditionExpression:
              'attribute_not_exists(pk) OR #revision < :revision OR (#revision = :revision AND reading < :reading)',
            ExpressionAttributeNames: { '#revision': 'revision' },
            ExpressionAttributeValues: { ':revision': entry.revision, ':reading': entry.reading },
          }),
        );
        return true;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return false;
      }
    },

    listEntries: async (persona, day, limit) =>
      (await query(personaKey(persona), `entry#${day}#`, limit + 1)).slice(0, limit + 1).map(entryOf),

    async getMonth(persona, month) {
      const item = await get(persona, `${MONTH_PREFIX}${month}`);
      return item && monthOf(item, sealer);
    },

    async putMonth({ persona, month, revision, days, ...rest }, seenRevision) {
      const content: SealedMonth = { days: sealedDays(days), ...rest };
      await unlessChanged(() =>
        client.send(
          new PutCommand({
            TableName: table,
            Item: {
              pk: personaKey(persona),
              sk: `${MONTH_PREFIX}${month}`,
              persona,
              month,
              revision,
              sealed: sealer.seal(content),
            },
            ...onRevision(seenRevision),
          }),
        ),
      );
    },

    async getContent(persona): Promise<Content> {
      const items = await query(personaKey(persona), CONTENT);
      const under = (prefix: string) => items.filter((item) => String(item.sk).startsWith(prefix));
      const identified = under(IDENTIFIED_PREFIX).map((item) => identifiedOf(item, sealer));
      return {
        months: under(MONTH_PREFIX).map((item) => monthOf(item, sealer)),
        decisions: under('content#decision#').map((item) => open<Decision>(item)),
        marks: under(MARK_PREFIX).map((item) => markOf(item, sealer)),
        ...(identified.length > 0 && { identified }),
      };
    },

    async putIdentified(persona, name, { identifier, value, receivedAt, reading }) {
      const Key = { pk: personaKey(persona), sk: `${IDENTIFIED_PREFIX}${identifier.type}#${name}` };
      const unlessThere = async (change: Omit<UpdateCommandInput, 'TableName' | 'Key'>) => {
        try {
          await client.send(new UpdateCommand({ TableName: table, Key, ...change }));
        } catch (error) {
          if (!(error instanceof ConditionalCheckFailedException)) throw error;
        }
      };
      // Apart, as the newest reading and the first time may be of two messages.
      await unlessThere({
        UpdateExpression:
          'SET identifier = :identifier, reading = :reading, sealed = :sealed, receivedAt = if_not_exists(receivedAt, :at)',
        ConditionExpression: 'attribute_not_exists(pk) OR reading < :reading',
        ExpressionAttributeValues: {
          ':identifier': identifier,
          ':reading': reading,
          ':sealed': sealer.seal(value),
          ':at': receivedAt,
        },
      });
      await unlessThere({
        UpdateExpression: 'SET receivedAt = :at',
        ConditionExpression: 'receivedAt > :at',
        ExpressionAttributeValues: { ':at': receivedAt },
      });
    },

    async putMark(persona, mark) {
      const { kind, name, at, on } = mark;
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: {
              pk: personaKey(persona),
              sk: `${MARK_PREFIX}${kind}#${hash(name)}`,
              saidAt: at,
              on,
              // Who said it is a person.
              sealed: sealer.seal(mark),
            },
            // Of one instant, the one that takes back.
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

    async listMarks(persona) {
      const items = await query(personaKey(persona), MARK_PREFIX);
      return items.map((item) => markOf(item, sealer));
    },

    async putDecision(personas, decision) {
      for (const persona of personas) {
        const key = { pk: personaKey(persona), sk: `content#decision#${decision.id}` };
        // Sealed, too: a reason is a person's own words.
        await client.send(new PutCommand({ TableName: table, Item: { ...key, sealed: sealer.seal(decision) } }));
      }
    },

    async putHolder(identifier, persona) {
      await client.send(new PutCommand({ TableName: table, Item: { pk: holderKey(identifier), sk: persona } }));
    },

    listHolders: async (identifier, limit) =>
      (await query(holderKey(identifier), '', limit + 1)).slice(0, limit + 1).map(({ sk }) => sk as PersonaId),

    async getPlace(persona) {
      const item = await get(persona, PLACE);
      return item && placeOf<Profile>(item, sealer);
    },

    async getProfiles(personas) {
      const batches: PersonaId[][] = [];
      const names = [...new Set(personas)]; // DynamoDB refuses a batch that names a key twice
      for (let from = 0; from < names.length; from += BATCH) batches.push(names.slice(from, from + BATCH));
      const items = await pMap(
        batches,
        (batch) => getBatch(batch.map((persona) => ({ pk: personaKey(persona), sk: PLACE }))),
        {
          concurrency: BATCHES_AT_ONCE,
        },
      );
      return items.flat().flatMap((item) => (item.sealed === undefined ? [] : [placeOf<Profile>(item, sealer)]));
    },

    async putPlaces(writes) {
      const puts = writes.map(({ place: { profile, ...place }, seenRevision }) => ({
        TableName: table,
        Item: {
          pk: personaKey(place.persona),
          sk: PLACE,
          ...place,
          ...(place.lookAt !== undefined && { shard: shardName(shardOf(place.persona)) }),
          ...(profile !== undefined && { sealed: sealer.seal(profile) }),
        },
        ...onRevision(seenRevision),
      }));
      const [only, ...others] = puts;
      if (!only) return;
      // A transaction costs twice as much, and most changes are of one.
      await unlessChanged(() =>
        others.length === 0
          ? client.send(new PutCommand(only))
          : client.send(new TransactWriteCommand({ TransactItems: puts.map((Put) => ({ Put })) })),
      );
    },

    async putSuggestion(between) {
      await client.send(new PutCommand({ TableName: table, Item: { ...suggestionKey(between), between } }));
    },

    async deleteSuggestion(between) {
      await client.send(new DeleteCommand({ TableName: table, Key: suggestionKey(between) }));
    },

    async listDue(shard, until, limit) {
      const input = ofShard(shard);
      const { items } = await page(
        {
          ...input,
          KeyConditionExpression: '#shard = :shard AND lookAt <= :until',
          ExpressionAttributeValues: { ...input.ExpressionAttributeValues, ':until': until },
        },
        limit,
        undefined,
      );
      return items.map(personaOf);
    },

    async listRoots(shard, limit, after) {
      const { items, ...more } = await page(ofShard(shard), limit, after);
      return { items: items.map(personaOf), ...more };
    },

    async listSuggestions(limit, after) {
      const { items, ...more } = await page(
        {
          TableName: table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': SUGGESTIONS },
        },
        limit,
        after,
      );
      return { items: items.map(({ between }) => between as [PersonaId, PersonaId]), ...more };
    },

    async listEntriesOf(persona, limit, after) {
      const { items, ...more } = await page(
        {
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
          FilterExpression: 'attribute_exists(sealed)',
          ExpressionAttributeValues: { ':pk': personaKey(persona), ':prefix': 'entry#' },
          ScanIndexForward: false,
        },
        limit,
        after,
      );
      return { items: items.map(entryOf), ...more };
    },
  };
}

/** A month's days: few as they are, more by columns, as the months of heavy buyers are most of what their updates read. */
type SealedDays = Month['days'] | { readonly names: readonly string[]; readonly column: Column };
/** All of it, though not all is personal: sealed content is deflated, and so smaller. */
type SealedMonth = Omit<Month, 'persona' | 'month' | 'revision' | 'days'> & { readonly days: SealedDays };
/** From so many days on it is less. */
const COLUMNS_FROM = 4;

function sealedDays(days: Month['days']): SealedDays {
  const names = Object.keys(days);
  return names.length < COLUMNS_FROM ? days : { names, column: toColumn(Object.values(days)) };
}

// The casts: names of days are dates, and the values are of `Month['days']`.
function daysFrom(sealed: SealedDays): Month['days'] {
  if (!('column' in sealed)) return sealed as Month['days'];
  const { names, column } = sealed as Exclude<SealedDays, Month['days']>;
  const values = fromColumn(column, names.length) as Day[];
  return Object.fromEntries(values.map((day, index) => [names[index], day]));
}

/** A place as an item of the table, or of its stream, has it. */
export function placeOf<Profile>(item: Item, sealer: Sealer): Place<Profile> {
  const { pk: _, sk: __, shard: ___, sealed, ...place } = item;
  const known = asWritten<Place<Profile>>(place);
  return sealed === undefined ? known : { ...known, profile: sealer.open(sealed as Uint8Array) as Profile };
}

/** A month, likewise. */
export function monthOf(item: Item, sealer: Sealer): Month {
  const { persona, month, revision } = asWritten<Month>(item);
  const { days, ...rest } = sealer.open(item.sealed as Uint8Array) as SealedMonth;
  return { persona, month, revision, days: daysFrom(days), ...rest };
}

/** A mark, likewise; it is of the persona of its key. */
export const markOf = (item: Item, sealer: Sealer): Mark => sealer.open(item.sealed as Uint8Array) as Mark;

function identifiedOf(item: Item, sealer: Sealer): Identified {
  const { identifier, receivedAt, reading } = asWritten<Omit<Identified, 'value'>>(item);
  return { identifier, value: sealer.open(item.sealed as Uint8Array) as string, receivedAt, reading };
}

/** The one place where an item gets its type; the casts of sealed content beside it have the same reason: only this file writes them. */
const asWritten = <T>(item: Item): T => item as T;

/** Of an item under the key of a persona. */
export const personaOf = ({ pk }: Item): PersonaId => String(pk).slice('persona#'.length) as PersonaId;

const suggestionKey = (between: readonly [PersonaId, PersonaId]) => ({ pk: SUGGESTIONS, sk: between.join(' ') });

/** A transaction that met another one is as good as one whose conditions failed: read anew, and try again. */
async function unlessChanged(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    const isConflict =
      error instanceof ConditionalCheckFailedException ||
      (error instanceof TransactionCanceledException &&
        error.CancellationReasons?.some(
          ({ Code }) => Code === 'ConditionalCheckFailed' || Code === 'TransactionConflict',
        ));
    if (!isConflict) throw error;
    throw new Conflict('customer_changed', 'The customer moved on.', { cause: error });
  }
}

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22);
