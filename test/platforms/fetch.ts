/** Platform models as the network that hydration calls, without a network. */
import type { Fetch } from '../../shared/hydration/http.ts';
import type { PlatformModel } from './platform.ts';

/** Base of the API as a connection is told of it by `--api-base`: each has a platform of its own. */
export const modelBase = (connection: string): string => `https://${connection.toLowerCase()}.platform.example`;

/** By connection. */
export function fetchFromModels(models: ReadonlyMap<string, PlatformModel>, nowMs: () => number): Fetch {
  const byOrigin = new Map([...models].map(([connection, model]) => [modelBase(connection), model]));
  return async (address, { method = 'GET', headers, body }) => {
    const url = new URL(address);
    const model = byOrigin.get(url.origin);
    if (!model) throw new TypeError('fetch failed');
    const answer = model.answer(
      {
        method,
        path: url.pathname,
        query: url.searchParams,
        headers: Object.fromEntries(new Headers(headers)),
        body: typeof body === 'string' ? body : '',
      },
      nowMs(),
    );
    return new Response(answer.body, { status: answer.status, headers: { ...answer.headers } });
  };
}
