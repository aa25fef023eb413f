/** `push suppress`, `push sent`, `campaign test`, `campaign explain`, `device` and `consent` of anonymous visitors. */
import { describe, expect, test } from 'vitest';
import { sendKey } from '../../shared/campaigns/occurrence.ts';
import type { CampaignTest } from '../../shared/push/campaign-test.ts';
import { instant } from '../../shared/time/instant.ts';
import { NOW_MS } from '../api/open-api.ts';
import { ANNE, personaId } from '../profiles/people.ts';
import { createApiDeployment } from './run-api.ts';

const ID = 'shopify/shop/anne';
const CAMPAIGN = {
  id: 'spring',
  name: '春季新品',
  trigger: { on: 'tier_changed', to: ['growth'] },
  content: {
    defaultLocale: 'zh',
    variants: [{ id: 'a', messages: { zh: { title: '新品', body: '您已是{{ customer.tier }}客户' } } }],
    nonPersonalised: { zh: { title: '新品', body: '新品上市' } },
  },
};

async function open() {
  const made = createApiDeployment();
  await made.api.buy(...ANNE);
  await made.type('campaign put -', made.piped(CAMPAIGN));
  return made;
}

describe('the suppression list', () => {
  test('is added to, asked, and taken from', async () => {
    const made = await open();
    const put = await made.type('push suppress --phone 13912345678 --email a@example.org --source opt-outs');
    expect(put).toMatchObject({ code: 0, stdout: '2 contacts will never be written to.\n' });
    const asked = await made.type('push suppressed --phone +8613912345678 --email b@example.org');
    expect(asked.stdout).toMatch(/\+8613912345678 +yes +2026-11-25 09:00 UTC +the operator +opt-outs\n/);
    expect(asked.stdout).toMatch(/b@example.org +no\n/);
    expect((await made.type('push unsuppress --phone 13912345678')).stdout).toBe('1 contact taken off the list.\n');
    expect(await made.ask('push suppressed --phone 13912345678')).toEqual({ items: [{ suppressed: false }] });
  });

  test('takes a file, a contact a line, however long', async () => {
    const made = await open();
    const lines = Array.from({ length: 130 }, (_, index) => `opt-out-${index}@example.org`);
    const readStdin = async () => `13912345678\r\n\n${lines.join('\n')}\n`;
    expect(await made.ask('push suppress --file -', { readStdin })).toEqual({ suppressed: 131 });
    const { items } = await made.ask('push suppressed --email opt-out-129@example.org --phone 13912345678');
    expect(items).toMatchObject([{ suppressed: true }, { suppressed: true }]);
  });

  test.each([
    ['push suppress', 'Say whom'],
    ['push suppress --phone 138****1234', 'masked by the platform'],
  ])('%s: refused', async (line, says) => {
    const made = await open();
    const ran = await made.type(line);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toContain(says);
  });
});

describe('a test', () => {
  async function withDevice(end: Partial<CampaignTest>) {
    const made = await open();
    const device = { profile: ID, endpoint: { provider: 'fcm', token: 'registration-token' }, test: true };
    await made.type('device put qa -', made.piped(device));
    expect((await made.type('device show qa')).stdout).toMatch(/for tests +yes\n/);
    /** As push does while the command waits. */
    const sleep = async () => {
      const [message] = made.api.sent.tests;
      const { tests } = made.api.stores;
      const known = message && (await tests.getTest(message.test.campaign, message.test.id));
      if (known) await tests.putTest({ ...known, ...end }, 'waiting');
    };
    return made.type(`campaign test spring --profile ${ID} --device qa`, { sleep });
  }

  test('is sent, and waited for', async () => {
    expect(await withDevice({ state: 'sent', provider: 'fcm' })).toMatchObject({
      code: 0,
      stdout: 'Sent to qa by fcm.\n',
    });
  });

  test("says with the provider's code why it was not", async () => {
    expect(await withDevice({ state: 'failed', provider: 'fcm', code: 'SENDER_ID_MISMATCH' })).toMatchObject({
      code: 1,
      stdout: 'Not sent to qa by fcm: SENDER_ID_MISMATCH.\n',
    });
  });

  test("to a customer's device is refused", async () => {
    const made = await open();
    await made.type('device put phone -', made.piped({ profile: ID, endpoint: { provider: 'fcm', token: 't' } }));
    const ran = await made.type(`campaign test spring --profile ${ID} --device phone`);
    expect(ran.code).not.toBe(0);
    expect(ran.stderr).toContain('"test": true');
  });
});

describe('what was sent', () => {
  const key = sendKey('spring', personaId(ID), 'o');

  async function withSent() {
    const made = await open();
    const { sends, logs } = made.api.stores;
    const at = instant(NOW_MS);
    await sends.putRecord({
      ...{ campaign: 'spring', key, version: 1, profile: personaId(ID), occurrence: 'o', cause: 'live', at },
      ...{ state: 'sent', variant: 'a', isPersonalised: true, attributionDays: 7 },
      basis: { tier: 'growth', consents: [{ name: 'push', given: true, at, source: 'checkout', wording: '2026-03' }] },
    });
    const send = { key, campaign: 'spring', at, isMarketing: true };
    await logs.putLog({ profile: personaId(ID), revision: 1, sends: [send] });
    return made;
  }

  test('is listed for a customer, and explained', async () => {
    const made = await withSent();
    expect((await made.type(`push sent ${ID}`)).stdout).toMatch(new RegExp(`2026-11-25 09:00 UTC +spring +${key}\n`));
    const zh = (await made.type(`campaign explain spring ${key} --lang zh`)).stdout;
    expect(zh).toContain('客户等级：成长型');
    expect(zh).toContain('同意营销推送（来源：checkout，文案版本：2026-03）');
    expect(zh).toContain('如何拒绝');
    const en = (await made.type(`campaign explain spring ${key} --lang en`)).stdout;
    expect(en).toContain("The customer's tier changed (from any to growth).");
    expect(en).not.toContain('客户等级');
    expect(await made.ask(`campaign explain spring ${key}`)).toMatchObject({
      outcome: { zh: '已发送。', en: 'It was sent.' },
    });
  });

  test('is nothing, or not explained, where there is nothing', async () => {
    const made = await open();
    expect((await made.type(`push sent ${ID}`)).stdout).toBe(`${ID} was sent nothing.\n`);
    expect(await made.type(`campaign explain spring ${key}`)).toMatchObject({ code: 1, stdout: '' });
  });
});

test("an anonymous visitor's device and consents", async () => {
  const made = await open();
  await made.api.ask('POST', '/v1/sources', { body: { id: 'app', name: 'App', kind: 'app' } });
  const device = { visitor: { source: 'app', anonymousId: 'a1' }, endpoint: { provider: 'fcm', token: 't' } };
  expect((await made.type('device put browser -', made.piped(device))).stdout).toBe(
    'Device browser is registered for an anonymous visitor of app.\n',
  );
  expect((await made.type('device show browser')).stdout).toMatch(/visitor of +app\n/);
  expect((await made.type('consent browser --give push --source banner')).stdout).toMatch(
    /^Consents of browser\n {2}push +given /,
  );
});
