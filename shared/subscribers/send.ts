/**
 * One message over HTTP: with a limit of time and of size, no redirect followed, and connections only to addresses that were
 * looked at (target.ts). What the answer says besides its status is of no interest.
 */
import { lookup } from 'node:dns/promises';
import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import { type AddressKind, addressKind } from './address.ts';
import { type AllowedHosts, portOf } from './hosts.ts';
import { AddressNotAllowed, guardedLookup, hostOf, type Resolve, readTarget, type Target } from './target.ts';

export interface Outbound {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For all of it: look-up, connection and answer. */
  readonly timeoutMs: number;
}

export type Answer =
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfter?: string }
  /** `code`: why there is none, for operators and whoever runs the receiver. */
  | { readonly kind: 'unanswered'; readonly code: string };

/** Never rejects. */
export type Send = (outbound: Outbound) => Promise<Answer>;

/** By the machine's own resolver. */
export const systemResolve: Resolve = (hostname) => lookup(hostname, { all: true });

export interface SenderOptions {
  readonly hosts: AllowedHosts;
  readonly resolve: Resolve;
  /** PEM: certificates to trust besides the public ones. */
  readonly ca?: string;
  readonly kindOf?: (address: string) => AddressKind;
}

const LARGEST_ANSWER_BYTES = 64 * 1024;
const LARGEST_HEADERS_BYTES = 16 * 1024;
/** Connections to one host; those at rest are kept for the next message. */
const AGENT = { keepAlive: true, maxSockets: 64, maxFreeSockets: 16, timeout: 60_000 };

type Agents = Readonly<Record<'http:' | 'https:', http.Agent>>;

export function createSender({ hosts, resolve, ca, kindOf = addressKind }: SenderOptions): Send {
  // Apart, as connections are shared by name: one that was made to a host of our own is used for no other.
  const agentsOf = (): Agents => ({ 'http:': new http.Agent(AGENT), 'https:': new https.Agent(AGENT) });
  const [ours, theirs] = [agentsOf(), agentsOf()];
  return async (outbound) => {
    const target = readTarget(outbound.url, hosts);
    if (target.kind === 'refused') return { kind: 'unanswered', code: target.code };
    const signal = AbortSignal.timeout(outbound.timeoutMs);
    const options: https.RequestOptions = {
      ...optionsOf(target, outbound),
      agent: agentOf(target, target.isAllowed ? ours : theirs),
      lookup: guardedLookup(resolve, target.isAllowed, kindOf),
      rejectUnauthorized: true,
      signal,
      ...(ca !== undefined && { ca }),
    };
    const first = await attempt(target, options, outbound.body);
    // A connection at rest that the other side closed just then: nothing is wrong. Was the message read all the same, it comes twice
    // under one id.
    const isStale = first.kind === 'unanswered' && first.wasStale === true && !signal.aborted;
    const last = isStale ? await attempt(target, { ...options, agent: false }, outbound.body) : first;
    return last.kind === 'answered' ? last : { kind: 'unanswered', code: last.code };
  };
}

function optionsOf({ url }: Target, { headers, body }: Outbound): RequestOptions {
  return {
    method: 'POST',
    host: hostOf(url),
    port: portOf(url),
    path: `${url.pathname}${url.search}`,
    headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
    maxHeaderSize: LARGEST_HEADERS_BYTES,
  };
}

const agentOf = ({ url }: Target, agents: Agents): http.Agent => agents[url.protocol === 'https:' ? 'https:' : 'http:'];

type Attempt = Answer & { readonly wasStale?: boolean };

async function attempt({ url }: Target, options: https.RequestOptions, body: string): Promise<Attempt> {
  let request: ClientRequest | undefined;
  try {
    request = (url.protocol === 'https:' ? https : http).request(options);
    const response = responseTo(request);
    request.end(body);
    const { statusCode = 0, headers } = await drained(await response);
    const retryAfter = headers['retry-after'];
    return { kind: 'answered', status: statusCode, ...(retryAfter !== undefined && { retryAfter }) };
  } catch (error) {
    const wasStale = request?.reusedSocket === true && STALE.has(codeOf(error) ?? '');
    return { kind: 'unanswered', code: options.signal?.aborted ? 'timeout' : describe(error), wasStale };
  }
}

const responseTo = (request: ClientRequest): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.on('error', reject); // and not `once`: it may break again, when nobody waits any more
    request.once('close', () => reject(new Error('closed')));
  });

/** The status has said all: what comes after it is read only so that the connection can be used again. */
async function drained(response: IncomingMessage): Promise<IncomingMessage> {
  let bytes = 0;
  try {
    for await (const chunk of response) {
      // The cast: no encoding is set, so chunks are bytes.
      bytes += (chunk as Buffer).byteLength;
      if (bytes > LARGEST_ANSWER_BYTES) break; // which ends the connection
    }
  } catch {
    // Cut short, by them or by the time limit.
  }
  return response;
}

const STALE: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

const CODES: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', 'host_not_found'],
  ['EAI_AGAIN', 'host_not_found'],
  ['ENODATA', 'host_not_found'],
  ['ECONNREFUSED', 'connection_refused'],
  ['ECONNRESET', 'connection_reset'],
  ['EPIPE', 'connection_reset'],
  ['ETIMEDOUT', 'timeout'],
  ['EPROTO', 'tls_failed'],
]);

/** Nothing of the error's own text: it has the address. */
function describe(error: unknown): string {
  if (error instanceof AddressNotAllowed) return error.code;
  // Node tries all addresses of a name: what the last said stands for them.
  if (error instanceof AggregateError && error.errors.length > 0) return describe(error.errors.at(-1));
  const code = codeOf(error) ?? '';
  const known = CODES.get(code);
  if (known !== undefined) return known;
  if (/CERT|^ERR_TLS|^ERR_SSL|SIGNATURE|ISSUER/.test(code)) return 'tls_failed';
  if (code.startsWith('HPE_')) return 'answer_malformed';
  return 'unreachable';
}
