/** Names of raw objects: `raw/channel=shopify/date=2026-11-24/hour=09/<name>.ndjson.gz`, one channel and hour of receipt each. */
import { createHash } from 'node:crypto';
import type { Envelope } from './envelope.ts';

export const RAW_PREFIX = 'raw/';

/** `raw/channel=…/date=…/hour=…/` of an envelope: the partition that Athena and DuckDB read as columns. */
export function rawPartition(envelope: Pick<Envelope, 'channel' | 'receivedAt'>): string {
  const { channel, receivedAt } = envelope;
  return `${RAW_PREFIX}channel=${channel}/date=${receivedAt.slice(0, 10)}/hour=${receivedAt.slice(11, 13)}/`;
}

/**
 * The name of an object that holds just these envelopes of one partition. It is made of their ids, so a retried write
 * of the same envelopes replaces the object instead of adding a copy.
 */
export function rawObjectKey(envelopes: readonly [Envelope, ...Envelope[]]): string {
  const ids = envelopes.map((envelope) => envelope.id).sort();
  const name = createHash('sha256').update(ids.join(' ')).digest('hex').slice(0, 32);
  return `${rawPartition(envelopes[0])}${name}.ndjson.gz`;
}
