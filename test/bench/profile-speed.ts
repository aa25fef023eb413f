/**
 * Profiles a second of one core: by this process's own processor time, so that what else the machine does counts little. What a
 * database does is not in it; what the SDK does for it, is.
 */
import pMap from 'p-map';
import type { CustomerStore, Entry } from '../../shared/profiles/customer.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { dynamoCustomers } from '../../shared/profiles/store.ts';
import { meet, updateCustomers } from '../../shared/profiles/update.ts';
import { instant } from '../../shared/time/instant.ts';
import { bought, testRules } from '../profiles/people.ts';
import { memoryCustomers } from '../simulation/models/customers.ts';
import { CUSTOMERS_KEY, createTable, TEST_SEALER } from '../stores/aws.ts';
import { hasJava, startDynamoDbLocal } from '../stores/dynamodb-local.ts';
import type { Row } from './measure.ts';

const NOW_MS = Date.parse('2027-06-15T12:00:00Z');
const DAY_MS = 24 * 60 * 60 * 1000;
const CPU_SECONDS = 2;
const ORDERS = 10;

export async function benchProfileSpeed(): Promise<Row[]> {
  const derived: [string, number][] = [];
  for (const orders of [10, 1_000]) derived.push([`derived, ${orders} orders`, await derivedPerSecond(orders)]);
  const updated: [string, number][] = [['updated in memory, 10 orders', await updatedPerSecond(memoryCustomers(), 1)]];
  if (hasJava()) {
    const dynamo = await startDynamoDbLocal();
    try {
      const table = (await createTable(dynamo.client, CUSTOMERS_KEY)).name;
      const store = dynamoCustomers<StoredProfile>({ client: dynamo.client, table, sealer: TEST_SEALER });
      updated.push(['updated on DynamoDB Local, 10 orders, 4 at once', await updatedPerSecond(store, 4)]);
    } finally {
      await dynamo.stop();
    }
  }
  const rows = [...derived, ...updated];
  const first = rows[0]?.[1] ?? Number.NaN;
  return rows.map(([name, perSecond]) => ({
    name,
    value: Math.round(perSecond),
    unit: '/s',
    ratio: perSecond / first,
  }));
}

/** Who is one customer, facts, prediction and tier of what is read already: no store, no sealing, no JSON. */
async function derivedPerSecond(orders: number): Promise<number> {
  const store = memoryCustomers<StoredProfile>();
  const rules = testRules(store);
  const entries = ordersOf(0, orders);
  await updateCustomers({ entries }, store, rules, { now: instant(NOW_MS), cause: 'live' });
  const persona = entries[0]?.persona;
  const known = persona && (await store.getPlace(persona));
  if (!known) throw new Error('No profile was made.');
  const { met, shared } = await meet(known.persona, store, rules);
  return perCpuSecond(async () => {
    const { groups } = rules.group([...met.values()], shared);
    for (const group of groups) await rules.profile(group, met, known.profile, instant(NOW_MS));
    return groups.length;
  });
}

/** Order by order, each through its entry, month and component to a written profile. */
async function updatedPerSecond(store: CustomerStore<StoredProfile>, atOnce: number): Promise<number> {
  const rules = testRules(store);
  let customers = 0;
  return perCpuSecond(async () => {
    const some = Array.from({ length: atOnce }, () => ordersOf(++customers, ORDERS));
    await pMap(some, async (entries) => {
      for (const entry of entries) {
        const now = instant(Date.parse(entry.content?.contribution.paidAt ?? '') + 1000);
        await updateCustomers({ entries: [entry] }, store, rules, { now, cause: 'live' });
      }
    });
    return some.length * ORDERS;
  });
}

/** Over a year, or as many days as there are orders, with a phone and an email. */
function ordersOf(customer: number, orders: number): Entry[] {
  const everyMs = (Math.max(365, orders) * DAY_MS) / orders;
  return Array.from({ length: orders }, (_, index) =>
    bought({
      by: `shopify/shop/${customer}`,
      at: instant(Math.round(NOW_MS - (orders - index) * everyMs)),
      name: 'Anne Novak',
      minor: 10_000 + index * 7,
      identifiers: { phone: `+86139${String(10_000_000 + customer)}`, email: `buyer${customer}@example.org` },
    }),
  );
}

/** What `run` says it did, a second of this process's processor time: its garbage collector's, too. */
async function perCpuSecond(run: () => Promise<number>): Promise<number> {
  await run();
  const before = process.cpuUsage();
  let done = 0;
  for (;;) {
    done += await run();
    const { user, system } = process.cpuUsage(before);
    const seconds = (user + system) / 1e6;
    if (seconds >= CPU_SECONDS) return done / seconds;
  }
}
