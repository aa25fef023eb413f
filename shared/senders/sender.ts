/**
 * What every sender of push messages does, whoever carries them: check, send, and say in one vocabulary what came of it. Nothing here
 * knows a provider; a provider's room (`fcm/`, `apns/` …) knows nothing of another. Who retries, and when, is the caller's affair.
 */
import type { Instant } from '../time/instant.ts';

/** Where one device, browser or mini-program user is reached. All of it is personal: it goes to the provider and nowhere else. */
export type Endpoint =
  | { readonly provider: 'fcm'; readonly token: string }
  /** A token is valid in the environment that the app was signed for, and in no other. */
  | { readonly provider: 'apns'; readonly token: string; readonly environment: 'production' | 'sandbox' }
  /** As `PushSubscription.toJSON()` gives them; keys are base64url. The URL comes from a stranger's browser. */
  | { readonly provider: 'web_push'; readonly url: string; readonly p256dh: string; readonly auth: string }
  | { readonly provider: 'wechat'; readonly openId: string }
  | { readonly provider: 'jpush'; readonly registrationId: string };

export type Provider = Endpoint['provider'];
type EndpointOf<P extends Provider> = Extract<Endpoint, { readonly provider: P }>;

export interface PushContent {
  readonly title: string;
  readonly body: string;
  /** What opens when it is tapped. */
  readonly url?: string;
  readonly imageUrl?: string;
  /** For the app; never shown. */
  readonly data: Readonly<Record<string, string>>;
  /** A later message with the same key takes the place of one that was not yet delivered, or seen; any text. */
  readonly collapseKey?: string;
  /** After this it is worth nothing: it is not sent, and a provider that has it still drops it. */
  readonly expiresAt: Instant;
  /** WeChat shows no text of ours, only values put into a template that it has approved. */
  readonly template?: WechatTemplate;
}

interface WechatTemplate {
  readonly id: string;
  /** Of the mini-program, with its query: `pages/order?id=1`. */
  readonly page?: string;
  /** By the template's own field names: `thing1`, `time2`. */
  readonly values: Readonly<Record<string, string>>;
}

export interface Outgoing {
  /** Names this message, at most 64 characters, nothing personal: the same for each try, and for each device that it goes to. */
  readonly key: string;
  readonly endpoint: Endpoint;
  readonly content: PushContent;
}

export type OutgoingTo<P extends Provider> = Outgoing & { readonly endpoint: EndpointOf<P> };

/** Every `code` is a word from this code or of the provider's documents, never text that somebody wrote. */
export type Outcome =
  /** The provider took it. Whether the device shows it, nobody tells. */
  | { readonly kind: 'sent'; readonly providerId?: string }
  /** The endpoint is no more: remove it. */
  | { readonly kind: 'gone'; readonly code: string }
  /** Not taken, and never will be as it is: too large, malformed, expired, not permitted by the user. The endpoint may be fine. */
  | { readonly kind: 'rejected'; readonly code: string }
  /** Surely not taken: may be tried again, not before `retryAfterMs` where it is given. */
  | {
      readonly kind: 'later';
      readonly code: string;
      readonly retryAfterMs?: number;
      /** Said of this endpoint alone, or by a host that its owner chose: no reason to keep others waiting. Absent: of the account. */
      readonly scope?: 'endpoint';
    }
  /** The connection broke after the request had gone out, or the answer made no sense: perhaps taken, perhaps not. */
  | { readonly kind: 'unknown'; readonly code: string }
  /** Credentials, or the account: a person must act. Not taken; it may be tried again once somebody did. */
  | { readonly kind: 'refused'; readonly code: string };

export type Checked =
  | 'ok'
  | {
      readonly code: 'too_large';
      readonly size: number;
      readonly most: number;
      readonly unit: 'bytes' | 'characters';
      /** JSON Pointer into the Outgoing, where it is one field that is too large. */
      readonly at?: string;
    }
  /** The provider takes nothing of this form. `at`: JSON Pointer into the Outgoing. */
  | { readonly code: 'invalid'; readonly at: string };

export interface Sender {
  readonly provider: Provider;
  /** Messages that one call of `send` takes. How many requests it makes of them is its own affair. */
  readonly batchMost: number;
  /** Requests that an account may make in a second, as documented; absent: no number is documented. */
  readonly ratePerSecond?: number;
  /**
   * Whether the provider takes a batch once that comes twice. If so, after `unknown` the same batch (these messages and no others) may
   * be sent again under the same keys, for a day. If not, a second try may be a second message.
   */
  readonly dedupes: boolean;
  /** What can be said without the network: counts as the provider does, before anything is sent. */
  check(outgoing: Outgoing): Checked;
  /**
   * Outcomes in the order of the batch. Whatever the provider or the network does is an outcome; what is thrown is a mistake of the
   * caller (a batch that is too long). Once `signal` is aborted nothing more is begun, and what is under way is `unknown`.
   */
  send(batch: readonly Outgoing[], signal?: AbortSignal): Promise<readonly Outcome[]>;
  /** Lets go of connections. What is under way ends as `unknown`. */
  close(): void;
}
