/**
 * A platform's API as tests, simulation and demo play it: it checks signatures and tokens, lets tokens expire and rotates
 * them, limits rates, lags behind its webhooks, breaks down. A model has no network and no clock of its own, so that the
 * simulation can call it in virtual time; `server.ts` puts it behind HTTP.
 */
import type { PlatformRecord } from '../../demo/delivery.ts';

export interface PlatformRequest {
  readonly method: string;
  /** Without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface PlatformAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How the platform behaves just now; tests change it as they go. */
export interface Behaviour {
  /** Records become visible this long after they were put. */
  lagMs: number;
  /** How long an access token lives. */
  tokenLifeMs: number;
  /** Requests that are let through; past these the platform answers in its own way that there were too many. */
  perSecond: number;
  burst: number;
  /** A number: every call is answered with this status. */
  failing: number | undefined;
  /** Every answer waits so long (over HTTP only). */
  slowMs: number;
}

export interface PlatformModel {
  readonly channel: string;
  /** What a credentials file must hold to be let in: a pristine pair of tokens where a person would have to give them. */
  readonly credentials: Readonly<Record<string, unknown>>;
  readonly behaviour: Behaviour;
  /** Where tokens are rotated, so that they can be lost: what a person gets who authorises once more. */
  authorise?(): Readonly<Record<string, unknown>>;
  put(record: PlatformRecord, nowMs: number): void;
  /** Makes a subject unreadable: gone, or not for this account. */
  withhold(subject: string, how: 'not_found' | 'forbidden'): void;
  /** All access tokens given out so far are no longer accepted, whatever their age. */
  revokeTokens(): void;
  answer(request: PlatformRequest, nowMs: number): PlatformAnswer;
  /** How often it was asked for what, refused calls included: `order/123`, `token`. */
  readonly calls: ReadonlyMap<string, number>;
}

export const calmBehaviour = (): Behaviour => ({
  lagMs: 0,
  tokenLifeMs: 4 * 60 * 60 * 1000,
  perSecond: 1_000,
  burst: 1_000,
  failing: undefined,
  slowMs: 0,
});

/** What every model needs: records with a lag, calls counted, a rate kept. */
export class PlatformState {
  readonly behaviour = calmBehaviour();
  readonly calls = new Map<string, number>();
  readonly #history = new Map<string, { readonly record: PlatformRecord; readonly atMs: number }[]>();
  readonly #withheld = new Map<string, 'not_found' | 'forbidden'>();
  #allowance = Number.POSITIVE_INFINITY;
  #allowedAtMs = 0;

  put(record: PlatformRecord, nowMs: number): void {
    const history = this.#history.get(record.subject) ?? [];
    this.#history.set(record.subject, history);
    history.push({ record, atMs: nowMs });
  }

  withhold(subject: string, how: 'not_found' | 'forbidden'): void {
    this.#withheld.set(subject, how);
  }

  /** The newest record that is visible by now, or why there is none. */
  find(subject: string, nowMs: number): PlatformRecord | 'not_found' | 'forbidden' {
    const withheld = this.#withheld.get(subject);
    if (withheld) return withheld;
    let found: PlatformRecord | undefined;
    for (const { record, atMs } of this.#history.get(subject) ?? []) {
      if (atMs + this.behaviour.lagMs <= nowMs && (!found || record.version >= found.version)) found = record;
    }
    return found ?? 'not_found';
  }

  count(what: string): void {
    this.calls.set(what, (this.calls.get(what) ?? 0) + 1);
  }

  /** Whether one request more is within the rate. */
  allow(nowMs: number): boolean {
    const { perSecond, burst } = this.behaviour;
    const refilled = this.#allowance + ((nowMs - this.#allowedAtMs) / 1000) * perSecond;
    this.#allowance = Math.min(burst, refilled);
    this.#allowedAtMs = nowMs;
    if (this.#allowance < 1) return false;
    this.#allowance--;
    return true;
  }
}
