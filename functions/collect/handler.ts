/**
 * Browse events of pages, apps and servers → behaviour queue. Success is answered once they are on the queue; otherwise 503, so that
 * the sender tries again: an event has the same name each time. Of several, those that are malformed are refused by their places, and
 * the others kept.
 */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { CollectedEvent, CollectedEvents, CollectedSource } from '../../shared/behaviour/collected.ts';
import type { Takes } from '../../shared/behaviour/paths.ts';
import type { Queue } from '../../shared/queues/queue.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { measureEach } from '../../shared/runtime/measure-each.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import type { SourceDirectory } from '../../shared/sources/directory.ts';
import type { Source } from '../../shared/sources/source.ts';
import { instant } from '../../shared/time/instant.ts';
import { preflight, type Refusal, type Refused, refuse, taken } from './answer.ts';
import { keyOf, listEvents, messagesOf, readEvent } from './events.ts';
import { readRequest, takesOf } from './request.ts';

export interface CollectDependencies {
  readonly sources: SourceDirectory;
  readonly queue: Queue<CollectedEvents>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Of a request. */
const EVENTS_MOST = 500;

export function createCollect(dependencies: CollectDependencies) {
  return async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    const { method } = event.requestContext.http;
    if (method === 'OPTIONS') return preflight();
    const takes = takesOf(event);
    const outcome = await receive(event, method, takes, dependencies);
    if (!('status' in outcome)) return taken(outcome.accepted, outcome.refused);
    dependencies.telemetry.measure('collectRefused', 1, { event: outcome.code });
    return refuse(takes, outcome);
  };
}

interface Taken {
  readonly accepted: number;
  readonly refused: readonly Refused[];
}

async function receive(
  event: APIGatewayProxyEventV2,
  method: string,
  takes: Takes | undefined,
  { sources, queue, clock, telemetry }: CollectDependencies,
): Promise<Taken | Refusal> {
  if (takes === undefined) return { status: 404, code: 'path_unknown', message: 'Events are not posted there.' };
  if (method !== 'POST')
    return {
      status: 405,
      code: 'method_not_allowed',
      message: 'Events are posted.',
      headers: { allow: 'POST, OPTIONS' },
    };
  // What an SDK measures of itself is of no use here, and it is told so by nothing: it would try again.
  if (takes === 'metrics') return { accepted: 0, refused: [] };
  const posted = readRequest(event, takes);
  if (posted.kind === 'unreadable') return posted;
  const key = keyOf(posted);
  if (key === undefined)
    return { status: 401, code: 'key_missing', message: 'Say by which key: see docs/behaviour.md.' };
  const listed = listEvents(takes, posted.body);
  if (!listed)
    return { status: 400, code: 'form_unknown', message: 'The body is no event, nor has it a batch of them.' };
  if (listed.events.length > EVENTS_MOST)
    return { status: 413, code: 'too_many_events', message: `A request has at most ${EVENTS_MOST} events.` };
  try {
    const known = await sources.findByKey(key);
    if (!known) return { status: 401, code: 'key_unknown', message: 'There is no source of that key.' };
    const { source } = known;
    if (source.disabledAt !== undefined)
      return { status: 403, code: 'source_disabled', message: 'Nothing is taken from this source any more.' };
    const receivedAt = instant(clock().getTime());
    const events: CollectedEvent[] = [];
    const refused: Refused[] = [];
    for (const [index, sent] of listed.events.entries()) {
      const read = await readEvent(sent, listed, posted, known, sources);
      if ('kind' in read) refused.push({ index, code: read.code, message: read.message });
      else events.push(read);
    }
    if (events.length === 0 && refused[0]) {
      const { code, message } = refused[0];
      return { status: 400, code, message, refused };
    }
    await Promise.all(
      messagesOf(events, { source: describe(source), receivedAt }).map((message) => queue.send(message)),
    );
    measureEach(
      'collected',
      events.map(({ type }) => type),
      telemetry,
    );
    measureEach(
      'collectRefused',
      refused.map(({ code }) => code),
      telemetry,
    );
    return { accepted: events.length, refused };
  } catch (error) {
    telemetry.measure('collectDeferred', 1, { event: 'request' });
    telemetry.error('Events could not be queued', error, {});
    const headers = { 'retry-after': '5' };
    return { status: 503, code: 'try_again', message: 'The events could not be stored. Send them again.', headers };
  }
}

const describe = ({ id, kind, zone, currency, region }: Source): CollectedSource => ({
  id,
  kind,
  ...(zone !== undefined && { zone }),
  ...(currency !== undefined && { currency }),
  ...(region !== undefined && { region }),
});
