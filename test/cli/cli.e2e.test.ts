/** The command as a user runs it, before a running deployment: TRIBUTARY_ENDPOINTS names its endpoints.json. */
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
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
    expect(await answerOf(['order', key])).toMatchObject({ key, totals: { total: 1_000 }, revision: 1 });
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
