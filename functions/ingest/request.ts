import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { HttpRequest } from '../../shared/channels/adapter.ts';

export interface WebhookRequest extends HttpRequest {
  readonly kind: 'request';
  readonly channel: string;
  readonly connection: string;
}

export interface MalformedRequest {
  readonly kind: 'malformed';
  readonly detail: string;
}

const CHANNEL = /^[a-z0-9_]{1,32}$/;
const CONNECTION = /^[A-Za-z0-9_-]{1,64}$/;
const CANNOT_STAND_IN_HEADERS = /[^\t\x20-\x7e\x80-\xff]/;

/** API Gateway's event (payload 2.0) → the request as sent. Its `url` is filled in from the connection later. */
export function decodeRequest(event: APIGatewayProxyEventV2): WebhookRequest | MalformedRequest {
  const { channel = '', connection = '' } = event.pathParameters ?? {};
  if (!CHANNEL.test(channel) || !CONNECTION.test(connection)) {
    return malformed('A webhook address is /webhooks/{channel}/{connection}: letters, digits, - and _ only.');
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(event.headers)) {
    if (value === undefined) continue;
    if (CANNOT_STAND_IN_HEADERS.test(value)) return malformed('A header holds a control character.');
    headers[name.toLowerCase()] = value;
  }
  return {
    kind: 'request',
    channel,
    connection,
    method: event.requestContext.http.method,
    url: '',
    query: event.rawQueryString,
    headers,
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
  };
}

const malformed = (detail: string): MalformedRequest => ({ kind: 'malformed', detail });
