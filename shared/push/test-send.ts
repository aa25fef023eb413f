/**
 * A campaign tried on one of the brand's own devices: a real message, filled with what is known of a customer that is named, and marked
 * as a test. Nothing that protects customers is asked, for none is written to; and nothing is counted. Asked for over the API, which has
 * no credentials of providers, and sent by push: once at most, as any message.
 */
import { variantFor } from '../campaigns/assignment.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import type { CampaignStore } from '../campaigns/campaign-store.ts';
import { sendKey } from '../campaigns/occurrence.ts';
import type { PersonaId } from '../identity/persona.ts';
import type { CustomerStore } from '../profiles/customer.ts';
import { rootOf } from '../profiles/find.ts';
import type { StoredProfile } from '../profiles/profile.ts';
import type { TestMessage } from '../queues/messages.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Outcome, Outgoing, Provider, PushContent, Sender } from '../senders/sender.ts';
import { instant } from '../time/instant.ts';
import type { CampaignTest, CampaignTestStore, TestState } from './campaign-test.ts';
import type { Device, DeviceStore } from './device.ts';
import { type ProductSources, readProducts } from './products.ts';
import { contentFor } from './render.ts';

const TIMEOUT_MS = 20_000;

export interface TestDependencies extends ProductSources {
  readonly campaigns: Pick<CampaignStore, 'getCampaign'>;
  readonly customers: Pick<CustomerStore<StoredProfile>, 'getPlace'>;
  readonly devices: Pick<DeviceStore, 'getDevice' | 'removeDevice'>;
  readonly tests: CampaignTestStore;
  readonly senders: (provider: Provider) => Promise<Sender | undefined>;
  readonly brand?: string;
  readonly clock: Clock;
}

interface Plan {
  readonly device: Device;
  readonly sender: Sender;
  readonly outgoing: Outgoing;
}

/** Done again, it sends nothing again. */
export async function sendTest({ campaign, id }: TestMessage['test'], its: TestDependencies): Promise<void> {
  const test = await its.tests.getTest(campaign, id);
  const settle = (state: TestState, seen: TestState, more: Partial<CampaignTest> = {}) =>
    // The cast: what is settled is there, and `more` names none of what it is known by.
    its.tests.putTest({ ...(test as CampaignTest), ...more, state, at: instant(its.clock().getTime()) }, seen);
  // Left by a function that died between the call and its answer.
  if (test?.state === 'sending') await settle('unknown', 'sending', { code: 'interrupted' });
  if (test?.state !== 'waiting') return;
  const plan = await planOf(test, its);
  if (typeof plan === 'string') {
    await settle('failed', 'waiting', { code: plan });
    return;
  }
  const { device, sender, outgoing } = plan;
  const { provider } = device.endpoint;
  if (!(await settle('sending', 'waiting'))) return;
  const [outcome = NOTHING] = await sender.send([outgoing], AbortSignal.timeout(TIMEOUT_MS));
  if (outcome.kind === 'gone') await its.devices.removeDevice(device.id, device.endpoint);
  const ended = { provider, ...('code' in outcome && { code: outcome.code }) };
  // Where the queue has brought the message twice, the other may have taken us for dead.
  if (!(await settle(stateOf(outcome), 'sending', ended))) await settle(stateOf(outcome), 'unknown', ended);
}

const NOTHING: Outcome = { kind: 'unknown', code: 'no_outcome' };

function stateOf({ kind }: Outcome): TestState {
  if (kind === 'sent' || kind === 'unknown') return kind;
  return 'failed';
}

/** Or why nothing can be sent. */
async function planOf(test: CampaignTest, its: TestDependencies): Promise<Plan | string> {
  const campaign = await its.campaigns.getCampaign(test.campaign);
  const device = await its.devices.getDevice(test.device);
  const root = await rootOf(test.profile, its.customers);
  if (!campaign) return 'campaign_not_found';
  // It may have been registered for a customer since.
  if (!device?.isTest) return 'device_not_found';
  if (!root?.profile) return 'profile_not_found';
  const variant = variantOf(test, campaign, root.persona);
  if (!variant) return 'variant_not_found';
  const sender = await its.senders(device.endpoint.provider);
  if (!sender) return 'no_credentials';
  const now = instant(its.clock().getTime());
  const { brand } = its;
  const products = await readProducts({ campaign, root, about: 'any', now }, its);
  if (products === 'no_recommendation') return products;
  const key = sendKey(campaign.id, root.persona, `test ${test.id}`);
  const wording = {
    ...{ campaign, variant, isPersonalised: true, products, message: key, now },
    ...(brand !== undefined && { brand }),
  };
  const content = contentFor(wording, root.profile, test.locale ?? device.locale);
  if (!content) return 'missing_value';
  const outgoing = { key, endpoint: device.endpoint, content: marked(content, test.id) };
  const checked = sender.check(outgoing);
  return checked === 'ok' ? { device, sender, outgoing } : checked.code;
}

const variantOf = ({ variant: wanted }: CampaignTest, campaign: Campaign, profile: PersonaId) =>
  wanted === undefined
    ? variantFor(profile, campaign)
    : campaign.content.variants.find((variant) => variant.id === wanted);

/** The app can tell; the text is as customers would see it. Two tests are two messages on the screen. */
const marked = (content: PushContent, id: string): PushContent => ({
  ...content,
  data: { ...content.data, test: 'true' },
  collapseKey: `test ${id}`,
});
