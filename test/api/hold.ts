/** What is true of every answer of the API. */
import { expect } from 'vitest';
import * as z from 'zod';
import { documentedStatuses } from '../../shared/api/documented.ts';
import { PROBLEM_TYPE, Problem } from '../../shared/api/problem.ts';
import type { Route } from '../../shared/api/route.ts';
import { ROUTES } from '../../shared/api/routes.ts';

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined where there is none; what it is, each test says. */
  readonly body: unknown;
}

export function hold(method: string, path: string, answered: Answered): void {
  const { status, headers, body } = answered;
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('x-request-id')).toBe('request-1');
  if (status >= 400) {
    expect(headers.get('content-type')).toBe(PROBLEM_TYPE);
    expect(z.strictObject(Problem.shape).parse(body).status).toBe(status);
  }
  const route = Object.values<Route>(ROUTES).find((one) => one.method === method && matches(one.path, path));
  if (route) holdTo(route, answered);
}

function holdTo(route: Route, { status, headers, body }: Answered): void {
  expect(documentedStatuses(route)).toContain(status);
  if (status >= 400) return;
  const answer = route.answers[status];
  if (!answer?.schema) {
    expect(body).toBeUndefined();
    return;
  }
  expect(headers.get('content-type')).toBe('application/json');
  // A schema leaves out what it does not name: so all that is shown is documented.
  expect(answer.schema.parse(body)).toEqual(body);
  if (route.etag) expect(headers.get('etag')).toMatch(/^"\d+"$/);
}

function matches(form: string, path: string): boolean {
  const [plain = ''] = path.split('?');
  const source = form.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${source}$`).test(plain);
}
