/**
 * An envelope is a webhook as it arrived, or an answer as fetched, with what is needed to read it again in any year: the
 * unit of the raw lake. It never holds a secret: a door names the headers that are kept.
 */
// zod/mini, as ingest bundles this: a fifth of the size of zod.
import * as z from 'zod/mini';

export const EnvelopeId = z.uuid().brand<'EnvelopeId'>();
export type EnvelopeId = z.infer<typeof EnvelopeId>;

/** Epoch ms. When it was received, as its id tells. */
export const receivedAtMs = (id: EnvelopeId): number => Number.parseInt(id.slice(0, 13).replace('-', ''), 16);

export const Envelope = z.object({
  /** UUID v7: sorts by time of receipt. */
  id: EnvelopeId,
  /** UTC, milliseconds. When we received it, and of an answer, when we asked for it; never used as the version of what a webhook says. */
  receivedAt: z.iso.datetime(),
  channel: z.string().check(z.minLength(1)),
  connection: z.string().check(z.minLength(1)),
  headers: z.record(z.string(), z.string()),
  query: z.string(),
  /** Of an answer that we fetched from the platform's API: what we had asked for. A webhook has none. */
  subject: z.optional(z.string().check(z.minLength(1), z.maxLength(200))),
  /** The exact bytes: as text where they are UTF-8 that JSON and SQS can carry, so that people can read the lake. */
  body: z.string(),
  bodyEncoding: z.enum(['utf8', 'base64']),
});
export type Envelope = z.infer<typeof Envelope>;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** SQS refuses these two code points, and JSON does not escape them. */
const UNSENDABLE = /[\uFFFE\uFFFF]/;

/** Bytes → the two body fields. Text only if it turns into the very same bytes again. */
export function encodeBody(bytes: Uint8Array): Pick<Envelope, 'body' | 'bodyEncoding'> {
  try {
    const text = decoder.decode(bytes);
    if (!UNSENDABLE.test(text)) return { body: text, bodyEncoding: 'utf8' };
  } catch {
    // Not UTF-8: kept as base64.
  }
  return { body: Buffer.from(bytes).toString('base64'), bodyEncoding: 'base64' };
}

export function bodyBytes(envelope: Envelope): Uint8Array {
  return Buffer.from(envelope.body, envelope.bodyEncoding);
}

/** The body as text; undefined if it is not UTF-8. */
export function bodyText(envelope: Envelope): string | undefined {
  if (envelope.bodyEncoding === 'utf8') return envelope.body;
  try {
    return decoder.decode(bodyBytes(envelope));
  } catch {
    return undefined;
  }
}
