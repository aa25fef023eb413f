/** Invented shoppers and what they buy at a Shopify shop, as the webhooks that Shopify sends of it. */
import type { Delivery } from '../../demo/delivery.ts';
import { CATALOGUE, type Person, person } from '../../demo/people.ts';
import { createRandom, type Random } from '../../demo/random.ts';
import { shopifyScene } from '../../demo/shopify.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** People of demo/people.ts repeat after so many, but for their ids, phones and emails. */
const NAMES = 8;
/** Orders of one shopper, at most. */
const NUMBERS = 100_000;

/** A name and an address of their own, too: of two shoppers nothing is alike. */
export function shopper(n: number): Person {
  const known = person(n * NAMES);
  const letters = [...String(n)].map((digit) => String.fromCharCode(0x4e00 + Number(digit))).join('');
  return { ...known, lastName: `${known.lastName}${letters}`, zip: String(310_000 + n) };
}

export interface Bought {
  readonly buyer: Person;
  readonly paidAtMs: number;
  /** What happened to it, in order: `orders/create`, `orders/paid`, `orders/updated`, `orders/fulfilled`, … */
  readonly deliveries: readonly Delivery[];
}

/** One order of the buyer, sent to a house; each with a number of its own. */
export function buy(
  random: Random,
  {
    buyer,
    connection,
    number,
    paidAtMs,
    backAtMs,
  }: {
    readonly buyer: Person;
    readonly connection: string;
    readonly number: number;
    readonly paidAtMs: number;
    /** All of it comes back. */
    readonly backAtMs?: number;
  },
): Bought {
  const products = random.shuffle(CATALOGUE).slice(0, random.int(1, 3));
  const { deliveries } = shopifyScene(
    random,
    { connection, secret: 'bench', webhookUrl: '', shop: 'tea', startMs: 0, everyMs: 0 },
    {
      number: (buyer.id % NUMBERS) * NUMBERS + number,
      paidAtMs,
      handedOver: 'parcel',
      buyer,
      guest: false,
      recipientShown: true,
      lines: products.map((product) => ({ product, quantity: random.int(1, 3) })),
      ...(backAtMs !== undefined && { back: { atMs: backAtMs, extent: 'all' as const } }),
    },
  );
  return { buyer, paidAtMs, deliveries };
}

/** Evenly by chance over the days before, the first bought first. */
export function buyMany(
  buyer: Person,
  {
    orders,
    days,
    untilMs,
    connection,
  }: {
    readonly orders: number;
    readonly days: number;
    readonly untilMs: number;
    readonly connection: string;
  },
): Bought[] {
  const random = createRandom((buyer.id % NUMBERS) * 31 + orders);
  return Array.from({ length: orders }, () => untilMs - Math.ceil(random.next() * days * DAY_MS))
    .sort((a, b) => a - b)
    .map((paidAtMs, index) => buy(random, { buyer, connection, number: index + 1, paidAtMs }));
}
