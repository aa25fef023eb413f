/**
 * Requests that are to be done once: who sends one again under its key, as no answer came, gets the answer of the first. Kept for a
 * day, by caller and key, both as hashes; answers sealed, for some of them hold a secret.
 */

/** What was answered. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** As JSON has it. */
  readonly body?: unknown;
}

export interface Attempt {
  readonly caller: string;
  /** As the client gave it. */
  readonly key: string;
  /** Of the whole request. */
  readonly digest: string;
  /** Of this attempt alone. */
  readonly id: string;
}

export type Begun =
  /** To be done now, then finished or released. */
  | { readonly kind: 'begun' }
  | { readonly kind: 'answered'; readonly answer: KeptAnswer }
  | { readonly kind: 'in_flight' }
  | { readonly kind: 'other_request' };

export const ANSWERS_KEPT_MS = 24 * 60 * 60_000;
/** An attempt that has not ended after that has died: the function has half a minute. */
export const ATTEMPT_LASTS_MS = 60_000;

export interface IdempotencyStore {
  begin(attempt: Attempt, now: Date): Promise<Begun>;
  /** Of this attempt, unless another has taken over. */
  finish(attempt: Attempt, answer: KeptAnswer): Promise<void>;
  /** Nothing was done: it may be tried again. */
  release(attempt: Attempt): Promise<void>;
}
