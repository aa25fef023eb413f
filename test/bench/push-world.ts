/** A campaign with two recommended products, and its customers: each with a phone, consents, and forty messages of fourteen months. */

import type { CampaignStore } from '../../shared/campaigns/campaign-store.ts';
import { sendKey } from '../../shared/campaigns/occurrence.ts';
import { DEFAULT_PUSH_POLICY } from '../../shared/campaigns/push-policy.ts';
import { productDirectory } from '../../shared/catalogue/directory.ts';
import { putProduct } from '../../shared/catalogue/manage.ts';
import { ProductDraft } from '../../shared/catalogue/product.ts';
import type { ProductStore } from '../../shared/catalogue/product-store.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import type { LaneStore, Work } from '../../shared/lanes/lane.ts';
import type { CustomerStore } from '../../shared/profiles/customer.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { updateCustomers } from '../../shared/profiles/update.ts';
import type { ContactLogStore } from '../../shared/push/contact-log.ts';
import type { DeviceStore } from '../../shared/push/device.ts';
import type { PushDependencies } from '../../shared/push/errand.ts';
import { type PushWork, pushParty } from '../../shared/push/push-work.ts';
import type { SuppressionList } from '../../shared/push/suppression-list.ts';
import type { RowReader, RowWriter, VersionStore } from '../../shared/recommendations/recommendation-store.ts';
import { createRecommender } from '../../shared/recommendations/recommender.ts';
import { begin, NO_VERSIONS, swap } from '../../shared/recommendations/versions.ts';
import { instant } from '../../shared/time/instant.ts';
import { campaign } from '../campaigns/spring.ts';
import { bought, personaId, testRules } from '../profiles/people.ts';

/** Noon in Shanghai, so that nobody sleeps. */
const NOON_MS = Date.parse('2026-11-25T04:00:00.000Z');
const DAY_MS = 24 * 60 * 60 * 1000;
const SENT = 40;
const VERSION = '2026-11-25T03-00-00.000Z';
const PRODUCTS = 40;

export interface PushStores
  extends Omit<PushDependencies, 'recommender' | 'products' | 'teller' | 'senders' | 'clock' | 'telemetry' | 'brand'> {
  readonly customers: CustomerStore<StoredProfile>;
  readonly campaigns: CampaignStore;
  readonly devices: DeviceStore;
  readonly logs: ContactLogStore;
  readonly suppressions: SuppressionList;
  readonly catalogue: ProductStore;
  readonly versions: VersionStore;
  readonly rows: RowReader & RowWriter;
  readonly lanes: LaneStore<PushWork>;
}

export const OWN = campaign({
  audience: { in: [], notIn: ['staff'] },
  limits: { holdout: 0, perCustomer: { times: 3, days: 30 } },
  content: {
    defaultLocale: 'zh',
    variants: [
      {
        id: 'a',
        weight: 1,
        messages: {
          zh: {
            title: '{{ customer.tier }}，春茶上市',
            body: '距上次下单已 {{ customer.daysSinceLastOrder }} 天：{% for item in items %}{{ item.title }} {{ item.price }} {% endfor %}',
            url: '{{ items[0].url | default: "https://shop.example/new" }}',
          },
        },
      },
    ],
    nonPersonalised: { zh: { title: '新品上市', body: '新品已到，欢迎选购' } },
    recommended: { items: 2 },
  },
});

// A clock that runs, from noon on: what is under way for a while is so here, too.
const startedMs = Date.now();
export const clock = () => new Date(NOON_MS + Date.now() - startedMs);

export const personOf = (number: number): PersonaId => personaId(`shopify/shop/${6_000_000_000 + number}`);

export async function fill(stores: PushStores, customers: number): Promise<void> {
  const { campaigns, catalogue, versions, rows } = stores;
  await campaigns.putCampaign(OWN);
  await campaigns.putPushPolicy({
    ...{ version: 1, by: 'a marketer', at: instant(NOON_MS), policy: { ...DEFAULT_PUSH_POLICY, holdout: 0 } },
  });
  const products = Array.from({ length: PRODUCTS }, (_, number) => `tea-${number}`);
  for (const id of products)
    await putProduct(
      {
        id,
        draft: ProductDraft.parse({
          ...{ title: { zh: `春茶 ${id}` }, url: `https://shop.example/${id}` },
          variants: [{ skuId: id, price: { amount: 12_800, currency: 'CNY' }, stock: 9 }],
        }),
        by: 'a marketer',
      },
      { products: catalogue, restocks: { send: async () => undefined }, clock },
    );
  const version = { id: VERSION, full: VERSION, builtAt: instant(NOON_MS), customers, written: customers };
  const begun = begin(NO_VERSIONS, VERSION);
  await versions.putVersions(begun);
  await rows.putRows(
    version,
    Array.from({ length: customers }, (_, number) => ({
      ...{ kind: 'customer' as const, of: personOf(number) },
      content: JSON.stringify({
        day: '2026-11-25',
        items: products
          .slice(number % 20, (number % 20) + 20)
          .map((id) => [id, 'bought_before', '{"lastDays":3,"times":2}']),
      }),
    })),
  );
  await versions.putVersions(swap(begun, version));
  for (let number = 0; number < customers; number++) await fillOne(stores, number);
}

async function fillOne({ customers, devices, logs }: PushStores, number: number): Promise<void> {
  const by = personOf(number);
  const entries = [80, 50, 20].map((days) =>
    bought({ by, at: instant(NOON_MS - days * DAY_MS), identifiers: { phone: `+86139${10_000_000 + number}` } }),
  );
  await updateCustomers({ entries, personas: [] }, customers, testRules(customers), {
    now: instant(NOON_MS),
    cause: 'live',
  });
  for (const name of ['push', 'email', 'personalisation/push'])
    await customers.putMark(by, { kind: 'consent', name, on: true, at: instant(NOON_MS - DAY_MS), by: 'the app' });
  await devices.putDevice({
    ...{ id: `phone-${number}`, persona: by, seenAt: instant(NOON_MS), locale: 'zh-CN', zone: 'Asia/Shanghai' },
    endpoint: { provider: 'fcm', token: `token-${number}-${'x'.repeat(120)}` },
  });
  const sends = Array.from({ length: SENT }, (_, nth) => ({
    ...{ key: `${nth}`.padStart(40, '0'), campaign: `campaign-${nth % 8}`, isMarketing: true },
    at: instant(NOON_MS - (SENT - nth) * 10.5 * DAY_MS),
  }));
  await logs.putLog({ profile: by, revision: 1, sends });
}

/** As functions/push/main.ts puts them together; word of messages goes nowhere. */
export function dependenciesOf(
  stores: PushStores,
  senders: PushDependencies['senders'],
  told: { events: number },
): PushDependencies {
  const products = productDirectory(stores.catalogue, clock);
  return {
    ...stores,
    products,
    recommender: createRecommender({
      versions: stores.versions,
      rows: stores.rows,
      products,
      behaviourOf: async () => undefined,
      clock,
    }),
    teller: {
      async tell() {
        told.events++;
        return true;
      },
    },
    senders,
    clock,
    telemetry: { info() {}, warn() {}, error() {}, measure() {}, flush() {} },
  };
}

export function workOf(number: number, occurrence = 'entered-1'): Work<PushWork> {
  const nowMs = clock().getTime();
  const detail: PushWork = {
    profile: personOf(number),
    occurrence: { id: occurrence, at: instant(nowMs), cause: 'live' },
    period: instant(nowMs).slice(0, 10),
  };
  const subject = sendKey(OWN.id, detail.profile, occurrence);
  return { party: pushParty(OWN.id), subject, revision: 1, dueAt: nowMs, askedAt: nowMs, attempts: 0, detail };
}
