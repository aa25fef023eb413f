/**
 * The routes of shared/api/routes.ts as a Hono app. Each request goes the same way: who asks, may they, is it well-formed, was it done
 * before; then its handler, of which none knows HTTP.
 */
import { Hono } from 'hono';
import { type Access, type Role, seesPersons } from '../../shared/api/roles.ts';
import type { BodyOf, ParamsOf, QueryOf, ReplyOf, Route } from '../../shared/api/route.ts';
import { ROUTES, type RouteName, type Routes } from '../../shared/api/routes.ts';
import type { LogFields } from '../../shared/runtime/telemetry.ts';
import { type Caller, type Claims, callerOf, requireRole } from './caller.ts';
import { etagOf, type Seen } from './etag.ts';
import { type OnceDependencies, once } from './once.ts';
import { problemResponse, Refusal, refusalOf } from './problem.ts';
import { type Checked, LARGEST_BODY_BYTES, readRequest } from './request.ts';
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

/** What the gateway says besides the request. */
export interface Bindings {
  readonly claims?: Claims;
  readonly requestId: string;
}

export type Api = Hono<{ Bindings: Bindings }>;

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
} as const;

const NOWHERE = new Refusal(
  404,
  'route_unknown',
  'There is nothing at this address. /openapi.json says what there is.',
);

// The cast: Object.entries forgets which handler belongs to which route; the loop below takes both by one name.
const ALL = Object.entries(ROUTES) as [RouteName, Route][];

export function createApi(dependencies: ApiDependencies): Api {
  const app: Api = new Hono();
  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(HEADERS)) context.res.headers.set(name, value);
    context.res.headers.set('x-request-id', context.env.requestId);
  });
  for (const [name, route] of ALL) {
    app.on(route.method, honoPath(route.path), async (context) => {
      const { req, env } = context;
      const incoming = {
        params: req.param(),
        query: new URL(req.url).searchParams,
        headers: req.raw.headers,
        body: await bodyOf(req.raw, route),
      };
      return serve(name, route, dependencies, env, () => readRequest(route, incoming));
    });
  }
  for (const [path, allowed] of methodsByPath()) {
    app.all(honoPath(path), () => {
      const detail = `Here there is ${allowed}.`;
      throw new Refusal(405, 'method_not_allowed', detail, { headers: { allow: allowed } });
    });
  }
  app.notFound(({ env }) => problemResponse(NOWHERE, env.requestId));
  app.onError((error, { req, env }) => {
    const refusal = refusalOf(error);
    if (refusal.status >= 500) report(error, { request: env.requestId, method: req.method }, dependencies);
    return problemResponse(refusal, env.requestId);
  });
  return app;
}

function report(error: unknown, fields: LogFields, { telemetry }: ApiDependencies): void {
  telemetry.error('Request failed', error, fields);
}

const honoPath = (path: string): string => path.replace(/\{(\w+)\}/g, ':$1');

function methodsByPath(): Map<string, string> {
  const found = new Map<string, string[]>();
  for (const [, { path, method }] of ALL) found.set(path, [...(found.get(path) ?? []), method]);
  return new Map([...found].map(([path, methods]) => [path, methods.join(', ')]));
}

/** No more than is needed to see that it is too large. */
async function bodyOf(request: Request, { body }: Route): Promise<Uint8Array> {
  if (!body) return new Uint8Array();
  const declared = Number(request.headers.get('content-length') ?? 0);
  if (declared > LARGEST_BODY_BYTES) return new Uint8Array(LARGEST_BODY_BYTES + 1);
  return new Uint8Array(await request.arrayBuffer());
}

async function serve(
  name: RouteName,
  route: Route,
  dependencies: ApiDependencies,
  { claims }: Bindings,
  read: () => Checked,
): Promise<Response> {
  const caller = await admitted(name, route, claims, dependencies);
  const { params, query, body, seen, idempotencyKey } = read();
  // The casts: readRequest has checked all three by the schemas of this very route, and the handler is the route's own.
  const handler = dependencies.handlers[name] as Handler<Route>;
  const asked = { params, query, body, caller, revealed: seesPersons(caller.roles), seen } as Asked<Route>;
  const change = { caller: caller.id, operation: name, subject: subjectOf(params) };
  const work = async () => {
    const reply = await (route.audited ? trailed(change, dependencies, () => handle(asked)) : handle(asked));
    return answerOf(reply);
  };
  async function handle(what: Asked<Route>): Promise<Reply> {
    try {
      return await handler(what);
    } catch (error) {
      // Somebody was faster between our look and our write: to who sent an If-Match it is as if they had been first.
      const refusal = refusalOf(error);
      if (refusal.status !== 409 || !what.seen || error instanceof Refusal) throw error;
      throw new Refusal(412, refusal.code, refusal.message);
    }
  }
  const {
    status,
    headers,
    body: shown,
  } = idempotencyKey === undefined
    ? await work()
    : await once({ caller: caller.id, key: idempotencyKey, request: [name, params, query, body] }, dependencies, work);
  if (shown === undefined) return new Response(null, { status, headers });
  return new Response(JSON.stringify(shown), { status, headers: { 'content-type': 'application/json', ...headers } });
}

/** Any handler's. */
interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly revision?: number;
  readonly subject?: string;
}

const answerOf = ({ status, body, revision }: Reply) => ({
  status,
  headers: revision === undefined ? {} : { etag: etagOf(revision) },
  ...(body !== undefined && { body }),
});

const NOBODY: Caller = { id: '', roles: [] };

async function admitted(
  name: RouteName,
  { role, audited }: { readonly role: Access; readonly audited?: true },
  claims: Claims | undefined,
  dependencies: ApiDependencies,
): Promise<Caller> {
  if (role === 'anyone') return NOBODY;
  const caller = callerOf(claims, dependencies.rolesClaim);
  try {
    requireRole(caller, role satisfies Role);
  } catch (error) {
    if (audited) await trailRefusal({ caller: caller.id, operation: name }, 403, dependencies);
    throw error;
  }
  return caller;
}

function subjectOf(params: unknown): string | undefined {
  if (typeof params !== 'object' || params === null || !('id' in params)) return undefined;
  return String(params.id);
}
