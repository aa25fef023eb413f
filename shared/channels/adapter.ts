/**
 * The contract between Tributary and a sales platform. One platform is one folder beside this file:
 *
 *     door.ts       Door: verify, sign, handshake, acknowledge. Bundled into ingest, so it stays small
 *     normalize.ts  ChannelAdapter.normalize: envelope → documents. Pure: no clock, no network
 *
 * A door proves who is speaking and never looks into the content; a normaliser trusts the speaker and judges the
 * content, at any time later and as often as needed. So a bad signature can be refused at once, and odd content never is.
 */
import type { ConnectionSettings } from '../connections/connection.ts';
import type { Envelope } from '../lake/envelope.ts';
import type { OrderDocument } from '../orders/parts.ts';

/** What a channel is to the brand; a customer's reach over categories is a fact that tiers and segments use. */
export type ChannelCategory = 'ecommerce' | 'live' | 'pos' | 'cross_border';

/** A request as a platform sends it. Header names are lower case; `body` is the exact bytes. */
export interface HttpRequest {
  readonly method: string;
  /** The URL as registered at the platform (from the connection, never built from `Host`). */
  readonly url: string;
  /** Query string without `?`, as received; empty when there is none. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Why a request was not proven to come from the platform. A value, not an exception: it is expected daily. */
export interface Rejected {
  readonly kind: 'rejected';
  readonly code: 'signature_missing' | 'signature_malformed' | 'signature_mismatch' | 'timestamp_stale';
  /** What was seen, what was expected, what to do. Holds nothing of the body and no secret. */
  readonly message: string;
}

export interface Verified {
  readonly kind: 'verified';
}

/** Content of an authentic request that we cannot take. An operator reads it in quarantine. */
export interface Unacceptable {
  readonly kind: 'unacceptable';
  /** Stable, snake_case: `body_not_json`, `wire_mismatch`, … */
  readonly code: string;
  /** Where in the body, as a zod path: `line_items.0.price`. Empty when it is the whole. */
  readonly path: string;
  /** What was expected there. Never a value from the body: it may be personal. */
  readonly expected: string;
}

/** Authentic and understood, but it says nothing that an order is made of (an unused topic). */
export interface Ignored {
  readonly kind: 'ignored';
  readonly code: string;
}

export interface Accepted {
  readonly kind: 'accepted';
  readonly documents: readonly OrderDocument[];
}

export type Normalized = Accepted | Ignored | Unacceptable;

export interface Door {
  /** The name in webhook paths, order keys and the lake: lower case letters, digits and `_`. */
  readonly channel: string;
  readonly category: ChannelCategory;
  /** Headers kept in the envelope, because `normalize` or a person looking for the cause needs them. No secret. */
  readonly keptHeaders: readonly string[];
  /**
   * Proves over the raw bytes, in constant time, that the platform sent this. `secrets` has the current one first; a
   * second one is still valid while it is being replaced. `now` is for schemes that sign a time.
   */
  verify(request: HttpRequest, secrets: readonly string[], now: Date): Verified | Rejected;
  /** The same request with the headers (or query) that the platform would add. For `tributary send` and tests. */
  sign(request: HttpRequest, secret: string, now: Date): HttpRequest;
  /** The reply to a verified request that is only the platform checking the address; undefined for all others. */
  handshake?(request: HttpRequest, secrets: readonly string[]): HttpResponse | undefined;
  /** The platform's own success reply, sent once the bytes are durable. */
  acknowledge(request: HttpRequest): HttpResponse;
  /** The platform's own form of a refusal, if a plain 401 problem document does not suit it. */
  refuse?(request: HttpRequest): HttpResponse;
}

export interface ChannelAdapter {
  readonly door: Door;
  /**
   * Grows by one with each change to `normalize` that should win over what it said before, when the lake is replayed.
   * It stands in the version of each part behind the platform's own time, so a fix never makes old news new.
   */
  readonly revision: number;
  normalize(envelope: Envelope, connection: ConnectionSettings): Normalized;
}

export const rejected = (code: Rejected['code'], message: string): Rejected => ({ kind: 'rejected', code, message });
export const unacceptable = (code: string, path: string, expected: string): Unacceptable => ({
  kind: 'unacceptable',
  code,
  path,
  expected,
});
export const verified: Verified = { kind: 'verified' };
