/**
 * What the service worker of the shop's site gets, as JSON: `{title, body, url?, imageUrl?, tag?, data}`. It shows it; nothing is shown by
 * itself.
 */
import type { Checked, OutgoingTo, PushContent } from '../sender.ts';

/**
 * Push services need take no more than 4096 bytes of body (RFC 8030 §7.2), and of these RFC 8291 §4 leaves 3993 for the text: the header
 * has 86 (salt 16, record size 4, length 1, key 65), the record's delimiter 1, its tag 16.
 */
const WEB_PUSH_MOST_BYTES = 3993;

const POINT_BYTES = 65;
const UNCOMPRESSED = 4;
const AUTH_BYTES = 16;

export function webPushText({ title, body, url, imageUrl, data, collapseKey }: PushContent): string {
  return JSON.stringify({
    title,
    body,
    ...(url !== undefined && { url }),
    ...(imageUrl !== undefined && { imageUrl }),
    ...(collapseKey !== undefined && { tag: collapseKey }),
    data,
  });
}

export function checkWebPush({ endpoint, content }: OutgoingTo<'web_push'>): Checked {
  if (!URL.canParse(endpoint.url)) return { code: 'invalid', at: '/endpoint/url' };
  const point = bytesOf(endpoint.p256dh);
  if (point?.length !== POINT_BYTES || point[0] !== UNCOMPRESSED) return { code: 'invalid', at: '/endpoint/p256dh' };
  if (bytesOf(endpoint.auth)?.length !== AUTH_BYTES) return { code: 'invalid', at: '/endpoint/auth' };
  const size = Buffer.byteLength(webPushText(content));
  return size > WEB_PUSH_MOST_BYTES ? { code: 'too_large', size, most: WEB_PUSH_MOST_BYTES, unit: 'bytes' } : 'ok';
}

const bytesOf = (text: string): Buffer | undefined =>
  /^[A-Za-z0-9_-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64url') : undefined;
