import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { TOLD } from '../../shared/api/events.ts';
import type { Route } from '../../shared/api/route.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { openApiDocument } from '../../tools/openapi/document.ts';
import { openApi } from './open-api.ts';

const FILE = path.resolve(import.meta.dirname, '..', '..', 'functions', 'api', 'openapi.json');
const TABLE = Object.entries<Route>(ROUTES);

/** The part of a document that is read here. */
const Document = z.object({
  openapi: z.literal('3.1.0'),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        operationId: z.string(),
        security: z.array(z.unknown()).optional(),
        responses: z.record(z.string(), z.object({ links: z.record(z.string(), Link()).optional() }).loose()),
        parameters: z.array(z.object({ name: z.string() }).loose()).optional(),
      }),
    ),
  ),
});
function Link() {
  return z.object({ operationId: z.string(), parameters: z.record(z.string(), z.string()) });
}

const document = Document.parse(openApiDocument());
const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));

test('the document that is served is that of the routes; if not, run npm run openapi', () => {
  expect(JSON.parse(readFileSync(FILE, 'utf8'))).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
});

test.each(TABLE)('%s is in it', (name, { method, path: at, role, answers }) => {
  const found = document.paths[at]?.[method.toLowerCase()];
  expect(found?.operationId).toBe(name);
  expect(found?.security).toEqual(role === 'anyone' ? [] : undefined);
  expect(Object.keys(found?.responses ?? {})).toEqual(expect.arrayContaining(Object.keys(answers)));
});

test.each(operations)('$operationId leads on to operations, by parameters that they have', ({ responses }) => {
  for (const { links = {} } of Object.values(responses)) {
    for (const { operationId, parameters } of Object.values(links)) {
      const target = operations.find((one) => one.operationId === operationId);
      const names = target?.parameters?.map(({ name }) => name) ?? [];
      expect(names).toEqual(expect.arrayContaining(Object.keys(parameters)));
    }
  }
});

describe('the schemas of events', () => {
  test('are those of all that is told, for anyone', async () => {
    const { ask } = openApi();
    const { body } = await ask('GET', '/v1/event-schemas', { claims: null });
    const { items } = body as { items: { type: string; schema: Record<string, unknown> }[] };
    expect(items.map(({ type }) => type)).toEqual(Object.keys(TOLD));
    for (const { type, schema } of items) {
      expect(schema).toMatchObject({ title: type, type: 'object', properties: { subject: { type: 'string' } } });
      expect((await ask('GET', `/v1/event-schemas/${type}`, { claims: null })).body).toEqual(schema);
    }
  });

  test('leave room for what is added', async () => {
    const { body } = await openApi().ask('GET', '/v1/event-schemas/segment.entered', { claims: null });
    expect(JSON.stringify(body)).not.toContain('additionalProperties":false');
  });

  test('are none of what is not told', async () => {
    expect((await openApi().ask('GET', '/v1/event-schemas/order.lost', { claims: null })).status).toBe(404);
    expect((await openApi().ask('GET', '/v1/event-schemas/__proto__', { claims: null })).status).toBe(404);
  });
});
