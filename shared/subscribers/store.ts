/**
 * Subscribers and their dead letters in the engagement table, their signing secrets in SSM.
 * # | question                            | function         | key                                          | read
 * 1 | one subscriber                      | getSubscriber    | pk 'subscriber', sk id                       | strong
 * 2 | all of them, by id                  | listSubscribers  | pk 'subscriber'                              | strong
 * 3 | put or remove it, if unchanged      | put-, removeSubscriber | likewise, condition on revision        | -
 * 4 | one dead letter                     | getDeadLetter    | pk 'dead-letter#'+subscriber, sk message     | strong
 * 5 | those of a subscriber               | listDeadLetters  | likewise                                     | strong
 * 6 | how many there are                  | countDeadLetters | likewise                                     | strong
 * 7 | put or remove it                    | put-, removeDeadLetter | likewise                               | -
 * 8 | the secrets that sign for it        | get-, put-, removeSecrets | SSM <prefix>/<id>, SecureString     | -
 * Asked by: 1 deliver, api · 2 publish, deliver (sweep), api · 3 deliver, api · 4–6 api, 5 deliver · 7 publish, deliver, api · 8 deliver, api.
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
import { Cause } from '../queues/messages.ts';
import { countItems, onRevision, queryAll } from '../runtime/dynamodb.ts';
import { Conflict, Defect } from '../runtime/errors.ts';
import { type ParameterPlace, secretParameters } from '../runtime/secret-parameters.ts';
import { epochMs, type Instant } from '../time/instant.ts';
import { type DeadLetter, type DeadLetterStore, keptUntilMs } from './dead-letter.ts';
import { Message } from './message.ts';
import {
  EVENT_TYPES,
  type SigningSecretStore,
  type SigningSecrets,
  type Subscriber,
  type SubscriberStore,
} from './subscriber.ts';

interface Table {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}

export const SUBSCRIBERS = 'subscriber';
export const DEAD_LETTER_PREFIX = 'dead-letter#';

// The casts: written below, of instants.
const At = z.iso.datetime().transform((at) => at as Instant);

/** As put; what a person may ask for was looked at then. */
const SubscriberItem = z.object({
  id: z.string(),
  url: z.string(),
  description: z.string().exactOptional(),
  events: z.array(z.enum(EVENT_TYPES)),
  segments: z.array(z.string()).exactOptional(),
  causes: z.array(Cause).exactOptional(),
  paused: z.boolean(),
  revision: z.int(),
  createdAt: At,
  by: z.string(),
  gaveUp: z.object({ at: At, code: z.string() }).exactOptional(),
});

export function dynamoSubscribers({ client, table }: Table): SubscriberStore {
  const keyOf = (id: string) => ({ pk: SUBSCRIBERS, sk: id });
  const read = (item: unknown): Subscriber => SubscriberItem.parse(item);
  return {
    async getSubscriber(id) {
      const { Item } = await client.send(new GetCommand({ TableName: table, Key: keyOf(id), ConsistentRead: true }));
      return Item && read(Item);
    },

    async listSubscribers() {
      const items = await queryAll(client, {
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': SUBSCRIBERS },
      });
      return items.map(read);
    },

    async putSubscriber(subscriber) {
      const { id, revision } = subscriber;
      const Item = { ...keyOf(id), ...subscriber };
      await unlessChanged(id, () =>
        client.send(new PutCommand({ TableName: table, Item, ...onRevision(revision - 1) })),
      );
    },

    async removeSubscriber(id, revision) {
      await unlessChanged(id, () =>
        client.send(new DeleteCommand({ TableName: table, Key: keyOf(id), ...onRevision(revision) })),
      );
    },
  };
}

async function unlessChanged(id: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
    throw new Conflict('subscriber_changed', `Subscriber ${id} was changed meanwhile. Look again.`, { cause: error });
  }
}

const DeadLetterItem = z.object({
  subscriber: z.string(),
  message: Message,
  code: z.string(),
  attempts: z.int(),
  firstTriedAt: At.exactOptional(),
  lastTriedAt: At.exactOptional(),
  diedAt: At,
});

export function dynamoDeadLetters({ client, table }: Table): DeadLetterStore {
  const partition = (subscriber: string) => `${DEAD_LETTER_PREFIX}${subscriber}`;
  const keyOf = (subscriber: string, message: string) => ({ pk: partition(subscriber), sk: message });
  const read = (item: unknown): DeadLetter => DeadLetterItem.parse(item);
  const ofSubscriber = (subscriber: string) => ({
    TableName: table,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': partition(subscriber) },
  });
  return {
    async putDeadLetter(letter) {
      // Whole seconds, as DynamoDB wants them.
      const expiresAt = Math.floor(keptUntilMs(epochMs(letter.diedAt)) / 1000);
      const Item = { ...keyOf(letter.subscriber, letter.message.id), ...letter, expiresAt };
      await client.send(new PutCommand({ TableName: table, Item }));
    },

    async getDeadLetter(subscriber, message) {
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: keyOf(subscriber, message), ConsistentRead: true }),
      );
      return Item && read(Item);
    },

    async listDeadLetters(subscriber, limit, after) {
      const { Items = [], LastEvaluatedKey: last } = await client.send(
        new QueryCommand({
          ...ofSubscriber(subscriber),
          ConsistentRead: true,
          Limit: limit,
          ...(after !== undefined && { ExclusiveStartKey: keyOf(subscriber, after) }),
        }),
      );
      return { items: Items.map(read), ...(last && { next: String(last.sk) }) };
    },

    countDeadLetters: (subscriber, most) => countItems(client, ofSubscriber(subscriber), most),

    async removeDeadLetter(subscriber, message) {
      await client.send(new DeleteCommand({ TableName: table, Key: keyOf(subscriber, message) }));
    },
  };
}

const StoredSecrets = z.object({
  current: z.string().startsWith('whsec_'),
  previous: z.object({ secret: z.string().startsWith('whsec_'), until: At }).exactOptional(),
});

export function ssmSigningSecrets(place: ParameterPlace): SigningSecretStore {
  const parameters = secretParameters(place);
  return {
    async getSecrets(subscriber) {
      const text = await parameters.getText(subscriber);
      return text === undefined ? undefined : readSecrets(subscriber, text);
    },
    putSecrets: (subscriber, secrets) => parameters.putText(subscriber, JSON.stringify(secrets)),
    removeSecrets: (subscriber) => parameters.removeText(subscriber),
  };
}

function readSecrets(subscriber: string, text: string): SigningSecrets {
  try {
    return StoredSecrets.parse(JSON.parse(text));
  } catch {
    // Not the cause: a parser's message may quote what it read.
    throw new Defect(
      'signing_secrets_malformed',
      `The parameter of subscriber ${subscriber} does not hold its secrets.`,
    );
  }
}
