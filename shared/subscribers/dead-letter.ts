/** Messages that a subscriber did not take, or was not sent as it is paused: kept for a while, to be redriven. */
import type { PageOf } from '../profiles/customer.ts';
import type { Instant } from '../time/instant.ts';
import type { Message } from './message.ts';

/** Then it is forgotten. */
const KEPT_DAYS = 30;
export const keptUntilMs = (diedAtMs: number): number => diedAtMs + KEPT_DAYS * 24 * 60 * 60_000;

export interface DeadLetter {
  readonly subscriber: string;
  readonly message: Message;
  /** Of the last try; `paused` or `gave_up` where none was made because of that. */
  readonly code: string;
  /** 0: none was made. */
  readonly attempts: number;
  readonly firstTriedAt?: Instant;
  /** Absent, too, where it was put aside after the tries, for another reason. */
  readonly lastTriedAt?: Instant;
  readonly diedAt: Instant;
}

export interface DeadLetterStore {
  /** One a subscriber and message: the newest stands. */
  putDeadLetter(letter: DeadLetter): Promise<void>;
  getDeadLetter(subscriber: string, message: string): Promise<DeadLetter | undefined>;
  /** In a fixed order that has nothing to do with time; at most `limit`, read consistently. */
  listDeadLetters(subscriber: string, limit: number, after?: string): Promise<PageOf<DeadLetter>>;
  /** Counted no further than `most`. */
  countDeadLetters(subscriber: string, most: number): Promise<number>;
  /** Nothing where there is none. */
  removeDeadLetter(subscriber: string, message: string): Promise<void>;
}
