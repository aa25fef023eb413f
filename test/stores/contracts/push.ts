/** What every store of campaigns, devices, contact logs and records of messages does. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { CampaignStore } from '../../../shared/campaigns/campaign-store.ts';
import { DEFAULT_PUSH_POLICY } from '../../../shared/campaigns/push-policy.ts';
import type { PersonaId } from '../../../shared/identity/persona.ts';
import type { ContactLogStore } from '../../../shared/push/contact-log.ts';
import { DEVICES_MOST, type Device, type DeviceStore } from '../../../shared/push/device.ts';
import type { RunStore } from '../../../shared/push/runs.ts';
import type { SendRecord, SendRecordStore } from '../../../shared/push/send-record.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';
import { type Instant, instant } from '../../../shared/time/instant.ts';
import { campaign } from '../../campaigns/spring.ts';
import { unique } from './samples.ts';

const AT = instant(Date.UTC(2026, 10, 24, 10));
const later = (ms: number): Instant => instant(Date.parse(AT) + ms);
// The cast: of the form of one.
const newPersona = () => `shopify/shop/${unique()}` as PersonaId;

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
    const newDevice = (changes: Partial<Device> = {}): Device => ({
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
