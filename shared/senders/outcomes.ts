/** What an HTTP status means where the provider's own words say no more. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Unanswered } from './exchange.ts';
import type { Outcome } from './sender.ts';

export const rejected = (code: string): Outcome => ({ kind: 'rejected', code });
export const gone = (code: string): Outcome => ({ kind: 'gone', code });
export const refused = (code: string): Outcome => ({ kind: 'refused', code });
export const unknown = (code: string): Outcome => ({ kind: 'unknown', code });
export const later = (code: string, retryAfterMs?: number): Outcome => ({
  kind: 'later',
  code,
  ...(retryAfterMs !== undefined && { retryAfterMs }),
});

/** Others need not wait for it. */
export const ofEndpoint = (outcome: Outcome): Outcome =>
  outcome.kind === 'later' ? { ...outcome, scope: 'endpoint' } : outcome;

export const unanswered = ({ kind, code }: Unanswered): Outcome => (kind === 'not_sent' ? later(code) : unknown(code));

/**
 * 502, 504 and 408 come from what stands before the provider, which may have passed the request on; 500 and 503 are what providers
 * document for "not done, try again". 2xx ends here only where the answer's text made no sense.
 */
export function byStatus(status: number, headers: IncomingHttpHeaders, nowMs: number): Outcome {
  const code = `http_${status}`;
  if (status === 429 || status === 500 || status === 503) return later(code, retryAfterMs(headers, nowMs));
  if (status === 401 || status === 403) return refused(code);
  if (status === 413) return rejected('too_large');
  if (status === 408 || status >= 500) return unknown(code);
  if (status >= 400) return rejected(code);
  if (status >= 300) return rejected('redirected');
  return unknown('answer_malformed');
}

/** Whatever a provider says, it is asked again after a day. */
const LONGEST_WAIT_MS = 24 * 60 * 60_000;

/** `Retry-After` as seconds or as an HTTP date (RFC 9110 §10.2.3) → ms from now; undefined where there is none that can be read. */
export function retryAfterMs(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const text = headers['retry-after']?.trim();
  if (text === undefined || text === '') return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  const isEither = /^(\d+|[A-Z][a-z]{2,8}, ?\d.*)$/.test(text); // Date.parse makes something of much else
  return !isEither || Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_WAIT_MS);
}
