/** API Gateway's event (payload 2.0) → what was posted, or why it is not read. No more is unpacked than may be. */
import { gunzipSync } from 'node:zlib';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { COLLECT_PATHS, type Takes } from '../../shared/behaviour/paths.ts';

/** Of a body, unpacked. That of Segment's own batches. */
const BODY_MOST_BYTES = 500 * 1024;

export interface Posted {
  readonly kind: 'posted';
  readonly takes: Takes;
  readonly body: unknown;
  /** By name in small letters. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Unreadable {
  readonly kind: 'unreadable';
  readonly status: 400 | 413 | 415;
  readonly code: string;
  readonly message: string;
}

/** Undefined: nobody posts there. Whatever is before it is how the gateway was reached. */
export function takesOf({ rawPath }: Pick<APIGatewayProxyEventV2, 'rawPath'>): Takes | undefined {
  const [, path = ''] = /(\/v1\/[a-z]+)\/?$/.exec(rawPath) ?? [];
  return Object.hasOwn(COLLECT_PATHS, path) ? COLLECT_PATHS[path] : undefined;
}

export function readRequest(event: APIGatewayProxyEventV2, takes: Takes): Posted | Unreadable {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(event.headers))
    if (value !== undefined) headers[name.toLowerCase()] = value;
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.byteLength > BODY_MOST_BYTES) return TOO_LARGE;
  const plain = unpack(bytes, headers['content-encoding']);
  if ('kind' in plain) return plain;
  try {
    return { kind: 'posted', takes, headers, body: JSON.parse(plain.toString('utf8')) };
  } catch {
    return { kind: 'unreadable', status: 400, code: 'not_json', message: 'The body is not JSON.' };
  }
}

const TOO_LARGE: Unreadable = {
  kind: 'unreadable',
  status: 413,
  code: 'body_too_large',
  message: `A body has at most ${BODY_MOST_BYTES / 1024} KB, unpacked. Send fewer events at a time.`,
};

function unpack(bytes: Buffer, encoding: string | undefined): Buffer | Unreadable {
  if (encoding === undefined || /^\s*(identity)?\s*$/i.test(encoding)) return bytes;
  if (!/^\s*(x-)?gzip\s*$/i.test(encoding))
    return { kind: 'unreadable', status: 415, code: 'encoding_unknown', message: 'A body is plain, or gzip.' };
  try {
    return gunzipSync(bytes, { maxOutputLength: BODY_MOST_BYTES });
  } catch (error) {
    const isBomb = error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    if (isBomb) return TOO_LARGE;
    return { kind: 'unreadable', status: 400, code: 'not_gzip', message: 'The body is said to be gzip, and is not.' };
  }
}
