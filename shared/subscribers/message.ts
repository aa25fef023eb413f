/** What a subscriber gets for an event: one text, made once, so that each try sends and signs the same. */
import * as z from 'zod';
import type { ToldEvent } from './subscriber.ts';

/** As it waits in a lane, and among the dead letters. */
export const Message = z.object({
  /** Of the event: `webhook-id`, by which a receiver knows that it has seen it. */
  id: z.string().min(1),
  type: z.string().min(1),
  occurredAt: z.iso.datetime(),
  /** The JSON text that is sent. */
  body: z.string().min(1),
});
export type Message = z.infer<typeof Message>;

/** `type`, `timestamp`, `data`: what Standard Webhooks recommends. */
export const messageOf = (event: ToldEvent): Message => ({
  id: event.id,
  type: event.type,
  occurredAt: event.occurredAt,
  body: bodyOf(event.type, event.occurredAt, event),
});

const TEST_TYPE = 'tributary.test';

/** Asked for by a person, to see whether it arrives. */
export const testMessage = (id: string, subscriber: string, at: string): Message => ({
  id,
  type: TEST_TYPE,
  occurredAt: at,
  body: bodyOf(TEST_TYPE, at, { subscriber }),
});

const bodyOf = (type: string, timestamp: string, data: object): string => JSON.stringify({ type, timestamp, data });
