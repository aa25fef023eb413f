/**
 * What becomes of a request to a route: who asks, may they, is it well-formed, was it done before; then its handler, of which none
 * knows HTTP.
 */

import type { KeptAnswer } from '../../shared/api/idempotency.ts';
import { seesPersons } from '../../shared/api/roles.ts';
import type { BodyOf, ParamsOf, QueryOf, ReplyOf, Route } from '../../shared/api/route.ts';
import type { RouteName, Routes } from '../../shared/api/routes.ts';
import { type Caller, type Claims, callerOf, requireRole } from './caller.ts';
import { etagOf, type Seen } from './etag.ts';
import { type OnceDependencies, once } from './once.ts';
import { Refusal, refusalOf } from './problem.ts';
import { type Incoming, readRequest } from './request.ts';
import { type TrailDependencies, trailed, trailRefusal } from './trail.ts';

export interface Asked<R> {
  readonly params: ParamsOf<R>;
  readonly query: QueryOf<R>;
  readonly body: BodyOf<R>;
  /** Of an open route, one without name and roles. */
  readonly caller: Caller;
  /** Whether what identifies persons may be shown as it is. */
  readonly revealed: boolean;
  /** What If-Match says. */
  readonly seen: Seen | undefined;
}
export type Handler<R> = (asked: Asked<R>) => Promise<ReplyOf<R>>;
export type Handlers = { readonly [Name in RouteName]: Handler<Routes[Name]> };

export interface ApiDependencies extends OnceDependencies, TrailDependencies {
  readonly handlers: Handlers;
  readonly rolesClaim: string;
}

/** Any handler's. */
interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly revision?: number;
  readonly subject?: string;
}

export interface Call {
  readonly name: RouteName;
  /** That of the name. */
  readonly route: Route;
  readonly claims: Claims | undefined;
  readonly incoming: Incoming;
}

export async function serve(call: Call, dependencies: ApiDependencies): Promise<Response> {
  const { name, route, incoming } = call;
  const caller = await admit(call, dependencies);
  const { params, query, body, seen, idempotencyKey } = readRequest(route, incoming);
  // The casts: readRequest has checked all three by the schemas of this very route, and the handler is the route's own.
  const handler = dependencies.handlers[name] as Handler<Route>;
  const asked = { params, query, body, caller, revealed: seesPersons(caller.roles), seen } as Asked<Route>;
  const handle = (): Promise<Reply> => handler(asked).catch((error) => rethrow(error, seen));
  const change = { caller: caller.id, operation: name, subject: subjectOf(params) };
  const work = async () => answerOf(await (route.audited ? trailed(change, dependencies, handle) : handle()));
  if (idempotencyKey === undefined) return responseOf(await work());
  const request = [name, params, query, body, incoming.headers.get('if-match')];
  return responseOf(await once({ caller: caller.id, key: idempotencyKey, request }, dependencies, work));
}

/** Somebody was faster between our look and our write: to who sent an If-Match it is as if they had been before. */
function rethrow(error: unknown, seen: Seen | undefined): never {
  const refusal = refusalOf(error);
  if (refusal.status !== 409 || !seen || error instanceof Refusal) throw error;
  throw new Refusal(412, refusal.code, refusal.message);
}

const NOBODY: Caller = { id: '', roles: [] };

async function admit({ name, route, claims, incoming }: Call, dependencies: ApiDependencies): Promise<Caller> {
  if (route.role === 'anyone') return NOBODY;
  const caller = callerOf(claims, dependencies.rolesClaim);
  try {
    requireRole(caller, route.role);
  } catch (error) {
    if (route.audited) {
      // As far as it is a name: nothing else that somebody wrote is kept.
      const subject = subjectOf(route.params?.safeParse(incoming.params).data);
      await trailRefusal({ caller: caller.id, operation: name, subject }, 403, dependencies);
    }
    throw error;
  }
  return caller;
}

function subjectOf(params: unknown): string | undefined {
  if (typeof params !== 'object' || params === null || !('id' in params)) return undefined;
  return String(params.id);
}

const answerOf = ({ status, body, revision }: Reply): KeptAnswer => ({
  status,
  headers: revision === undefined ? {} : { etag: etagOf(revision) },
  ...(body !== undefined && { body }),
});

function responseOf({ status, headers, body }: KeptAnswer): Response {
  if (body === undefined) return new Response(null, { status, headers });
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });
}
