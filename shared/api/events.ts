/** The JSON Schemas of what is told on the bus, and in the `data` of messages to subscribers. */
import * as z from 'zod';
import { PROOF_EVENTS } from '../proof/attributed-event.ts';
import { EVENTS } from '../publish/events.ts';
import { PUSH_EVENTS } from '../push/push-event.ts';
import { readably } from './json-schema.ts';
import { operation } from './route.ts';

/** All that is told, by type. */
export const TOLD = { ...EVENTS, ...PUSH_EVENTS, ...PROOF_EVENTS } as const;
type EventType = keyof typeof TOLD;

// The cast: Object.keys forgets that these are the keys of the table.
export const EVENT_TYPES = Object.keys(TOLD) as [EventType, ...EventType[]];

const JsonSchema = z.record(z.string(), z.unknown());

export const listEventSchemas = operation({
  tag: 'events',
  summary: 'The types of events, each with the JSON Schema of its content',
  answers: {
    200: {
      description: 'All of them.',
      schema: z.object({ items: z.array(z.object({ type: z.enum(EVENT_TYPES), schema: JsonSchema })) }),
    },
  },
});

export const getEventSchema = operation({
  tag: 'events',
  summary: 'The JSON Schema of one type of event',
  params: z.object({ type: z.string().regex(/^[a-z_.]{1,64}$/, 'a type of event, as segment.entered') }),
  answers: { 200: { description: 'JSON Schema, draft 2020-12.', schema: JsonSchema } },
  problems: { 404: 'There is no such type.' },
  example: { params: { type: 'segment.entered' } },
});

export function eventSchemaOf(type: EventType): Record<string, unknown> {
  return {
    ...z.toJSONSchema(TOLD[type], {
      io: 'output',
      unrepresentable: 'any',
      override(context) {
        readably(context);
        // What an event says may grow: who reads it must not refuse what it does not know.
        delete context.jsonSchema.additionalProperties;
      },
    }),
    title: type,
  };
}

export const isEventType = (text: string): text is EventType => Object.hasOwn(TOLD, text);
