/** Trying a campaign on a device of the brand's own. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Campaign } from '../../shared/campaigns/campaign.ts';
import type { CampaignTest } from '../../shared/push/campaign-test.ts';
import { sendTest } from '../../shared/push/test-send.ts';
import type { Outcome } from '../../shared/senders/sender.ts';
import { memoryCampaignTests } from '../simulation/models/push.ts';
import { createMortal } from './mortal.ts';
import { ALIAS, ANNE, openStage } from './stage.ts';

const MESSAGES = {
  zh: { title: '您好', body: '{{ customer.tier }}' },
  en: { title: 'Hello', body: '{{ customer.tier }}' },
};
const VARIANTS: Campaign['content']['variants'] = [
  { id: 'a', weight: 1, messages: MESSAGES },
  { id: 'b', weight: 1, messages: { zh: { title: '{{ customer.name }}', body: '新茶' } } },
];

async function open(changes: Partial<CampaignTest> = {}) {
  const stage = await openStage({ content: { defaultLocale: 'zh', variants: VARIANTS } });
  const tests = memoryCampaignTests();
  await stage.devices.putDevice({
    ...{ id: 'qa-phone', persona: ALIAS, endpoint: { provider: 'fcm', token: 'qa' }, locale: 'en' },
    ...{ seenAt: stage.now(), isTest: true },
  });
  const asked: CampaignTest = {
    ...{ id: 't1', campaign: 'spring', profile: ALIAS, device: 'qa-phone', variant: 'a', by: 'ann' },
    ...{ at: stage.now(), state: 'waiting', ...changes },
  };
  await tests.putTest(asked, undefined);
  const dependencies = { ...stage.dependencies, devices: stage.devices, tests };
  const send = () => sendTest({ campaign: 'spring', id: 't1' }, dependencies);
  return { ...stage, tests, asked, dependencies, send, found: () => tests.getTest('spring', 't1') };
}

describe('a test', () => {
  it('is really sent, marked, in the language of the device, and counts nowhere', async () => {
    const { send, found, fcm, records, logs } = await open();
    await send();
    expect(await found()).toMatchObject({ state: 'sent', provider: 'fcm' });
    expect(fcm.taken).toMatchObject([
      {
        endpoint: { token: 'qa' },
        content: { title: 'Hello', body: 'high value', data: { campaign: 'spring', variant: 'a', test: 'true' } },
      },
    ]);
    // An app under test tells that it was opened like any: it is the key of no record.
    expect(fcm.taken[0]?.content.data.message).toBe(fcm.taken[0]?.key);
    expect(await records.listRecords('spring', 10)).toEqual({ items: [] });
    expect(await logs.getLog(ANNE)).toBeUndefined();
  });

  it('asks for no consent, of a draft as of a running campaign', async () => {
    const { send, found, say, campaigns, own } = await open({ locale: 'zh' });
    await say('*', false);
    await campaigns.putCampaign({ ...own, version: 2, wanted: 'draft' });
    await send();
    expect(await found()).toMatchObject({ state: 'sent' });
  });

  it('that comes twice is sent once', async () => {
    const { send, fcm } = await open();
    await send();
    await send();
    expect(fcm.tried).toHaveLength(1);
  });

  it('is said to be sent, though its message came again while it was', async () => {
    const { send, found, fcm } = await open();
    fcm.next.push({ kind: 'sent' });
    const { send: call } = fcm.sender;
    fcm.sender.send = async (...batch) => {
      await send();
      return call(...batch);
    };
    await send();
    expect(await found()).toMatchObject({ state: 'sent', provider: 'fcm' });
    expect(await found()).not.toHaveProperty('code');
    expect(fcm.tried).toHaveLength(1);
  });

  it('that broke off is not known, and is not sent again', async () => {
    const { send, found, fcm } = await open();
    fcm.next.push('die');
    await expect(send()).rejects.toThrow('died');
    await send();
    expect(await found()).toMatchObject({ state: 'unknown', code: 'interrupted' });
    expect(fcm.tried).toHaveLength(1);
  });

  it.each<[Outcome, object]>([
    [
      { kind: 'gone', code: 'UNREGISTERED' },
      { state: 'failed', code: 'UNREGISTERED', provider: 'fcm' },
    ],
    [
      { kind: 'refused', code: 'http_401' },
      { state: 'failed', code: 'http_401' },
    ],
    [
      { kind: 'later', code: 'http_503' },
      { state: 'failed', code: 'http_503' },
    ],
    [
      { kind: 'unknown', code: 'timeout' },
      { state: 'unknown', code: 'timeout' },
    ],
  ])('ends as the provider says: %o', async (outcome, expected) => {
    const { send, found, fcm, devices } = await open();
    fcm.next.push(outcome);
    await send();
    expect(await found()).toMatchObject(expected);
    expect(await devices.getDevice('qa-phone')).toEqual(outcome.kind === 'gone' ? undefined : expect.anything());
  });

  it.each<[string, Partial<CampaignTest>]>([
    ['missing_value', { variant: 'b' }],
    ['variant_not_found', { variant: 'z' }],
    // Somebody's own: it was registered for a customer since.
    ['device_not_found', { device: 'phone' }],
  ])('fails by itself: %s', async (code, changes) => {
    const { send, found, fcm } = await open(changes);
    await send();
    expect(await found()).toMatchObject({ state: 'failed', code });
    expect(fcm.tried).toEqual([]);
  });

  it('fails without credentials', async () => {
    const { found, dependencies } = await open();
    await sendTest({ campaign: 'spring', id: 't1' }, { ...dependencies, senders: async () => undefined });
    expect(await found()).toMatchObject({ state: 'failed', code: 'no_credentials' });
  });
});

test('whatever dies at whichever call, a test is sent once at most, and comes to an end', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ after: fc.nat(8), isDone: fc.boolean() }), { maxLength: 4 }),
      fc.array(fc.constantFrom('sent', 'later', 'die', 'unknown'), { maxLength: 2 }),
      async (deaths, answers) => {
        const { fcm, dependencies, found } = await open();
        for (const answer of answers)
          fcm.next.push(answer === 'die' ? 'die' : answer === 'sent' ? { kind: 'sent' } : { kind: answer, code: 'x' });
        for (const death of [...deaths, undefined, undefined]) {
          const mortal = createMortal(death);
          const { tests, devices, customers, campaigns } = dependencies;
          const all = {
            ...{ tests: mortal(tests), devices: mortal(devices) },
            ...{ customers: mortal(customers), campaigns: mortal(campaigns) },
          };
          await sendTest({ campaign: 'spring', id: 't1' }, { ...dependencies, ...all }).catch(() => undefined);
        }
        expect(fcm.tried.length).toBeLessThanOrEqual(1);
        const { state } = (await found()) ?? {};
        expect(['sent', 'failed', 'unknown']).toContain(state);
        if (state === 'sent') expect(fcm.taken).toHaveLength(1);
      },
    ),
    { numRuns: 200 },
  );
});
