/** The push stage over models in memory: one campaign, one customer, a phone, and a provider that does as it is told. */
import type { Campaign } from '../../shared/campaigns/campaign.ts';
import { sendKey } from '../../shared/campaigns/occurrence.ts';
import { DEFAULT_PUSH_POLICY, type PushPolicy } from '../../shared/campaigns/push-policy.ts';
import { getProduct, putProduct } from '../../shared/catalogue/manage.ts';
import { ProductDraft } from '../../shared/catalogue/product.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import { idleLane, type Work } from '../../shared/lanes/lane.ts';
import type { Outcome as LaneOutcome } from '../../shared/lanes/run.ts';
import type { Mark } from '../../shared/profiles/marks.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { updateCustomers } from '../../shared/profiles/update.ts';
import { openPush, type PushDependencies } from '../../shared/push/errand.ts';
import type { PushEvent } from '../../shared/push/push-event.ts';
import { type PushWork, pushParty } from '../../shared/push/push-work.ts';
import type { RecommendedItem } from '../../shared/recommendations/recommendation.ts';
import type { Outcome, Outgoing, Provider, Sender } from '../../shared/senders/sender.ts';
import { epochMs, type Instant, instant } from '../../shared/time/instant.ts';
import { campaign, NOON } from '../campaigns/spring.ts';
import { ANNE as BOUGHT, bought, KEYS, personaId, testRules } from '../profiles/people.ts';
import { memoryCustomers } from '../simulation/models/customers.ts';
import { memoryLanes } from '../simulation/models/lanes.ts';
import { memoryProducts } from '../simulation/models/products.ts';
import {
  memoryCampaigns,
  memoryContactLogs,
  memoryDevices,
  memorySendRecords,
  memorySuppressions,
  memoryVisitorConsents,
} from '../simulation/models/push.ts';
import { memoryVisitors } from '../simulation/models/visitors.ts';

export const ANNE = personaId('shopify/shop/anne');
export const ALIAS = personaId('douyin/live/dy-7');

/** Takes all that it is sent, unless told otherwise. */
export function testSender(provider: Provider, dedupes: boolean) {
  const taken: Outgoing[] = [];
  const tried: Outgoing[] = [];
  /** Of the next calls, in this order; `die`: the function dies after the provider took it. */
  const next: (Outcome | 'die')[] = [];
  const world = { largest: 1_000 };
  const keys = new Set<string>();
  const sender: Sender = {
    provider,
    dedupes,
    batchMost: 1,
    check: ({ content }) =>
      content.body.length <= world.largest
        ? 'ok'
        : { code: 'too_large', size: content.body.length, most: world.largest, unit: 'characters' },
    async send(batch) {
      return batch.map((one) => {
        tried.push(one);
        const told = next.shift() ?? { kind: 'sent' };
        const isTaken = told === 'die' || told.kind === 'sent';
        const name = `${one.key} ${JSON.stringify(one.endpoint)}`;
        if (isTaken && !(dedupes && keys.has(name))) taken.push(one);
        if (isTaken) keys.add(name);
        if (told === 'die') throw new Error('died');
        return told;
      });
    },
    close() {},
  };
  return { sender, taken, tried, next, world };
}

export async function openStage(
  changes: Partial<Omit<Campaign, 'limits'>> & { limits?: Partial<Campaign['limits']> } = {},
) {
  let nowMs = epochMs(NOON);
  const clock = () => new Date(nowMs);
  const customers = memoryCustomers<StoredProfile>();
  const campaigns = memoryCampaigns();
  const devices = memoryDevices();
  const logs = memoryContactLogs();
  const records = memorySendRecords();
  const lanes = memoryLanes<PushWork>();
  const providers = { fcm: testSender('fcm', false), jpush: testSender('jpush', true) };
  const measured: string[] = [];
  const told: PushEvent[] = [];
  const world: { isBusDead: boolean; recommended: RecommendedItem[] } = { isBusDead: false, recommended: [] };
  const products = memoryProducts();
  const anonymous = {
    visitors: memoryVisitors(),
    visitorConsents: memoryVisitorConsents(),
    suppressions: memorySuppressions(KEYS.guest),
  };
  const own = campaign({ audience: { in: [], notIn: [] }, ...changes });
  await campaigns.putCampaign(own);
  await campaigns.putPushPolicy({
    version: 1,
    policy: { ...DEFAULT_PUSH_POLICY, holdout: 0 },
    by: 'a marketer',
    at: NOON,
  });
  await updateCustomers({ entries: BOUGHT.map(bought), personas: [] }, customers, testRules(customers), {
    now: NOON,
    cause: 'live',
  });
  await customers.putMark(ANNE, consent('push', true));
  await devices.putDevice({ id: 'phone', persona: ANNE, endpoint: { provider: 'fcm', token: 't1' }, seenAt: NOON });

  const dependencies: PushDependencies = {
    customers,
    campaigns,
    devices,
    logs,
    records,
    lanes,
    ...anonymous,
    recommender: { recommend: async (_, limit) => ({ items: world.recommended.slice(0, limit) }) },
    products: { find: (id) => getProduct(id, { products }) },
    teller: {
      async tell(event) {
        if (world.isBusDead) return false;
        told.push(event);
        return true;
      },
    },
    senders: async (provider) => (provider === 'fcm' || provider === 'jpush' ? providers[provider].sender : undefined),
    clock,
    telemetry: {
      info() {},
      warn() {},
      error() {},
      measure: (name, _, { event }) => void measured.push(`${name} ${event}`),
      flush() {},
    },
  };

  function work(occurrence = 'entered-1', profile: PersonaId = ANNE, changed: Partial<PushWork['occurrence']> = {}) {
    const detail: PushWork = {
      profile,
      occurrence: { id: occurrence, at: instant(nowMs), cause: 'live', ...changed },
      period: instant(nowMs).slice(0, 10),
    };
    const subject = sendKey(own.id, profile, occurrence);
    return { party: pushParty(own.id), subject, revision: 1, dueAt: nowMs, askedAt: nowMs, attempts: 0, detail };
  }

  async function perform(one: Work<PushWork>, its: PushDependencies = dependencies): Promise<LaneOutcome<PushWork>> {
    const opening = { pace: async () => undefined, deadline: nowMs + 50_000, health: idleLane(one.party).health };
    const errand = await openPush(own.id, opening, its);
    return errand.perform(one);
  }

  return {
    ...{ customers, campaigns, devices, logs, records, lanes, dependencies, measured, own, work, perform },
    ...{ fcm: providers.fcm, jpush: providers.jpush, ...anonymous, told, world },
    recordOf: ({ detail }: Work<PushWork>) =>
      records.getRecord(own.id, sendKey(own.id, detail.profile, detail.occurrence.id)),
    /** One variant, `a`, unless said. */
    putProduct: (id: string, draft: object) =>
      putProduct(
        { id, draft: ProductDraft.parse({ variants: [{ skuId: 'a' }], ...draft }), by: 'a marketer' },
        { products, restocks: { send: async () => undefined }, clock },
      ),
    now: (): Instant => instant(nowMs),
    later(ms: number) {
      nowMs += ms;
    },
    setPolicy: async (policy: Partial<PushPolicy>) => {
      const known = await campaigns.getPushPolicy();
      await campaigns.putPushPolicy({
        ...{ version: (known?.version ?? 0) + 1, by: 'a marketer', at: NOON },
        policy: { ...DEFAULT_PUSH_POLICY, holdout: 0, ...policy },
      });
    },
    say: (name: string, on: boolean) => customers.putMark(ANNE, { ...consent(name, on), at: instant(nowMs) }),
  };
}

const consent = (name: string, on: boolean): Mark => ({
  ...{ kind: 'consent', name, on, at: instant(epochMs(NOON) - 1), by: 'the app' },
});
