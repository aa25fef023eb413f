/**
 * An account at a platform's API, opened for as long as a lane is held: its tokens are renewed before they expire and when
 * the platform no longer takes them, once for all calls, and stored at once. Only one holder at a time does this for a
 * connection, so a refresh token that can be used a single time is never used twice.
 */

import { type ApiAccount, type ApiContext, ApiFailure, type Tokens } from '../channels/platform-api.ts';
import type { ConnectionId, StoredTokens } from '../connections/connection.ts';
import type { SecretStore } from '../connections/directory.ts';
import type { LaneHealth } from '../lanes/lane.ts';
import type { Telemetry } from '../runtime/telemetry.ts';

export interface SessionOptions {
  readonly id: ConnectionId;
  readonly account: ApiAccount;
  readonly credentialsVersion: number;
  readonly context: ApiContext;
  readonly secrets: Pick<SecretStore, 'getTokens' | 'putTokens'>;
  /** What the lane knows of the tokens: the store of secrets may still show those before. */
  readonly known: LaneHealth;
  readonly sleep: (ms: number) => Promise<void>;
  readonly telemetry: Telemetry;
}

/** Tokens are renewed when a fifth of their life is left, or this long before its end if that is less. */
const EARLY_MS = 5 * 60_000;
const READS = 4;
const SAVES = 3;
const WAIT_MS = 500;

export class Session {
  readonly #options: SessionOptions;
  #tokens: StoredTokens | undefined;
  #renewing: Promise<void> | undefined;
  #unsaved = false;

  private constructor(options: SessionOptions, tokens: StoredTokens | undefined) {
    this.#options = options;
    this.#tokens = tokens;
  }

  static async open(options: SessionOptions): Promise<Session> {
    const { account, credentialsVersion, context } = options;
    const stored = await readTokens(options);
    if (stored?.of === credentialsVersion) return new Session(options, stored);
    // New credentials, so new tokens, too: what a person gave, else what the platform will give.
    const { firstTokens } = account;
    const first = firstTokens && withOrigin(firstTokens, credentialsVersion, context.clock().getTime());
    return new Session(options, first);
  }

  get expiry(): Pick<LaneHealth, 'tokensExpireAt' | 'authorisationExpiresAt'> {
    const { expiresAt, refreshExpiresAt } = this.#tokens ?? {};
    return {
      // 0 where a person gave tokens whose age is unknown.
      ...(expiresAt !== undefined && expiresAt > 0 && { tokensExpireAt: expiresAt }),
      ...(refreshExpiresAt !== undefined && { authorisationExpiresAt: refreshExpiresAt }),
    };
  }

  /** @throws ApiFailure of the fetch, or `Unauthorised` if there are no tokens to be had */
  async fetch(subject: string): Promise<readonly string[]> {
    const { account, context } = this.#options;
    await this.#renewEarly();
    const used = this.#tokens;
    try {
      return await account.fetch(subject, used, context);
    } catch (error) {
      if (!(error instanceof ApiFailure) || error.kind !== 'unauthorized' || !account.renew) throw error;
      // Another call may have renewed them while this one was under way.
      if (this.#tokens === used) await this.#renew();
      return await account.fetch(subject, this.#tokens, context);
    }
  }

  async #renewEarly(): Promise<void> {
    if (this.#unsaved) await this.#save();
    if (!this.#options.account.renew) return;
    const { expiresAt, since } = this.#tokens ?? {};
    if (this.#tokens && expiresAt === undefined) return;
    const early = Math.min(EARLY_MS, ((expiresAt ?? 0) - (since ?? 0)) / 5);
    if ((expiresAt ?? 0) - early <= this.#options.context.clock().getTime()) await this.#renew();
  }

  #renew(): Promise<void> {
    this.#renewing ??= this.#renewOnce().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #renewOnce(): Promise<void> {
    const { account, context, credentialsVersion } = this.#options;
    const tokens = await account.renew?.(this.#tokens, context).catch(asUnauthorized);
    if (!tokens) return;
    this.#tokens = withOrigin(tokens, credentialsVersion, context.clock().getTime());
    this.#unsaved = true;
    await this.#save();
  }

  /** The old ones may be of no use already, so work goes on with the new ones even if they can't be stored just now. */
  async #save(): Promise<void> {
    const { id, secrets, sleep, telemetry } = this.#options;
    const tokens = this.#tokens;
    for (let attempt = 1; tokens; attempt++) {
      try {
        await secrets.putTokens(id, tokens);
        this.#unsaved = false;
        return;
      } catch (error) {
        if (attempt === SAVES) return telemetry.error('Renewed tokens could not be stored', error, { connection: id });
        await sleep(WAIT_MS * attempt);
      }
    }
  }
}

/** Whatever its words, such an answer is about the app or its authorisation, and never about what was to be fetched. */
function asUnauthorized(error: unknown): never {
  const passes = !(error instanceof ApiFailure) || ['throttled', 'unavailable', 'closed'].includes(error.kind);
  throw passes ? error : new ApiFailure('unauthorized', error.code);
}

const withOrigin = (tokens: Tokens, of: number, since: number): StoredTokens => ({ ...tokens, of, since });

/** Parameter Store may for a moment still show the tokens before the last: the lane, which is read consistently, tells. */
async function readTokens({ id, secrets, known, sleep }: SessionOptions): Promise<StoredTokens | undefined> {
  for (let attempt = 1; ; attempt++) {
    const tokens = await secrets.getTokens(id);
    const isOld = (tokens?.expiresAt ?? 0) < (known.tokensExpireAt ?? 0);
    if (!isOld || attempt === READS) return tokens;
    await sleep(WAIT_MS);
  }
}
