/**
 * Signatures that are a digest in a header. A platform's door says only which header, what is digested and how it is
 * written; how to compare, and what to tell the one who has to find the cause, is here once.
 *
 * Most schemes sign no time: a recorded request stays valid for as long as its secret, so protection against replay is
 * ours: merging an order is idempotent.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { type HttpRequest, type Rejected, rejected, type Verified, verified } from './adapter.ts';

export interface SignatureScheme {
  /** Lower case. */
  readonly header: string;
  readonly encoding: 'base64' | 'hex';
  readonly bytes: number;
  /** For people: `HMAC-SHA256 over the raw body`. */
  readonly says: string;
  digest(request: HttpRequest, secret: string): Buffer;
}

/** HMAC-SHA256, keyed with the secret as text, over what a platform signs: its raw body, unless said. */
export function hmacSha256(
  header: string,
  encoding: SignatureScheme['encoding'],
  {
    over,
    parts,
  }: { readonly over: string; readonly parts: (request: HttpRequest) => readonly (string | Uint8Array)[] } = {
    over: 'the raw body',
    parts: ({ body }) => [body],
  },
): SignatureScheme {
  return {
    header,
    encoding,
    bytes: 32,
    says: `HMAC-SHA256 over ${over}`,
    digest(request, secret) {
      const hmac = createHmac('sha256', secret);
      for (const part of parts(request)) hmac.update(part);
      return hmac.digest();
    },
  };
}

/** Compares with every secret and never stops early: how long it takes says nothing of which one is right. */
export function verifySignature(
  scheme: SignatureScheme,
  request: HttpRequest,
  secrets: readonly string[],
): Verified | Rejected {
  const { header, encoding, bytes, says } = scheme;
  const text = request.headers[header];
  if (text === undefined) {
    return rejected(
      'signature_missing',
      `No ${header} header. Check that the sender is the platform and that no proxy drops it.`,
    );
  }
  const claimed = decode(text, encoding);
  if (claimed?.length !== bytes) {
    return rejected(
      'signature_malformed',
      `${header} has ${text.length} characters that are not ${encoding} of ${bytes} bytes. Check for a proxy that rewrites headers.`,
    );
  }
  let match = false;
  for (const secret of secrets) {
    // An empty key also signs: a connection without a secret must not accept what anyone can compute.
    if (secret !== '' && timingSafeEqual(claimed, scheme.digest(request, secret))) match = true;
  }
  if (match) return verified;
  return rejected(
    'signature_mismatch',
    `${header} did not match. Expected ${encoding} of ${says}. Check that no proxy re-encodes the body, that the secret is ` +
      'the one that signs for this address, and that it has no space at its end.',
  );
}

export function signRequest(scheme: SignatureScheme, request: HttpRequest, secret: string): HttpRequest {
  const signature = scheme.digest(request, secret).toString(scheme.encoding);
  return { ...request, headers: { ...request.headers, [scheme.header]: signature } };
}

/** Undefined unless the text is the one canonical form: Buffer skips what it does not know, so it is asked twice. */
function decode(text: string, encoding: SignatureScheme['encoding']): Buffer | undefined {
  const bytes = Buffer.from(text, encoding);
  return bytes.toString(encoding) === text ? bytes : undefined;
}
