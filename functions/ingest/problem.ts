import type { HttpResponse } from '../../shared/channels/adapter.ts';

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  410: 'Gone',
  413: 'Content Too Large',
  503: 'Service Unavailable',
};

/** An RFC 9457 problem document. `code` is stable, `detail` says what to do. */
export function problem(
  status: number,
  code: string,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  const body = JSON.stringify({ type: 'about:blank', title: TITLES[status], status, code, detail });
  return { status, headers: { 'content-type': 'application/problem+json', ...headers }, body };
}
