/** What every store of campaigns, devices, contact logs and records of messages does. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { VisitorKey } from '../../../shared/behaviour/names.ts';
import type { CampaignStore } from '../../../shared/campaigns/campaign-store.ts';
import { DEFAULT_PUSH_POLICY } from '../../../shared/campaigns/push-policy.ts';
import type { PersonaId } from '../../../shared/identity/persona.ts';
import type { Mark } from '../../../shared/profiles/marks.ts';
import type { CampaignTest, CampaignTestStore } from '../../../shared/push/campaign-test.ts';
import type { ContactLogStore } from '../../../shared/push/contact-log.ts';
import { DEVICES_MOST, type Device, type DeviceStore } from '../../../shared/push/device.ts';
import type { RunStore } from '../../../shared/push/runs.ts';
import type { SendRecord, SendRecordStore } from '../../../shared/push/send-record.ts';
import type { Contact, SuppressionList } from '../../../shared/push/suppression-list.ts';
import type { VisitorConsentStore } from '../../../shared/push/visitor-consents.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';
import type { TokenCache } from '../../../shared/senders/token-cache.ts';
import { type Instant, instant } from '../../../shared/time/instant.ts';
import { campaign } from '../../campaigns/spring.ts';
import { unique } from './samples.ts';

const AT = instant(Date.UTC(2026, 10, 24, 10));
const later = (ms: number): Instant => instant(Date.parse(AT) + ms);
// The cast: of the form of one.
const newPersona = () => `shopify/shop/${unique()}` as PersonaId;
const newVisitor = () => `web-shop#${unique()}` as VisitorKey;

export function campaignStoreContract(name: string, make: () => Promise<CampaignStore>): void {
  describe(`campaigns: ${name}`, () => {
    let store: CampaignStore;
    beforeAll(async () => {
      store = await make();
    });

    it('gives back what was put, exactly, and keeps each version', async () => {
      const first = campaign({ id: `c${unique()}` });
      const second = {
        ...first,
        ...{ version: 2, wanted: 'paused' as const, description: '第二版', startsAt: AT },
        offer: { byTier: { high_value: '20 元' }, signOff: { by: '法务', why: '会员日' } },
      };
      await store.putCampaign(first);
      await store.putCampaign(second);
      expect(await store.getCampaign(first.id)).toEqual(second);
      expect(await store.listVersions(first.id)).toEqual([second, first]);
      expect((await store.listCampaigns()).filter(({ id }) => id === first.id)).toEqual([second]);
      expect(await store.getCampaign(`c${unique()}`)).toBeUndefined();
    });

    it('puts the next version only', async () => {
      const first = campaign({ id: `c${unique()}` });
      await store.putCampaign(first);
      await expect(store.putCampaign(first)).rejects.toThrow(Conflict);
      await expect(store.putCampaign({ ...first, version: 3 })).rejects.toThrow(Conflict);
      expect(await store.listVersions(first.id)).toHaveLength(1);
    });

    it('has one push policy, in versions', async () => {
      expect(await store.getPushPolicy()).toBeUndefined();
      const put = { version: 1, policy: { ...DEFAULT_PUSH_POLICY, quietHours: null }, by: 'a marketer', at: AT };
      await store.putPushPolicy(put);
      await expect(store.putPushPolicy(put)).rejects.toThrow(Conflict);
      expect(await store.getPushPolicy()).toEqual(put);
    });
  });
}

export function deviceStoreContract(name: string, make: () => Promise<DeviceStore>): void {
  describe(`devices: ${name}`, () => {
    let store: DeviceStore;
    beforeAll(async () => {
      store = await make();
    });
    type OfCustomer = Extract<Device, { readonly persona: PersonaId }>;
    const newDevice = (changes: Partial<OfCustomer> = {}): OfCustomer => ({
      ...{ id: `d${unique()}`, persona: newPersona(), endpoint: { provider: 'fcm', token: 't' }, seenAt: AT },
      ...changes,
    });

    it('gives back what was put, by its id and by its persona', async () => {
      const device = newDevice({ locale: 'zh-CN', zone: 'Asia/Shanghai' });
      await store.putDevice(device);
      expect(await store.getDevice(device.id)).toEqual(device);
      expect(await store.listDevices(device.persona)).toEqual([device]);
    });

    it('moves a device to whoever it was last registered for', async () => {
      const device = newDevice();
      await store.putDevice(device);
      const moved = { ...device, persona: newPersona(), seenAt: later(1) };
      await store.putDevice(moved);
      expect(await store.listDevices(device.persona)).toEqual([]);
      expect(await store.listDevices(moved.persona)).toEqual([moved]);
    });

    it('lists that of a visitor under the visitor, until it is registered for a customer', async () => {
      const visitor = newVisitor();
      const { persona, ...rest } = newDevice();
      const device: Device = { ...rest, visitor, isTest: true };
      await store.putDevice(device);
      expect([await store.getDevice(device.id), await store.listDevices(visitor)]).toEqual([device, [device]]);
      await store.putDevice({ ...rest, persona });
      expect([await store.listDevices(visitor), await store.listDevices(persona)]).toEqual([
        [],
        [{ ...rest, persona }],
      ]);
    });

    it('removes one, but not what was registered in its place', async () => {
      const device = newDevice();
      await store.putDevice(device);
      await store.removeDevice(device.id, { provider: 'fcm', token: 'an older one' });
      expect(await store.getDevice(device.id)).toEqual(device);
      await store.removeDevice(device.id, device.endpoint);
      await store.removeDevice(device.id);
      expect([await store.getDevice(device.id), await store.listDevices(device.persona)]).toEqual([undefined, []]);
    });

    it('lists those seen last first, and no more than may be', async () => {
      const persona = newPersona();
      for (let index = 0; index <= DEVICES_MOST; index++)
        await store.putDevice(newDevice({ persona, seenAt: later(index) }));
      const listed = await store.listDevices(persona);
      expect(listed.map(({ seenAt }) => seenAt)).toEqual(
        Array.from({ length: DEVICES_MOST }, (_, index) => later(DEVICES_MOST - index)),
      );
    });
  });
}

export function contactLogStoreContract(name: string, make: () => Promise<ContactLogStore>): void {
  describe(`contact logs: ${name}`, () => {
    it('are put by whoever saw the last', async () => {
      const store = await make();
      const profile = newPersona();
      expect(await store.getLog(profile)).toBeUndefined();
      const log = { profile, revision: 1, sends: [{ key: 'k', campaign: 'c', at: AT, isMarketing: true }] };
      await store.putLog(log);
      await expect(store.putLog(log)).rejects.toThrow(Conflict);
      await expect(store.putLog({ ...log, revision: 3 })).rejects.toThrow(Conflict);
      await store.putLog({ ...log, revision: 2, sends: [] });
      expect(await store.getLog(profile)).toEqual({ profile, revision: 2, sends: [] });
    });
  });
}

export function sendRecordStoreContract(name: string, make: () => Promise<SendRecordStore>): void {
  describe(`records of messages: ${name}`, () => {
    let store: SendRecordStore;
    beforeAll(async () => {
      store = await make();
    });
    const newRecord = (campaignId: string, changes: Partial<SendRecord> = {}): SendRecord => ({
      ...{ campaign: campaignId, key: unique(), version: 1, profile: newPersona(), occurrence: 'o', at: AT },
      ...{ state: 'sent', attributionDays: 7 },
      ...changes,
    });

    it('gives back what was put, and the newest of one key', async () => {
      const record = newRecord('one', {
        ...{ state: 'claimed', claimedAt: AT, variant: 'a', isPersonalised: false, reasons: ['cap_of_day'] },
        devices: [{ device: 'd', provider: 'apns', outcome: 'gone', code: 'Unregistered' }],
      });
      await store.putRecord(record);
      expect(await store.getRecord('one', record.key)).toEqual(record);
      const sent = { ...record, state: 'sent' as const };
      await store.putRecord(sent);
      expect(await store.getRecord('one', record.key)).toEqual(sent);
      expect(await store.getRecord('another', record.key)).toBeUndefined();
    });

    it('lists all of a campaign, page by page', async () => {
      const id = `c${unique()}`;
      const put = Array.from({ length: 45 }, () => newRecord(id));
      for (const record of put) await store.putRecord(record);
      await store.putRecord(newRecord(`${id}x`));
      const found: SendRecord[] = [];
      for (let next: string | undefined, isMore = true; isMore; ) {
        const page = await store.listRecords(id, 7, next);
        expect(page.items.length).toBeLessThanOrEqual(7);
        found.push(...page.items);
        next = page.next;
        isMore = next !== undefined;
      }
      const byKey = (records: SendRecord[]) => records.toSorted((a, b) => (a.key < b.key ? -1 : 1));
      expect(byKey(found)).toEqual(byKey(put));
    });

    it('gives no more of a budget than there is, however many ask at once', async () => {
      const id = `c${unique()}`;
      const taken = await Promise.all(Array.from({ length: 9 }, () => store.takeOfBudget(id, '2026-11-25', 5)));
      expect(taken.filter(Boolean)).toHaveLength(5);
      expect(await store.takeOfBudget(id, '2026-11-26', 5)).toBe(true);
    });
  });
}

export function runStoreContract(name: string, make: () => Promise<RunStore>): void {
  describe(`runs: ${name}`, () => {
    it('begin once', async () => {
      const store = await make();
      const id = `c${unique()}`;
      expect([await store.putRun(id, AT), await store.putRun(id, AT), await store.putRun(id, later(-1))]).toEqual([
        ...[true, false, false],
      ]);
      expect(await store.putRun(id, later(1))).toBe(true);
      expect((await store.listRuns()).get(id)).toBe(later(1));
    });
  });
}

export function visitorConsentStoreContract(name: string, make: () => Promise<VisitorConsentStore>): void {
  describe(`consents of visitors: ${name}`, () => {
    const said = (changes: Partial<Mark> = {}): Mark => ({
      ...{ kind: 'consent', name: 'push', on: true, at: AT, by: 'the app', source: 'banner', wording: '2026-03' },
      ...changes,
    });

    it('are kept by name, each as it was said', async () => {
      const store = await make();
      const visitor = newVisitor();
      expect(await store.listConsents(visitor)).toEqual([]);
      await store.putConsent(visitor, said());
      await store.putConsent(visitor, said({ name: '*', on: false }));
      const listed = (await store.listConsents(visitor)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
      expect(listed).toEqual([said({ name: '*', on: false }), said()]);
      expect(await store.listConsents(newVisitor())).toEqual([]);
    });

    it('yield to what was said later, and of one instant to what takes back', async () => {
      const store = await make();
      const visitor = newVisitor();
      const standing = async () => (await store.listConsents(visitor)).map(({ on, at }) => [on, at]);
      await store.putConsent(visitor, said());
      await store.putConsent(visitor, said({ on: false, at: later(-1) }));
      expect(await standing()).toEqual([[true, AT]]);
      await store.putConsent(visitor, said({ on: false }));
      await store.putConsent(visitor, said());
      expect(await standing()).toEqual([[false, AT]]);
      await store.putConsent(visitor, said({ at: later(1) }));
      expect(await standing()).toEqual([[true, later(1)]]);
    });
  });
}

export function suppressionListContract(name: string, make: () => Promise<SuppressionList>): void {
  describe(`the suppression list: ${name}`, () => {
    const email = (): Contact => ({ type: 'email', value: `${unique()}@example.com` });

    it('has who was put on it, as first put, until taken off', async () => {
      const list = await make();
      const [one, two, never] = [email(), email(), email()];
      const keys = await list.putContacts([one, two], { at: AT, by: 'ann', source: 'opt-outs' });
      await list.putContacts([one], { at: later(1), by: 'bob' });
      expect(await list.findContacts([never, two, one])).toEqual([
        undefined,
        ...[two, one].map(() => ({ at: AT, by: 'ann', source: 'opt-outs' })),
      ]);
      expect(await list.removeContacts([one, never])).toContain(keys[0]);
      expect((await list.findContacts([one, two])).map((listed) => listed !== undefined)).toEqual([false, true]);
    });

    it('is in use once somebody was put on it, and tells a phone from an email', async () => {
      const list = await make();
      const contact = email();
      const [key] = await list.putContacts([contact], { at: AT, by: 'ann' });
      expect(await list.isUsed()).toBe(true);
      expect(await list.findContacts([{ ...contact, type: 'phone' }])).toEqual([undefined]);
      expect(key).toMatch(/^email#[A-Za-z0-9_-]{22}$/);
    });
  });
}

export function campaignTestStoreContract(name: string, make: () => Promise<CampaignTestStore>): void {
  describe(`tests of campaigns: ${name}`, () => {
    it('move on only from the state that was seen', async () => {
      const store = await make();
      const test: CampaignTest = {
        ...{ id: unique(), campaign: `c${unique()}`, profile: newPersona(), device: 'qa-phone', locale: 'zh' },
        ...{ by: 'ann', at: AT, state: 'waiting' },
      };
      expect(await store.getTest(test.campaign, test.id)).toBeUndefined();
      expect([await store.putTest(test, undefined), await store.putTest(test, undefined)]).toEqual([true, false]);
      const sending: CampaignTest = { ...test, state: 'sending', at: later(1) };
      expect([await store.putTest(sending, 'waiting'), await store.putTest(sending, 'waiting')]).toEqual([true, false]);
      const failed: CampaignTest = { ...sending, state: 'failed', provider: 'fcm', code: 'UNREGISTERED' };
      expect(await store.putTest(failed, 'sending')).toBe(true);
      expect(await store.getTest(test.campaign, test.id)).toEqual(failed);
    });
  });
}

export function tokenCacheContract(
  name: string,
  make: () => Promise<{ readonly tokens: TokenCache; readonly later: (ms: number) => void }>,
): void {
  describe(`access tokens: ${name}`, () => {
    it('are there until they expire', async () => {
      const { tokens, later: wait } = await make();
      const account = unique();
      expect(await tokens.get(account)).toBeUndefined();
      const token = { token: 'secret', since: Date.parse(AT), expiresAt: Date.parse(AT) + 60_000 };
      await tokens.put(account, token);
      expect(await tokens.get(account)).toEqual(token);
      wait(60_000);
      expect(await tokens.get(account)).toBeUndefined();
    });

    it('are renewed by one at a time, and by another where that one dies', async () => {
      const { tokens, later: wait } = await make();
      const account = unique();
      const claims = await Promise.all([1, 2, 3].map(() => tokens.claim(account, 10_000)));
      const [claim, ...others] = claims.filter((one) => one !== undefined);
      expect([typeof claim, others]).toEqual(['string', []]);
      await tokens.release(account, 'of another');
      expect(await tokens.claim(account, 10_000)).toBeUndefined();
      await tokens.release(account, claim ?? '');
      expect(await tokens.claim(account, 10_000)).toBeDefined();
      wait(10_000);
      expect(await tokens.claim(account, 10_000)).toBeDefined();
    });
  });
}
