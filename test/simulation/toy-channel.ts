/**
 * A platform of our own: small orders in plain JSON, with everything that makes merging hard — a whole order in each
 * message, refunds also in messages of their own, a coarse clock, an unused topic. It keeps the simulation fast and
 * independent of any vendor.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import type { Delivery, ShopOptions, Story } from '../../demo/delivery.ts';
import type { Random } from '../../demo/random.ts';
import { type ChannelAdapter, type Door, rejected, unacceptable, verified } from '../../shared/channels/adapter.ts';
import { bodyText } from '../../shared/lake/envelope.ts';
import type { Milestone, OrderDocument, Refund, SourceVersion } from '../../shared/orders/parts.ts';
import { compact } from '../../shared/text/compact.ts';
import { epochMs, type Instant, instant } from '../../shared/time/instant.ts';

const SIGNATURE = 'x-toy-signature';
const TOPIC = 'x-toy-topic';

const signature = (body: Uint8Array, secret: string) => createHmac('sha256', secret).update(body).digest();

export const toyDoor: Door = {
  channel: 'toy',
  category: 'ecommerce',
  keptHeaders: [TOPIC],
  verify(request, secrets) {
    const given = Buffer.from(request.headers[SIGNATURE] ?? '', 'base64');
    if (given.byteLength !== 32) return rejected('signature_malformed', 'Expected base64 of 32 bytes.');
    const proven = secrets.some((secret) => timingSafeEqual(given, signature(request.body, secret)));
    return proven ? verified : rejected('signature_mismatch', 'Expected HMAC-SHA256 of the body.');
  },
  sign: (request, secret) => ({
    ...request,
    headers: { ...request.headers, [SIGNATURE]: signature(request.body, secret).toString('base64') },
  }),
  acknowledge: () => ({ status: 200 }),
};

// The cast: a datetime in UTC with milliseconds is what the brand means.
const At = z.iso.datetime({ precision: 3 }).transform((text) => text as Instant);
const Wire = z.object({
  order: z.string(),
  updatedAt: At,
  placedAt: At.optional(),
  reached: z.partialRecord(z.enum(['paid', 'fulfilled', 'completed', 'cancelled']), At).optional(),
  lines: z.array(z.object({ id: z.string(), quantity: z.number(), price: z.number() })).optional(),
  refunds: z.array(
    z.object({ id: z.string(), amount: z.number(), status: z.enum(['requested', 'succeeded']), at: At }),
  ),
  email: z.string().optional(),
  account: z.string().optional(),
  phone: z.string().optional(),
  name: z.string().optional(),
});
type Wire = z.infer<typeof Wire>;

export const toyAdapter: ChannelAdapter = {
  door: toyDoor,
  revision: 1,
  identifiers: [
    { from: 'buyerId', scope: 'connection', strength: 'strong', verified: true },
    { from: 'phone', scope: 'brand', strength: 'strong', verified: false },
    { from: 'email', scope: 'brand', strength: 'strong', verified: false },
  ],
  normalize(envelope) {
    if (envelope.headers[TOPIC] === 'ping') return { kind: 'ignored', code: 'topic_unused' };
    let json: unknown;
    try {
      json = JSON.parse(bodyText(envelope) ?? '');
    } catch {
      return unacceptable('body_not_json', '', 'JSON in UTF-8');
    }
    const wire = Wire.safeParse(json);
    if (wire.success) return { kind: 'accepted', documents: [toDocument(wire.data)] };
    const [issue] = wire.error.issues;
    return unacceptable('wire_mismatch', issue?.path.join('.') ?? '', issue?.message ?? '');
  },
};

function toDocument(wire: Wire): OrderDocument {
  const { order, updatedAt, placedAt, reached, lines, refunds, email, account, phone, name } = wire;
  const version: SourceVersion = { source: epochMs(updatedAt), fetchedAt: 0, tie: '' };
  const total = (lines ?? []).reduce((sum, line) => sum + line.quantity * line.price, 0);
  return {
    orderId: order,
    version,
    parts: {
      ...(placedAt && { state: { placedAt, updatedAt, reached: compact(reached ?? {}) } }),
      ...(lines && {
        money: {
          currency: 'EUR',
          taxIncluded: true,
          items: total,
          merchantDiscount: 0,
          platformDiscount: 0,
          shipping: 0,
          shippingDiscount: 0,
          tax: 0,
          tip: 0,
          fees: 0,
          total,
        },
        lines: lines.map(({ id, quantity, price }) => ({ lineId: id, quantity, unitPrice: price, discount: 0 })),
      }),
      ...(email !== undefined && { email }),
      ...(account !== undefined && { buyer: { buyerId: account } }),
      ...(phone !== undefined && { phone }),
      ...(name !== undefined && { name }),
    },
    refunds: refunds.map(({ id, amount, status, at }) => ({
      id,
      version: { source: epochMs(at), fetchedAt: 0, tie: '' },
      value: { status, amount, currency: 'EUR', at } satisfies Refund,
    })),
  };
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Of the town that all toy shops are in: it grows as they sell, so that people come back and are at more than one shop. */
const townOf = (number: number): number => Math.max(10, Math.floor(number / 6));
/** The two of a household may give one phone. */
const FIRST_NAMES = ['Ada', 'Grace', 'Hana', 'Tomás', 'Wei'] as const;
const LAST_NAMES = ['Nilsson', 'Okafor', 'Sato', 'Ferreira', 'Zhang', 'Novak', 'Silva'] as const;

const buyerOf = (number: number) => ({
  email: `buyer${number}@example.com`,
  account: `account ${number}`,
  phone: `+49151${23_570_000 + 7 * Math.floor(number / 2)}`,
  name: `${FIRST_NAMES[number % FIRST_NAMES.length]} ${LAST_NAMES[number % LAST_NAMES.length]}`,
});

/**
 * What an order tells of its buyer, and when: an email in most messages, an account that is logged into late, a phone with a name
 * or without one; and now and then a message corrects the email to that of the other one of the household.
 */
function tellBuyer(random: Random, number: number): () => Partial<ReturnType<typeof buyerOf>> {
  const who = random.int(0, townOf(number) - 1);
  const [buyer, other] = [buyerOf(who), buyerOf(who ^ 1)];
  const hasAccount = who % 3 === 0 && random.chance(0.5);
  const givesPhone = who % 4 < 2 && random.chance(0.3);
  const givesName = random.chance(0.7);
  let { email } = buyer;
  return () => {
    if (random.chance(0.02)) ({ email } = other);
    return compact({
      email: random.chance(0.7) ? email : undefined,
      account: hasAccount && random.chance(0.5) ? buyer.account : undefined,
      phone: givesPhone && random.chance(0.5) ? buyer.phone : undefined,
      name: givesName ? buyer.name : undefined,
    });
  };
}

/** Orders that are paid, sent, changed, refunded or cancelled, several messages each. */
export function* toyStories(random: Random, options: ShopOptions): Generator<Story> {
  const { connection, secret, startMs, everyMs } = options;
  for (let number = 1; ; number++) {
    const orderId = `${connection}/${number}`; // with a slash, as some platforms have
    let atMs = startMs + number * everyMs;
    const deliveries: Delivery[] = [];
    const reached: Partial<Record<Milestone, Instant>> = {};
    const placedAt = instant(atMs);
    let lines = Array.from({ length: random.int(1, 4) }, (_, index) => ({
      id: `${index}`,
      quantity: random.int(1, 3),
      price: random.int(1, 9_999),
    }));
    const refunds: { id: string; amount: number; status: 'requested' | 'succeeded'; at: Instant }[] = [];
    const buyer = tellBuyer(random, number);

    const send = (topic: string, message: object) => {
      const body = Buffer.from(JSON.stringify(message));
      const unsigned = { method: 'POST', url: '', query: '', headers: { [TOPIC]: topic }, body };
      deliveries.push({ channel: 'toy', connection, atMs, request: toyDoor.sign(unsigned, secret, new Date(atMs)) });
    };
    const sendOrder = () =>
      send(
        'order',
        compact({
          order: orderId,
          updatedAt: instant(atMs),
          placedAt,
          reached,
          lines,
          refunds,
          ...buyer(),
        }),
      );
    const pass = () => {
      // A coarse clock: now and then two states carry one time.
      if (random.chance(0.9)) atMs += 1000 * random.int(1, 3_600);
    };

    sendOrder();
    for (const milestone of ['paid', 'fulfilled', 'completed'] as const) {
      pass();
      if (random.chance(0.07)) {
        reached.cancelled = instant(atMs);
        sendOrder();
        break;
      }
      reached[milestone] = instant(atMs);
      // The shop finds out when the money really came: perhaps on another day.
      if (reached.paid && random.chance(0.05)) reached.paid = instant(Date.parse(reached.paid) - random.int(0, DAY_MS));
      if (random.chance(0.2)) lines = lines.map((line) => ({ ...line, quantity: random.int(1, 3) }));
      sendOrder();
      if (random.chance(0.1)) send('ping', { order: orderId });
      if (milestone === 'paid' || random.chance(0.8)) continue;
      pass();
      const refund = { id: `r${refunds.length}`, amount: random.int(1, 500), at: instant(atMs) };
      if (random.chance(0.5))
        send('refund', { order: orderId, updatedAt: instant(atMs), refunds: [{ ...refund, status: 'requested' }] });
      pass();
      refunds.push({ ...refund, status: 'succeeded', at: instant(atMs) });
      send('refund', { order: orderId, updatedAt: instant(atMs), refunds: refunds.slice(-1) });
      sendOrder();
    }
    yield { orderId, deliveries };
  }
}
