import type { CampaignStore } from '../../shared/campaigns/campaign-store.ts';
import { DEFAULT_PUSH_POLICY, PushPolicy } from '../../shared/campaigns/push-policy.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import type { CustomerStore } from '../../shared/profiles/customer.ts';
import { rootOf } from '../../shared/profiles/find.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import type { CredentialKeeper, ProviderNotes } from '../../shared/push/accounts/account.ts';
import { DEVICES_MOST, type Device, type DeviceStore } from '../../shared/push/device.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { NotFound } from '../../shared/runtime/errors.ts';
import { readCredentials } from '../../shared/senders/credentials.ts';
import { instant } from '../../shared/time/instant.ts';
import { requireSeen } from './etag.ts';
import { Refusal } from './problem.ts';
import type { Handlers } from './serve.ts';

export interface PushManagement {
  readonly customers: () => Promise<CustomerStore<StoredProfile>>;
  readonly devices: () => Promise<DeviceStore>;
  readonly campaigns: CampaignStore;
  readonly credentials: CredentialKeeper;
  readonly providers: ProviderNotes;
  readonly clock: Clock;
}

type PushHandlers = Pick<
  Handlers,
  | 'putDevice'
  | 'getDevice'
  | 'removeDevice'
  | 'getPushPolicy'
  | 'putPushPolicy'
  | 'listPushProviders'
  | 'putPushProvider'
  | 'removePushProvider'
>;

export const pushHandlers = (its: PushManagement): PushHandlers => ({
  async putDevice({ params: { id }, body: { profile, endpoint, locale, zone } }) {
    // The cast: whether it names a persona is what is asked.
    const persona = profile as PersonaId;
    const root = await rootOf(persona, await its.customers());
    if (!root?.profile) throw new NotFound('profile_not_found', 'There is no such profile.');
    const devices = await its.devices();
    const others = (await devices.listDevices(persona)).filter((device) => device.id !== id);
    if (others.length >= DEVICES_MOST)
      throw new Refusal(409, 'too_many_devices', `A customer has at most ${DEVICES_MOST} devices: remove one first.`);
    const device: Device = {
      ...{ id, persona, endpoint, seenAt: instant(its.clock().getTime()) },
      ...(locale !== undefined && { locale }),
      ...(zone !== undefined && { zone }),
    };
    await devices.putDevice(device);
    return { status: 200, body: shown(device) };
  },

  async getDevice({ params: { id } }) {
    const device = await (await its.devices()).getDevice(id);
    if (!device) throw new NotFound('device_not_found', `There is no device ${id}.`);
    return { status: 200, body: shown(device) };
  },

  async removeDevice({ params: { id } }) {
    await (await its.devices()).removeDevice(id);
    return { status: 204 };
  },

  async getPushPolicy() {
    return shownPolicy(await its.campaigns.getPushPolicy());
  },

  async putPushPolicy({ body, seen, caller }) {
    const known = await its.campaigns.getPushPolicy();
    requireSeen(seen, known?.version ?? 0);
    const put = {
      version: (known?.version ?? 0) + 1,
      policy: PushPolicy.parse(body),
      by: caller.id,
      at: instant(its.clock().getTime()),
    };
    await its.campaigns.putPushPolicy(put);
    return shownPolicy(put);
  },

  async listPushProviders() {
    return { status: 200, body: { items: await its.providers.listProviders() } };
  },

  async putPushProvider({ params: { provider }, body, caller }) {
    const read = readCredentials(provider, JSON.stringify(body));
    if (read.kind === 'problems')
      throw new Refusal(422, 'credentials_invalid', `They are not as ${provider} gives them: see problems.`, {
        problems: read.problems.map((message) => ({ in: 'body', at: '', message })),
      });
    await its.credentials.putCredentials(provider, body);
    const note = { provider, at: instant(its.clock().getTime()), by: caller.id };
    await its.providers.putProvider(note);
    return { status: 200, body: note };
  },

  async removePushProvider({ params: { provider } }) {
    await its.credentials.removeCredentials(provider);
    await its.providers.removeProvider(provider);
    return { status: 204 };
  },
});

const shown = ({ persona, endpoint, ...device }: Device) => ({
  ...device,
  profile: persona,
  provider: endpoint.provider,
});

type Stored = Awaited<ReturnType<CampaignStore['getPushPolicy']>>;

function shownPolicy(stored: Stored) {
  const body = stored ?? { version: 0, policy: DEFAULT_PUSH_POLICY };
  return { status: 200 as const, body, revision: body.version };
}
