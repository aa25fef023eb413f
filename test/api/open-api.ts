/** The API in this process, over models in memory. Each answer is held against what its route says. */
import { randomUUID } from 'node:crypto';
import { createApi } from '../../functions/api/app.ts';
import { createHandlers } from '../../functions/api/handlers.ts';
import type { Role } from '../../shared/api/roles.ts';
import { productDirectory } from '../../shared/catalogue/directory.ts';
import { ADAPTERS, DOORS } from '../../shared/channels/registry.ts';
import type { ExportsMessage } from '../../shared/exports/export.ts';
import { randomTail } from '../../shared/exports/manage.ts';
import { linkingSource } from '../../shared/identity/linking-versions.ts';
import { NoSnapshot, type Preview } from '../../shared/preview/preview.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { updateCustomers } from '../../shared/profiles/update.ts';
import { eventsBetween } from '../../shared/publish/events.ts';
import { rowsOf } from '../../shared/publish/history.ts';
import type { ProfilesMessage, RestockMessage, TestMessage, WakeMessage } from '../../shared/queues/messages.ts';
import type { RecommendedItem } from '../../shared/recommendations/recommendation.ts';
import { audienceReader } from '../../shared/recommendations/recommender.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { RANDOM_KEYS } from '../../shared/sources/manage.ts';
import { NO_HOSTS } from '../../shared/subscribers/hosts.ts';
import { RANDOM_NAMES } from '../../shared/subscribers/manage.ts';
import type { Message } from '../../shared/subscribers/message.ts';
import type { Answer, Outbound } from '../../shared/subscribers/send.ts';
import { instant } from '../../shared/time/instant.ts';
import { till } from '../cli/till.ts';
import { ANNE, type Bought, bought, KEYS, testRules } from '../profiles/people.ts';
import { memoryAudit, memoryIdempotency } from '../simulation/models/api.ts';
import { memoryConnections } from '../simulation/models/connections.ts';
import { memoryCustomers } from '../simulation/models/customers.ts';
import { memoryDerivations } from '../simulation/models/derivations.ts';
import { memoryExportFiles, memoryExports } from '../simulation/models/exports.ts';
import { memoryHistory } from '../simulation/models/history.ts';
import { memoryLanes } from '../simulation/models/lanes.ts';
import { memoryLinking } from '../simulation/models/linking.ts';
import { memoryOrders } from '../simulation/models/orders.ts';
import { memoryProducts } from '../simulation/models/products.ts';
import { memoryAttributedOrders, memoryResults } from '../simulation/models/proof.ts';
import {
  memoryAccounts,
  memoryCampaigns,
  memoryCampaignTests,
  memoryContactLogs,
  memoryDevices,
  memorySendRecords,
  memorySuppressions,
  memoryVisitorConsents,
} from '../simulation/models/push.ts';
import { memoryRecommendations } from '../simulation/models/recommendations.ts';
import { memoryMemberships, memorySegments } from '../simulation/models/segments.ts';
import { memoryServerKeys, memorySources } from '../simulation/models/sources.ts';
import { memoryDeadLetters, memorySigningSecrets, memorySubscribers } from '../simulation/models/subscribers.ts';
import { memoryPolicies } from '../simulation/models/tiers.ts';
import { memoryVisitors } from '../simulation/models/visitors.ts';
import { type Answered, hold } from './hold.ts';

export const NOW_MS = Date.parse('2026-11-25T09:00:00.000Z');

export interface Asking {
  readonly role?: Role;
  /** Instead of what the role makes of it; null: there is no token. */
  readonly claims?: Readonly<Record<string, unknown>> | null;
  /** Becomes JSON, unless it is text. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of a body: JSON unless said. */
  readonly type?: string;
}

function openStores(clock: () => Date) {
  const history = memoryHistory();
  return {
    orders: memoryOrders(),
    connections: memoryConnections(),
    policies: memoryPolicies(),
    linking: memoryLinking(),
    idempotency: memoryIdempotency(),
    audit: memoryAudit(),
    segments: memorySegments(),
    memberships: memoryMemberships(),
    derivations: memoryDerivations(),
    campaigns: memoryCampaigns(),
    devices: memoryDevices(),
    visitors: memoryVisitors(),
    visitorConsents: memoryVisitorConsents(),
    suppressions: memorySuppressions(KEYS.guest),
    tests: memoryCampaignTests(),
    logs: memoryContactLogs(),
    sends: memorySendRecords(),
    versions: memoryRecommendations(),
    results: memoryResults(),
    attributed: memoryAttributedOrders(),
    ...memoryAccounts(),
    products: memoryProducts(),
    exports: memoryExports(),
    files: memoryExportFiles(),
    subscribers: memorySubscribers(),
    secrets: memorySigningSecrets(),
    deadLetters: memoryDeadLetters(),
    sources: memorySources(),
    serverKeys: memoryServerKeys(),
    lanes: memoryLanes<Message>(),
    history,
    customers: memoryCustomers<StoredProfile>({
      // As publish does of the table's stream.
      onPlace: (now, before) => {
        for (const { profile, entry } of eventsBetween(before, now).flatMap(rowsOf))
          void history.putHistory(profile, entry);
      },
    }),
    clock,
  };
}

const emptyQueue = <Sent>(sent: Sent[]) => ({ send: async (message: Sent) => void sent.push(message) });

export function openApi() {
  let nowMs = NOW_MS;
  const clock = () => new Date(nowMs);
  const stores = openStores(clock);
  const { customers } = stores;
  const errors: { readonly message: string; readonly error: unknown }[] = [];
  const sent = {
    profiles: [] as ProfilesMessage[],
    exports: [] as ExportsMessage[],
    wakes: [] as WakeMessage[],
    restocks: [] as RestockMessage[],
    tests: [] as TestMessage[],
    webhooks: [] as Outbound[],
    makes: [] as boolean[],
  };
  /** What tests may change. */
  const world: { receiver: Answer; preview: Preview | Error; recommended: RecommendedItem[] } = {
    receiver: { kind: 'answered', status: 204 },
    preview: new NoSnapshot(),
    recommended: [],
  };
  const telemetry: Telemetry = {
    info() {},
    warn() {},
    error: (message, error) => void errors.push({ message, error }),
    measure() {},
    flush() {},
  };
  const doors = new Map([...DOORS, [till.door.channel, till.door]]);
  const adapters = { find: async (channel: string) => (channel === 'till' ? till : ADAPTERS.find(channel)) };
  const readings = { ...stores, doors, adapters };
  const lazily = async () => customers;
  const profiles = emptyQueue(sent.profiles);
  const keyed = {
    devices: async () => stores.devices,
    visitors: async () => stores.visitors,
    visitorConsents: async () => stores.visitorConsents,
  };
  const app = createApi({
    handlers: createHandlers({
      orders: readings,
      profiles: {
        customers: lazily,
        identityKeys: async () => KEYS,
        linking: linkingSource(stores.linking, clock),
        history: stores.history,
        readings,
        segments: stores.segments,
        reportingCurrency: 'CNY',
        clock,
      },
      marks: { customers: lazily, ...keyed, profiles, clock },
      segments: {
        ...stores,
        channels: [...doors.keys()],
        reportingCurrency: 'CNY',
        profiles,
        previewer: {
          async preview() {
            if (world.preview instanceof Error) throw world.preview;
            return world.preview;
          },
        },
      },
      products: { products: stores.products, restocks: emptyQueue(sent.restocks), clock },
      exports: { ...stores, queue: emptyQueue(sent.exports), newTail: randomTail },
      subscribers: {
        ...stores,
        ...RANDOM_NAMES,
        wakes: emptyQueue(sent.wakes),
        hosts: NO_HOSTS,
        send: async (outbound) => {
          sent.webhooks.push(outbound);
          return world.receiver;
        },
      },
      sources: { ...stores, ...RANDOM_KEYS },
      recommendations: {
        ...{ customers: lazily, products: productDirectory(stores.products, clock), versions: stores.versions, clock },
        recommender: { recommend: async () => ({ items: world.recommended }) },
        audiences: audienceReader({ versions: stores.versions, rows: stores.versions, clock }),
        begin: async (full) => void sent.makes.push(full),
      },
      campaigns: {
        ...{ ...stores, records: stores.sends, recipients: async () => stores },
        recommender: { recommend: async () => ({ items: world.recommended }) },
        products: productDirectory(stores.products, clock),
      },
      push: {
        ...{ ...stores, ...keyed, customers: lazily, identityKeys: async () => KEYS, profiles },
        wakes: emptyQueue(sent.wakes),
      },
      campaignTests: {
        ...{ ...stores, ...keyed, customers: lazily, records: stores.sends },
        ...{ queue: emptyQueue(sent.tests), newId: randomUUID },
      },
      pushExplanations: { ...stores, customers: lazily, records: stores.sends },
      suppressions: { suppressions: async () => stores.suppressions, clock },
      tierPolicy: { policies: stores.policies, customers: lazily, profiles, reportingCurrency: 'CNY', clock },
      audit: stores,
      openapi: async () => ({ openapi: '3.1.0', info: { title: 'Tributary', version: '1' } }),
    }),
    idempotency: async () => stores.idempotency,
    audit: stores.audit,
    rolesClaim: 'roles',
    clock,
    newId: randomUUID,
    telemetry,
  });
  const rules = testRules(customers);

  async function ask(method: string, path: string, asking: Asking = {}): Promise<Answered> {
    const { role = 'operator', body, headers = {}, type = 'application/json' } = asking;
    const claims = asking.claims === null ? undefined : (asking.claims ?? { sub: `the ${role}`, roles: [role] });
    const sends = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    const response = await app.request(
      path,
      { method, headers: { ...(body !== undefined && { 'content-type': type }), ...headers }, ...sends },
      { ...(claims && { claims }), requestId: 'request-1' },
    );
    const text = await response.text();
    const answered = { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined };
    hold(method, path, answered);
    return answered;
  }

  return {
    app,
    ask,
    stores,
    sent,
    errors,
    world,
    later(ms: number) {
      nowMs += ms;
    },
    async buy(...all: readonly Bought[]): Promise<void> {
      const at = { now: instant(clock().getTime()), cause: 'live' as const };
      await updateCustomers({ entries: all.map(bought), personas: [] }, customers, rules, at);
    },
  };
}
export type OpenedApi = ReturnType<typeof openApi>;

/** With one customer on three channels. */
export async function withAnne(): Promise<OpenedApi> {
  const api = openApi();
  await api.buy(...ANNE);
  return api;
}

export const ANNE_PATH = `/v1/profiles/${encodeURIComponent('shopify/shop/anne')}`;
