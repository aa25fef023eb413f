/**
 * Web Push: the protocol of RFC 8030, encrypted as RFC 8291 says (aes128gcm), signed as RFC 8292 says (VAPID). The library
 * encrypts; requests are ours, as whoever gives us a subscription chooses where they go: see ../../subscribers/target.ts.
 *
 * Limit: 4096 bytes of body, 3993 of text.  Rate: no number is documented; 429 with Retry-After.  Idempotency: none; `Topic` replaces only
 * what was not delivered yet.
 * Sources: RFC 8030 §5, §7; RFC 8291 §4; RFC 8292 §2-4; https://mozilla-services.github.io/autopush-rs/errors.html,
 * https://pushpad.xyz/blog/web-push-errors-explained-with-http-status-codes/, read 2026-11-25.
 */
import webPush from 'web-push';
import { NO_HOSTS } from '../../subscribers/hosts.ts';
import { systemResolve } from '../../subscribers/send.ts';
import { guardedLookup, readTarget } from '../../subscribers/target.ts';
import { checkFor, secondsLeft, sendEach } from '../batch.ts';
import type { WebPushCredentials } from '../credentials.ts';
import { createExchange } from '../exchange.ts';
import type { SenderOptions } from '../options.ts';
import { gone, ofEndpoint, rejected, unanswered } from '../outcomes.ts';
import type { Outcome, OutgoingTo, Sender } from '../sender.ts';
import { shortId } from '../short-id.ts';
import { readWebPushAnswer } from './answer.ts';
import { checkWebPush, webPushText } from './message.ts';
import { createVapid } from './vapid.ts';

const BATCH_MOST = 100;
const AT_ONCE = 25;
/** Four weeks: what push services keep at most. */
const TTL_MOST_SECONDS = 2_419_200;
/** The library looks at where a message goes only to sign it, which we do. */
const NOWHERE = 'https://push.invalid/';
const TOPIC = { most: 32, form: /^[A-Za-z0-9_-]+$/ };

export function createWebPushSender(credentials: WebPushCredentials, options: SenderOptions): Sender {
  const { clock, timeouts, hosts = NO_HOSTS, resolve = systemResolve } = options;
  // Apart, as connections are shared by name: one that was made to a host of our own is used for no other.
  const exchangeOf = (isAllowed: boolean) =>
    createExchange({ clock, lookup: guardedLookup(resolve, isAllowed), ...(timeouts && { timeouts }) });
  const [ours, theirs] = [exchangeOf(true), exchangeOf(false)];
  const authorizationFor = createVapid(credentials, clock);
  const means = { provider: 'web_push', batchMost: BATCH_MOST, atOnce: AT_ONCE, clock, check: checkWebPush } as const;

  async function post(message: OutgoingTo<'web_push'>, signal: AbortSignal | undefined): Promise<Outcome> {
    const target = readTarget(message.endpoint.url, hosts);
    // No push service has such an address, whatever its name leads to.
    if (target.kind === 'refused') return gone(target.code);
    const nowMs = clock().getTime();
    const sealed = seal(message, nowMs);
    if (!sealed) return gone('keys_invalid');
    const headers = { ...sealed.headers, authorization: await authorizationFor(target.url.origin) };
    const asked = { method: 'POST', url: target.url, headers, body: sealed.body } as const;
    const answer = await (target.isAllowed ? ours : theirs).ask(asked, signal);
    if (answer.kind === 'answered') return readWebPushAnswer(answer, nowMs);
    return answer.code === 'address_not_allowed' ? rejected(answer.code) : ofEndpoint(unanswered(answer));
  }

  return {
    provider: 'web_push',
    batchMost: BATCH_MOST,
    dedupes: false,
    check: checkFor('web_push', checkWebPush),
    send: (batch, signal) => sendEach(batch, means, (message) => post(message, signal), signal),
    close() {
      ours.close();
      theirs.close();
    },
  };
}

/** Undefined where the browser's key is no point of the curve. */
function seal(
  { endpoint, content }: OutgoingTo<'web_push'>,
  nowMs: number,
): { readonly headers: Readonly<Record<string, string>>; readonly body: Uint8Array } | undefined {
  const { p256dh, auth } = endpoint;
  try {
    const { headers, body } = webPush.generateRequestDetails(
      { endpoint: NOWHERE, keys: { p256dh, auth } },
      webPushText(content),
      {
        contentEncoding: 'aes128gcm',
        TTL: secondsLeft(content, nowMs, TTL_MOST_SECONDS),
        urgency: 'normal',
        ...(content.collapseKey !== undefined && { topic: shortId(content.collapseKey, TOPIC) }),
      },
    );
    const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
    return body ? { headers: Object.fromEntries(named), body } : undefined;
  } catch {
    return undefined; // its text may name a key
  }
}
