/** From a verified request to the derived order, as ingest and the orders stage do it, without their queues. */
import type { ChannelAdapter, Door, HttpRequest, Normalized } from '../../shared/channels/adapter.ts';
import type { ConnectionSettings } from '../../shared/connections/connection.ts';
import { type Envelope, EnvelopeId, encodeBody } from '../../shared/lake/envelope.ts';
import type { CanonicalOrder } from '../../shared/orders/canonical-order.ts';
import { deriveOrder } from '../../shared/orders/derive.ts';
import { mergeOrder, NO_PARTS, type OrderParts, type OrderUpdate } from '../../shared/orders/merge.ts';
import { type Answer, type Case, isMessage } from './cases.ts';

export interface EnvelopeInput {
  readonly door: Door;
  readonly request: HttpRequest;
  readonly receivedAt: Date;
  readonly connection: ConnectionSettings;
  /** Makes the envelope's id, so that a case always has the same ones. */
  readonly number: number;
}

export function toEnvelope({ door, request, receivedAt, connection, number }: EnvelopeInput): Envelope {
  const headers: Record<string, string> = {};
  for (const name of door.keptHeaders) {
    const value = request.headers[name];
    if (value !== undefined) headers[name] = value;
  }
  return {
    id: envelopeId(number),
    receivedAt: receivedAt.toISOString(),
    channel: door.channel,
    connection: connection.id,
    headers,
    query: request.query,
    ...encodeBody(request.body),
  };
}

const envelopeId = (number: number) => EnvelopeId.parse(`01900000-0000-7000-8000-${String(number).padStart(12, '0')}`);

/** As hydration archives what it fetched. */
export function answerEnvelope(
  { subject, fetchedAt, body }: Pick<Answer, 'subject' | 'fetchedAt' | 'body'>,
  connection: ConnectionSettings,
  number: number,
): Envelope {
  return {
    id: envelopeId(number),
    receivedAt: fetchedAt.toISOString(),
    channel: connection.channel,
    connection: connection.id,
    headers: {},
    query: '',
    subject,
    ...encodeBody(body),
  };
}

export interface Read {
  readonly outcome: Normalized;
  readonly updates: readonly OrderUpdate[];
}

/** What each webhook and each answer of the case says, read by this adapter. */
export function readCase(adapter: ChannelAdapter, { arrivals, connection }: Case): Read[] {
  return arrivals.map((arrival, number) => {
    const envelope = isMessage(arrival)
      ? toEnvelope({ door: adapter.door, connection, number, ...arrival })
      : answerEnvelope(arrival, connection, number);
    const outcome = adapter.normalize(envelope, connection);
    const documents = outcome.kind === 'accepted' ? outcome.documents : [];
    const reading = adapter.revision + connection.settingsRevision;
    return { outcome, updates: documents.map((document) => ({ document, envelope: envelope.id, reading })) };
  });
}

export const mergeAll = (updates: readonly OrderUpdate[]): OrderParts => updates.reduce(mergeOrder, NO_PARTS);

/** Revision 1, whatever the number of writes: how often an order was written is no part of what it is. */
export function derive(adapter: ChannelAdapter, { connection }: Case, updates: readonly OrderUpdate[]): CanonicalOrder {
  const { channel, category } = adapter.door;
  const orderIds = new Set(updates.map((update) => update.document.orderId));
  const [orderId] = orderIds;
  if (orderId === undefined || orderIds.size > 1) throw new Error('A case tells of one order.');
  return deriveOrder({ channel, category, connection: connection.id, orderId, revision: 1 }, mergeAll(updates));
}
