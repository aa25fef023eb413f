/** The command as a user runs it, before a running deployment: TRIBUTARY_ENDPOINTS names its endpoints.json. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Receiver, startReceiver } from '../../local/receiver.ts';
import { caseFolder } from './run.ts';

const PROGRAM = path.join(import.meta.dirname, '..', '..', 'cli', 'tributary.mjs');
const SHOP = `cli-e2e-${Date.now().toString(36)}`;
const SECRET = 'shpss_cli_e2e';

/** From another folder than the repository, as users do. */
async function tributary(args: readonly string[], stdin = '') {
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: tmpdir() });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString('utf8');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8');
  });
  child.stdin.end(stdin);
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 1));
  });
  return { code, stdout, stderr };
}

async function answerOf(args: readonly string[], stdin?: string) {
  const ran = await tributary([...args, '--json'], stdin);
  expect(ran).toMatchObject({ code: 0 });
  expect(ran.stdout + ran.stderr).not.toContain(SECRET);
  return JSON.parse(ran.stdout);
}

async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let attempt = 0; attempt < 60; attempt++) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  throw new Error('Did not happen within a minute.');
}

const shopifyCase = (body: unknown): Promise<string> =>
  caseFolder({
    'request.json': JSON.stringify({
      method: 'POST',
      query: '',
      headers: { 'content-type': 'application/json', 'x-shopify-topic': 'orders/create' },
    }),
    'body.json': JSON.stringify(body),
  });

const money = (amount: string) => ({
  shop_money: { amount, currency_code: 'USD' },
  presentment_money: { amount, currency_code: 'USD' },
});
const ORDER = {
  id: 7_001,
  name: '#1001',
  created_at: '2026-11-24T05:00:00-05:00',
  processed_at: '2026-11-24T05:00:00-05:00',
  updated_at: '2026-11-24T05:00:00-05:00',
  currency: 'USD',
  presentment_currency: 'USD',
  taxes_included: false,
  test: false,
  financial_status: 'paid',
  fulfillment_status: null,
  cancelled_at: null,
  closed_at: null,
  total_price: '10.00',
  total_price_set: money('10.00'),
  total_tax: '0.00',
  total_tax_set: money('0.00'),
  total_discounts: '0.00',
  total_discounts_set: money('0.00'),
  total_tip_received: '0.00',
  line_items: [
    {
      id: 1,
      title: 'Tea',
      quantity: 1,
      price: '10.00',
      price_set: money('10.00'),
      discount_allocations: [],
      tax_lines: [],
    },
  ],
  shipping_lines: [],
  discount_applications: [],
  tax_lines: [],
  refunds: [],
};

describe.skipIf(!process.env.TRIBUTARY_ENDPOINTS)('the command line', () => {
  test('connect, send, order, quarantine, doctor', async () => {
    const connected = await answerOf(
      ['connect', 'shopify', '--connection', SHOP, '--secret-file', '-', '--currency', 'USD'],
      `${SECRET}\n`,
    );
    expect(connected.webhookUrl).toMatch(new RegExp(`/webhooks/shopify/${SHOP}$`));
    const { items: connections } = await answerOf(['connections']);
    expect(connections).toContainEqual(expect.objectContaining({ id: SHOP, status: 'active' }));

    const sent = await answerOf(['send', 'shopify', await shopifyCase(ORDER), '--connection', SHOP, '--repeat', '2']);
    expect(sent).toMatchObject({ failed: 0, requests: [{ status: 200 }, { status: 200 }] });
    const key = `shopify/${SHOP}/${ORDER.id}`;
    await eventually(async () => ((await tributary(['order', key])).code === 0 ? true : undefined));
    const stored = await answerOf(['order', key]);
    expect(stored).toMatchObject({ key, totals: { total: 1_000 } });
    // Of two copies the later received may be stored first: then the other says when the order was first heard of.
    expect([1, 2]).toContain(stored.revision);
    const { parts } = await answerOf(['order', key, '--history']);
    expect(parts).toContainEqual(expect.objectContaining({ part: 'money', envelope: expect.any(String) }));

    await answerOf(['send', 'shopify', await shopifyCase({ id: 'no order' }), '--connection', SHOP]);
    const entry = await eventually(async () => {
      const { items } = await answerOf(['quarantine', 'list', '--limit', '1000']);
      return items.find(({ connection }: { connection: string }) => connection === SHOP);
    });
    expect(await answerOf(['quarantine', 'show', entry.envelopeId])).toMatchObject({
      envelope: { headers: { 'x-shopify-topic': 'orders/create' } },
    });
    const retried = await tributary(['quarantine', 'retry', entry.envelopeId, '--wait', '5', '--json']);
    expect(retried.code).toBe(1);
    expect(JSON.parse(retried.stdout)).toMatchObject({ stillOpen: [entry.envelopeId] });
    await answerOf(['quarantine', 'dismiss', entry.envelopeId]);

    const healthy = await answerOf(['doctor', '--connection', SHOP]);
    expect(healthy).toMatchObject({ ok: true });
    expect(healthy.checks).toContainEqual(expect.objectContaining({ check: 'roundTrip', status: 'ok' }));

    await answerOf(['disconnect', SHOP]);
    expect(await tributary(['order', `shopify/${SHOP}/0`])).toMatchObject({ code: 1, stdout: '' });
  });
});

describe.skipIf(!process.env.TRIBUTARY_ENDPOINTS)('segments and subscribers on the command line', () => {
  const shop = `${SHOP}-segments`;
  const id = `bought-${shop}`;
  const crm = `crm-${shop}`;
  const customer = `shopify/${shop}/7002`;
  let folder: string;
  let receiver: Receiver;

  /** That it is refused, and how. */
  async function refused(args: readonly string[]) {
    const { code, stdout, stderr } = await tributary([...args, '--json']);
    expect(stdout).toBe('');
    return { exit: code, ...JSON.parse(stderr).error };
  }

  beforeAll(async () => {
    receiver = await startReceiver();
    folder = await caseFolder({
      'bought.json': JSON.stringify({
        id,
        name: '在这家店购买过',
        when: { field: 'connections', includes: `shopify/${shop}` },
      }),
      'misspelt.json': JSON.stringify({ id: `wrong-${shop}`, name: '拼错', when: { field: 'netSpent', atLeast: 1 } }),
      'circle.json': JSON.stringify({ id: `wrong-${shop}`, name: '绕圈', when: { segment: `wrong-${shop}` } }),
      'broken.json': '{',
    });
    await answerOf(
      ['connect', 'shopify', '--connection', shop, '--secret-file', '-', '--currency', 'USD'],
      `${SECRET}\n`,
    );
    const order = { ...ORDER, id: 7_002, customer: { id: 7_002 } };
    await answerOf(['send', 'shopify', await shopifyCase(order), '--connection', shop]);
    await eventually(async () => ((await tributary(['profile', '--id', customer])).code === 0 ? true : undefined));
  });

  afterAll(() => receiver?.close());

  const file = (name: string) => path.join(folder, name);

  test('a segment from a file to a file', async () => {
    const put = await answerOf(['segment', 'put', file('bought.json'), '--why', 'a test', '--wait', '300']);
    expect(put).toMatchObject({ outcome: 'created', id, version: 1, fill: { state: 'current' } });
    expect(await answerOf(['segment', 'put', file('bought.json')])).toMatchObject({ outcome: 'unchanged', version: 1 });
    const { items } = await answerOf(['segments']);
    expect(items).toContainEqual(expect.objectContaining({ id, name: '在这家店购买过' }));

    expect(await answerOf(['segment', 'members', id])).toMatchObject({
      items: [{ profile: customer, version: 1, because: [{ at: '', value: [`shopify/${shop}`] }] }],
      nextCursor: null,
    });
    const shown = await tributary(['segment', 'members', id, '--lang', 'zh']);
    expect(shown).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^PROFILE +SINCE +BECAUSE\n/) });
    expect(shown.stdout).toContain(`${customer}  `);
    expect(await tributary(['segment', 'show', id])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/current, everywhere since [\s\S]*Who is in it\n {2}\S/),
    });
    expect(await tributary(['explain', customer])).toMatchObject({ code: 0, stdout: expect.stringContaining(id) });

    const out = file('members.csv');
    const exported = await answerOf(['segment', 'export', id, '--columns', 'profile,orders,currency', '--out', out]);
    expect(exported).toMatchObject({ status: 'done', rows: 1, saved: [{ name: 'members.csv', file: out }] });
    const [head, row] = (await readFile(out, 'utf8')).replace('\ufeff', '').split('\r\n');
    expect(head).toBe('profile,revision,since,orders,currency');
    expect(row).toMatch(new RegExp(`^${customer},\\d+,[^,]+,1,USD$`));
    const parquet = file('members.parquet');
    await answerOf(['segment', 'export', id, '--out', parquet]);
    expect((await readFile(parquet)).subarray(0, 4).toString()).toBe('PAR1');
    expect((await answerOf(['segment', 'exports', id])).items).toMatchObject([
      { format: 'parquet' },
      { id: exported.id },
    ]);

    await answerOf(['segment', 'schedule', id, '--every', 'week', '--hour', '7']);
    expect(await answerOf(['segment', 'schedule', id])).toMatchObject({ schedule: { every: 'week', hour: 7 } });
    expect(await answerOf(['segment', 'schedule', id, '--off'])).toEqual({ schedule: null });
  });

  test('a preview is counted over a snapshot, which there may not be yet', async () => {
    const { code, stdout, stderr } = await tributary(['segment', 'preview', file('bought.json'), '--json']);
    if (code === 0)
      expect(JSON.parse(stdout)).toMatchObject({ size: expect.any(Number), snapshotAt: expect.any(String) });
    else expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'no_snapshot' } });
  });

  test('a subscriber is told, tried, given a new secret and removed', async () => {
    const added = await answerOf(['subscribers', 'add', receiver.url, '--id', crm, '--segment', id]);
    expect(added).toMatchObject({ id: crm, segments: [id], secret: expect.stringMatching(/^whsec_/) });
    expect(await tributary(['subscribers', 'test', crm])).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/answered 401 .* Does it verify/),
    });
    receiver.trust(added.secret);
    expect(await answerOf(['subscribers', 'test', crm])).toMatchObject({ delivered: true, status: 204 });

    const rotated = await answerOf(['subscribers', 'rotate', crm]);
    expect(rotated.secret).not.toBe(added.secret);
    receiver.trust(rotated.secret);
    expect(await answerOf(['subscribers', 'test', crm])).toMatchObject({ delivered: true });

    // It is in force some seconds after it was added: until then an archived segment tells it nothing.
    const told = () => receiver.received.find(({ type, data }) => type === 'segment.exited' && data.segment === id);
    await new Promise((resolve) => setTimeout(resolve, 15_000));
    expect(await answerOf(['segment', 'archive', id])).toMatchObject({ id, version: 2 });
    await eventually(async () => told());
    expect(told()?.data).toMatchObject({ subject: customer });

    expect(await answerOf(['subscribers', 'pause', crm])).toMatchObject({ paused: true });
    expect(await answerOf(['subscribers', 'resume', crm])).toMatchObject({ paused: false });
    const { items } = await answerOf(['subscribers', 'list']);
    expect(items).toContainEqual(expect.objectContaining({ id: crm, url: receiver.url }));
    expect(await answerOf(['subscribers', 'dead-letters', crm])).toMatchObject({ items: expect.any(Array) });
    expect(await answerOf(['subscribers', 'remove', crm])).toEqual({ removed: crm });
    expect(await refused(['subscribers', 'show', crm])).toMatchObject({ exit: 1, code: 'subscriber_not_found' });
  });

  test('what is wrong is named, with the exit code for it', async () => {
    expect(await refused(['segment', 'put', file('misspelt.json')])).toMatchObject({
      exit: 2,
      code: 'definition_invalid',
      message: expect.stringMatching(/\/when\/field: .*did you mean netSpend\?/),
    });
    expect(await refused(['segment', 'put', file('circle.json')])).toMatchObject({
      exit: 2,
      code: 'definition_invalid',
    });
    expect(await refused(['segment', 'put', file('broken.json')])).toMatchObject({ exit: 2, code: 'segment_invalid' });
    expect(await refused(['segment', 'put', file('nowhere.json')])).toMatchObject({ exit: 1 });
    for (const command of ['show', 'members', 'export', 'exports', 'schedule', 'archive', 'restore'])
      expect(await refused(['segment', command, 'nobody-knows'])).toMatchObject({ exit: 1, code: 'segment_not_found' });
    expect(await refused(['segment', 'export', id, '--columns', 'profil'])).toMatchObject({ exit: 2 });
    expect(await refused(['segment', 'members', id, '--cursor', 'x'])).toMatchObject({ exit: 2 });
    expect(await refused(['subscribers', 'test', 'nobody-knows'])).toMatchObject({ exit: 1 });
    expect(await refused(['subscribers', 'add', 'https://10.0.0.1/'])).toMatchObject({ exit: 2 });
    expect(await refused(['subscribers', 'add', 'ftp://crm.example/'])).toMatchObject({ exit: 2, code: 'url_invalid' });
  });
});
