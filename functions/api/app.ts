/** The routes of shared/api/routes.ts as a Hono app; what becomes of a request to one of them is in serve.ts. */
import { Hono } from 'hono';
import type { Route } from '../../shared/api/route.ts';
import { ROUTES, type RouteName } from '../../shared/api/routes.ts';
import type { Claims } from './caller.ts';
import { problemResponse, Refusal, refusalOf } from './problem.ts';
import { LARGEST_BODY_BYTES } from './request.ts';
import { type ApiDependencies, serve } from './serve.ts';

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
      return serve({ name, route, claims: env.claims, incoming }, dependencies);
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
    const { requestId } = env;
    if (refusal.status >= 500)
      dependencies.telemetry.error('Request failed', error, { request: requestId, method: req.method });
    return problemResponse(refusal, requestId);
  });
  return app;
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
