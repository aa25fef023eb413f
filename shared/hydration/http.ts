/** Calls of a platform's API over HTTP: with a time limit, a size limit and no redirects, so that nothing else is reached. */
import { type ApiAnswer, ApiFailure, type ApiRequest, type Call } from '../channels/platform-api.ts';
import type { Clock } from '../runtime/clock.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** The largest answer seen is an order of some hundred lines: 300 KB. */
const LARGEST_ANSWER_BYTES = 3 * 1024 * 1024;
const TIMEOUT_MS = 10_000;

export function createCall({
  base,
  fetch,
  pace,
  clock,
  deadline,
}: {
  readonly base: string;
  readonly fetch: Fetch;
  readonly pace: () => Promise<void>;
  readonly clock: Clock;
  /** Epoch ms. */
  readonly deadline: number;
}): Call {
  return async (request) => {
    await pace(); // outside of what follows: that we may not call now is no failure of the platform
    const timeoutMs = Math.min(TIMEOUT_MS, deadline - clock().getTime());
    if (timeoutMs <= 0) throw new ApiFailure('unavailable', 'out_of_time');
    try {
      const { method, headers = {}, body } = request;
      const response = await fetch(addressOf(base, request), {
        method,
        headers,
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
        ...(body !== undefined && { body }),
      });
      return await readAnswer(response);
    } catch (error) {
      if (error instanceof ApiFailure) throw error;
      // Nothing of the error is kept: its message may hold the address, which is signed.
      const isTimeout = error instanceof Error && error.name === 'TimeoutError';
      throw new ApiFailure('unavailable', isTimeout ? 'timeout' : 'unreachable');
    }
  };
}

export function addressOf(base: string, { path, query = [] }: ApiRequest): string {
  const text = query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
  return `${base}${path}${text && `?${text}`}`;
}

async function readAnswer(response: Response): Promise<ApiAnswer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > LARGEST_ANSWER_BYTES) throw new ApiFailure('refused', 'answer_too_large');
    chunks.push(chunk);
  }
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: Buffer.concat(chunks).toString('utf8'),
  };
}
