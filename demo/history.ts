/**
 * The year before the demo's day: what the regulars bought, as the webhooks that their orders caused, from the first to what
 * has happened by now.
 *
 * They are sent today and tell of times long past, as a platform's retries and imports do. No door of these channels signs a
 * time (see the head of each door.ts), so a signature made for a request of last year is good today; one that does
 * sign it would have to sign these anew as they are sent.
 */
import type { PlannedDelivery } from './day.ts';
import type { ShopOptions, Story } from './delivery.ts';
import { douyinOpenId, douyinScene } from './douyin.ts';
import { type Good, inCurrency, type ShopCurrency } from './goods.ts';
import type { Person } from './people.ts';
import { createRandom, type Random } from './random.ts';
import { type Purchase, REGULARS, type Regular, type ShopChannel } from './regulars.ts';
import type { Scene, SceneLine } from './scene.ts';
import type { DemoChannel } from './shop.ts';
import { shopeeBuyerId, shopeeScene } from './shopee.ts';
import { shopifyCustomerId, shopifyScene } from './shopify.ts';
import { squareCustomerId, squareScene } from './square.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const HOUR_MS = 60 * 60 * 1000;
const YEAR_DAYS = 365;
export const DEMOTES_IN_MS = 100_000;

/** Orders of the day count from 1, or 1,001; no day has so many. */
const FIRST_NUMBER = 1_000_001;

interface Teller {
  readonly currency: ShopCurrency;
  readonly tell: (random: Random, shop: ShopOptions, scene: Scene) => Story;
  /** As the shop knows the buyer, and the canonical order says it. */
  readonly buyerId: (person: Person) => string | number;
}

const TELLERS: Readonly<Record<ShopChannel, Teller>> = {
  shopify: { currency: 'USD', tell: shopifyScene, buyerId: shopifyCustomerId },
  douyin: { currency: 'CNY', tell: douyinScene, buyerId: douyinOpenId },
  square: { currency: 'USD', tell: squareScene, buyerId: squareCustomerId },
  shopee: { currency: 'SGD', tell: shopeeScene, buyerId: shopeeBuyerId },
};

/** A shop of the demo, as far as its past goes. */
export interface HistoryShop {
  readonly channel: Pick<DemoChannel, 'door'>;
  readonly options: Omit<ShopOptions, 'webhookUrl'>;
}

export interface HistoryOptions {
  readonly seed: number;
  /** Where the history ends. */
  readonly nowMs: number;
  readonly webhookUrlOf: (channel: string, connection: string) => string;
  /** How long after `nowMs` the order leaves the year's window that somebody's tier hangs on. */
  readonly demotesInMs?: number;
}

/** In the order in which the webhooks were sent. The same seed and time give the same. */
export function planHistory(shops: readonly HistoryShop[], options: HistoryOptions): PlannedDelivery[] {
  const { seed, nowMs, webhookUrlOf } = options;
  const random = createRandom(seed);
  const numbers = new Map<ShopChannel, number>();
  return occasions(random, options)
    .flatMap((occasion) => {
      const { on } = occasion.purchase;
      const number = numbers.get(on) ?? FIRST_NUMBER;
      numbers.set(on, number + 1);
      return tellOccasion(occasion, { random, shops, number, nowMs, webhookUrlOf });
    })
    .filter(({ atMs }) => atMs <= nowMs)
    .sort((a, b) => a.atMs - b.atMs);
}

interface Telling extends Pick<HistoryOptions, 'nowMs' | 'webhookUrlOf'> {
  readonly random: Random;
  readonly shops: readonly HistoryShop[];
  /** Of the order, among those of its shop. */
  readonly number: number;
}

/** The webhooks of one order, also those that are yet to come. */
export function tellOccasion(
  { regular, purchase, paidAtMs }: Occasion,
  { random, shops, number, nowMs, webhookUrlOf }: Telling,
): PlannedDelivery[] {
  const { on } = purchase;
  const shop = shopOf(shops, on);
  const { tell, currency } = TELLERS[on];
  const scene = sceneOf(regular, purchase, { number, paidAtMs, nowMs, currency });
  const webhookUrl = webhookUrlOf(on, shop.options.connection);
  return tell(random, { ...shop.options, webhookUrl }, scene).deliveries.map((delivery) => ({
    ...delivery,
    kind: 'order',
  }));
}

export interface Occasion {
  readonly regular: Regular;
  readonly purchase: Purchase;
  readonly paidAtMs: number;
}

/** All that anybody bought, the first first. */
function occasions(random: Random, { nowMs, demotesInMs = DEMOTES_IN_MS }: HistoryOptions): Occasion[] {
  return REGULARS.flatMap((regular) =>
    regular.purchases.map((purchase): Occasion => {
      const someDayMs = nowMs - purchase.daysAgo * DAY_MS - random.int(0, 10 * HOUR_MS);
      const paidAtMs = purchase.leavesTheYear ? nowMs + demotesInMs - YEAR_DAYS * DAY_MS : someDayMs;
      return { regular, purchase, paidAtMs };
    }),
  ).sort((a, b) => a.paidAtMs - b.paidAtMs);
}

interface Staging extends Pick<Scene, 'number' | 'paidAtMs'> {
  readonly nowMs: number;
  readonly currency: ShopCurrency;
}

function sceneOf(
  { person }: Regular,
  { handedOver, goods, guest, recipientShown, back }: Purchase,
  { nowMs, currency, ...when }: Staging,
): Scene {
  return {
    ...when,
    handedOver,
    buyer: person,
    guest: guest === true,
    recipientShown: recipientShown === true,
    lines: linesOf(goods, currency),
    ...(back && { back: { atMs: nowMs - back.daysAgo * DAY_MS, extent: back.extent } }),
  };
}

/** Pieces of one kind are one line. */
function linesOf(goods: readonly Good[], currency: ShopCurrency): SceneLine[] {
  const kinds = [...new Set(goods)];
  return kinds.map((kind) => ({
    product: inCurrency(kind, currency),
    quantity: goods.filter((good) => good === kind).length,
  }));
}

function shopOf(shops: readonly HistoryShop[], on: ShopChannel): HistoryShop {
  const shop = shops.find(({ channel }) => channel.door.channel === on);
  if (!shop) throw new RangeError(`The regulars buy on ${on} too, and no shop is there.`);
  return shop;
}

export interface Account {
  readonly on: ShopChannel;
  /** `channel/connection/<buyer id>`: the persona of the orders made with it. */
  readonly persona: string;
}

/** The accounts that a regular bought with, so that who is printed can be found. What was bought as a guest has none. */
export function accountsOf({ person, purchases }: Regular, shops: readonly HistoryShop[]): Account[] {
  const channels = new Set(purchases.filter(({ guest }) => !guest).map(({ on }) => on));
  return [...channels].map((on) => ({
    on,
    persona: `${on}/${shopOf(shops, on).options.connection}/${TELLERS[on].buyerId(person)}`,
  }));
}
