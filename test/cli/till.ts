/** A platform that does not exist, so that these tests know all of it: an event name in a header, a body of four fields. */
import * as z from 'zod';
import { type ChannelAdapter, type Door, rejected, unacceptable, verified } from '../../shared/channels/adapter.ts';
import { opening } from '../../shared/channels/platform-api.ts';
import { bodyText } from '../../shared/lake/envelope.ts';
import { epochMs, parseOffsetTime } from '../../shared/time/instant.ts';

const Sale = z.object({
  id: z.string(),
  title: z.string(),
  cents: z.number().int(),
  at: z.string(),
  phone: z.string(),
});

const tillDoor: Door = {
  channel: 'till',
  category: 'pos',
  keptHeaders: ['x-till-event', 'x-till-event-id'],
  verify({ headers, body }, secrets) {
    const given = headers['x-till-signature'];
    if (given === undefined) return rejected('signature_missing', 'No signature.');
    const right = secrets.some((secret) => given === `${secret}:${body.byteLength}`);
    return right ? verified : rejected('signature_mismatch', 'Wrong signature.');
  },
  sign: (request, secret) => ({
    ...request,
    headers: { ...request.headers, 'x-till-signature': `${secret}:${request.body.byteLength}` },
  }),
  acknowledge: () => ({ status: 200, body: 'thanks' }),
};

export const till: ChannelAdapter = {
  door: tillDoor,
  revision: 1,
  identifiers: [{ from: 'phone', scope: 'brand', strength: 'strong', verified: false }],
  normalize(envelope, connection) {
    if (envelope.headers['x-till-event'] !== 'sale') return { kind: 'ignored', code: 'event_not_used' };
    const parsed = Sale.safeParse(JSON.parse(bodyText(envelope) ?? ''));
    if (!parsed.success) return unacceptable('wire_mismatch', 'cents', 'number');
    const { id, title, cents, phone } = parsed.data;
    const at = parseOffsetTime(parsed.data.at);
    if (!at) return unacceptable('time_invalid', 'at', 'a time with an offset');
    const none = {
      merchantDiscount: 0,
      platformDiscount: 0,
      shipping: 0,
      shippingDiscount: 0,
      tax: 0,
      tip: 0,
      fees: 0,
    };
    const currency = connection.currency ?? 'CNY';
    return {
      kind: 'accepted',
      documents: [
        {
          orderId: id,
          version: { source: epochMs(at), fetchedAt: 0, tie: '' },
          parts: {
            state: { placedAt: at, updatedAt: at, reached: { paid: at, completed: 'shown' } },
            // The tip is left out of the total, so that there is a flag to show.
            money: { currency, taxIncluded: true, items: cents, total: cents, ...none, tip: 100 },
            lines: [{ lineId: '1', title, quantity: 1, unitPrice: cents, discount: 0 }],
            phone,
          },
        },
      ],
    };
  },
};

/** The same till, but every message is about a sale: it has nothing that could be ignored. */
export const bluntTill: ChannelAdapter = {
  door: { ...tillDoor, channel: 'blunt', keptHeaders: [] },
  revision: 1,
  normalize: () => unacceptable('wire_mismatch', 'id', 'string'),
  identifiers: [],
};

/** One that only tells that there is news: the sale is fetched. */
export const thinTill: ChannelAdapter = {
  door: { ...tillDoor, channel: 'thin', secretForm: { pattern: /^key-\w+$/, says: 'key- and some letters' } },
  revision: 1,
  normalize: till.normalize,
  identifiers: till.identifiers,
  api: {
    hosts: ['https://api.till.example', 'https://sandbox.till.example'],
    limits: { perSecond: 5, burst: 5, atOnce: 1 },
    wantsFixedAddress: true,
    open: opening(
      z.strictObject({ shop: z.string(), token: z.string().min(8, 'at least 8 characters') }),
      ({ shop }) => ({
        shop,
        fetch: async () => [],
      }),
    ),
  },
};

export const sale = (fields: Partial<z.infer<typeof Sale>> = {}): string =>
  JSON.stringify({
    id: '7/42',
    title: '龙井茶',
    cents: 42568,
    at: '2026-11-24T10:00:00+08:00',
    phone: '+8613800000001',
    ...fields,
  });
