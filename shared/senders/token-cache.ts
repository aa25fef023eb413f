/**
 * Where access tokens are kept, so that many functions use one: WeChat and Apple count how often one is made. In memory here; over
 * functions it is a table with a lease. Whoever implements it keeps what is put at least as long as `expiresAt` says, and no one else
 * reads it.
 */
import type { Clock } from '../runtime/clock.ts';

export interface AccessToken {
  readonly token: string;
  /** Epoch ms, both. */
  readonly since: number;
  readonly expiresAt: number;
}

export interface TokenCache {
  /** What was put last, if it has not expired; names say provider and account, and hold no secret. */
  get(name: string): Promise<AccessToken | undefined>;
  put(name: string, token: AccessToken): Promise<void>;
  /** The right to renew, for at most so long: an id to give it back with, or undefined while another has it. */
  claim(name: string, forMs: number): Promise<string | undefined>;
  /** Does nothing where the claim has passed to another. */
  release(name: string, claim: string): Promise<void>;
}

/** For one process: tests, demos, and a function that shares with no other. */
export function createMemoryTokenCache(clock: Clock): TokenCache {
  const tokens = new Map<string, AccessToken>();
  const claims = new Map<string, { readonly id: string; readonly untilMs: number }>();
  let claimed = 0;
  return {
    async get(name) {
      const token = tokens.get(name);
      if (token && token.expiresAt > clock().getTime()) return token;
      tokens.delete(name);
      return undefined;
    },
    async put(name, token) {
      tokens.set(name, token);
    },
    async claim(name, forMs) {
      const nowMs = clock().getTime();
      if ((claims.get(name)?.untilMs ?? 0) > nowMs) return undefined;
      const id = String(++claimed);
      claims.set(name, { id, untilMs: nowMs + forMs });
      return id;
    },
    async release(name, claim) {
      if (claims.get(name)?.id === claim) claims.delete(name);
    },
  };
}
