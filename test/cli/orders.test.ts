import { describe, expect, test } from 'vitest';
import type { Lake } from '../../shared/lake/lake.ts';
import { NotFound } from '../../shared/runtime/errors.ts';
import { caseFolder, createTestDeployment, saleCase } from './run.ts';
import { sale } from './till.ts';

async function withShop() {
  const made = createTestDeployment();
  await made.type('connect till --connection shop --secret s1 --currency CNY');
  return made;
}

describe('send', () => {
  test('signs with the current secret and tells what was answered', async () => {
    const { type } = await withShop();
    await type('connect till --connection shop --secret s2');
    const folder = await saleCase(sale());
    const ran = await type(`send till ${folder} --connection shop --json`);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(ran.stdout)).toEqual({
      connection: 'shop',
      channel: 'till',
      webhookUrl: 'https://hooks.example/webhooks/till/shop',
      requests: [{ request: 'request.json', status: 200, body: 'thanks', durationMs: expect.any(Number) }],
      failed: 0,
    });
    expect((await type(`send till ${folder} --connection shop`)).stdout).toContain('1 request accepted');
  });

  test('plays several messages in the order of their names, as often as asked', async () => {
    const { type } = await withShop();
    const request = JSON.stringify({ method: 'POST', query: 'a=1', headers: { 'x-till-event': 'sale' } });
    const folder = await caseFolder({
      '02-request.json': request,
      '02-body.txt': sale({ title: 'second' }),
      '01-request.json': request,
      '01-body.json': sale(),
      'expected.json': '{}',
      'case.md': '',
    });
    const { stdout } = await type(`send till ${folder} --connection shop --repeat 2 --json`);
    const { requests } = JSON.parse(stdout);
    expect(requests.map((played: { request: string }) => played.request)).toEqual([
      '01-request.json',
      '02-request.json',
      '01-request.json',
      '02-request.json',
    ]);
  });

  test('fails where the platform would be refused, or gets no answer', async () => {
    const { type } = await withShop();
    const folder = await saleCase(sale());
    await type('disconnect shop');
    const refused = await type(`send till ${folder} --connection shop --json`);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('disabled') });
    expect(JSON.parse(refused.stdout)).toMatchObject({ failed: 1, requests: [{ status: 410 }] });
    const dead: typeof fetch = async () => {
      throw new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) });
    };
    const unanswered = await type(`send till ${folder} --connection shop`, { fetch: dead });
    expect(unanswered).toMatchObject({ code: 1, stdout: expect.stringContaining('no answer') });
  });

  test('names what is not there', async () => {
    const { type } = await withShop();
    const folder = await saleCase(sale());
    expect(await type('send till /nowhere --connection shop')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('/nowhere'),
    });
    expect((await type(`send till ${folder} --connection shpo`)).stderr).toContain('Did you mean shop?');
    expect(await type(`send blunt ${folder} --connection shop`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('on channel till'),
    });
    const empty = await caseFolder({ 'expected.json': '{}' });
    expect(await type(`send till ${empty} --connection shop`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('01-request.json'),
    });
    const bodiless = await caseFolder({ 'request.json': '{}' });
    expect((await type(`send till ${bodiless} --connection shop`)).code).toBe(2);
  });
});

describe('order', () => {
  async function withOrder() {
    const made = await withShop();
    await made.type(`send till ${await saleCase(sale())} --connection shop`);
    return made;
  }

  test('is the canonical order; an id may hold a slash', async () => {
    const { type } = await withOrder();
    const { code, stdout } = await type('order till/shop/7/42 --json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      key: 'till/shop/7/42',
      category: 'pos',
      status: 'completed',
      totals: { total: 42568, net: 42568 },
      buyer: { phone: '+8613800000001' },
      flags: ['total_mismatch'],
      revision: 1,
    });
  });

  test('as text: money in major units, flags explained, the buyer only when asked for', async () => {
    const { type } = await withOrder();
    const { stdout } = await type('order till/shop/7/42');
    expect(stdout).toMatch(/龙井茶 +1 +425\.68 CNY/);
    expect(stdout).toMatch(/^net +425\.68 CNY$/m);
    expect(stdout).toContain('not what its other figures add up to');
    expect(stdout).not.toContain('13800000001');
    expect((await type('order till/shop/7/42 --show-buyer')).stdout).toContain('+8613800000001');
  });

  test('its history: each part with its version and envelope', async () => {
    const { type, lake } = await withOrder();
    const [object = ''] = lake.objects();
    const [envelope] = await lake.read(object);
    const { stdout } = await type('order till/shop/7/42 --history --json');
    const history = JSON.parse(stdout);
    expect(history.order.key).toBe('till/shop/7/42');
    expect(history.parts.map(({ part }: { part: string }) => part)).toEqual(['state', 'money', 'lines', 'phone']);
    expect(history.parts[0]).toMatchObject({
      version: { sourceAt: '2026-11-24T02:00:00.000Z', reading: 1 },
      envelope: envelope?.id,
      value: { placedAt: '2026-11-24T02:00:00.000Z' },
    });
    expect(history.sightings).toEqual([{ at: '2026-11-24T02:00:00.000Z', reading: 1, shown: ['paid', 'completed'] }]);
    const text = (await type('order till/shop/7/42 --history')).stdout;
    expect(text).toContain(envelope?.id);
    expect(text).not.toContain('13800000001');
  });

  test('that was never heard of', async () => {
    const { type } = await withOrder();
    const { code, stdout, stderr } = await type('order till/shop/1 --json');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'order_not_found' } });
  });
});

describe('quarantine', () => {
  const UNKNOWN = '0197c0de-0000-7000-8000-000000000001';

  /** Two that lack what is needed, and one of another reason. */
  async function withQuarantine() {
    const made = await withShop();
    await made.type(`send till ${await saleCase(sale({ at: 'never' }))} --connection shop`);
    await made.type(`send till ${await saleCase(JSON.stringify({ name: '王小明' }))} --connection shop --repeat 2`);
    const { items } = JSON.parse((await made.type('quarantine --json')).stdout);
    const ids: string[] = items.map((entry: { envelopeId: string }) => entry.envelopeId);
    made.requests.length = 0;
    return { ...made, ids };
  }

  test('lists newest first, page by page', async () => {
    const { type, ids } = await withQuarantine();
    expect(ids).toHaveLength(3);
    const first = JSON.parse((await type('quarantine list --limit 2 --json')).stdout);
    expect(first.items).toHaveLength(2);
    const rest = JSON.parse((await type(`quarantine list --cursor ${first.nextCursor} --json`)).stdout);
    expect(rest).toMatchObject({
      items: [{ envelopeId: ids[2], code: 'time_invalid', status: 'open' }],
      nextCursor: null,
    });
    const text = await type('quarantine list --limit 1');
    expect(text.stdout).toContain('till/shop');
    expect(text.stderr).toContain('--cursor');
    expect((await type('quarantine list --status resolved')).stdout).toContain('Nothing in quarantine is resolved.');
  });

  test('shows where the bytes are, and the body only when asked for', async () => {
    const { type, ids, deployment } = await withQuarantine();
    const shown = await type(`quarantine show ${ids[0]}`);
    expect(shown.stdout).toMatch(/object +raw\/channel=till\//);
    expect(shown.stdout).toMatch(/x-till-event +sale/);
    expect(shown.stdout).not.toContain('王小明');
    expect((await type(`quarantine show ${ids[0]} --json`)).stdout).not.toContain('王小明');
    const { envelope } = JSON.parse((await type(`quarantine show ${ids[0]} --body --json`)).stdout);
    expect(envelope).toMatchObject({ headers: { 'x-till-event': 'sale' }, body: '{"name":"王小明"}' });

    const gone: Lake['read'] = async () => {
      throw new NotFound('lake_object_missing', 'gone');
    };
    Object.assign(deployment.lake, { read: gone });
    expect(JSON.parse((await type(`quarantine show ${ids[0]} --json`)).stdout)).toMatchObject({ envelope: null });
  });

  test('retries by object, and resolves what a fix made readable', async () => {
    const { type, ids, requests, deployment, lake } = await withQuarantine();
    const sent = await type(`quarantine retry ${ids[0]} ${ids[0]} --json`);
    expect(JSON.parse(sent.stdout)).toEqual({ retried: [ids[0]], requests: 1 });
    expect(requests).toEqual([{ object: expect.stringMatching(/^raw\//), cause: 'live', only: [ids[0]] }]);

    for (const object of lake.objects()) {
      const fixed = (await lake.read(object)).map((envelope) => ({ ...envelope, body: sale() }));
      await lake.write(object, fixed);
    }
    const waited = await type('quarantine retry --all --code wire_mismatch --wait --json');
    expect(waited.code).toBe(0);
    expect(JSON.parse(waited.stdout)).toMatchObject({ resolved: [ids[0], ids[1]], stillOpen: [], requests: 2 });
    expect((await deployment.quarantine.list({ status: 'open', limit: 9 })).items).toMatchObject([
      { envelopeId: ids[2] },
    ]);
    expect((await type(`quarantine retry ${ids[0]}`)).stdout).toContain('Nothing to retry');
  });

  test('says what is still open after the wait', async () => {
    const { type, ids } = await withQuarantine();
    const ran = await type(`quarantine retry ${ids[0]} --wait 5`);
    expect(ran.code).toBe(1);
    expect(ran.stdout).toContain('1 still open after 5 s');
    expect((await type('quarantine retry --all')).stdout).toContain('3 messages');
  });

  test('dismisses', async () => {
    const { type, ids } = await withQuarantine();
    const { code, stdout } = await type(`quarantine dismiss ${ids[0]} ${ids[1]} --why test --json`);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ dismissed: [ids[0], ids[1]], why: 'test' });
    expect(JSON.parse((await type('quarantine list --status dismissed --json')).stdout).items).toHaveLength(2);
  });

  test.each(['show', 'retry', 'dismiss'])('%s of an unknown id changes nothing', async (command) => {
    const { type, ids, requests } = await withQuarantine();
    const known = command === 'show' ? '' : ids[0];
    for (const unknown of [UNKNOWN, 'no-uuid']) {
      const ran = await type(`quarantine ${command} ${known} ${unknown}`);
      expect(ran).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(unknown) });
    }
    expect(requests).toEqual([]);
    expect(JSON.parse((await type('quarantine --json')).stdout).items).toHaveLength(3);
  });
});
