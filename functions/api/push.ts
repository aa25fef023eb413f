import { anonymousKey, sourceOf } from '../../shared/behaviour/names.ts';
import type { VisitorStore } from '../../shared/behaviour/visitor-store.ts';
import type { CampaignStore } from '../../shared/campaigns/campaign-store.ts';
import { DEFAULT_PUSH_POLICY, PushPolicy } from '../../shared/campaigns/push-policy.ts';
import type { IdentityKeys } from '../../shared/identity/contribution.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import type { CustomerStore } from '../../shared/profiles/customer.ts';
import { rootOf } from '../../shared/profiles/find.ts';
import { markCustomer } from '../../shared/profiles/mark-customer.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import type { CredentialKeeper, ProviderNotes } from '../../shared/push/accounts/account.ts';
import { DEVICES_MOST, type Device, type DeviceOwner, type DeviceStore, ownerOf } from '../../shared/push/device.ts';
import { type ReopenDependencies, reopenCampaigns } from '../../shared/push/reopen.ts';
import type { VisitorConsentStore } from '../../shared/push/visitor-consents.ts';
import type { ProfilesMessage } from '../../shared/queues/messages.ts';
import type { Queue } from '../../shared/queues/queue.ts';
import { NotFound } from '../../shared/runtime/errors.ts';
import { readCredentials } from '../../shared/senders/credentials.ts';
import type { SourceStore } from '../../shared/sources/source.ts';
import { compact } from '../../shared/text/compact.ts';
import { instant } from '../../shared/time/instant.ts';
import { requireSeen } from './etag.ts';
import { Refusal } from './problem.ts';
import type { Handlers } from './serve.ts';

export interface PushManagement extends ReopenDependencies {
  readonly customers: () => Promise<CustomerStore<StoredProfile>>;
  readonly devices: () => Promise<DeviceStore>;
  readonly visitors: () => Promise<Pick<VisitorStore, 'getVisitor'>>;
  readonly visitorConsents: () => Promise<Pick<VisitorConsentStore, 'listConsents'>>;
  readonly identityKeys: () => Promise<Pick<IdentityKeys, 'guest'>>;
  readonly sources: Pick<SourceStore, 'getSource'>;
  readonly profiles: Queue<ProfilesMessage>;
  readonly campaigns: CampaignStore;
  readonly credentials: CredentialKeeper;
  readonly providers: ProviderNotes;
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
  async putDevice({ params: { id }, body: { endpoint, locale, zone, test, ...whose }, caller }) {
    const owner = await ownerFrom(whose, its);
    const devices = await its.devices();
    const others = (await devices.listDevices(ownerOf(owner))).filter((device) => device.id !== id);
    if (others.length >= DEVICES_MOST)
      throw new Refusal(409, 'too_many_devices', `A customer has at most ${DEVICES_MOST} devices: remove one first.`);
    const before = await devices.getDevice(id);
    // First: who dies in between registers it again, and the refusal is there already.
    if (before?.visitor !== undefined && owner.persona !== undefined)
      await keepRefusals(before.visitor, owner.persona, caller.id, its);
    const device: Device = {
      ...{ ...owner, id, endpoint, seenAt: instant(its.clock().getTime()) },
      ...compact({ locale, zone }),
      ...(test && { isTest: true }),
    };
    await devices.putDevice(device);
    return { status: 200, body: await shown(device, its) };
  },

  async getDevice({ params: { id } }) {
    const device = await (await its.devices()).getDevice(id);
    if (!device) throw new NotFound('device_not_found', `There is no device ${id}.`);
    return { status: 200, body: await shown(device, its) };
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
    await reopenCampaigns(its);
    return { status: 200, body: note };
  },

  async removePushProvider({ params: { provider } }) {
    await its.credentials.removeCredentials(provider);
    await its.providers.removeProvider(provider);
    return { status: 204 };
  },
});

interface Whose {
  readonly profile?: string | undefined;
  readonly visitor?: { readonly source: string; readonly anonymousId: string } | undefined;
}

async function ownerFrom({ profile, visitor }: Whose, its: PushManagement): Promise<DeviceOwner> {
  if (visitor) {
    if (!(await its.sources.getSource(visitor.source)))
      throw new NotFound('source_not_found', `There is no source ${visitor.source}.`);
    return { visitor: anonymousKey(visitor, visitor.anonymousId, (await its.identityKeys()).guest) };
  }
  // The cast: whether it names a persona is what is asked, and that one of the two is there the route has checked.
  const persona = profile as PersonaId;
  const root = await rootOf(persona, await its.customers());
  if (!root?.profile) throw new NotFound('profile_not_found', 'There is no such profile.');
  return { persona };
}

/**
 * Whoever the device belongs to from now on used it before anybody knew: what was refused there they have refused. What was given there
 * may have been another's word, and is not taken for theirs.
 */
async function keepRefusals(
  visitor: NonNullable<Device['visitor']>,
  persona: PersonaId,
  by: string,
  its: PushManagement,
): Promise<void> {
  const refused = (await (await its.visitorConsents()).listConsents(visitor)).filter(({ on }) => !on);
  if (refused.length === 0) return;
  const said = refused.map(({ by: _, ...mark }) => mark);
  await markCustomer(persona, said, by, { customers: await its.customers(), queue: its.profiles, clock: its.clock });
}

async function shown({ persona, visitor, endpoint, isTest, ...device }: Device, its: Pick<PushManagement, 'visitors'>) {
  const user = visitor && (await (await its.visitors()).getVisitor(visitor))?.visitor.user;
  return {
    ...device,
    ...compact({ profile: persona ?? user?.persona, test: isTest }),
    ...(visitor && { visitor: { source: sourceOf(visitor) } }),
    provider: endpoint.provider,
  };
}

type Stored = Awaited<ReturnType<CampaignStore['getPushPolicy']>>;

function shownPolicy(stored: Stored) {
  const body = stored ?? { version: 0, policy: DEFAULT_PUSH_POLICY };
  return { status: 200 as const, body, revision: body.version };
}
