/** A request under an Idempotency-Key is done once; who sends it again gets the answer of the first. */
import { createHash } from 'node:crypto';
import type { Attempt, IdempotencyStore, KeptAnswer } from '../../shared/api/idempotency.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { Refusal } from './problem.ts';

export interface OnceDependencies {
  /** Sealed by keys that are read when they are first needed. */
  readonly idempotency: () => Promise<IdempotencyStore>;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly telemetry: Telemetry;
}

export interface Once {
  readonly caller: string;
  readonly key: string;
  /** All that makes it this request and no other. */
  readonly request: unknown;
}

const IN_FLIGHT_SECONDS = 2;

export async function once(
  { caller, key, request }: Once,
  { idempotency: open, clock, newId, telemetry }: OnceDependencies,
  work: () => Promise<KeptAnswer>,
): Promise<KeptAnswer> {
  const digest = createHash('sha256').update(JSON.stringify(request)).digest('base64url');
  const attempt: Attempt = { caller, key, digest, id: newId() };
  const idempotency = await open();
  const begun = await idempotency.begin(attempt, clock());
  switch (begun.kind) {
    case 'answered':
      return { ...begun.answer, headers: { ...begun.answer.headers, 'idempotency-replayed': 'true' } };
    case 'other_request':
      throw new Refusal(
        422,
        'idempotency_key_reused',
        'This Idempotency-Key was used for another request. Take a new one for each.',
        { problems: [{ in: 'header', at: 'idempotency-key', message: 'one that was not used before' }] },
      );
    case 'in_flight':
      throw new Refusal(409, 'idempotency_in_flight', 'The same request is being worked on. Ask again in a moment.', {
        headers: { 'retry-after': String(IN_FLIGHT_SECONDS) },
      });
    case 'begun':
  }
  let answer: KeptAnswer;
  try {
    answer = await work();
  } catch (error) {
    // Nothing came of it, so the same key may be tried again: at once, or where this fails in a minute.
    await orTell('Attempt could not be released', () => idempotency.release(attempt));
    throw error;
  }
  // It is done, so it is answered; sent again within a minute, it is told to wait, and after that done again.
  await orTell('Answer could not be kept', () => idempotency.finish(attempt, answer));
  return answer;

  async function orTell(message: string, write: () => Promise<void>): Promise<void> {
    await write().catch((error: unknown) => telemetry.error(message, error, {}));
  }
}
