/** A message as FCM's `messages:send` takes it; the app finds `url` in its data. */
import { secondsLeft } from '../batch.ts';
import type { Checked, OutgoingTo, PushContent } from '../sender.ts';

/** Of the message to a device. */
const FCM_MOST_BYTES = 4096;
/** Four weeks. */
const TTL_MOST_SECONDS = 2_419_200;
/** Of ours, which data of the same name would replace. */
const OWN_DATA = 'url';

export function fcmMessage({ endpoint, content }: OutgoingTo<'fcm'>, nowMs: number): Readonly<Record<string, unknown>> {
  return { token: endpoint.token, ...contentOf(content, nowMs) };
}

function contentOf(content: PushContent, nowMs: number): Readonly<Record<string, unknown>> {
  const { title, body, url, imageUrl, data, collapseKey, expiresAt } = content;
  return {
    notification: { title, body, ...(imageUrl !== undefined && { image: imageUrl }) },
    data: { ...data, ...(url !== undefined && { [OWN_DATA]: url }) },
    android: {
      ttl: `${secondsLeft({ expiresAt }, nowMs, TTL_MOST_SECONDS)}s`,
      ...(collapseKey !== undefined && { collapse_key: collapseKey }),
    },
  };
}

export function checkFcm({ content, endpoint }: OutgoingTo<'fcm'>): Checked {
  if (endpoint.token === '') return { code: 'invalid', at: '/endpoint/token' };
  const reserved = Object.keys(content.data).find(isReserved);
  if (reserved !== undefined) return { code: 'invalid', at: '/content/data' };
  const size = fcmSize(content);
  return size > FCM_MOST_BYTES ? { code: 'too_large', size, most: FCM_MOST_BYTES, unit: 'bytes' } : 'ok';
}

/**
 * NOT VERIFIED: how FCM counts. Its documents say "4096 bytes … this includes both the keys and the values", and not whether quotes and
 * braces count. Here all of the message but its token does, as JSON: never less than what FCM may count. The time that is left is counted
 * at its longest, so that waiting makes no message too large.
 */
function fcmSize(content: PushContent): number {
  return Buffer.byteLength(JSON.stringify(contentOf(content, Number.NEGATIVE_INFINITY)));
}

/** Names that FCM uses itself, so that it takes no data under them. */
const isReserved = (name: string): boolean =>
  name === '' || name === 'from' || name === 'message_type' || /^(google|gcm)/.test(name);
