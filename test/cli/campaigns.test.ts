/** `campaigns`, `campaign`, `push`, `device`. */
import { describe, expect, test } from 'vitest';
import { ANNE } from '../profiles/people.ts';
import { attributedOrder, campaignResult } from '../proof/samples.ts';
import { createApiDeployment } from './run-api.ts';

const ID = 'shopify/shop/anne';
const CAMPAIGN = {
  id: 'spring',
  name: '春季新品',
  trigger: { on: 'segment_entered', segment: 'buyers' },
  content: {
    defaultLocale: 'zh',
    variants: [{ id: 'a', messages: { zh: { title: '新品', body: '您已是{{ customer.tier }}客户' } } }],
    nonPersonalised: { zh: { title: '新品', body: '新品上市' } },
  },
};

async function withBuyers() {
  const made = createApiDeployment();
  await made.api.buy(...ANNE);
  const buyers = { id: 'buyers', name: 'Buyers', when: { field: 'orders', atLeast: 1 } };
  await made.type('segment put -', made.piped(buyers));
  return made;
}

describe('a campaign', () => {
  test('is put, shown, tried, started, reported on and paused', async () => {
    const made = await withBuyers();
    expect((await made.type('campaigns')).stdout).toContain('There is no campaign yet');
    const put = await made.type('campaign put -', made.piped(CAMPAIGN));
    expect(put).toMatchObject({ code: 0, stdout: 'Campaign spring (春季新品), version 1, is draft.\n' });
    expect((await made.type('campaigns')).stdout).toMatch(/spring +春季新品 +draft +enters buyers +1 +the operator/);
    expect((await made.type(`campaign preview spring ${ID}`)).stdout).toMatch(/^新品\n您已是.+客户\n$/);
    expect((await made.type(`campaign preview spring ${ID} --non-personalised`)).stdout).toBe('新品\n新品上市\n');
    expect((await made.type('campaign dry-run spring')).stdout).toContain('Nobody is in the segment.');
    expect((await made.ask('campaign start spring')).state).toBe('running');
    expect((await made.type('campaign report spring')).stdout).toMatch(/occurrences +0\n/);
    expect((await made.ask('campaign pause spring')).state).toBe('paused');
    expect((await made.type('campaign show spring')).stdout).toContain('is paused.');
  });

  test.each([
    [{ on: 'replenishment_due', daysBefore: 3, products: ['tea'] }, 'runs out, 3 days before: tea'],
    [{ on: 'cart_left', afterMinutes: 90 }, 'cart left for 90 min'],
    [{ on: 'back_in_stock', products: ['a', 'b', 'c', 'd'] }, 'back in stock, 1000 at most: a, b, c …'],
  ])('with the trigger %j is listed as that, and previewed for a product', async (trigger, words) => {
    const made = await withBuyers();
    const messages = { zh: { title: '新品', body: '{{ product.title }}' } };
    const content = { ...CAMPAIGN.content, variants: [{ id: 'a', messages }] };
    const put = await made.type('campaign put -', made.piped({ ...CAMPAIGN, trigger, content, priority: 'high' }));
    expect(put.stdout).toBe('Campaign spring (春季新品), version 1, is draft, of high priority.\n');
    expect((await made.type('campaigns')).stdout).toContain(words);
    const variants = [{ skuId: 'a' }];
    expect(await made.api.ask('PUT', '/v1/products/tea', { body: { title: { zh: '春茶' }, variants } })).toMatchObject({
      status: 201,
    });
    expect((await made.type(`campaign preview spring ${ID} --product tea`)).stdout).toBe('新品\n春茶\n');
    expect((await made.type(`campaign preview spring ${ID}`)).stdout).toMatch(/^Nothing:/);
  });

  test('is reported on with what it brought, in the language of whoever asks', async () => {
    const made = await withBuyers();
    await made.type('campaign put -', made.piped(CAMPAIGN));
    const before = (await made.type('campaign report spring --lang en')).stdout;
    expect(before).toMatch(/delivered +not told by the provider\n/);
    expect(before).toMatch(/opened +not told by any app\n/);
    expect(before).toContain('* orders were not attributed yet');
    expect((await made.type('campaign orders spring')).stdout).toBe('No order counts for it yet.\n');
    const { results, attributed } = made.api.stores;
    await results.putResult(campaignResult());
    const few = (await made.type('campaign report spring --lang zh')).stdout;
    expect(few).toMatch(/lift +数据不足\n/);
    expect(few).toContain('* 数据不足:窗口已结束的客户,两组各需至少 50 名');
    await results.putResult(
      campaignResult({
        opened: { messages: 7, variants: { a: 4, b: 3 } },
        holdout: {
          ...{ against: 'campaign', sentTo: 800, heldOut: 200, open: { sentTo: 0, heldOut: 0 } },
          balance: { kind: 'balanced', expected: 0.2, found: 0.2 },
        },
        lift: {
          ...{ kind: 'lift', customers: { sentTo: 800, heldOut: 200 }, sentTo: 0.2, heldOut: 0.1, currency: 'CNY' },
          difference: { value: 0.1, low: 0.0452, high: 0.1441 },
          ...{ revenue: { value: 200, low: 91.2, high: 308.8 }, isClear: true },
        },
      }),
    );
    const { stdout } = await made.type('campaign report spring --lang en');
    expect(stdout).toMatch(/opened +7\n +variant a +4\n +variant b +3\n/);
    expect(stdout).toContain('* opened is what apps tell');
    expect(stdout).toMatch(/orders +1 \(2 more assisted\), as of 2026-11-25 09:00 UTC\n/);
    expect(stdout).toMatch(/net revenue +128.00 CNY of 1 order\n/);
    expect(stdout).toMatch(/compared +800 sent to, 200 held out of this one\n/);
    expect(stdout).toMatch(/holdout +balanced: 20.0 % held out, 20.0 % meant\n/);
    expect(stdout).toMatch(/lift +\+10.00 points \(95 %: \+4.52 points to \+14.41 points\)\n/);
    expect(stdout).toMatch(/revenue a customer +2.00 CNY \(95 %: 0.91 CNY to 3.09 CNY\)\n/);
    await attributed.putOrder(attributedOrder());
    await attributed.putOrder(attributedOrder({ order: 'shopify/shop/2', state: 'taken_back', net: 0 }));
    const orders = (await made.type('campaign orders spring')).stdout;
    expect(orders).toMatch(/shopify\/shop\/1 +shopify\/shop\/anne +2026-11-25 08:10 +128.00 CNY +a /);
    expect(orders).toMatch(/shopify\/shop\/2 .* taken back /);
    expect((await made.ask('campaign orders spring --limit 1')).items).toHaveLength(1);
  });

  test('is put again as the next version, also from what show answers', async () => {
    const made = await withBuyers();
    await made.type('campaign put -', made.piped(CAMPAIGN));
    const shown = await made.ask('campaign show spring');
    const put = await made.ask('campaign put -', made.piped({ ...shown, name: '新品' }));
    expect(put).toMatchObject({ version: 2, name: '新品', state: 'draft' });
  });

  test.each<[string, object | undefined, number, string]>([
    ['campaign put -', { ...CAMPAIGN, id: undefined }, 2, 'needs an id'],
    ['campaign put -', { ...CAMPAIGN, trigger: { on: 'segment_entered', segment: 'x' } }, 2, 'there is no segment x'],
    ['campaign show nothing', undefined, 1, 'There is no campaign nothing'],
    ['campaign show a/b', undefined, 2, 'no id of a campaign'],
    ['campaign dry-run spring --limit 0', undefined, 2, 'from 1 to 200'],
  ])('%s: refused', async (line, file, code, says) => {
    const made = await withBuyers();
    const ran = await made.type(line, file && made.piped(file));
    expect(ran).toMatchObject({ code, stdout: '' });
    expect(ran.stderr).toContain(says);
  });
});

test('the push policy is shown and put', async () => {
  const made = createApiDeployment();
  expect((await made.type('push policy')).stdout).toContain('The built-in push policy.');
  const put = await made.type('push policy --put -', made.piped({ perDay: 1 }));
  expect(put.stdout).toContain('Push policy, version 1, put by the operator.');
  expect((await made.ask('push policy')).policy).toMatchObject({ perDay: 1, perWeek: 5 });
});

test('accounts at providers are kept and removed, and never shown', async () => {
  const made = createApiDeployment();
  expect((await made.type('push providers')).stdout).toContain('nothing can be sent');
  const secret = { appKey: '0123456789abcdef01234567', masterSecret: 'abcdef0123456789abcdef01' };
  expect((await made.type('push connect jpush --file -', made.piped(secret))).stdout).toBe(
    'Credentials of jpush are kept.\n',
  );
  expect((await made.type('push providers')).stdout).toMatch(/jpush +2026-11-25 09:00 UTC +the operator/);
  const bad = await made.type('push connect jpush --file -', made.piped({ ...secret, masterSecret: 'no!' }));
  expect(bad.code).toBe(2);
  expect(bad.stderr).not.toContain('no!');
  expect((await made.type('push disconnect jpush')).code).toBe(0);
  expect((await made.type('push connect pigeon --file -', made.piped(secret))).stderr).toContain('One of fcm');
});

test('a device is registered, shown and removed', async () => {
  const made = await withBuyers();
  const device = { profile: ID, endpoint: { provider: 'fcm', token: 'registration-token' }, locale: 'zh-CN' };
  expect((await made.type('device put phone -', made.piped(device))).stdout).toBe(
    `Device phone is registered for ${ID}.\n`,
  );
  const { stdout } = await made.type('device show phone');
  expect(stdout).toMatch(/provider +fcm\n/);
  expect(stdout).not.toContain('registration-token');
  expect((await made.type('device remove phone')).stdout).toBe('Device phone is gone.\n');
  expect((await made.type('device show phone')).code).toBe(1);
});
