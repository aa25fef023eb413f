import { EVENT_TYPES, eventSchemaOf, isEventType } from '../../shared/api/events.ts';
import { Refusal } from './problem.ts';
import type { Handlers } from './serve.ts';

export const eventHandlers: Pick<Handlers, 'listEventSchemas' | 'getEventSchema'> = {
  async listEventSchemas() {
    return { status: 200, body: { items: EVENT_TYPES.map((type) => ({ type, schema: eventSchemaOf(type) })) } };
  },

  async getEventSchema({ params: { type } }) {
    if (isEventType(type)) return { status: 200, body: eventSchemaOf(type) };
    const detail = `There is no such type of event. There are: ${EVENT_TYPES.join(', ')}.`;
    throw new Refusal(404, 'event_type_unknown', detail);
  },
};
