/** A push as JPush takes it: one content, for up to a thousand devices. The app finds `url` among the extras. */
import { secondsLeft } from '../batch.ts';
import type { JpushCredentials } from '../credentials.ts';
import type { Checked, OutgoingTo, PushContent } from '../sender.ts';
import { shortId } from '../short-id.ts';

/**
 * NOT VERIFIED: how JPush counts. Its page says "Notification+Message at most 4000 bytes" for Android and "from { to }, 2000 bytes" for
 * iOS, in UTF-8 (error 1005). Here all of `notification` counts as JSON for the one, its `ios` for the other: never less than theirs.
 */
const JPUSH_MOST_BYTES = { notification: 4000, ios: 2000 };
/** Ten days. */
const TTL_MOST_SECONDS = 864_000;
const COLLAPSE_ID = { most: 64, form: /^[\x21-\x7e]+$/ };
/** What their SDK gives: hexadecimal today; no form is documented. */
const REGISTRATION_ID = /^[A-Za-z0-9_-]{1,64}$/;
const BIG_PICTURE = 3;

type Settings = Pick<JpushCredentials, 'platforms' | 'apnsProduction'>;

export function jpushBody(
  { content, registrationIds, cid }: { content: PushContent; registrationIds: readonly string[]; cid: string },
  settings: Settings,
  nowMs: number,
): string {
  const { collapseKey } = content;
  return JSON.stringify({
    cid,
    platform: settings.platforms,
    audience: { registration_id: registrationIds },
    notification: notificationOf(content, settings),
    options: {
      time_to_live: secondsLeft(content, nowMs, TTL_MOST_SECONDS),
      apns_production: settings.apnsProduction,
      ...(collapseKey !== undefined && { apns_collapse_id: shortId(collapseKey, COLLAPSE_ID) }),
    },
  });
}

function notificationOf({ title, body, url, imageUrl, data }: PushContent, { platforms }: Settings) {
  const extras = { ...data, ...(url !== undefined && { url }) };
  const android = {
    title,
    alert: body,
    extras,
    ...(imageUrl !== undefined && { style: BIG_PICTURE, big_pic_path: imageUrl }),
  };
  const ios = {
    alert: { title, body },
    sound: 'default',
    extras: { ...extras, ...(imageUrl !== undefined && { imageUrl }) },
    ...(imageUrl !== undefined && { 'mutable-content': true }),
  };
  return { ...(platforms.includes('android') && { android }), ...(platforms.includes('ios') && { ios }) };
}

export function checkJpush({ endpoint, content }: OutgoingTo<'jpush'>, settings: Settings): Checked {
  if (!REGISTRATION_ID.test(endpoint.registrationId)) return { code: 'invalid', at: '/endpoint/registrationId' };
  const notification = notificationOf(content, settings);
  const parts = [
    { size: sizeOf(notification), most: JPUSH_MOST_BYTES.notification },
    ...(notification.ios ? [{ size: sizeOf(notification.ios), most: JPUSH_MOST_BYTES.ios }] : []),
  ];
  const tooLarge = parts.find(({ size, most }) => size > most);
  return tooLarge ? { code: 'too_large', ...tooLarge, unit: 'bytes' } : 'ok';
}

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
