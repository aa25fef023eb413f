/** Campaigns, devices and messages in memory, as `shared/campaigns/store.ts` and `shared/push/store.ts` keep them. */
import type { Campaign } from '../../../shared/campaigns/campaign.ts';
import type { CampaignStore, StoredPushPolicy } from '../../../shared/campaigns/campaign-store.ts';
import type { HashKey } from '../../../shared/identity/key.ts';
import { type Mark, standingMarks } from '../../../shared/profiles/marks.ts';
import type { CredentialKeeper, ProviderNote, ProviderNotes } from '../../../shared/push/accounts/account.ts';
import type { CampaignTest, CampaignTestStore } from '../../../shared/push/campaign-test.ts';
import type { ContactLog, ContactLogStore } from '../../../shared/push/contact-log.ts';
import { DEVICES_MOST, type Device, type DeviceStore, ownerOf } from '../../../shared/push/device.ts';
import { isSameEndpoint } from '../../../shared/push/endpoint.ts';
import type { RunStore } from '../../../shared/push/runs.ts';
import type { SendRecord, SendRecordStore } from '../../../shared/push/send-record.ts';
import { contactKey, type Listed, type SuppressionList } from '../../../shared/push/suppression-list.ts';
import type { VisitorConsentStore } from '../../../shared/push/visitor-consents.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';
import type { Provider } from '../../../shared/senders/sender.ts';
import type { Instant } from '../../../shared/time/instant.ts';

// All as JSON, so that nobody holds on to what is stored. The casts: only these functions write what they read.

export function memoryCampaigns(): CampaignStore {
  const versions = new Map<string, string[]>();
  const policies: string[] = [];
  const newest = (all: readonly string[]) => all.at(-1);
  const expect = (all: readonly string[], version: number) => {
    if (all.length !== version - 1) throw new Conflict('changed_meanwhile', 'It was changed by another meanwhile.');
  };
  const read = (json: string) => JSON.parse(json) as Campaign;
  return {
    listCampaigns: async () => [...versions].sort().flatMap(([, all]) => (all.at(-1) ? [read(all.at(-1) ?? '')] : [])),
    async getCampaign(id) {
      const json = newest(versions.get(id) ?? []);
      return json === undefined ? undefined : read(json);
    },
    listVersions: async (id) => (versions.get(id) ?? []).toReversed().map(read),
    async putCampaign(campaign) {
      const all = versions.get(campaign.id) ?? [];
      expect(all, campaign.version);
      versions.set(campaign.id, [...all, JSON.stringify(campaign)]);
    },
    async getPushPolicy() {
      const json = newest(policies);
      return json === undefined ? undefined : (JSON.parse(json) as StoredPushPolicy);
    },
    async putPushPolicy(policy) {
      expect(policies, policy.version);
      policies.push(JSON.stringify(policy));
    },
  };
}

export function memoryDevices(): DeviceStore {
  const devices = new Map<string, string>();
  const at = (id: string) => {
    const json = devices.get(id);
    return json === undefined ? undefined : (JSON.parse(json) as Device);
  };
  return {
    async putDevice(device) {
      devices.set(device.id, JSON.stringify(device));
    },
    getDevice: async (id) => at(id),
    async removeDevice(id, endpoint) {
      const known = at(id);
      if (known && (!endpoint || isSameEndpoint(endpoint, known.endpoint))) devices.delete(id);
    },
    listDevices: async (owner) =>
      [...devices.keys()]
        .flatMap((id) => at(id) ?? [])
        .filter((device) => ownerOf(device) === owner)
        .sort((a, b) => (a.seenAt < b.seenAt ? 1 : -1))
        .slice(0, DEVICES_MOST),
  };
}

export function memoryContactLogs(): ContactLogStore {
  const logs = new Map<string, string>();
  const at = (profile: string) => {
    const json = logs.get(profile);
    return json === undefined ? undefined : (JSON.parse(json) as ContactLog);
  };
  return {
    getLog: async (profile) => at(profile),
    async putLog(log) {
      if ((at(log.profile)?.revision ?? 0) !== log.revision - 1)
        throw new Conflict('log_changed', 'The customer was sent something meanwhile.');
      logs.set(log.profile, JSON.stringify(log));
    },
  };
}

export function memorySendRecords(): SendRecordStore {
  const records = new Map<string, string>();
  const budgets = new Map<string, number>();
  const keyOf = (campaign: string, key: string) => `${campaign}#${key}`;
  const read = (json: string) => JSON.parse(json) as SendRecord;
  return {
    async getRecord(campaign, key) {
      const json = records.get(keyOf(campaign, key));
      return json === undefined ? undefined : read(json);
    },
    async putRecord(record) {
      records.set(keyOf(record.campaign, record.key), JSON.stringify(record));
    },
    async listRecords(campaign, limit, after) {
      const all = [...records.keys()].filter((key) => key.startsWith(`${campaign}#`)).sort();
      const left = after === undefined ? all : all.filter((key) => key > after);
      const page = left.slice(0, limit);
      const items = page.map((key) => read(records.get(key) ?? ''));
      const next = left.length > limit ? page.at(-1) : undefined;
      return next === undefined ? { items } : { items, next };
    },
    async takeOfBudget(campaign, period, most) {
      const key = keyOf(campaign, period);
      const taken = budgets.get(key) ?? 0;
      if (taken >= most) return false;
      budgets.set(key, taken + 1);
      return true;
    },
  };
}

export function memoryAccounts() {
  const notes = new Map<Provider, ProviderNote>();
  const given = new Map<Provider, unknown>();
  const credentials: CredentialKeeper = {
    putCredentials: async (provider, json) => void given.set(provider, json),
    removeCredentials: async (provider) => void given.delete(provider),
  };
  const providers: ProviderNotes = {
    listProviders: async () => [...notes.values()],
    putProvider: async (note) => void notes.set(note.provider, note),
    removeProvider: async (provider) => void notes.delete(provider),
  };
  return { credentials, providers, given };
}

export function memoryRuns(): RunStore {
  const runs = new Map<string, Instant>();
  return {
    listRuns: async () => new Map(runs),
    async putRun(campaign, at) {
      if ((runs.get(campaign) ?? '') >= at) return false;
      runs.set(campaign, at);
      return true;
    },
  };
}

export function memoryVisitorConsents(): VisitorConsentStore {
  const marks = new Map<string, string>();
  const at = (visitor: string) => JSON.parse(marks.get(visitor) ?? '[]') as Mark[];
  return {
    putConsent: async (visitor, mark) => void marks.set(visitor, JSON.stringify(standingMarks([...at(visitor), mark]))),
    listConsents: async (visitor) => at(visitor),
  };
}

export interface MemorySuppressions extends SuppressionList {
  /** All that is stored. */
  stored(): string;
}

export function memorySuppressions(key: HashKey): MemorySuppressions {
  const all = new Map<string, string>();
  const world = { isUsed: false };
  return {
    stored: () => JSON.stringify([...all]),
    isUsed: async () => world.isUsed,
    async putContacts(contacts, listed) {
      world.isUsed = true;
      const keys = contacts.map((contact) => contactKey(contact, key));
      for (const one of keys) if (!all.has(one)) all.set(one, JSON.stringify(listed));
      return keys;
    },
    async removeContacts(contacts) {
      const keys = contacts.map((contact) => contactKey(contact, key));
      for (const one of keys) all.delete(one);
      return keys;
    },
    findContacts: async (contacts) =>
      contacts.map((contact) => {
        const json = all.get(contactKey(contact, key));
        return json === undefined ? undefined : (JSON.parse(json) as Listed);
      }),
  };
}

export function memoryCampaignTests(): CampaignTestStore {
  const tests = new Map<string, string>();
  const at = (campaign: string, id: string) => {
    const json = tests.get(`${campaign}#${id}`);
    return json === undefined ? undefined : (JSON.parse(json) as CampaignTest);
  };
  return {
    async putTest(test, seen) {
      if (at(test.campaign, test.id)?.state !== seen) return false;
      tests.set(`${test.campaign}#${test.id}`, JSON.stringify(test));
      return true;
    },
    getTest: async (campaign, id) => at(campaign, id),
  };
}
