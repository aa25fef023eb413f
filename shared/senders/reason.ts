/** Why a connection failed, in a word. Nothing of the error's own text: it may hold the address, and with it a token. */
import { AddressNotAllowed } from '../subscribers/target.ts';

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', 'host_not_found'],
  ['EAI_AGAIN', 'host_not_found'],
  ['ENODATA', 'host_not_found'],
  ['ECONNREFUSED', 'connection_refused'],
  ['ECONNRESET', 'connection_reset'],
  ['EPIPE', 'connection_reset'],
  ['ETIMEDOUT', 'timeout'],
  ['EPROTO', 'tls_failed'],
]);

export function reasonOf(error: unknown): string {
  if (error instanceof AddressNotAllowed) return error.code;
  // Node tries all addresses of a name: what the last said stands for them.
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors.at(-1));
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = REASONS.get(code);
  if (known !== undefined) return known;
  if (/CERT|^ERR_TLS|^ERR_SSL|SIGNATURE|ISSUER/.test(code)) return 'tls_failed';
  if (code.startsWith('HPE_')) return 'answer_malformed';
  return 'connection_lost';
}
