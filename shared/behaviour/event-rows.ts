/**
 * Events as rows in the lake, for whoever reads all of them at once: `events/date=2026-11-25/hour=09/091502.123-<hash>.ndjson.gz`,
 * by when they were written. An event that was sent twice is there twice; sql.ts has the words that take one. Nothing personal is in
 * them: who it was are keyed hashes, and the names of personas.
 */
import type { HashKey } from '../identity/key.ts';
import type { PersonaId } from '../identity/persona.ts';
import type { Instant } from '../time/instant.ts';
import type { BehaviourEvent, BehaviourKind, BehaviourProduct } from './event.ts';
import { anonymousKey, userPersona, visitorOf } from './names.ts';

/** Not under `rows/`, which is emptied after days: what was looked at counts for months. */
export const EVENTS_PREFIX = 'events/';
export const EVENTS_KEPT_DAYS = 400;

export interface EventRow {
  readonly source: string;
  /** With the source, what an event is known by. */
  readonly messageId: string;
  readonly kind: BehaviourKind;
  /** Of what is `other`: as it was sent. */
  readonly name?: string;
  readonly at: Instant;
  readonly receivedAt: Instant;
  readonly visitor?: string;
  /** Of an alias: who it was before. */
  readonly before?: string;
  /** The user that it is proven to be of: all of the visitor is theirs. */
  readonly persona?: PersonaId;
  readonly products: readonly BehaviourProduct[];
  /** Of an opened push message: its key. */
  readonly message?: string;
  readonly bot: boolean;
  readonly test: boolean;
  readonly zone?: string;
  readonly locale?: string;
}

/** `key`: that which never changes. */
export function eventRow(event: BehaviourEvent, key: HashKey): EventRow {
  const { source, messageId, kind, name, at, receivedAt, previousId, products, message, bot, test, locale, proof } =
    event;
  const { zone = event.sourceZone } = event;
  const visitor = visitorOf(event, key);
  const persona = userPersona(event, key);
  const isJoining = kind === 'alias' && previousId !== undefined && proof !== undefined;
  return {
    source,
    messageId,
    kind,
    ...(kind === 'other' && name !== undefined && { name }),
    at,
    receivedAt,
    ...(visitor !== undefined && { visitor }),
    ...(isJoining && { before: anonymousKey(event, previousId, key) }),
    ...(persona !== undefined && { persona }),
    products,
    ...(message !== undefined && { message }),
    bot,
    test,
    ...(zone !== undefined && { zone }),
    ...(locale !== undefined && { locale }),
  };
}

export interface EventRowStore {
  putEventRows(rows: readonly EventRow[], at: Instant): Promise<void>;
}

/** Half of a character that is written as two: texts come from strangers, and no reader of JSON takes it. */
const HALF_CHARACTER = /\p{Surrogate}/gu;
export const linesOf = (rows: readonly EventRow[]): string =>
  rows
    .map((row) =>
      JSON.stringify(row, (_, value: unknown) =>
        typeof value === 'string' ? value.replace(HALF_CHARACTER, '\u{FFFD}') : value,
      ),
    )
    .map((line) => `${line}\n`)
    .join('');
