/** From what the orders stage stores to the profiles concerned: entries of orders, and the updates that they make. */
import type { Adapters } from '../channels/registry.ts';
import type { Connection } from '../connections/connection.ts';
import type { Directory } from '../connections/directory.ts';
import type { IdentityKeys } from '../identity/contribution.ts';
import type { LinkingSource } from '../identity/linking-versions.ts';
import { receivedAtMs } from '../lake/envelope.ts';
import type { OrderStore, StoredOrder } from '../orders/apply.ts';
import { deriveOrder } from '../orders/derive.ts';
import { parseOrderKey } from '../orders/order-key.ts';
import type { Cause } from '../queues/messages.ts';
import type { RateSource } from '../rates/rate-source.ts';
import type { Clock } from '../runtime/clock.ts';
import { Conflict, Defect } from '../runtime/errors.ts';
import type { CatalogueSource } from '../segments/catalogue-source.ts';
import type { BasisSource } from '../tiers/basis.ts';
import { instant } from '../time/instant.ts';
import type { CustomerStore, Entry } from './customer.ts';
import { entriesBetween, entryOf, leaving } from './entry.ts';
import type { StoredProfile } from './profile.ts';
import { customerRules, OUTDATED } from './rules.ts';
import { type Outcome, updateCustomers, type Work } from './update.ts';

export interface FollowDependencies {
  readonly orders: Pick<OrderStore, 'getOrder'>;
  readonly customers: CustomerStore<StoredProfile>;
  readonly adapters: Adapters;
  readonly connections: Directory<Connection>;
  readonly keys: IdentityKeys;
  readonly rates: RateSource;
  readonly basis: BasisSource;
  readonly linking: LinkingSource;
  readonly segments: CatalogueSource;
  readonly reportingCurrency: string;
  readonly clock: Clock;
}

export interface OrderChange {
  readonly before?: StoredOrder | undefined;
  readonly now: StoredOrder;
}

/** Where an order was until a revision of it. */
export type Left = Pick<Entry, 'persona' | 'day' | 'revision'>;

/** What a change brings to the customers table; nothing for a change of state. */
export async function entriesOfChange(
  { before, now }: OrderChange,
  dependencies: FollowDependencies,
): Promise<Entry[]> {
  const is = await entryOfOrder(now, dependencies);
  const was = before && (await entryOfOrder(before, dependencies));
  return entriesBetween(was, is, now.revision);
}

/** The order as it is stored by now, and empty entries where it was and is no more. */
export async function entriesAsStored(
  key: StoredOrder['key'],
  left: readonly Left[],
  dependencies: FollowDependencies,
): Promise<Entry[]> {
  const now = await dependencies.orders.getOrder(key);
  const is = now && (await entryOfOrder(now, dependencies));
  const gone = left.filter(({ persona, day }) => persona !== is?.persona || day !== is.day);
  return [
    ...gone.map(({ revision, ...place }) => leaving({ ...place, key, reading: 0 }, revision)),
    ...(is ? [is] : []),
  ];
}

export async function entryOfOrder(
  order: StoredOrder,
  { adapters, connections, keys, rates }: Pick<FollowDependencies, 'adapters' | 'connections' | 'keys' | 'rates'>,
): Promise<Entry | undefined> {
  const { key, parts } = order;
  const name = parseOrderKey(key);
  const adapter = name && (await adapters.find(name.channel));
  const connection = name && (await connections.find(name.connection));
  // Both were there when the order was stored, and neither is ever removed.
  if (!adapter || !connection)
    throw new Defect('order_of_nobody', 'An order whose channel or connection is not known.');
  const derived = deriveOrder({ ...name, category: adapter.door.category, revision: order.revision }, parts);
  const { currency, paidAt } = derived;
  if (currency === undefined || paidAt === undefined || parts.first === undefined) return undefined;
  const { table, revision } = await rates.about(currency, paidAt.slice(0, 10));
  const receivedAt = instant(receivedAtMs(parts.first));
  const reading = (keys.lookupNumber ?? 1) * READINGS_OF_A_KEY + revision;
  return entryOf(derived, { connection, declaration: adapter.identifiers, keys, rates: table, reading, receivedAt });
}

/** More than there will ever be imports of rates. */
const READINGS_OF_A_KEY = 1_000_000_000;

/** By the policy, model and segments in force; once more where a profile was decided by newer ones than are known here. */
export async function follow(work: Work, cause: Cause, dependencies: FollowDependencies): Promise<Outcome> {
  const { customers, basis, linking, segments, reportingCurrency, clock } = dependencies;
  const update = async (freshWithinMs?: number): Promise<Outcome> => {
    const options = freshWithinMs === undefined ? {} : { freshWithinMs };
    const [{ policy, model }, joining, catalogue] = await Promise.all([
      basis.load(options),
      linking.load(options),
      segments.load(options),
    ]);
    const rules = customerRules({
      store: customers,
      linking: joining,
      policy,
      model,
      segments: catalogue,
      reportingCurrency,
    });
    return updateCustomers(work, customers, rules, { now: instant(clock().getTime()), cause });
  };
  try {
    return await update();
  } catch (error) {
    if (!(error instanceof Conflict) || error.code !== OUTDATED) throw error;
    return update(0);
  }
}
