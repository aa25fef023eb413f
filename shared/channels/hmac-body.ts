/**
 * Signatures that are an HMAC of the raw body alone, in a header. A platform's door says only which header, hash and
 * encoding; how to compare, and what to tell the one who has to find the cause, is here once.
 *
 * Nothing in such a scheme is signed but the body: no time and no URL. A recorded request stays valid for as long as its
 * secret, so protection against replay is ours: merging an order is idempotent.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { type HttpRequest, type Rejected, rejected, type Verified, verified } from './adapter.ts';

export interface BodyHmac {
  /** Lower case. */
  readonly header: string;
  readonly hash: 'sha256' | 'sha512';
  readonly encoding: 'base64' | 'hex';
}

const DIGEST_BYTES = { sha256: 32, sha512: 64 } as const;

/** Compares with every secret and never stops early: how long it takes says nothing of which one is right. */
export function verifyBodyHmac(
  scheme: BodyHmac,
  request: HttpRequest,
  secrets: readonly string[],
): Verified | Rejected {
  const { header, hash, encoding } = scheme;
  const text = request.headers[header];
  if (text === undefined) {
    return rejected(
      'signature_missing',
      `No ${header} header. Check that the sender is the platform and that no proxy drops it.`,
    );
  }
  const claimed = decode(text, encoding);
  if (claimed?.length !== DIGEST_BYTES[hash]) {
    const form = `${encoding} of ${DIGEST_BYTES[hash]} bytes`;
    return rejected(
      'signature_malformed',
      `${header} has ${text.length} characters that are not ${form}. Check for a proxy that rewrites headers.`,
    );
  }
  let match = false;
  for (const secret of secrets) {
    // An empty key also signs: a connection without a secret must not accept what anyone can compute.
    if (secret !== '' && timingSafeEqual(claimed, digest(scheme, request.body, secret))) match = true;
  }
  if (match) return verified;
  return rejected(
    'signature_mismatch',
    `${header} did not match. Expected ${encoding} of HMAC-${hash.toUpperCase()} over the raw body. Check that no proxy re-encodes ` +
      'the body, that the secret is the one that signs for this address, and that it has no space at its end.',
  );
}

export function signBodyHmac(scheme: BodyHmac, request: HttpRequest, secret: string): HttpRequest {
  const signature = digest(scheme, request.body, secret).toString(scheme.encoding);
  return { ...request, headers: { ...request.headers, [scheme.header]: signature } };
}

const digest = ({ hash }: BodyHmac, body: Uint8Array, secret: string): Buffer =>
  createHmac(hash, secret).update(body).digest();

/** Undefined unless the text is the one canonical form: Buffer skips what it does not know, so it is asked twice. */
function decode(text: string, encoding: BodyHmac['encoding']): Buffer | undefined {
  const bytes = Buffer.from(text, encoding);
  return bytes.toString(encoding) === text ? bytes : undefined;
}
