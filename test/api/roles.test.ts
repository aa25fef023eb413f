/** Every route, asked by every role: who may is answered, who may not is refused and changes nothing. */
import { describe, expect, test } from 'vitest';
import { ROLES } from '../../shared/api/roles.ts';
import type { Route } from '../../shared/api/route.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { type Asking, openApi } from './open-api.ts';

const TABLE = Object.entries<Route>(ROUTES);

/** As the document's example asks; for what was not said, anything of the right form. */
function asAnExample({ path, example = {}, body, ifMatch }: Route): [string, Asking] {
  const named = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(example.params?.[name] ?? 'any'));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(example.query ?? {})) query.set(name, String(value));
  return [
    query.size > 0 ? `${named}?${query}` : named,
    { ...(body && { body: example.body }), ...(ifMatch === 'required' && { headers: { 'if-match': '*' } }) },
  ];
}

const cases = TABLE.flatMap(([name, route]) => ROLES.map((role) => ({ name, role, route })));

describe('who may, and who may not', () => {
  test.each(cases)('$name as $role', async ({ route, role, name }) => {
    const { ask, stores, sent } = openApi();
    const [path, asking] = asAnExample(route);
    const { status, body } = await ask(route.method, path, { ...asking, role });
    const may = route.role === 'anyone' || ROLES.indexOf(role) >= ROLES.indexOf(route.role);
    if (may) {
      // All is as it should be, but there may be nothing of that name.
      expect([200, 201, 202, 204, 404, 409]).toContain(status);
      return;
    }
    expect({ status, body }).toMatchObject({ status: 403, body: { code: 'role_missing' } });
    expect(Object.values(sent).flat()).toEqual([]);
    const { items } = await stores.audit.listEntries(stores.clock(), 10);
    const told = [{ caller: `the ${role}`, operation: name, status: 403 }];
    expect(items).toMatchObject(route.audited ? told : []);
  });

  test.each(TABLE)('%s without a token', async (_, route) => {
    const { ask, stores } = openApi();
    const [path, asking] = asAnExample(route);
    const { status } = await ask(route.method, path, { ...asking, claims: null });
    if (route.role === 'anyone') expect(status).toBe(200);
    else expect(status).toBe(401);
    expect((await stores.audit.listEntries(stores.clock(), 10)).items).toEqual([]);
  });
});

/** Of two words about a consent, or about whose a device is, the later stands, whoever has seen which. */
const LATER_STANDS = ['putConsents', 'putDevice'];

describe('the table', () => {
  test.each(TABLE)('%s names each part of its path, and only those', (_, { path, params }) => {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(Object.keys(params?.shape ?? {}).sort()).toEqual(named.sort());
  });

  test.each(TABLE)(
    '%s: what changes something is audited, and what is not a PUT or DELETE may be done once',
    (name, route) => {
      const { method, audited, idempotencyKey, ifMatch } = route;
      if (method === 'GET') expect([audited, idempotencyKey, ifMatch]).toEqual([undefined, undefined, undefined]);
      if (method === 'PUT' || method === 'DELETE') expect(audited).toBe(true);
      if (method === 'POST') expect(idempotencyKey).toBe(audited);
      if (method === 'PUT' && !LATER_STANDS.includes(name)) expect(ifMatch).toBeDefined();
    },
  );

  test.each(TABLE)('%s has an example that it takes', (_, { example = {}, params, query, body }) => {
    for (const [schema, given] of [
      [params, example.params],
      [query, example.query ?? {}],
      [body, example.body],
    ] as const)
      if (schema) expect(schema.safeParse(given).error).toBeUndefined();
  });

  test('has each method of a path once', () => {
    const all = TABLE.map(([, { method, path }]) => `${method} ${path}`);
    expect(new Set(all).size).toBe(all.length);
  });
});
