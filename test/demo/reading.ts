/** From planned webhooks to customers, in memory: the real doors, adapters, identity, facts and tiers, without their stores. */
import * as z from 'zod';
import type { PlannedDelivery } from '../../demo/day.ts';
import { REPORTING_CURRENCY } from '../../demo/policy.ts';
import { demoRates } from '../../demo/rates.ts';
import type { DemoShop } from '../../local/demo-shops.ts';
import type { ChannelAdapter } from '../../shared/channels/adapter.ts';
import { firstClear } from '../../shared/channels/reading.ts';
import { ADAPTERS } from '../../shared/channels/registry.ts';
import { ConnectionSettings } from '../../shared/connections/connection.ts';
import { readIdentity } from '../../shared/identity/contribution.ts';
import type { DeclaredIdentifier, IdentifierDeclaration } from '../../shared/identity/identifiers.ts';
import { type IdentityContribution, personasOf } from '../../shared/identity/links.ts';
import { DEFAULT_RULES } from '../../shared/identity/policy.ts';
import { type Profile, type Resolution, resolve } from '../../shared/identity/resolve.ts';
import type { Envelope } from '../../shared/lake/envelope.ts';
import type { CanonicalOrder } from '../../shared/orders/canonical-order.ts';
import { deriveOrder } from '../../shared/orders/derive.ts';
import { interpret } from '../../shared/orders/interpret.ts';
import { mergeOrder, NO_PARTS, type OrderUpdate } from '../../shared/orders/merge.ts';
import { type OrderKey, parseOrderKey } from '../../shared/orders/order-key.ts';
import { type Contribution, contributionOf } from '../../shared/profiles/contribution.ts';
import { deriveFacts } from '../../shared/profiles/derive.ts';
import { sumDay } from '../../shared/profiles/sums.ts';
import { type RateTable, rateTable } from '../../shared/rates/rate-table.ts';
import { decide } from '../../shared/tiers/decide.ts';
import type { Policy } from '../../shared/tiers/policy.ts';
import type { Decision, Held } from '../../shared/tiers/reasons.ts';
import { timelineOf } from '../../shared/tiers/timeline.ts';
import { instant } from '../../shared/time/instant.ts';
import { answerEnvelope, toEnvelope } from '../channels/read.ts';
import { openOnModel } from '../platforms/account.ts';

/** What one shop made of the webhooks that it was sent. */
interface ShopReading {
  readonly declaration: IdentifierDeclaration;
  readonly connection: ConnectionSettings;
  readonly orders: readonly CanonicalOrder[];
  /** By order id, where the platform shows the recipient's name and the adapter does not say it. */
  readonly recipients: ReadonlyMap<string, string>;
}

/** Every webhook through its door and adapter; then, where they are thin, one fetch of all that they told of. */
export async function readShop(
  shop: DemoShop,
  deliveries: readonly PlannedDelivery[],
  receivedMs: number,
): Promise<ShopReading> {
  const { door } = shop.channel;
  const adapter = await ADAPTERS.find(door.channel);
  if (!adapter) throw new Error(`no adapter for ${door.channel}`);
  const connection = ConnectionSettings.parse({
    id: shop.options.connection,
    channel: door.channel,
    type: 'direct',
    settingsRevision: 0,
    ...shop.settings,
  });
  const reading = new Reading(adapter, connection);
  for (const { request, records = [] } of deliveries) {
    const receivedAt = new Date(receivedMs);
    const verdict = door.verify(request, [shop.options.secret], receivedAt);
    if (verdict.kind !== 'verified') throw new Error(`${door.channel}: ${verdict.message}`);
    for (const record of records) shop.platform?.put(record, receivedMs);
    reading.read(toEnvelope({ door, request, receivedAt, connection, number: reading.count }));
  }
  if (shop.platform && adapter.api) {
    const fetchSubject = await openOnModel(adapter.api, shop.platform, () => receivedMs);
    for (const subject of reading.subjects) {
      for (const body of await fetchSubject(subject)) {
        const answer = { subject, fetchedAt: new Date(receivedMs), body: Buffer.from(body) };
        reading.read(answerEnvelope(answer, connection, reading.count));
        reading.noteRecipient(subject, body);
      }
    }
  }
  const { recipients } = reading;
  return { declaration: declarationOf(adapter), connection, orders: reading.orders(), recipients };
}

const ShopeeRecipient = z.object({
  order: z.object({
    response: z.object({ order_list: z.array(z.object({ recipient_address: z.object({ name: z.string() }) })) }),
  }),
});

class Reading {
  count = 0;
  readonly subjects = new Set<string>();
  readonly recipients = new Map<string, string>();
  readonly #updates = new Map<OrderKey, OrderUpdate[]>();
  readonly #adapter: ChannelAdapter;
  readonly #connection: ConnectionSettings;

  constructor(adapter: ChannelAdapter, connection: ConnectionSettings) {
    this.#adapter = adapter;
    this.#connection = connection;
  }

  read(envelope: Envelope): void {
    this.count++;
    const said = interpret(envelope, this.#adapter, this.#connection);
    if (said.kind === 'unacceptable') throw new Error(`${said.code} at ${said.path}: expected ${said.expected}`);
    if (said.kind !== 'updates') return;
    for (const { subject } of said.signals) this.subjects.add(subject);
    for (const { key, update } of said.updates) this.#updates.set(key, [...(this.#updates.get(key) ?? []), update]);
  }

  noteRecipient(subject: string, body: string): void {
    const shown = ShopeeRecipient.safeParse(JSON.parse(body)).data?.order.response.order_list[0];
    const name = firstClear(shown?.recipient_address.name);
    if (name !== undefined) this.recipients.set(subject.replace('order/', ''), name);
  }

  orders(): CanonicalOrder[] {
    return [...this.#updates].map(([key, updates]) => {
      const name = parseOrderKey(key);
      if (!name) throw new Error(`${key} is no key`);
      const { category } = this.#adapter.door;
      return deriveOrder({ ...name, category, revision: updates.length }, updates.reduce(mergeOrder, NO_PARTS));
    });
  }
}

/**
 * What is to be added to Shopee's declaration, unless it is there: its recipient, where one is shown, is a suggestion. Until the
 * adapter gives the name it is taken from the answer itself, as the canonical order of Shopee has an address and no name.
 */
const SHOPEE_NAME_AND_ADDRESS: DeclaredIdentifier = {
  from: 'nameAndAddress',
  scope: 'brand',
  strength: 'weak',
  verified: false,
};

function declarationOf({ door, identifiers }: ChannelAdapter): IdentifierDeclaration {
  const isComplete = door.channel !== 'shopee' || identifiers.some(({ from }) => from === 'nameAndAddress');
  return isComplete ? identifiers : [...identifiers, SHOPEE_NAME_AND_ADDRESS];
}

export interface Customer {
  readonly profile: Profile;
  readonly contributions: readonly Contribution[];
}

export interface Customers {
  readonly orders: readonly CanonicalOrder[];
  readonly resolution: Resolution;
  readonly customers: readonly Customer[];
}

/** All shops' webhooks, resolved into customers. */
export async function readCustomers(
  shops: readonly DemoShop[],
  deliveries: readonly PlannedDelivery[],
  nowMs: number,
): Promise<Customers> {
  const read = await Promise.all(
    shops.map((shop) =>
      readShop(
        shop,
        deliveries.filter(({ connection }) => connection === shop.options.connection),
        nowMs,
      ),
    ),
  );
  const rates = ratesOf(nowMs);
  const identities = read.flatMap(({ orders, ...shop }) =>
    orders.map((order) => identityOf(order, { ...shop, nowMs })),
  );
  const resolution = resolve({
    personas: personasOf(identities.flatMap(({ contribution }) => contribution ?? [])),
    decisions: [],
    rules: DEFAULT_RULES,
  });
  const customers = resolution.profiles.map((profile): Customer => {
    const members = new Set(profile.personas.map(({ id }) => id));
    const own = identities.filter(({ contribution }) => contribution && members.has(contribution.persona));
    return { profile, contributions: own.flatMap(({ order }) => contributionOf(order, rates) ?? []) };
  });
  return { orders: read.flatMap(({ orders }) => orders), resolution, customers };
}

interface Known extends Omit<ShopReading, 'orders'> {
  readonly nowMs: number;
}

function identityOf(
  order: CanonicalOrder,
  { connection, declaration, recipients, nowMs }: Known,
): { readonly order: CanonicalOrder; readonly contribution: IdentityContribution | undefined } {
  const name = order.buyer.name ?? recipients.get(order.orderId);
  const named = name === undefined ? order : { ...order, buyer: { ...order.buyer, name } };
  const { contribution } = readIdentity(named, {
    connection,
    declaration,
    keys: { guest: 'guest key of the tests, 32 bytes long', lookup: 'lookup key of the tests, 32 bytes' },
    receivedAt: instant(nowMs),
  });
  return { order, contribution };
}

/** The tier of a customer at a moment, as the pipeline derives it. */
export function tierAt(
  { contributions }: Customer,
  { atMs, policy, previous }: { readonly atMs: number; readonly policy: Policy; readonly previous?: Held },
): Decision {
  const at = instant(atMs);
  const edges = new Map<string, Contribution[]>();
  for (const one of contributions) {
    const day = one.paidAt.slice(0, 10);
    edges.set(day, [...(edges.get(day) ?? []), one]);
  }
  const days = new Map([...edges].map(([day, all]) => [day, sumDay(day, all)]));
  // Of more days than needed: those at no edge of a window are not looked at.
  const facts = deriveFacts({ days, edges }, at, policy.currency);
  const timeline = timelineOf(
    contributions
      .filter(({ counts }) => counts)
      .map(({ paidAt, reporting }) => ({ paidAtMs: Date.parse(paidAt), netSpend: reporting?.net ?? 0 })),
  );
  return decide({ facts, predicted: {}, timeline, at, policy, previous });
}

export const ratesOf = (nowMs: number): RateTable => rateTable(REPORTING_CURRENCY, demoRates(nowMs));
