/**
 * An event as somebody sent it → what is passed on of it, or why it is refused. Nothing of it is trusted: its fields are asked for
 * one by one, each of its own, and of a length. Field names are those of Segment's specification, and our own.
 * Source: https://segment.com/docs/connections/spec/ecommerce/v2/ and …/spec/common/, read 2026-11-25.
 */
import { createHash } from 'node:crypto';
import { isSendKey } from '../campaigns/occurrence.ts';
import {
  CATEGORIES_MOST,
  type CollectedEvent,
  type CollectedProduct,
  ID_MOST,
  PRODUCTS_MOST,
  TEXT_MOST,
  TRAITS,
  type Trait,
  type Traits,
} from './collected.ts';
import { isAgentOfABot, isOfATest } from './marks.ts';
import { CALL_TYPES, type CallType } from './paths.ts';

export type RefusalCode =
  | 'not_an_object'
  | 'too_large'
  | 'too_deep'
  | 'type_unknown'
  | 'nobody'
  | 'id_invalid'
  | 'event_missing'
  | 'alias_incomplete';

export interface RefusedEvent {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  /** Says nothing of what was sent. */
  readonly message: string;
}

/** All that identifies a person, before anybody has looked at its proof. */
export interface SentEvent {
  readonly kind: 'event';
  readonly event: Omit<CollectedEvent, 'proof' | 'traits'>;
  readonly traits: Traits;
  /** Hex; by whom, its reader finds out. */
  readonly signature?: string;
}

export interface Sending {
  /** Names the source, where an event has no id of its own. */
  readonly source: string;
  /** What the path takes; else the event says it. */
  readonly type?: CallType;
  /** Of the request: when all of it was sent. */
  readonly sentAt?: unknown;
  /** Of the request, where it is the visitor's own and not a server's. */
  readonly userAgent?: string;
  /** Of the request: what its events are about, where they do not say. */
  readonly context?: unknown;
}

const EVENT_MOST_BYTES = 32 * 1024;
const DEPTH_MOST = 20;

type Fields = Readonly<Record<string, unknown>>;
const refused = (code: RefusalCode, message: string): RefusedEvent => ({ kind: 'refused', code, message });

export function readSentEvent(sent: unknown, sending: Sending): SentEvent | RefusedEvent {
  if (!isFields(sent)) return refused('not_an_object', 'An event is a JSON object.');
  if (isDeeper(sent, DEPTH_MOST)) return refused('too_deep', `An event is nested at most ${DEPTH_MOST} deep.`);
  const json = JSON.stringify(sent);
  if (Buffer.byteLength(json) > EVENT_MOST_BYTES)
    return refused('too_large', `An event has at most ${EVENT_MOST_BYTES / 1024} KB.`);
  const type = sending.type ?? typeOf(sent);
  if (type === undefined) return refused('type_unknown', `The type of an event is one of ${CALL_TYPES.join(', ')}.`);

  const ids = readIds(sent);
  if (!ids) return refused('id_invalid', `An id is text or a whole number of 1 to ${ID_MOST} characters.`);
  const { messageId, anonymousId, userId, previousId } = ids;
  if (anonymousId === undefined && userId === undefined)
    return refused('nobody', 'An event has an anonymousId or a userId.');
  if (type === 'alias' && (previousId === undefined || userId === undefined))
    return refused('alias_incomplete', 'An alias has a previousId and a userId.');
  const event = text(of(sent, 'event'));
  if (type === 'track' && event === undefined)
    return refused('event_missing', 'A track call has the name of an event.');

  const context = { ...fields(sending.context), ...fields(of(sent, 'context')) };
  const properties = fields(of(sent, 'properties'));
  const happenedAtMs = time(of(sent, 'originalTimestamp')) ?? time(of(sent, 'timestamp'));
  const sentAtMs = time(of(sent, 'sentAt')) ?? time(sending.sentAt);
  const cartId = text(first(properties, 'cart_id', 'cartId', 'checkout_id', 'checkoutId'));
  const message = text(first(properties, 'message', 'message_id', 'messageId'), ID_MOST);
  const currency = text(of(properties, 'currency'));
  const locale = text(of(context, 'locale'));
  const zone = text(of(context, 'timezone'));
  const signature = text(first(context, 'userSignature', 'userHash') ?? of(sent, 'userHash'));
  const agent = text(of(context, 'userAgent'), LONGEST_AGENT) ?? sending.userAgent;
  return {
    kind: 'event',
    event: {
      messageId: messageId ?? nameOf(sent, sending.source),
      type,
      ...(type === 'track' && event !== undefined && { event }),
      ...(anonymousId !== undefined && { anonymousId }),
      ...(userId !== undefined && { userId }),
      ...(type === 'alias' && previousId !== undefined && { previousId }),
      ...(happenedAtMs !== undefined && { happenedAtMs }),
      ...(sentAtMs !== undefined && { sentAtMs }),
      products: productsOf(properties),
      ...(cartId !== undefined && { cartId }),
      ...(message !== undefined && isSendKey(message) && { message }),
      ...(currency !== undefined && { currency }),
      bot: isAgentOfABot(agent),
      test: isOfATest(context),
      ...(locale !== undefined && { locale }),
      ...(zone !== undefined && { zone }),
    },
    traits: traitsOf(type === 'identify' ? fields(of(sent, 'traits')) : {}),
    ...(signature !== undefined && { signature }),
  };
}

const LONGEST_AGENT = 1000;

/** What has the name of an event, and says not what it is, is a track call. */
function typeOf(sent: Fields): CallType | undefined {
  const type = of(sent, 'type');
  return type === undefined && of(sent, 'event') !== undefined ? 'track' : CALL_TYPES.find((one) => one === type);
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const fields = (value: unknown): Fields => (isFields(value) ? value : {});
/** Its own: `constructor` and `__proto__` of a prototype are nobody's. */
const of = (from: Fields, name: string): unknown => (Object.hasOwn(from, name) ? from[name] : undefined);
const first = (from: Fields, ...names: readonly string[]): unknown =>
  names.map((name) => of(from, name)).find((value) => value !== undefined && value !== null);

/** Undefined for what is no text or number, for what is empty, and for what is longer than it may be. */
function text(value: unknown, most = TEXT_MOST): string | undefined {
  const plain = typeof value === 'number' && Number.isFinite(value) ? String(value) : value;
  if (typeof plain !== 'string') return undefined;
  const trimmed = plain.trim();
  return trimmed === '' || trimmed.length > most ? undefined : trimmed;
}

/** Undefined where one is there and is none. An id is never cut: two people would be one. */
function readIds(sent: Fields) {
  const ids: { -readonly [Name in (typeof ID_NAMES)[number]]?: string } = {};
  for (const name of ID_NAMES) {
    const value = of(sent, name);
    if (value === undefined || value === null || value === '') continue;
    const isText = typeof value === 'string' || Number.isSafeInteger(value);
    const id = isText ? text(value, ID_MOST) : undefined;
    if (id === undefined || HAS_CONTROL.test(id)) return undefined;
    ids[name] = id;
  }
  return ids;
}
const ID_NAMES = ['messageId', 'anonymousId', 'userId', 'previousId'] as const;
const HAS_CONTROL = /\p{Cc}/u;

/** ISO 8601, or milliseconds since the epoch; undefined for all else, and for what no clock says. */
function time(value: unknown): number | undefined {
  const ms = typeof value === 'number' ? value : typeof value === 'string' && ISO.test(value) ? Date.parse(value) : NaN;
  return ms >= EARLIEST_MS && ms <= LATEST_MS ? ms : undefined;
}
/** Else `Date.parse` reads `1` as a year. */
const ISO = /^\d{4}-\d{2}-\d{2}T/;
const EARLIEST_MS = Date.UTC(2000, 0);
const LATEST_MS = Date.UTC(2100, 0);

/** A retry sends the same again, but for when it is sent: so it has the same name. */
function nameOf({ sentAt: _, writeKey: __, ...said }: Fields, source: string): string {
  const hash = createHash('sha256')
    .update(`${source}\n${JSON.stringify(said)}`)
    .digest('base64url');
  return `auto-${hash.slice(0, 22)}`;
}

function productsOf(properties: Fields): CollectedProduct[] {
  const list = of(properties, 'products');
  const all = Array.isArray(list) ? list.slice(0, PRODUCTS_MOST) : [properties];
  return all.flatMap((one: unknown) => productOf(fields(one)) ?? []);
}

function productOf(said: Fields): CollectedProduct | undefined {
  const skuId = text(first(said, 'sku', 'skuId', 'sku_id', 'variant_id', 'variantId'), ID_MOST);
  const productId = text(first(said, 'product_id', 'productId'), ID_MOST) ?? skuId;
  if (productId === undefined) return undefined;
  const quantity = text(of(said, 'quantity'));
  const price = text(of(said, 'price'));
  const currency = text(of(said, 'currency'));
  const categoryPath = categoriesOf(said);
  return {
    productId,
    ...(skuId !== undefined && { skuId }),
    ...(quantity !== undefined && { quantity }),
    ...(price !== undefined && { price }),
    ...(currency !== undefined && { currency }),
    ...(categoryPath.length > 0 && { categoryPath }),
  };
}

/** `["Tea", "Green"]`, `Tea/Green`, `Tea > Green` */
function categoriesOf(said: Fields): string[] {
  const path = first(said, 'category_path', 'categoryPath', 'category');
  const parts: unknown[] = Array.isArray(path) ? path : typeof path === 'string' ? path.split(/\s*[/>]\s*/) : [];
  return parts.flatMap((part) => text(part) ?? []).slice(0, CATEGORIES_MOST);
}

const TRAIT_NAMES: Readonly<Record<Trait, readonly string[]>> = {
  email: ['email'],
  phone: ['phone'],
  memberCard: ['memberCard', 'member_card'],
  unionId: ['unionId', 'union_id', 'unionid'],
};

const traitsOf = (traits: Fields): Traits =>
  Object.fromEntries(
    TRAITS.flatMap((name) => {
      const value = text(first(traits, ...TRAIT_NAMES[name]));
      // A line break would give what is signed another meaning.
      return value === undefined || HAS_CONTROL.test(value) ? [] : [[name, value] as const];
    }),
  );

/** Without recursion: what is too deep for it is what is looked for. */
function isDeeper(root: object, most: number): boolean {
  let level: readonly object[] = [root];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > most) return true;
    level = level.flatMap((one) => Object.values(one).filter((value) => typeof value === 'object' && value !== null));
  }
  return false;
}
