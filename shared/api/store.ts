/**
 * What the API itself keeps, in the engagement table.
 * # | question                                   | function        | key                                             | read
 * 1 | was a request of this key seen; begin it   | begin           | pk 'idempotency#'+hash of caller, sk hash of key | condition, strong
 * 2 | keep its answer; or forget it              | finish, release | likewise, condition on the attempt              | -
 * 3 | who did what                               | putEntry        | pk 'audit#'+month, sk time+'#'+id               | -
 * 4 | all that was done, newest first            | listEntries     | likewise, month by month backwards              | eventual
 * Asked by: api.
 */
import { createHash } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { Sealer } from '../identity/seal.ts';
import { Conflict } from '../runtime/errors.ts';
import { AUDIT_KEPT_DAYS, AuditEntry, type AuditLog } from './audit.ts';
import {
  ANSWERS_KEPT_MS,
  ATTEMPT_LASTS_MS,
  type Attempt,
  type Begun,
  type IdempotencyStore,
  type KeptAnswer,
} from './idempotency.ts';

interface Table {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}

export const IDEMPOTENCY_PREFIX = 'idempotency#';
export const AUDIT_PREFIX = 'audit#';

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');
const seconds = (ms: number): number => Math.floor(ms / 1000);

const AttemptItem = z.object({
  digest: z.string(),
  expiresAt: z.int(),
  answer: z.instanceof(Uint8Array).optional(),
});
const Answer = z.object({
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.unknown().optional(),
});

const ATTEMPTS = 3;

export function dynamoIdempotency({ client, table, sealer }: Table & { readonly sealer: Sealer }): IdempotencyStore {
  const keyOf = ({ caller, key }: Attempt) => ({ pk: `${IDEMPOTENCY_PREFIX}${hash(caller)}`, sk: hash(key) });
  const ifStillOurs = (attempt: Attempt) => ({
    TableName: table,
    Key: keyOf(attempt),
    ConditionExpression: 'attempt = :attempt',
    ExpressionAttributeValues: { ':attempt': attempt.id },
  });

  async function put(attempt: Attempt, now: Date): Promise<boolean> {
    const nowMs = now.getTime();
    const { id, digest } = attempt;
    const lasts = { heldUntil: nowMs + ATTEMPT_LASTS_MS, expiresAt: seconds(nowMs + ANSWERS_KEPT_MS) };
    return unlessRefused(() =>
      client.send(
        new PutCommand({
          TableName: table,
          Item: { ...keyOf(attempt), attempt: id, digest, ...lasts },
          // What has expired may still be there; of an attempt that died, the same request may begin anew.
          ConditionExpression:
            'attribute_not_exists(pk) OR expiresAt <= :seconds OR (attribute_not_exists(answer) AND heldUntil <= :now AND digest = :digest)',
          ExpressionAttributeValues: { ':seconds': seconds(nowMs), ':now': nowMs, ':digest': digest },
        }),
      ),
    );
  }

  return {
    async begin(attempt, now): Promise<Begun> {
      for (let tries = 1; tries <= ATTEMPTS; tries++) {
        if (await put(attempt, now)) return { kind: 'begun' };
        const { Item } = await client.send(
          new GetCommand({ TableName: table, Key: keyOf(attempt), ConsistentRead: true }),
        );
        if (!Item) continue; // released just then
        const { digest, answer } = AttemptItem.parse(Item);
        if (digest !== attempt.digest) return { kind: 'other_request' };
        return answer ? { kind: 'answered', answer: opened(answer, sealer) } : { kind: 'in_flight' };
      }
      throw new Conflict('idempotency_contended', 'Others use the same key at the same time. Try again.');
    },

    async finish(attempt, answer) {
      const { ExpressionAttributeValues, ...rest } = ifStillOurs(attempt);
      await unlessRefused(() =>
        client.send(
          new UpdateCommand({
            ...rest,
            UpdateExpression: 'SET answer = :answer',
            ExpressionAttributeValues: { ...ExpressionAttributeValues, ':answer': sealer.seal(answer) },
          }),
        ),
      );
    },

    async release(attempt) {
      await unlessRefused(() => client.send(new DeleteCommand(ifStillOurs(attempt))));
    },
  };
}

/** Whether the condition held. */
async function unlessRefused(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

function opened(bytes: Uint8Array, sealer: Sealer): KeptAnswer {
  const { body, ...rest } = Answer.parse(sealer.open(bytes));
  return { ...rest, ...(body !== undefined && { body }) };
}

/** `2026-11-25T09:00:00.000Z#…` */
const A_PLACE = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z#/;
const monthOf = (at: string): string => at.slice(0, 7);
const DAY_MS = 24 * 60 * 60_000;

export function dynamoAudit({ client, table }: Table): AuditLog {
  return {
    async putEntry(entry) {
      const key = { pk: `${AUDIT_PREFIX}${monthOf(entry.at)}`, sk: `${entry.at}#${entry.id}` };
      const expiresAt = seconds(Date.parse(entry.at) + AUDIT_KEPT_DAYS * DAY_MS);
      await client.send(new PutCommand({ TableName: table, Item: { ...key, ...entry, expiresAt } }));
    },

    async listEntries(now, limit, after) {
      if (after !== undefined && !(A_PLACE.test(after) && monthOf(after) <= monthOf(now.toISOString())))
        throw new SyntaxError('No place in the trail.');
      const items: AuditEntry[] = [];
      const oldest = monthOf(new Date(now.getTime() - AUDIT_KEPT_DAYS * DAY_MS).toISOString());
      let start = after;
      for (let month = monthOf(after ?? now.toISOString()); month >= oldest; month = monthBefore(month)) {
        const pk = `${AUDIT_PREFIX}${month}`;
        const { Items = [], LastEvaluatedKey: last } = await client.send(
          new QueryCommand({
            TableName: table,
            KeyConditionExpression: 'pk = :pk',
            ExpressionAttributeValues: { ':pk': pk },
            ScanIndexForward: false,
            Limit: limit - items.length,
            ...(start !== undefined && { ExclusiveStartKey: { pk, sk: start } }),
          }),
        );
        items.push(...Items.map((item) => AuditEntry.parse(item)));
        const end = Items.at(-1)?.sk;
        if (items.length >= limit && typeof end === 'string') return { items, next: end };
        // A page ends at a size, too.
        if (last) return { items, next: String(last.sk) };
        start = undefined;
      }
      return { items };
    },
  };
}

function monthBefore(month: string): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number - 2, 1)).toISOString().slice(0, 7);
}
