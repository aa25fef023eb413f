/**
 * The access token of an account: made once for all who wait, in this process by a shared promise and over processes by the cache's claim;
 * renewed before it expires, and once when the provider no longer takes it.
 */
import type { Clock } from '../runtime/clock.ts';
import { later, refused } from './outcomes.ts';
import type { Outcome } from './sender.ts';
import type { AccessToken, TokenCache } from './token-cache.ts';

/** There is no token to be had; what is to be said of the messages that wait for it. */
export class NoToken extends Error {
  override readonly name = 'NoToken';
  readonly outcome: Outcome;
  constructor(outcome: Outcome) {
    super('There is no access token to be had.');
    this.outcome = outcome;
  }
}

export interface TokenSourceOptions {
  readonly name: string;
  readonly cache: TokenCache;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  /** @throws NoToken */
  readonly obtain: () => Promise<AccessToken>;
  /** It is renewed so long before it expires. */
  readonly earlyMs: number;
  /** One that is younger than this is not renewed, even if the provider takes it no more. */
  readonly youngMs: number;
}

/** Longer than any answer is waited for, so that only a holder who died loses it. */
const CLAIM_MS = 30_000;
const LOOKS = 20;
const WAIT_MS = 250;

export class TokenSource {
  readonly #options: TokenSourceOptions;
  #held: AccessToken | undefined;
  #renewing: Promise<AccessToken> | undefined;

  constructor(options: TokenSourceOptions) {
    this.#options = options;
  }

  /** @throws NoToken */
  async get(): Promise<string> {
    const held = this.#held;
    if (held && this.#isFresh(held)) return held.token;
    try {
      return (await this.#shared()).token;
    } catch (error) {
      // It was only to be renewed early: the old one does.
      if (held && this.#isValid(held) && error instanceof NoToken && error.outcome.kind === 'later') return held.token;
      throw error;
    }
  }

  /** Another token than the one that was not taken; the same, where that is too young to be replaced. @throws NoToken */
  async renew(unwanted: string): Promise<string> {
    // One that is under way began before the token was found wanting, and may give the same: only what comes after it counts.
    await this.#renewing?.catch(() => undefined);
    const held = this.#held;
    if (held && held.token !== unwanted) return held.token; // another call has renewed it meanwhile
    if (held && this.#nowMs() - held.since < this.#options.youngMs) return held.token;
    return (await this.#shared(unwanted)).token;
  }

  #shared(unwanted?: string): Promise<AccessToken> {
    this.#renewing ??= this.#renewOnce(unwanted).finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #renewOnce(unwanted?: string): Promise<AccessToken> {
    try {
      this.#held = await this.#fromCacheOrAnew(unwanted);
      return this.#held;
    } catch (error) {
      throw error instanceof NoToken ? error : new NoToken(later('token_unavailable'));
    }
  }

  async #fromCacheOrAnew(unwanted: string | undefined): Promise<AccessToken> {
    const { cache, name, sleep } = this.#options;
    for (let look = 1; ; look++) {
      const stored = await cache.get(name);
      if (stored && stored.token !== unwanted && this.#isFresh(stored)) return stored;
      const claim = await cache.claim(name, CLAIM_MS);
      if (claim !== undefined) return await this.#obtain(claim, unwanted);
      // Another renews it; while the old one is valid nobody need wait.
      if (stored && stored.token !== unwanted && this.#isValid(stored)) return stored;
      if (look === LOOKS) throw new NoToken(later('token_awaited'));
      await sleep(WAIT_MS);
    }
  }

  async #obtain(claim: string, unwanted: string | undefined): Promise<AccessToken> {
    const { cache, name, obtain } = this.#options;
    try {
      // Between our look and our claim another may have come and gone.
      const stored = await cache.get(name);
      if (stored && stored.token !== unwanted && this.#isFresh(stored)) return stored;
      const token = await obtain();
      // One that can not be stored serves here all the same.
      await cache.put(name, token).catch(() => undefined);
      return token;
    } finally {
      await cache.release(name, claim).catch(() => undefined);
    }
  }

  #nowMs(): number {
    return this.#options.clock().getTime();
  }

  #isFresh({ expiresAt }: AccessToken): boolean {
    return expiresAt - this.#options.earlyMs > this.#nowMs();
  }

  #isValid({ expiresAt }: AccessToken): boolean {
    return expiresAt > this.#nowMs();
  }
}

/**
 * What is to be said of a message where the request for what it needs had this outcome: it was not sent in any case, so nothing is unknown;
 * and what the provider takes in no form is of the account.
 */
export function withoutToken(outcome: Outcome, what = 'token'): NoToken {
  if (outcome.kind === 'sent') return new NoToken(later(`${what}_malformed`));
  const code = `${what}_${outcome.code}`;
  if (outcome.kind === 'later') return new NoToken(later(code, outcome.retryAfterMs));
  return new NoToken(outcome.kind === 'unknown' ? later(code) : refused(code));
}

/** What a try says where the provider takes the token no more. */
export interface TokenRefused {
  readonly kind: 'token_refused';
  readonly code: string;
}

/**
 * Tries once more with a new token where the first was not taken. A new one that is not taken either is a matter of the account.
 * @param whenSame what becomes of it where no other token was to be had
 */
export async function withToken(
  source: TokenSource,
  attempt: (token: string) => Promise<Outcome | TokenRefused>,
  whenSame: (code: string) => Outcome = refused,
): Promise<Outcome> {
  try {
    const token = await source.get();
    const first = await attempt(token);
    if (first.kind !== 'token_refused') return first;
    const renewed = await source.renew(token);
    const second = await attempt(renewed);
    if (second.kind !== 'token_refused') return second;
    return renewed === token ? whenSame(second.code) : refused(second.code);
  } catch (error) {
    if (error instanceof NoToken) return error.outcome;
    throw error;
  }
}
