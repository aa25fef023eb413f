/** A notification as APNs takes it: a JSON payload, and headers that say to whom, how urgent and until when. */
import type { Checked, OutgoingTo } from '../sender.ts';
import { shortId, uuidOf } from '../short-id.ts';

const APNS_MOST_BYTES = 4096;
const COLLAPSE_ID = { most: 64, form: /^[\x21-\x7e]+$/ };
/** Apple: "variable length", hexadecimal; today 32 bytes, and no more than 100 are promised to be enough. */
const DEVICE_TOKEN = /^(?:[0-9a-fA-F]{2}){8,100}$/;

/** The app finds `url` and `imageUrl` beside its own data. An extension of the app may fetch the image before it is shown. */
export function apnsPayload({ content }: OutgoingTo<'apns'>): string {
  const { title, body, url, imageUrl, data } = content;
  return JSON.stringify({
    ...data,
    ...(url !== undefined && { url }),
    ...(imageUrl !== undefined && { imageUrl }),
    aps: {
      alert: { title, body },
      sound: 'default',
      ...(imageUrl !== undefined && { 'mutable-content': 1 }),
    },
  });
}

export function apnsHeaders({ key, endpoint, content }: OutgoingTo<'apns'>, topic: string): Record<string, string> {
  return {
    ':method': 'POST',
    ':path': `/3/device/${endpoint.token}`,
    'apns-topic': topic,
    'apns-push-type': 'alert',
    // A message that goes to two devices is two notifications.
    'apns-id': uuidOf(`${key} ${endpoint.token}`),
    'apns-expiration': String(Math.floor(Date.parse(content.expiresAt) / 1000)),
    'apns-priority': '10',
    ...(content.collapseKey !== undefined && { 'apns-collapse-id': shortId(content.collapseKey, COLLAPSE_ID) }),
    'content-type': 'application/json',
  };
}

export function checkApns(outgoing: OutgoingTo<'apns'>): Checked {
  // It becomes part of a path, so nothing but what it may be.
  if (!DEVICE_TOKEN.test(outgoing.endpoint.token)) return { code: 'invalid', at: '/endpoint/token' };
  if ('aps' in outgoing.content.data) return { code: 'invalid', at: '/content/data' };
  const size = Buffer.byteLength(apnsPayload(outgoing));
  return size > APNS_MOST_BYTES ? { code: 'too_large', size, most: APNS_MOST_BYTES, unit: 'bytes' } : 'ok';
}
