/**
 * Word of messages → the bus, and subscribers, those of a moment in one call: each on its own would add the time of a call to each message. Nobody waits
 * for a bus that does not answer: after a failure none is called for a while, and who is told that it was not taken comes again.
 */
import { type BusEvent, type EventBus, NotPublished } from '../publish/bus.ts';
import type { Deliveries } from '../publish/deliveries.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Telemetry } from '../runtime/telemetry.ts';
import type { PushEvent } from './push-event.ts';

export interface Teller {
  /** Whether it was taken. */
  tell(event: PushEvent): Promise<boolean>;
}

export interface TellerDependencies {
  readonly bus: EventBus<BusEvent>;
  readonly deliveries: Deliveries<PushEvent>;
  readonly clock: Clock;
  readonly telemetry: Pick<Telemetry, 'warn'>;
}

/** As many as a call takes. */
const BATCH_MOST = 10;
const LINGER_MS = 20;
const PATIENCE_MS = 5_000;
const AVOIDED_MS = 30_000;

interface Waiting {
  readonly event: PushEvent;
  readonly answer: (isTaken: boolean) => void;
}

export function createTeller({ bus, deliveries, clock, telemetry }: TellerDependencies): Teller {
  let waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;
  let avoidedUntilMs = 0;

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const batch = waiting;
    waiting = [];
    const taken = new Set(await put(batch.map(({ event }) => event)));
    for (const { event, answer } of batch) answer(taken.has(event));
  }

  /** Those that all have taken. */
  async function put(events: readonly PushEvent[]): Promise<readonly PushEvent[]> {
    let taken = events;
    try {
      await inTime(bus.put(events));
    } catch (error) {
      failed(error, events.length);
      taken = error instanceof NotPublished ? events.filter(({ id }) => !error.events.has(id)) : [];
    }
    try {
      if (taken.length > 0) await inTime(deliveries.tell(taken));
      return taken;
    } catch (error) {
      failed(error, taken.length);
      return [];
    }
  }

  function failed(error: unknown, count: number): void {
    avoidedUntilMs = clock().getTime() + AVOIDED_MS;
    const code = error instanceof NotPublished ? error.code : error instanceof Error ? error.name : 'unknown';
    telemetry.warn('Word of messages was not taken; it is told later', { code, count });
  }

  return {
    async tell(event) {
      if (clock().getTime() < avoidedUntilMs) return false;
      return new Promise((answer) => {
        waiting.push({ event, answer });
        if (waiting.length >= BATCH_MOST) void flush();
        else timer ??= setTimeout(() => void flush(), LINGER_MS);
      });
    },
  };
}

/** What comes too late may have been taken: then it is told twice, under the same id. */
async function inTime(call: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('It did not answer in time.')), PATIENCE_MS);
  });
  try {
    await Promise.race([call, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
