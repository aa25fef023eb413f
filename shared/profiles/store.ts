/**
 * Customers on DynamoDB. All of a persona lies under its key, so that a component is read with one query a kind and persona.
 * # | question                                  | function    | key                                              | read
 * 1 | what an order says of a persona on a day  | putEntry    | pk 'persona#'+id, sk 'entry#'+day+'#'+hash of order | condition on revision
 * 2 | all that is said of a day                 | listEntries | likewise, sk begins with 'entry#'+day+'#'         | strong
 * 3 | a month, put if unchanged                 | getMonth, putMonth | sk 'month#'+month; condition on revision  | strong
 * 4 | all months of a persona                   | listMonths  | sk begins with 'month#'                          | strong
 * 5 | who carries an identifier                 | putHolder, listHolders | pk 'identifier#'+type#hash, sk persona | strong
 * 6 | where a persona is, and the profile there | getPlace    | sk 'place'                                       | strong
 * 7 | put places together, each if unchanged    | putPlaces   | likewise; a transaction where there are several  | -
 * Asked by: 1–7 profiles.
 *
 * Identifiers are keyed hashes, and personas of guests are too: nothing personal is in a key.
 */

import { createHash } from 'node:crypto';
import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, PutCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { PersonaId } from '../identity/persona.ts';
import { onRevision, queryAll } from '../runtime/dynamodb.ts';
import { Conflict } from '../runtime/errors.ts';
import type { CustomerStore, Entry, IdentifierKey, Month, Place } from './customer.ts';

const personaKey = (persona: PersonaId) => `persona#${persona}`;
const holderKey = (identifier: IdentifierKey) => `identifier#${identifier}`;
const entryKey = ({ day, key }: Pick<Entry, 'day' | 'key'>) => `entry#${day}#${hash(key)}`;
const PLACE = 'place';

export function dynamoCustomers<Profile>({
  client,
  table,
}: {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}): CustomerStore<Profile> {
  async function get(persona: PersonaId, sk: string): Promise<Record<string, unknown> | undefined> {
    const key = { pk: personaKey(persona), sk };
    const { Item } = await client.send(new GetCommand({ TableName: table, Key: key, ConsistentRead: true }));
    return Item;
  }

  const query = (pk: string, prefix: string, limit?: number): Promise<Record<string, unknown>[]> =>
    queryAll(
      client,
      {
        TableName: table,
        KeyConditionExpression: prefix === '' ? 'pk = :pk' : 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':pk': pk, ...(prefix !== '' && { ':prefix': prefix }) },
      },
      limit,
    );

  return {
    async putEntry(entry) {
      try {
        await client.send(
          new PutCommand({
            TableName: table,
            Item: { pk: personaKey(entry.persona), sk: entryKey(entry), ...entry },
            ConditionExpression: 'attribute_not_exists(pk) OR #revision < :revision',
            ExpressionAttributeNames: { '#revision': 'revision' },
            ExpressionAttributeValues: { ':revision': entry.revision },
          }),
        );
        return true;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return false;
      }
    },

    // The casts here and below: only this file writes to the table, from these very types.
    listEntries: async (persona, day) =>
      (await query(personaKey(persona), `entry#${day}#`)).map((item) => without(item) as Entry),

    async getMonth(persona, month) {
      const item = await get(persona, `month#${month}`);
      return item && (without(item) as Month);
    },

    async putMonth(month, seenRevision) {
      await unlessChanged(() =>
        client.send(
          new PutCommand({
            TableName: table,
            Item: { pk: personaKey(month.persona), sk: `month#${month.month}`, ...month },
            ...onRevision(seenRevision),
          }),
        ),
      );
    },

    listMonths: async (persona) => (await query(personaKey(persona), 'month#')).map((item) => without(item) as Month),

    async putHolder(identifier, persona) {
      await client.send(new PutCommand({ TableName: table, Item: { pk: holderKey(identifier), sk: persona } }));
    },

    listHolders: async (identifier, limit) =>
      (await query(holderKey(identifier), '', limit + 1)).slice(0, limit + 1).map(({ sk }) => sk as PersonaId),

    async getPlace(persona) {
      const item = await get(persona, PLACE);
      return item && (without(item) as Place<Profile>);
    },

    async putPlaces(writes) {
      const puts = writes.map(({ place, seenRevision }) => ({
        TableName: table,
        Item: { pk: personaKey(place.persona), sk: PLACE, ...place },
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
  };
}

const without = ({ pk: _, sk: __, ...item }: Record<string, unknown>): unknown => item;

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
