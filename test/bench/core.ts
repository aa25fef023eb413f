/** One webhook on one core, step by step, against the least that any receiver does: an HMAC and JSON.parse. */
import { createHmac } from 'node:crypto';
import { createRandom } from '../../demo/random.ts';
import { shopifyStories } from '../../demo/shopify.ts';
import { shopify } from '../../shared/channels/shopify/adapter.ts';
import * as wire from '../../shared/channels/shopify/wire.ts';
import { ConnectionSettings } from '../../shared/connections/connection.ts';
import { parseLosslessly } from '../../shared/json/lossless.ts';
import { type Envelope, type EnvelopeId, encodeBody } from '../../shared/lake/envelope.ts';
import { interpret } from '../../shared/orders/interpret.ts';
import { packOrder } from '../../shared/orders/item.ts';
import { mergeOrder, NO_PARTS } from '../../shared/orders/merge.ts';
import { compareMs, type Row } from './measure.ts';

const SECRET = 'bench';
const BODY_BYTES = 10 * 1024;

export interface CoreResult {
  readonly rows: readonly Row[];
  readonly bodyBytes: number;
  readonly itemBytes: number;
}

export function benchCore({ longIds }: { readonly longIds: boolean }): CoreResult {
  const request = orderOf10Kb(longIds);
  const body = Buffer.from(request.body);
  const envelope: Envelope = {
    // The cast: any text will do here.
    id: '01938d0c-0000-7000-8000-000000000000' as EnvelopeId,
    receivedAt: '2026-11-24T00:00:00.000Z',
    channel: 'shopify',
    connection: 'bench',
    headers: Object.fromEntries(shopify.door.keptHeaders.map((name) => [name, request.headers[name] ?? ''])),
    query: '',
    ...encodeBody(body),
  };
  const settings = ConnectionSettings.parse({ id: 'bench', channel: 'shopify', type: 'direct', settingsRevision: 0 });
  const signed = shopify.door.sign({ ...request, body }, SECRET, new Date(0));

  const floor = () => {
    createHmac('sha256', SECRET).update(body).digest();
    return JSON.parse(body.toString('utf8'));
  };
  const verify = () => shopify.door.verify(signed, [SECRET], new Date(0));
  const parse = () => wire.Order.parse(parseLosslessly(envelope.body, { decimals: 'double' }));
  const canonical = () => interpret(envelope, shopify, settings);
  const understood = canonical();
  if (understood.kind !== 'updates' || !understood.updates[0]) throw new Error('The bench order is not understood.');
  const { update } = understood.updates[0];
  const merge = () => mergeOrder(NO_PARTS, update);

  const timed = compareMs([
    ['floor: HMAC + JSON.parse', floor],
    ['verify', verify],
    ['verify, parse and validate', () => [verify(), parse()]],
    ['verify to canonical', () => [verify(), canonical()]],
    ['verify to merged', () => [verify(), canonical(), merge()]],
  ]);
  const floorMs = timed[0]?.ms ?? 1;
  return {
    bodyBytes: body.byteLength,
    itemBytes: Buffer.byteLength(JSON.stringify(packOrder(merge()))),
    rows: timed.map(({ name, ms }) => ({ name, value: Math.round(1000 / ms), unit: '/s', ratio: floorMs / ms })),
  };
}

/** A real order of the demo shop, its note stretched to the size; with `longIds`, one id above 2^53. */
function orderOf10Kb(longIds: boolean) {
  const shop = {
    connection: 'bench',
    secret: SECRET,
    startMs: Date.parse('2026-11-11T01:00:00Z'),
    everyMs: 60_000,
    webhookUrl: '',
    shop: 'tea',
  };
  for (const story of shopifyStories(createRandom(3), shop)) {
    const request = story.deliveries[1]?.request;
    if (!request || request.body.byteLength < 7_000 || request.body.byteLength > BODY_BYTES) continue;
    const missing = BODY_BYTES - request.body.byteLength;
    let text = Buffer.from(request.body)
      .toString('utf8')
      .replace('"note":null', `"note":"${'n'.repeat(missing)}"`);
    if (longIds) text = text.replace(/^\{"id":\d+/, '{"id":820982911946154508');
    return { ...request, body: Buffer.from(text) };
  }
  throw new Error('The shop makes no order of that size.');
}
