import { expect, test } from 'vitest';
import { ConnectionId } from '../../shared/connections/connection.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import { deriveOrder } from '../../shared/orders/derive.ts';
import { orderKey } from '../../shared/orders/order-key.ts';
import { entryOf } from '../../shared/profiles/entry.ts';
import { UnifiedProfile } from '../../shared/profiles/unified.ts';
import { rateTable } from '../../shared/rates/rate-table.ts';
import { instant } from '../../shared/time/instant.ts';
import { ANNE, bought, KEYS, PETER } from '../profiles/people.ts';
import { createTestDeployment, saleCase } from './run.ts';
import { sale, till } from './till.ts';

type Made = ReturnType<typeof createTestDeployment>;

async function withAnne(): Promise<Made> {
  const made = createTestDeployment();
  await made.update(ANNE.map(bought));
  return made;
}

/** As the profiles function follows an order. */
async function follow({ deployment, update }: Made, orderId: string): Promise<void> {
  const name = { channel: 'till', connection: 'shop', orderId };
  const stored = await deployment.orders.getOrder(orderKey(name));
  const connection = await deployment.connections.getConnection(ConnectionId.parse('shop'));
  if (!stored || !connection) throw new Error('no such order');
  const order = deriveOrder({ ...name, category: 'pos', revision: stored.revision }, stored.parts);
  const entry = entryOf(order, {
    connection,
    declaration: till.identifiers,
    keys: KEYS,
    rates: rateTable('CNY', []),
    reading: 1,
    receivedAt: instant(Date.parse('2026-11-24T09:00:00.000Z')),
  });
  if (entry) await update([entry]);
}

test.each([
  ['--id', 'shopify/shop/anne'],
  ['--id', 'douyin/live/dy-7'],
  ['--phone', '13912345678'],
  ['--phone', '+86 139 1234 5678'],
  ['--email', 'Anne.Novak@example.org'],
])('%s %s finds the profile', async (option, value) => {
  const { run } = await withAnne();
  const ran = await run(['profile', option, value, '--json']);
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  const profile = UnifiedProfile.strict().parse(JSON.parse(ran.stdout));
  expect(profile).toMatchObject({ id: 'shopify/shop/anne', facts: { orders: 3 } });
  expect(profile.identifiers.map(({ value: shown }) => shown)).toContain('+8613912345678');
});

test('an order leads to its customer, once it is followed', async () => {
  const made = createTestDeployment();
  await made.type('connect till --connection shop --secret s1 --region CN');
  await made.type(`send till ${await saleCase(sale({ id: '7', phone: '13912345678' }))} --connection shop`);
  await made.type(`send till ${await saleCase(sale({ id: '8', phone: '18412345678-1234' }))} --connection shop`);
  expect((await made.type('profile --order till/shop/7')).stderr).toContain('is in no profile');
  await follow(made, '7');
  const { code, stdout } = await made.type('profile --order till/shop/7 --json');
  expect({ code, id: JSON.parse(stdout).id }).toEqual({
    code: 0,
    id: expect.stringMatching(/^till\/shop\/guest:phone:/),
  });
  expect(await made.type('profile --order till/shop/8')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('nothing of who bought'),
  });
  expect((await made.type('profile --order till/shop/9')).stderr).toContain('no order till/shop/9');
});

test('what an order gave that joins nobody is explained', async () => {
  const made = createTestDeployment();
  await made.type('connect till --connection shop --secret s1 --region CN');
  await made.type(`send till ${await saleCase(sale({ id: '8', phone: '18412345678-1234' }))} --connection shop`);
  // The till of an order whose buyer has an id.
  await made.update([{ ...bought({ by: 'till/shop/bob', at: '2026-11-24T02:00:00.000Z' }), key: 'till/shop/8' }]);
  const { stdout } = await made.type('explain till/shop/bob --lang zh');
  expect(stdout).toContain('平台虚拟号');
  expect(stdout).not.toContain('18412345678');
});

test.each([
  ['profile', 2, 'Give one of --id'],
  ['profile --phone 13912345678 --id x', 2, 'Give one of --id'],
  ['profile --phone 12', 2, 'not a valid phone'],
  ['profile --phone 138****1234', 2, 'masked'],
  ['profile --phone 13912345678 --region UK', 2, 'Did you mean GB?'],
  ['profile --phone 2025550143 --region US', 1, 'read as a number of US'],
  ['profile --email x@scs.tiktok.com', 1, 'relay address'],
  ['profile --email who@example.org', 1, 'No customer with this email'],
  ['profile --member-card 42', 1, 'No customer with this member card'],
  ['profile --order nope', 2, 'channel/connection/orderId'],
  ['profile --id shopify/shop/nobody', 1, 'There is no profile'],
  ['profile --id x --lang de', 2, 'Allowed choices are zh, en'],
  ['explain shopify/shop/nobody', 1, 'There is no profile'],
])('%s ends with %i', async (line, code, told) => {
  const { type } = await withAnne();
  expect(await type(line)).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(told) });
  expect(JSON.parse((await type(`${line} --json`)).stderr).error.code).toMatch(/^[a-z_]+$/);
});

test('a phone of several customers names them all, and how to choose', async () => {
  const { type, update } = await withAnne();
  await update([bought(PETER)]);
  const ran = await type('profile --phone 13912345678');
  expect(ran).toMatchObject({ code: 1, stdout: '' });
  for (const told of ['shopify/shop/anne (A*** N***, high value', 'shopify/shop/peter (P*** N***', '--id ID'])
    expect(ran.stderr).toContain(told);
  expect((await type('profile --id shopify/shop/peter')).code).toBe(0);
});

test('nothing personal is shown unless it is asked for', async () => {
  const { type, update } = await withAnne();
  await update([bought(PETER)]);
  const lines = [
    'profile --id douyin/live/dy-7',
    'explain shopify/shop/anne',
    'suggestions',
    'explain shopify/shop/peter --json',
  ];
  for (const line of [...lines, ...lines.map((one) => `${one} --lang zh`), 'suggestions --json']) {
    const { code, stdout } = await type(line);
    expect({ line, code, shows: stdout.match(/Novak|13912345678|anne\.novak/) }).toEqual({
      line,
      code: 0,
      shows: null,
    });
  }
  for (const line of ['profile --id shopify/shop/anne --reveal', 'explain shopify/shop/anne --reveal'])
    expect((await type(line)).stdout).toContain('+8613912345678');
});

test('tells which segments a customer is in, and why', async () => {
  const made = await withAnne();
  const { deployment, type } = made;
  const since = instant(Date.parse('2026-11-24T10:00:00.000Z'));
  const said = { version: 1, revision: 1, isArchived: false, by: 'a marketer', at: since };
  const when = { all: [{ field: 'orders', atLeast: 2 } as const, { field: 'channels', sizeAtLeast: 2 } as const] };
  await made.segments.putSegment({ id: 'cross', name: '跨渠道客户', when, ...said });
  const customers = await deployment.customers();
  const place = await customers.getPlace('shopify/shop/anne' as PersonaId); // the cast is the constructor of the brand
  if (!place?.profile) throw new Error('Anne is not there');
  const because = [
    { at: '/all/0', value: 3 },
    { at: '/all/1', value: 2 },
  ];
  const profile = { ...place.profile, segments: [{ id: 'cross', version: 1, since, because }] };
  const write = { ...place, revision: place.revision + 1, profile };
  await customers.putPlaces([{ place: write, seenRevision: place.revision }]);
  const zh = (await type('explain shopify/shop/anne --lang zh')).stdout;
  expect(zh).toContain('为何在这些人群中\n  跨渠道客户 (cross), 2026-11-24: ');
  expect((await type('explain shopify/shop/anne --lang en')).stdout).toContain('Why these segments');
  expect(JSON.parse((await type('explain shopify/shop/anne --json')).stdout).segments).toMatchObject([
    { id: 'cross', name: '跨渠道客户', because: [{ at: '/all/0' }, { at: '/all/1' }] },
  ]);
  expect((await type('profile --id shopify/shop/anne')).stdout).toContain('cross');
});

test('sentences are in the language of the terminal, or as asked', async () => {
  const { type } = await withAnne();
  const zh = { env: { LANG: 'zh_CN.UTF-8' } };
  expect((await type('explain shopify/shop/anne', zh)).stdout).toMatch(
    /为何是同一客户\n {2}手机号 \+86139\*{4}5678 .*姓名一致/,
  );
  expect((await type('explain shopify/shop/anne', zh)).stdout).toContain('该客户属于「高价值」');
  const en = (await type('explain shopify/shop/anne --lang en', zh)).stdout;
  expect(en).toContain('Phone +86139****5678 is in 2 orders of 2 personas');
  expect(en).toContain('which meets high value');
  expect((await type('profile --id shopify/shop/anne --lang zh')).stdout).toContain('满足「高价值」的要求');
});

test('each command tells how it is used', async () => {
  const { type } = createTestDeployment();
  const nested = ['list', 'accept', 'refuse'].map((name) => `suggestions ${name}`);
  for (const command of ['profile', 'explain', 'unlink', 'relink', 'suggestions', ...nested]) {
    const { code, stdout, stderr } = await type(`${command} --help`);
    expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: '' });
    expect(stdout).toMatch(/Examples?:\n {2}\$ tributary /);
    expect(stdout).toContain('--json');
  }
});
