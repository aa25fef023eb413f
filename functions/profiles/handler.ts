/**
 * Orders stream → customers table; what could not be done at once, and what time or people bring, comes by the profiles queue. The
 * stream's shard goes on whatever happens to one order: its retries would hold up all others.
 */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import pMap from 'p-map';
import {
  type RecountDependencies,
  recountPage,
  rederivePage,
  settlePending,
  sweep,
} from '../../shared/derivations/sweep.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import type { Sealer } from '../../shared/identity/seal.ts';
import type { OrderKey } from '../../shared/orders/order-key.ts';
import type { Entry } from '../../shared/profiles/customer.ts';
import { entriesAsStored, entriesOfChange, follow, type OrderChange } from '../../shared/profiles/follow-orders.ts';
import { identifyCustomer } from '../../shared/profiles/identify.ts';
import type { Outcome } from '../../shared/profiles/update.ts';
import { type Cause, ProfilesMessage } from '../../shared/queues/messages.ts';
import { consumeBatch } from '../../shared/queues/sqs-batch.ts';
import { isPassing } from '../../shared/runtime/errors.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';

/** A record of the orders stream: its key, and what reads its images. */
export interface OrderRecord {
  readonly key: OrderKey;
  readonly read: () => Promise<OrderChange | undefined>;
}

export interface ProfilesDependencies extends RecountDependencies {
  readonly sealer: Sealer;
  readonly telemetry: Telemetry;
}

/** Customers at once; those of one customer go one after the other. */
const AT_ONCE = 4;

/** Resolves once all is done or on the queue; rejects where not even the queue took it, and then all of it comes again. */
export function createFollower(dependencies: ProfilesDependencies) {
  return async (records: readonly OrderRecord[]): Promise<void> => {
    const batch = new Map<string, PendingWork>();
    for (const record of records) await addTo(batch, record, dependencies);
    await pMap(batch.values(), (work) => followOrQueue(work, dependencies), { concurrency: AT_ONCE });
  };
}

/** All that a batch says of one persona: derived once, however many orders. */
interface PendingWork {
  readonly persona: PersonaId;
  readonly cause: Cause;
  readonly entries: Entry[];
}

async function addTo(
  batch: Map<string, PendingWork>,
  record: OrderRecord,
  dependencies: ProfilesDependencies,
): Promise<void> {
  const { queue, telemetry } = dependencies;
  try {
    const change = await record.read();
    if (!change) return;
    const { cause } = change.now;
    const entries = await entriesOfChange(change, dependencies);
    if (entries.length === 0) telemetry.measure('unmoved', 1, { event: cause });
    for (const entry of entries) {
      // Of one cause: what a replay changes must not go out as live.
      const name = `${entry.persona} ${cause}`;
      const work = batch.get(name) ?? { persona: entry.persona, cause, entries: [] };
      batch.set(name, work);
      work.entries.push(entry);
    }
  } catch (error) {
    // Nothing is done yet, so all may come again.
    if (isPassing(error)) throw error;
    telemetry.error('Order could not be read for its profile', error, { order: record.key });
    // To be read from the table again, or to come to rest among the dead letters. Where it had been before, nobody can tell.
    await queue.send({ order: record.key, left: [], cause: 'live' });
  }
}

async function followOrQueue({ persona, cause, entries }: PendingWork, dependencies: ProfilesDependencies) {
  const { queue, telemetry } = dependencies;
  try {
    report(await follow({ entries, personas: [persona] }, cause, dependencies), cause, dependencies);
  } catch (error) {
    telemetry.warn('Profile left for the queue', { code: codeOf(error), entries: entries.length });
    telemetry.measure('postponed', 1, { event: cause });
    for (const { key, ...place } of entries) {
      const { persona: left, day, revision } = place;
      await queue.send({ order: key, left: [{ persona: left, day, revision }], cause });
    }
  }
}

export function createQueueHandler(dependencies: ProfilesDependencies) {
  return (event: SQSEvent): Promise<SQSBatchResponse> =>
    consumeBatch(event, ProfilesMessage, dependencies.telemetry, {
      atOnce: AT_ONCE,
      handle: (message) => handle(message, dependencies),
      failure: 'Message of the profiles queue failed',
    });
}

async function handle(message: ProfilesMessage, dependencies: ProfilesDependencies): Promise<void> {
  const { telemetry } = dependencies;
  if ('sweep' in message) {
    const { due, started, skipped } = await sweep(dependencies);
    telemetry.measure('due', due, { event: 'review' });
    if (skipped || started.length > 0) telemetry.info('Swept', { due, skipped, started: started.join(' ') });
  } else if ('rederive' in message) await rederivePage(message.rederive, dependencies);
  else if ('recount' in message) await recountPage(message.recount, dependencies);
  else if ('identified' in message) report(await identifyCustomer(message, dependencies), 'live', dependencies);
  else if ('personas' in message) {
    await derive(message, dependencies);
  } else {
    const { order, left, cause } = message;
    // The casts: likewise.
    const entries = await entriesAsStored(
      order as OrderKey,
      left.map((place) => ({ ...place, persona: place.persona as PersonaId })),
      dependencies,
    );
    report(await follow({ entries }, cause, dependencies), cause, dependencies);
  }
}

/** One that can't be derived comes again by itself: the others must not wait for it. */
async function derive(
  { personas, cause, of }: Extract<ProfilesMessage, { readonly personas: unknown }>,
  dependencies: ProfilesDependencies,
): Promise<void> {
  const { queue, derivations } = dependencies;
  // The cast: written by ourselves, of personas.
  for (const [index, persona] of (personas as PersonaId[]).entries()) {
    try {
      report(await follow({ entries: [], personas: [persona] }, cause, dependencies), cause, dependencies);
    } catch (error) {
      if (personas.length === 1 || isPassing(error)) throw error;
      const own = of && { run: of.run, group: `${of.group}-${index}` };
      if (own) await derivations.putPending(own.run, own.group);
      await queue.send({ personas: [persona], cause, ...(own && { of: own }) });
    }
  }
  if (of) await settlePending(of, dependencies);
}

function report(
  { profiles, oversized }: Outcome,
  cause: Cause,
  { telemetry }: Pick<ProfilesDependencies, 'telemetry'>,
): void {
  if (profiles > 0) telemetry.measure('derived', profiles, { event: cause });
  if (oversized > 0) telemetry.measure('oversized', oversized, { event: cause });
}

const codeOf = (error: unknown): string =>
  error instanceof Error ? ('code' in error && typeof error.code === 'string' ? error.code : error.name) : typeof error;
