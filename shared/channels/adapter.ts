/**
 * The contract between Tributary and a sales platform. One platform is one folder beside this file:
 *
 *     door.ts       Door: verify, sign, handshake, acknowledge. Bundled into ingest, so it stays small
 *     normalize.ts  ChannelAdapter.normalize: envelope → documents and signals. Pure: no clock, no network
 *     identifiers.ts  which fields of an order say who bought, and how surely
 *     api.ts        PlatformApi, where webhooks are thin: how what a signal tells of is fetched
 *
 * A door proves who is speaking and never looks into the content; a normaliser trusts the speaker and judges the
 * content, at any time later and as often as needed. So a bad signature can be refused at once, and odd content never is.
 */
import type { ConnectionSettings } from '../connections/connection.ts';
import type { IdentifierDeclaration } from '../identity/identifiers.ts';
import type { Envelope } from '../lake/envelope.ts';
import type { OrderDocument } from '../orders/parts.ts';
import type { PlatformApi } from './platform-api.ts';

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

/**
 * How new an answer must be to be the one that a signal told of. Of several signals the greatest of each counts; 0 asks
 * for nothing.
 */
export interface Heard {
  /** The version the signal names, of the same kind as `version.source` of the documents that will be fetched. */
  readonly source: number;
  /**
   * Epoch ms. Only what is fetched from then on counts: for a version of a coarse clock, when its tick is over (the second
   * may have another change in it); for a signal without version, when we received it.
   */
  readonly settledAt: number;
}

/** News that there is news: it changes no state, but asks for a fetch. */
export interface Signal {
  /**
   * What to fetch, in the adapter's own words: `order/123`, `refund/9`. Signals of one subject are one piece of work. Ids
   * only, nothing personal, at most 200 characters.
   */
  readonly subject: string;
  readonly heard: Heard;
  /** Where the order is known: if what is stored of it (or of its refund) is as new as what was heard, nothing is fetched. */
  readonly of?: { readonly orderId: string; readonly refundId?: string };
}

export interface Accepted {
  readonly kind: 'accepted';
  readonly documents: readonly OrderDocument[];
  readonly signals?: readonly Signal[];
  /**
   * Ids of other shops that the request has messages of, where a platform sends those of all shops of an app to one address:
   * the request is read once more for the connection of each, and what has none is ignored.
   */
  readonly otherShops?: readonly string[];
  /** Where a request carries several messages: why the first of those that could not be taken was not. The others count. */
  readonly except?: Unacceptable;
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
  /**
   * What the secret must look like, where it is more than any text: `connect` refuses another one. `says` names the form
   * for people, without an example that could be taken for a real one.
   */
  readonly secretForm?: { readonly pattern: RegExp; readonly says: string };
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
  /** Reads webhooks, and the answers that `api` fetched: those have a `subject`. */
  normalize(envelope: Envelope, connection: ConnectionSettings): Normalized;
  /** What its orders say of who bought. None: no order of this channel makes a profile. */
  readonly identifiers: IdentifierDeclaration;
  /** Only of platforms whose webhooks are thin. */
  readonly api?: PlatformApi;
}

export const rejected = (code: Rejected['code'], message: string): Rejected => ({ kind: 'rejected', code, message });
export const unacceptable = (code: string, path: string, expected: string): Unacceptable => ({
  kind: 'unacceptable',
  code,
  path,
  expected,
});
export const verified: Verified = { kind: 'verified' };
