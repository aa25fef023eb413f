/** What was posted → its events, with what of each is proven. */
import {
  type CollectedEvent,
  type CollectedEvents,
  LARGEST_MESSAGE_BYTES,
  type Proof,
} from '../../shared/behaviour/collected.ts';
import type { CallType, Takes } from '../../shared/behaviour/paths.ts';
import { type RefusedEvent, readSentEvent, type SentEvent } from '../../shared/behaviour/sent-event.ts';
import { proofOf } from '../../shared/behaviour/signature.ts';
import type { KnownBy, SourceDirectory } from '../../shared/sources/directory.ts';
import type { Posted } from './request.ts';

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const of = (from: unknown, name: string): unknown =>
  isFields(from) && Object.hasOwn(from, name) ? from[name] : undefined;

/** `Basic` with the key as the user's name, as Segment's SDKs do; `Bearer`; or in the body, where a beacon has no headers. */
export function keyOf({ headers, body }: Posted): string | undefined {
  const [, scheme = '', token = ''] = /^\s*(\w+)\s+(\S+)\s*$/.exec(headers.authorization ?? '') ?? [];
  switch (scheme.toLowerCase()) {
    case 'basic':
      return Buffer.from(token, 'base64').toString('utf8').split(':', 1)[0];
    case 'bearer':
      return token;
  }
  const key = of(body, 'writeKey') ?? firstKey(of(body, 'batch'));
  // A server key is for headers alone: bodies are what pages send.
  return typeof key === 'string' && key.startsWith('wk_') ? key : undefined;
}

const firstKey = (batch: unknown): unknown => (Array.isArray(batch) ? of(batch[0], 'writeKey') : undefined);

export interface Listed {
  readonly events: readonly unknown[];
  readonly type?: CallType;
}

/** Undefined: it is not of the form that the path takes. */
export function listEvents(takes: Exclude<Takes, 'metrics'>, body: unknown): Listed | undefined {
  const batch = of(body, 'batch');
  if (takes === 'batch') return Array.isArray(batch) ? { events: batch } : undefined;
  if (takes !== 'events') return isFields(body) ? { events: [body], type: takes } : undefined;
  if (Array.isArray(body)) return { events: body };
  if (Array.isArray(batch)) return { events: batch };
  return isFields(body) ? { events: [body] } : undefined;
}

export async function readEvent(
  sent: unknown,
  { type }: Listed,
  { headers, body }: Posted,
  { source, isServer }: KnownBy,
  sources: Pick<SourceDirectory, 'signingKeys'>,
): Promise<CollectedEvent | RefusedEvent> {
  const agent = headers['user-agent'];
  const read = readSentEvent(sent, {
    source: source.id,
    ...(type !== undefined && { type }),
    sentAt: of(body, 'sentAt'),
    context: of(body, 'context'),
    // That of the brand's server says nothing of the visitor.
    ...(!isServer && agent !== undefined && { userAgent: agent }),
  });
  if (read.kind === 'refused') return read;
  const { event, traits } = read;
  const proof = isServer ? 'server' : await proofBySignature(read, source.id, sources);
  const isProven = proof === 'server' || proof === 'identifiers';
  return {
    ...event,
    ...(proof !== undefined && { proof }),
    // What nobody vouches for goes no further.
    ...(isProven && event.userId !== undefined && Object.keys(traits).length > 0 && { traits }),
  };
}

/** The keys are read only where there is something to prove by them. */
async function proofBySignature(
  { signature, event: { userId }, traits }: SentEvent,
  source: string,
  sources: Pick<SourceDirectory, 'signingKeys'>,
): Promise<Proof | undefined> {
  if (signature === undefined || userId === undefined) return undefined;
  return proofOf({ signature, userId, traits }, await sources.signingKeys(source));
}

/** As few messages as hold them. */
export function messagesOf(
  events: readonly CollectedEvent[],
  about: Omit<CollectedEvents, 'events'>,
): readonly CollectedEvents[] {
  const messages: CollectedEvents[] = [];
  let together: CollectedEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    const more = Buffer.byteLength(JSON.stringify(event)) + 1;
    if (together.length > 0 && bytes + more > EVENTS_MOST_BYTES) {
      messages.push({ ...about, events: together });
      together = [];
      bytes = 0;
    }
    together.push(event);
    bytes += more;
  }
  return together.length > 0 ? [...messages, { ...about, events: together }] : messages;
}
/** What is said of the source has room beside them. */
const EVENTS_MOST_BYTES = LARGEST_MESSAGE_BYTES - 2_000;
