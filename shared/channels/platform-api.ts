/**
 * The contract between Tributary and a platform's API, for platforms whose webhooks are thin. `api.ts` of a platform says
 * how its requests are signed, how its tokens are renewed, which calls make up an order, and what its errors mean. It
 * never waits, retries or stores: lane and hydration do, the same for all (see shared/hydration/).
 */
import type * as z from 'zod';

/** A request to the platform. The base (`https://host`) is put before `path` by the caller. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST';
  /** With a leading slash. */
  readonly path: string;
  /** In this order, percent-encoded when sent. */
  readonly query?: readonly (readonly [name: string, value: string])[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface ApiAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** As the platform wrote it: ids above 2^53 are still whole in it. */
  readonly body: string;
}

/** What went wrong with a call, by what is to be done about it. */
export type ApiFailureKind =
  /**
   * The access token is not (or no longer) accepted: it is renewed, once, and the call repeated. Where that does not help, or
   * `renew` itself is refused in any way, the whole connection waits until a person authorises again.
   */
  | 'unauthorized'
  /** Nothing of this account may be called until a person acts (suspended, unlinked, our address not declared): it waits. */
  | 'closed'
  /** Too many requests: the whole connection waits, `retryAfterMs` if the platform says how long. */
  | 'throttled'
  /** 5xx, a time-out, no connection, an answer that is no JSON: try again later. */
  | 'unavailable'
  /** There is no such thing (any more): tried a few times, for details may lag behind their webhook, then quarantined. */
  | 'not_found'
  /** It is there, but this account may not read it: quarantined. */
  | 'forbidden'
  /** The platform refuses the request itself: a defect of ours, or of the credentials. Quarantined. */
  | 'refused';

/** Thrown by `fetch` and `renew`. `code` is stable and snake_case or the platform's own; never a value or a person. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  readonly kind: ApiFailureKind;
  readonly code: string;
  readonly retryAfterMs: number | undefined;
  constructor(kind: ApiFailureKind, code: string, { retryAfterMs }: { readonly retryAfterMs?: number } = {}) {
    super(`${kind}: ${code}`);
    this.kind = kind;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The answer, whatever its status; throws ApiFailure `unavailable` if there is none. */
export type Call = (request: ApiRequest) => Promise<ApiAnswer>;

/** What lets us call for a while. Rotated by the platform, so it is stored apart from what a person gave. */
export interface Tokens {
  readonly accessToken: string;
  /** Epoch ms; absent if it does not expire. */
  readonly expiresAt?: number | undefined;
  readonly refreshToken?: string | undefined;
  /** Epoch ms from which even the refresh token is of no use, and a person must authorise again. */
  readonly refreshExpiresAt?: number | undefined;
}

/** An account at the platform, opened with a person's credentials. */
export interface ApiAccount {
  /** The shop's own id at the platform, where the credentials name it: messages of another shop are then told apart. */
  readonly shop?: string;
  /** The first tokens, where a person gives them with the credentials. */
  readonly firstTokens?: Tokens;
  /** Asks for new tokens: with the last ones, or with none where the credentials are enough. Absent if they never expire. */
  renew?(last: Tokens | undefined, context: ApiContext): Promise<Tokens>;
  /**
   * All that a subject is made of, as bodies of envelopes: each is normalised with that subject. One body, unless the platform
   * answers with several independent things. Text is passed on as the platform wrote it; several answers that are one
   * thing are put together with `jointAnswer`.
   */
  fetch(subject: string, tokens: Tokens | undefined, context: ApiContext): Promise<readonly string[]>;
}

export interface ApiContext {
  readonly call: Call;
  readonly clock: () => Date;
}

export interface PlatformApi {
  /** `https://host` without a slash at its end: the one that is called, then others that `--api-base` may name (sandboxes, regions). */
  readonly hosts: readonly [string, ...string[]];
  /** Calls of one connection: by the second, at once after a rest, and under way at a time. */
  readonly limits: { readonly perSecond: number; readonly burst: number; readonly atOnce: number };
  /** Whether the platform only answers addresses that it was told of (docs say how to have one). */
  readonly wantsFixedAddress?: true;
  /** Checks a credentials file and opens it. What is wrong is said by field, never with a value. */
  open(credentials: unknown): ApiAccount | WrongCredentials;
}

export interface WrongCredentials {
  readonly kind: 'wrong_credentials';
  /** `app_secret: expected text`, one for each problem. */
  readonly problems: readonly string[];
}

/** `open` of a platform, from the schema of its credentials file. */
export function opening<Credentials>(
  schema: z.ZodType<Credentials>,
  account: (credentials: Credentials) => ApiAccount,
): PlatformApi['open'] {
  return (given) => {
    const parsed = schema.safeParse(given);
    if (parsed.success) return account(parsed.data);
    const problems = parsed.error.issues.map((issue) => {
      const field = issue.path.join('.') || 'the file';
      if (issue.code === 'unrecognized_keys') return `${field}: unknown field ${issue.keys.join(', ')}`;
      return `${field}: expected ${issue.code === 'invalid_type' ? issue.expected : issue.message}`;
    });
    return { kind: 'wrong_credentials', problems };
  };
}

/** Several answers as one JSON object, each as the platform wrote it: `{ "order": …, "escrow": … }`. */
export function jointAnswer(answers: Readonly<Record<string, string | undefined>>): string {
  const fields = Object.entries(answers).flatMap(([name, text]) =>
    text === undefined ? [] : [`${JSON.stringify(name)}:${text}`],
  );
  return `{${fields.join(',')}}`;
}

/** `Retry-After`: seconds, or an HTTP date. Undefined if there is none that can be read. */
export function retryAfterMs({ headers }: ApiAnswer, now: Date): number | undefined {
  const text = headers['retry-after'];
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime());
}

/** What the status alone says of an answer that is no success; undefined for 2xx. For platforms that use HTTP's own words. */
export function failureOfStatus(answer: ApiAnswer, now: Date): ApiFailure | undefined {
  const { status } = answer;
  if (status >= 200 && status < 300) return undefined;
  const wait = retryAfterMs(answer, now);
  const code = `http_${status}`;
  if (status === 429) return new ApiFailure('throttled', code, wait === undefined ? {} : { retryAfterMs: wait });
  if (status === 401) return new ApiFailure('unauthorized', code);
  if (status === 403) return new ApiFailure('forbidden', code);
  if (status === 404 || status === 410) return new ApiFailure('not_found', code);
  // Redirects are not followed: nothing of ours is where they lead, and a platform in maintenance sends everybody there.
  if (status < 400 || status >= 500 || status === 408 || status === 425)
    return new ApiFailure('unavailable', code, wait === undefined ? {} : { retryAfterMs: wait });
  return new ApiFailure('refused', code);
}
