/**
 * Answers, in two forms: to our own path RFC 9457 problems, as of the rest of the API; to Segment's the `{ "success": … }` that its
 * SDKs know. What is wrong with an event is said by its place alone, never by what is in it.
 */
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Takes } from '../../shared/behaviour/paths.ts';

export interface Refused {
  /** Of the event among those posted. */
  readonly index: number;
  readonly code: string;
  readonly message: string;
}

/** Pages of any shop may post, and a write key is no secret. Where the gateway has origins of its own to let in, it says so instead. */
const CORS = { 'access-control-allow-origin': '*' };

const reply = (
  statusCode: number,
  type: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: { 'content-type': type, 'cache-control': 'no-store', ...CORS, ...headers },
  body: JSON.stringify(body),
});

export const taken = (accepted: number, refused: readonly Refused[]): APIGatewayProxyStructuredResultV2 =>
  reply(200, 'application/json', { success: true, accepted, ...(refused.length > 0 && { refused }) });

export const preflight = (): APIGatewayProxyStructuredResultV2 => ({
  statusCode: 204,
  headers: {
    ...CORS,
    'access-control-allow-methods': 'POST, OPTIONS',
    'access-control-allow-headers': 'authorization, content-type, content-encoding',
    'access-control-max-age': '86400',
  },
});

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  503: 'Service Unavailable',
};

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly refused?: readonly Refused[];
}

export function refuse(
  takes: Takes | undefined,
  { status, code, message, headers, refused = [] }: Refusal,
): APIGatewayProxyStructuredResultV2 {
  if (takes !== 'events' && takes !== undefined)
    return reply(
      status,
      'application/json',
      { success: false, code, message, ...(refused.length > 0 && { refused }) },
      headers,
    );
  const problems = refused.map(({ index, ...one }) => ({ in: 'body', at: `/${index}`, ...one }));
  return reply(
    status,
    'application/problem+json',
    {
      type: 'about:blank',
      title: TITLES[status],
      status,
      code,
      detail: message,
      ...(problems.length > 0 && { problems }),
    },
    headers,
  );
}
