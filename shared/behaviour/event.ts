/** What a visitor did, in our own words: a pure function of what was collected. */

import { parseAmount } from '../money/amount.ts';
import { minorDigits } from '../money/currency.ts';
import { compact } from '../text/compact.ts';
import { epochMs, type Instant, instant } from '../time/instant.ts';
import type { CollectedEvent, CollectedEvents, CollectedProduct, CollectedSource, Proof, Traits } from './collected.ts';

export const BEHAVIOUR_KINDS = [
  'product_viewed',
  'product_added',
  'product_removed',
  'cart_viewed',
  'checkout_started',
  /** Empties the cart; what was bought, and for how much, the shop's own webhook says. */
  'order_completed',
  'list_viewed',
  /** Of a message that a campaign sent. */
  'push_opened',
  'page',
  'identify',
  'alias',
  /** Kept, and understood by nobody yet. */
  'other',
] as const;
export type BehaviourKind = (typeof BEHAVIOUR_KINDS)[number];

export interface BehaviourProduct {
  readonly productId: string;
  readonly skuId?: string;
  /** More than none; 1 unless said. */
  readonly quantity: number;
  /** Of one, minor units of `currency`. */
  readonly price?: number;
  readonly currency?: string;
  readonly categoryPath?: readonly string[];
}

export interface BehaviourEvent {
  /** Within its source: what is sent twice has it twice. */
  readonly messageId: string;
  readonly source: string;
  readonly kind: BehaviourKind;
  /** Of a track call: its name as sent, unless it may be more than that. */
  readonly name?: string;
  /** When it happened, the sender's clock set right by ours; never after it was received. */
  readonly at: Instant;
  readonly receivedAt: Instant;
  /** Personal, as are all three: they go nowhere but into keyed hashes and the names of personas. */
  readonly anonymousId?: string;
  readonly userId?: string;
  readonly previousId?: string;
  readonly products: readonly BehaviourProduct[];
  readonly cartId?: string;
  /** Of an opened push message: its key. */
  readonly message?: string;
  readonly bot: boolean;
  readonly test: boolean;
  readonly proof?: Proof;
  /** Of an identify whose traits are proven. Personal. */
  readonly traits?: Traits;
  readonly region?: string;
  readonly locale?: string;
  /** IANA. As said; and where nothing is said, as it is supposed of the source. */
  readonly zone?: string;
  readonly sourceZone?: string;
}

export const readEvents = ({ source, receivedAt, events }: CollectedEvents): BehaviourEvent[] =>
  events.map((event) => readEvent(event, source, receivedAt));

function readEvent(collected: CollectedEvent, source: CollectedSource, receivedAt: Instant): BehaviourEvent {
  const { messageId, type, event: name, anonymousId, userId, previousId, cartId, bot, test, proof, traits } = collected;
  const kind = kindOf(type, name);
  const currency = currencyOf(collected.currency) ?? source.currency;
  return compact({
    messageId,
    source: source.id,
    kind,
    name: nameOf(name),
    at: happenedAt(collected, receivedAt),
    receivedAt,
    anonymousId,
    userId,
    previousId,
    products: collected.products.map((product) => readProduct(product, currency)),
    cartId,
    message: kind === 'push_opened' ? collected.message : undefined,
    bot,
    test,
    proof,
    traits: proof === 'server' || proof === 'identifiers' ? traits : undefined,
    region: source.region,
    locale: localeOf(collected.locale),
    zone: zoneOf(collected.zone),
    sourceZone: source.zone,
  });
}

/**
 * Both times are the sender's, so their difference is right though its clock is not: by so much earlier than we received it, it
 * happened. A sender that does not say when it sent is taken at its word.
 */
function happenedAt({ happenedAtMs, sentAtMs }: CollectedEvent, receivedAt: Instant): Instant {
  if (happenedAtMs === undefined) return receivedAt;
  const receivedMs = epochMs(receivedAt);
  const ms = sentAtMs === undefined ? happenedAtMs : receivedMs - (sentAtMs - happenedAtMs);
  return instant(Math.min(Math.max(ms, EARLIEST_MS), receivedMs));
}
/** Of the web. A difference of two odd times may be before it. */
const EARLIEST_MS = Date.UTC(1990, 0);

/** Segment's names, and those of its events before version 2. Compared without case, spaces and signs. */
const KINDS: ReadonlyMap<string, BehaviourKind> = new Map([
  ['productviewed', 'product_viewed'],
  ['viewedproduct', 'product_viewed'],
  ['productadded', 'product_added'],
  ['addedproduct', 'product_added'],
  ['productremoved', 'product_removed'],
  ['removedproduct', 'product_removed'],
  ['cartviewed', 'cart_viewed'],
  ['viewedcart', 'cart_viewed'],
  ['checkoutstarted', 'checkout_started'],
  ['startedcheckout', 'checkout_started'],
  ['ordercompleted', 'order_completed'],
  ['completedorder', 'order_completed'],
  ['productlistviewed', 'list_viewed'],
  ['productlistfiltered', 'list_viewed'],
  ['viewedproductcategory', 'list_viewed'],
  // The last two are of Segment's specification for apps, old and new.
  ['pushopened', 'push_opened'],
  ['pushnotificationopened', 'push_opened'],
  ['pushnotificationtapped', 'push_opened'],
]);

function kindOf(type: CollectedEvent['type'], name: string | undefined): BehaviourKind {
  switch (type) {
    case 'identify':
    case 'alias':
      return type;
    case 'page':
    case 'screen':
      return 'page';
    case 'group':
      return 'other';
    case 'track':
      return KINDS.get(name?.toLowerCase().replace(/[^a-z]/g, '') ?? '') ?? 'other';
  }
}

/** Programmers write names, but some put a number or a contact into them. */
const nameOf = (name: string | undefined): string | undefined =>
  name !== undefined && /^[\p{L}\p{N} _.:/&()-]{1,100}$/u.test(name) && !/\d{5}/.test(name) ? name : undefined;

/** `zh-CN`, `zh_Hans_CN` */
const localeOf = (text: string | undefined): string | undefined =>
  text !== undefined && /^[A-Za-z]{2,8}([_-][A-Za-z0-9]{1,8}){0,3}$/.test(text) ? text : undefined;

function readProduct(said: CollectedProduct, currencyOfEvent: string | undefined): BehaviourProduct {
  const { productId, skuId, categoryPath } = said;
  const currency = currencyOf(said.currency) ?? currencyOfEvent;
  const price = currency === undefined ? undefined : amountOf(said.price, currency);
  return compact({
    productId,
    skuId,
    quantity: quantityOf(said.quantity),
    price,
    // Without an amount it is of nothing.
    currency: price === undefined ? undefined : currency,
    categoryPath,
  });
}

const currencyOf = (text: string | undefined): string | undefined => {
  const code = text?.toUpperCase();
  return code !== undefined && /^[A-Z]{3}$/.test(code) ? code : undefined;
};

/** SDKs send numbers: `12.5`, and what arithmetic makes of them, `12.500000000000002`. */
function amountOf(text: string | undefined, currency: string): number | undefined {
  if (text === undefined) return undefined;
  const amount = parseAmount(text, currency) ?? parseAmount(Number(text).toFixed(minorDigits(currency)), currency);
  return amount === undefined || amount < 0 ? undefined : amount;
}

const QUANTITY_MOST = 1_000_000;
function quantityOf(text: string | undefined): number {
  const quantity = Number(text ?? 1);
  return quantity > 0 && quantity <= QUANTITY_MOST ? quantity : 1;
}

function zoneOf(text: string | undefined): string | undefined {
  // Offsets (`+08:00`), which some SDKs send, are no zones: in half a year they would be wrong.
  if (text === undefined || !/^[A-Za-z]+(?:[/_+-][A-Za-z0-9_+-]+)*$/.test(text)) return undefined;
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return text;
  } catch {
    return undefined;
  }
}
