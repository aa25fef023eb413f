/**
 * Names in paths. Orders and profiles are named with slashes, so they come percent-encoded (`shopify%2Fmy-shop%2F123`). No platform has
 * a control character, a question mark or a percent sign in them, and gateways disagree on what becomes of those.
 */
import * as z from 'zod';

const CHANNEL = '[a-z0-9_]{1,32}';
const CONNECTION = '[A-Za-z0-9_-]{1,64}';
/** A platform's own. */
const NAME = '[^\\u0000-\\u001f\\u007f?%]{1,200}';

export const Channel = z.string().regex(new RegExp(`^${CHANNEL}$`), 'small letters, digits and _');
export const ConnectionName = z.string().regex(new RegExp(`^${CONNECTION}$`), 'letters, digits, - and _, at most 64');
export const OrderIdText = z.string().regex(new RegExp(`^${NAME}$`), 'the id that the platform gave it');

/** Of a profile, or of any of its personas: an alias leads to the profile. */
export const ProfileId = z
  .string()
  .regex(new RegExp(`^${CHANNEL}/${CONNECTION}/${NAME}$`), 'channel/connection/name, percent-encoded');
export const OrderKeyText = z
  .string()
  .regex(new RegExp(`^${CHANNEL}/${CONNECTION}/${NAME}$`), 'channel/connection/orderId');
