/** Signals → work in the lanes of their connections, unless what they tell of is known already. */
import pMap from 'p-map';
import type { Signal } from '../channels/adapter.ts';
import type { Envelope } from '../lake/envelope.ts';
import { ask } from '../lanes/ask.ts';
import { hydrationParty, type LaneStore, type Party } from '../lanes/lane.ts';
import type { OrderStore, StoredOrder } from '../orders/apply.ts';
import { orderKey } from '../orders/order-key.ts';
import type { WakeMessage } from '../queues/messages.ts';
import type { Queue } from '../queues/queue.ts';
import type { Clock } from '../runtime/clock.ts';
import { covers, type FetchDetail, joinDetails } from './fetch-detail.ts';

export interface HeardSignal {
  readonly signal: Signal;
  readonly envelope: Pick<Envelope, 'id' | 'channel' | 'connection' | 'receivedAt'>;
  /** Of the lake, with the envelope in it. */
  readonly object: string;
}

export interface NewsDependencies {
  readonly lanes: Pick<LaneStore<FetchDetail>, 'getWork' | 'putWork'>;
  readonly wakes: Queue<WakeMessage>;
  readonly orders: Pick<OrderStore, 'getOrder'>;
  readonly clock: Clock;
}

interface Wanted {
  readonly party: Party;
  readonly signal: Signal;
  readonly envelope: HeardSignal['envelope'];
  detail: FetchDetail;
}

const AT_ONCE = 8;
const LONGEST_WAIT_MS = 60_000;

/** How many fetches were asked for, by channel: signals of one subject are one, and those of what is known are none. */
export async function askForNews(
  heard: readonly HeardSignal[],
  dependencies: NewsDependencies,
): Promise<ReadonlyMap<string, number>> {
  const asked = new Map<string, number>();
  const wakeAt = new Map<Party, number>();
  try {
    await pMap(
      joined(heard),
      async ({ party, signal, envelope, detail }) => {
        if (await isKnown(signal, envelope, detail, dependencies)) return;
        const nowMs = dependencies.clock().getTime();
        // A time that a webhook names may lie far ahead; to look once too early costs a call.
        const dueAt = Math.max(nowMs, Math.min(detail.heard.settledAt, nowMs + LONGEST_WAIT_MS));
        const request = { party, subject: signal.subject, detail, dueAt };
        const done = await ask(dependencies.lanes, request, joinDetails, nowMs);
        if (done.asked) asked.set(envelope.channel, (asked.get(envelope.channel) ?? 0) + 1);
        if (done.wakeAt !== undefined) wakeAt.set(party, Math.min(wakeAt.get(party) ?? done.wakeAt, done.wakeAt));
      },
      { concurrency: AT_ONCE, stopOnError: false },
    );
  } finally {
    // After all rows, so that who is woken sees them; also of those that were put where others failed.
    const nowMs = dependencies.clock().getTime();
    for (const [party, at] of wakeAt) {
      const delaySeconds = Math.max(0, Math.ceil((at - nowMs) / 1000));
      await dependencies.wakes.send({ wake: party }, { delaySeconds });
    }
  }
  return asked;
}

function joined(heard: readonly HeardSignal[]): Iterable<Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const { signal, envelope, object } of heard) {
    const party = hydrationParty(envelope.connection);
    const key = `${party} ${signal.subject}`;
    const detail = { heard: signal.heard, envelope: envelope.id, object, receivedAt: envelope.receivedAt };
    const known = wanted.get(key);
    if (known) known.detail = joinDetails(known.detail, detail) ?? known.detail;
    else wanted.set(key, { party, signal, envelope, detail });
  }
  return wanted.values();
}

/** So a webhook that comes twice, or after the answer that it tells of, costs a read and no fetch. */
async function isKnown(
  { of }: Signal,
  { channel, connection }: HeardSignal['envelope'],
  { heard }: FetchDetail,
  { orders }: NewsDependencies,
): Promise<boolean> {
  if (!of) return false;
  const stored = await orders.getOrder(orderKey({ channel, connection, orderId: of.orderId }));
  const version = stored && versionOf(stored, of.refundId);
  return version !== undefined && covers(version, heard);
}

const versionOf = ({ parts }: StoredOrder, refundId: string | undefined) =>
  refundId === undefined ? parts.single.state?.version : parts.refunds[refundId]?.version;
