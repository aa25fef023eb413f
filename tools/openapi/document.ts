/** The OpenAPI document of the HTTP API, made of the table of routes: of the very schemas that check what comes in. */
import * as z from 'zod';
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiResponseObject } from 'zod-openapi';
import packageJson from '../../package.json' with { type: 'json' };
import { problemsOf } from '../../shared/api/documented.ts';
import { readably } from '../../shared/api/json-schema.ts';
import { GatewayProblem, PROBLEM_TYPE, Problem } from '../../shared/api/problem.ts';
import { type Answer, type Route, TAGS } from '../../shared/api/route.ts';
import { ROUTES } from '../../shared/api/routes.ts';

const DESCRIPTION = `Orders, customers, segments and what is told of them.

JSON names are camelCase, money is integer minor units, instants are UTC ISO 8601. Lists take \`limit\` and \`cursor\`, and answer
\`items\` and \`nextCursor\`, null at the end. Errors are RFC 9457 problem documents with a stable \`code\`. Ids of profiles have slashes,
which are percent-encoded: \`shopify%2Fmy-shop%2F123\`.`;

/** These the gateway may answer by itself, before the API is asked: 404 where a path has what no path may have. */
const OF_GATEWAY: ReadonlySet<number> = new Set([401, 404, 413, 429, 500, 503]);
const WITH_RETRY_AFTER: ReadonlySet<number> = new Set([409, 429, 503]);

export function openApiDocument() {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const [name, route] of Object.entries<Route>(ROUTES)) {
    const { path, method } = route;
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(name, route) };
  }
  return createDocument(
    {
      openapi: '3.1.0',
      info: { title: 'Tributary', version: packageJson.version, description: DESCRIPTION },
      servers: [{ url: '.', description: 'where this document is' }],
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      security: [{ bearer: [] }],
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'Of the issuer that the deployment was told of, with a role among its claims.',
          },
        },
      },
      paths,
    },
    { override: readably },
  );
}

function operationOf(operationId: string, route: Route): ZodOpenApiOperationObject {
  const { tag, summary, description, params, query, body, role, example = {} } = route;
  const header = headersOf(route);
  const isOptional = body?.safeParse(undefined).success;
  return {
    operationId,
    tags: [tag],
    summary,
    description: [description, role === 'anyone' ? 'Needs no token.' : `Role: ${role}.`].filter(Boolean).join('\n\n'),
    ...(role === 'anyone' && { security: [] }),
    requestParams: {
      ...(params && { path: withExamples(params, example.params) }),
      ...(query && { query: withExamples(query, example.query) }),
      ...(header && { header }),
    },
    ...(body && {
      requestBody: {
        required: !isOptional,
        content: {
          'application/json': { schema: body, ...(example.body !== undefined && { example: example.body }) },
        },
      },
    }),
    responses: {
      ...Object.fromEntries(Object.entries(route.answers).map(([status, answer]) => [status, answerOf(route, answer)])),
      ...Object.fromEntries([...problemsOf(route)].map(([status, reason]) => [status, problemOf(status, reason)])),
    },
  };
}

function withExamples(object: z.ZodObject, examples: Readonly<Record<string, unknown>> = {}): z.ZodObject {
  const shape = Object.entries(object.shape).map(([name, schema]) => {
    const example = examples[name];
    // The cast: a shape's members are schemas.
    return [name, example === undefined ? schema : (schema as z.ZodType).meta({ param: { example } })] as const;
  });
  return z.object(Object.fromEntries(shape));
}

function headersOf({ idempotencyKey, ifMatch }: Route): z.ZodObject | undefined {
  const IfMatch = z
    .string()
    .regex(/^(?:\*|"[0-9]{1,16}")$/)
    .meta({
      description: 'The ETag of what was seen, or `*` for whatever is there.',
      param: { example: '"1"' },
    });
  const headers = {
    ...(idempotencyKey && {
      'Idempotency-Key': z
        .string()
        .regex(/^[\x21-\x7e]{1,255}$/)
        .optional()
        .meta({
          description:
            'Sent again under the same key within a day, the same request is done once and answered as the first time.',
        }),
    }),
    ...(ifMatch && { 'If-Match': ifMatch === 'required' ? IfMatch : IfMatch.optional() }),
  };
  return Object.keys(headers).length > 0 ? z.object(headers) : undefined;
}

function answerOf(
  { etag, idempotencyKey }: Route,
  { description, schema, example, links }: Answer,
): ZodOpenApiResponseObject {
  return {
    description,
    headers: {
      ...REQUEST_ID,
      ...(etag && {
        ETag: { description: 'The revision, to be sent as If-Match.', required: true, schema: { type: 'string' } },
      }),
      ...(idempotencyKey && {
        'Idempotency-Replayed': {
          description: '`true`: of an earlier request.',
          schema: { type: 'string', const: 'true' },
        },
      }),
    },
    ...(schema && { content: { 'application/json': { schema, ...(example !== undefined && { example }) } } }),
    ...(links && {
      links: Object.fromEntries(
        Object.entries(links).map(([operationId, parameters]) => [operationId, { operationId, parameters }]),
      ),
    }),
  };
}

const REQUEST_ID = {
  'X-Request-Id': { description: 'As it is in the logs.', schema: { type: 'string' } },
} as const;

/** One and the same wherever it has the same reason, so it is written once. */
const shared = new Map<string, ZodOpenApiResponseObject>();

function problemOf(status: number, description: string): ZodOpenApiResponseObject {
  const key = `${status} ${description}`;
  const known = shared.get(key);
  if (known) return known;
  const count = [...shared.keys()].filter((one) => one.startsWith(`${status} `)).length;
  const made: ZodOpenApiResponseObject = {
    id: `Problem${status}${count === 0 ? '' : `-${count + 1}`}`,
    description,
    headers: {
      ...REQUEST_ID,
      ...(WITH_RETRY_AFTER.has(status) && { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer' } } }),
    },
    content: {
      [PROBLEM_TYPE]: { schema: Problem },
      ...(OF_GATEWAY.has(status) && { 'application/json': { schema: GatewayProblem } }),
    },
  };
  shared.set(key, made);
  return made;
}
