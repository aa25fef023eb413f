/** API Gateway's event (payload 2.0) → the app → what the gateway answers. */
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { ROUTES } from '../../shared/api/routes.ts';
import type { Api } from './app.ts';
import type { Claims } from './caller.ts';
import { pathReader } from './path.ts';

/** What is read of the event; claims where an authorizer has said yes. */
export interface ApiEvent {
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: string | undefined;
  readonly isBase64Encoded: boolean;
  readonly requestContext: {
    readonly requestId: string;
    readonly http: { readonly method: string };
    readonly authorizer?: { readonly jwt?: { readonly claims?: Claims } };
  };
}

/** The host does not matter: nothing that is answered names it. */
const BASE = 'https://api.invalid';

export function createHandler(api: Pick<Api, 'fetch'>) {
  const readPath = pathReader(Object.values(ROUTES));
  return async (event: ApiEvent): Promise<APIGatewayProxyStructuredResultV2> => {
    const { requestId, authorizer } = event.requestContext;
    const claims = authorizer?.jwt?.claims;
    const response = await api.fetch(requestOf(event, readPath), { requestId, ...(claims && { claims }) });
    return {
      statusCode: response.status,
      headers: Object.fromEntries(response.headers),
      body: await response.text(),
    };
  };
}

function requestOf(
  { rawPath, rawQueryString, headers, body, isBase64Encoded, requestContext }: ApiEvent,
  readPath: (rawPath: string) => string,
): Request {
  const { method } = requestContext.http;
  const url = new URL(`${BASE}${readPath(rawPath)}`);
  url.search = rawQueryString;
  const sends = body !== undefined && method !== 'GET' && method !== 'HEAD';
  return new Request(url, {
    method: UNSPEAKABLE.has(method) ? 'OTHER' : method,
    headers: headersOf(headers),
    ...(sends && { body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8') }),
  });
}

/** Methods that a Request refuses to have. No route has them either. */
const UNSPEAKABLE: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK']);

/** One that can not stand in a Request says nothing that is asked for. */
function headersOf(given: ApiEvent['headers']): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    try {
      headers.set(name, value);
    } catch {
      // Its name or value has characters that no header may have.
    }
  }
  return headers;
}
