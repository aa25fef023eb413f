/** Envelope → updates of orders and signals, by the adapter of its channel. Pure, and it always has an answer: a bad message never blocks good ones. */
import {
  type ChannelAdapter,
  type Ignored,
  type Signal,
  type Unacceptable,
  unacceptable,
} from '../channels/adapter.ts';
import type { ConnectionSettings } from '../connections/connection.ts';
import type { Envelope } from '../lake/envelope.ts';
import type { OrderUpdate } from './merge.ts';
import { type OrderKey, orderKey } from './order-key.ts';

export interface Interpreted {
  readonly kind: 'updates';
  readonly updates: readonly { readonly key: OrderKey; readonly update: OrderUpdate }[];
  readonly signals: readonly Signal[];
  /** It has messages of these shops, too: see `Accepted`. */
  readonly otherShops: readonly string[];
  /** Why one of several messages in the envelope could not be taken; the updates and signals are those of the others. */
  readonly except?: Unacceptable;
}

export function interpret(
  envelope: Envelope,
  adapter: ChannelAdapter | undefined,
  connection: ConnectionSettings | undefined,
): Interpreted | Ignored | Unacceptable {
  if (!adapter) return unacceptable('channel_unknown', '', 'a channel that this version has an adapter for');
  if (!connection) return unacceptable('connection_unknown', '', 'a connection that exists');
  const normalized = normalizeSafely(envelope, adapter, connection);
  if (normalized.kind !== 'accepted') return normalized;
  const reading = adapter.revision + connection.settingsRevision;
  return {
    kind: 'updates',
    updates: normalized.documents.map((document) => ({
      key: orderKey({ channel: envelope.channel, connection: envelope.connection, orderId: document.orderId }),
      update: { document, envelope: envelope.id, reading },
    })),
    signals: normalized.signals ?? [],
    otherShops: normalized.otherShops ?? [],
    ...(normalized.except && { except: normalized.except }),
  };
}

/** An adapter that throws has a defect; its message may quote the body, so only its name is kept. */
function normalizeSafely(envelope: Envelope, adapter: ChannelAdapter, connection: ConnectionSettings) {
  try {
    return adapter.normalize(envelope, connection);
  } catch (error) {
    const name = error instanceof Error ? error.name : typeof error;
    return unacceptable('adapter_defect', '', `an adapter that does not throw (${name})`);
  }
}
