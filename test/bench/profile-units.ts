/** What an order costs in the tables from its webhook to its customer's profile, by how much the customer bought before. */
import { createRandom } from '../../demo/random.ts';
import { sweep } from '../../shared/derivations/sweep.ts';
import type { Entry } from '../../shared/profiles/customer.ts';
import { follow } from '../../shared/profiles/follow-orders.ts';
import { eventsBetween } from '../../shared/publish/events.ts';
import { rowsOf } from '../../shared/publish/history.ts';
import { instant } from '../../shared/time/instant.ts';
import { resetUnits, type Units } from './count-units.ts';
import { onChannel } from './other-channels.ts';
import { dollarsPerMillion } from './prices.ts';
import { type ProfileStack, startProfileStack } from './profile-stack.ts';
import { type Bought, buy, buyMany, shopper } from './shoppers.ts';

/** In the middle of a month, so that a month is as full as it is on average. */
const NOW_MS = Date.parse('2027-06-15T12:00:00Z');
const SECOND_MS = 1000;
const DAY_MS = 24 * 60 * 60 * SECOND_MS;
const YEAR_DAYS = 365;
/** Of orders past this many, for what is not of the history. */
const NEXT_NUMBER = 50_001;
const SHOP = 'tea';

interface Measured {
  readonly name: string;
  readonly units: Units;
  readonly calls: ReadonlyMap<string, Units>;
}

/** Customers of so many orders, and how many of them are measured, each some orders on. */
const HISTORIES = [
  { orders: 1, days: 90, customers: 24, updates: 1 },
  { orders: 10, days: YEAR_DAYS, customers: 24, updates: 1 },
  { orders: 100, days: 3 * YEAR_DAYS, customers: 6, updates: 4 },
  { orders: 1_000, days: 3 * YEAR_DAYS, customers: 2, updates: 12 },
  { orders: 10_000, days: 3 * YEAR_DAYS, customers: 1, updates: 24 },
] as const;
const TYPICAL = 10;

export interface UnitsTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export async function benchProfileUnits(): Promise<UnitsTable[]> {
  const stack = await startProfileStack(NOW_MS);
  try {
    const sweepOfNone = await ofSweep(stack);
    await warmUp(stack);
    const byHistory: Measured[] = [];
    for (const history of HISTORIES) byHistory.push(await ofHistory(history, stack));
    const typical = byHistory[HISTORIES.findIndex(({ orders }) => orders === TYPICAL)];
    const heaviest = byHistory.at(-1);
    if (!typical || !heaviest) throw new Error('No history of the typical size.');
    const others = [
      await ofPersonas(10, stack),
      await ofPersonas(100, stack),
      ...(await otherWebhooks(stack)),
      await ofJoin(stack),
      await ofReviews(stack),
      await ofPolicy(stack),
      await ofHistoryRows(stack),
      sweepOfNone,
    ];
    return [
      unitsTable('a webhook by which an order is paid: orders of its customer before', byHistory, typical),
      unitsTable('other webhooks, and what time brings', others, typical),
      callsTable([typical, heaviest]),
    ];
  } finally {
    await stack.stop();
  }
}

const historyOf = (n: number, { orders, days }: { readonly orders: number; readonly days: number }): Bought[] =>
  buyMany(shopper(n), { orders, days, untilMs: NOW_MS - DAY_MS, connection: SHOP });

/** Once paid an order says all of its customer that it will: what comes later changes its state. */
const entriesOf = (history: readonly Bought[], stack: ProfileStack): Promise<Entry[]> =>
  Promise.all(history.map(({ deliveries }) => stack.entryAfter(deliveries.slice(0, 2))));

let shoppers = 0;

async function ofHistory(
  { orders, days, customers, updates }: (typeof HISTORIES)[number],
  stack: ProfileStack,
): Promise<Measured> {
  const measure = measuring(orders === 1 ? '1' : orders.toLocaleString('en'), stack);
  for (let customer = 0; customer < customers; customer++) {
    const n = ++shoppers;
    stack.setTime(NOW_MS);
    await stack.build(await entriesOf(historyOf(n, { orders, days }), stack));
    for (let update = 0; update < updates; update++)
      await paidBy(n, { number: update, atMs: NOW_MS + update * 60 * SECOND_MS }, stack, measure.of);
  }
  return measure.result();
}

/** An order is placed, which says nothing of a customer yet; then it is paid, and that is measured. */
async function paidBy(
  n: number,
  { number, atMs }: { readonly number: number; readonly atMs: number },
  stack: ProfileStack,
  measured: (run: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  const { deliveries } = buy(createRandom(n), {
    buyer: shopper(n),
    connection: SHOP,
    number: NEXT_NUMBER + number,
    paidAtMs: atMs,
  });
  const [placed, paid] = deliveries;
  if (!placed || !paid) throw new Error('An order without its webhooks.');
  stack.setTime(paid.atMs + SECOND_MS);
  await stack.take(placed);
  await measured(() => stack.take(paid));
}

/** One customer on three channels: most of the orders here, some as a live-stream's and a till's. */
async function ofPersonas(orders: number, stack: ProfileStack): Promise<Measured> {
  const measure = measuring(`paid, ${orders} orders of 3 personas on three channels`, stack);
  for (let customer = 0; customer < 12; customer++) {
    const n = ++shoppers;
    stack.setTime(NOW_MS);
    const entries = await entriesOf(historyOf(n, { orders, days: YEAR_DAYS }), stack);
    await stack.build(entries.map((entry, index) => onChannel(entry, index)));
    await paidBy(n, { number: 0, atMs: NOW_MS }, stack, measure.of);
  }
  return measure.result();
}

/** A new customer's first order, each webhook of it, and one that comes twice; then all of it comes back. */
async function otherWebhooks(stack: ProfileStack): Promise<Measured[]> {
  const measures = {
    placed: measuring('placed, not paid', stack),
    first: measuring('paid, of a new customer', stack),
    state: measuring('fulfilled', stack),
    twice: measuring('paid, a second time', stack),
    back: measuring('refunded in full, both webhooks', stack),
  };
  for (let customer = 0; customer < 24; customer++) {
    const { deliveries } = buy(createRandom(customer), {
      buyer: shopper(++shoppers),
      connection: SHOP,
      number: 1,
      paidAtMs: NOW_MS,
      backAtMs: NOW_MS + 3 * DAY_MS,
    });
    const [placed, paid, , fulfilled, ...after] = deliveries;
    const back = after.slice(-2);
    if (!placed || !paid || !fulfilled || back.length < 2) throw new Error('An order without its webhooks.');
    const take = async (measure: keyof typeof measures, taken: readonly (typeof placed)[]) => {
      stack.setTime((taken.at(-1)?.atMs ?? 0) + SECOND_MS);
      await measures[measure].of(async () => {
        for (const delivery of taken) await stack.take(delivery);
      });
    };
    await take('placed', [placed]);
    await take('first', [paid]);
    await take('twice', [paid]);
    await take('state', [fulfilled]);
    await take('back', back);
  }
  return Object.values(measures).map((measure) => measure.result());
}

/** Two accounts with ten orders each; then one of them orders under the phone and email of the other. */
async function ofJoin(stack: ProfileStack): Promise<Measured> {
  const measure = measuring('paid, and joins two profiles of 10 orders', stack);
  for (let customer = 0; customer < 12; customer++) {
    const [one, other] = [++shoppers, ++shoppers];
    for (const n of [one, other]) {
      stack.setTime(NOW_MS);
      await stack.build(await entriesOf(historyOf(n, { orders: TYPICAL, days: YEAR_DAYS }), stack));
    }
    const { firstName, lastName, phone, email } = shopper(one);
    const buyer = { ...shopper(other), phone, email };
    // By the same name: else they would only be suggested.
    const named = { ...buyer, firstName, lastName };
    const { deliveries } = buy(createRandom(one), {
      buyer: named,
      connection: SHOP,
      number: NEXT_NUMBER,
      paidAtMs: NOW_MS,
    });
    const [placed, paid] = deliveries;
    if (!placed || !paid) throw new Error('An order without its webhooks.');
    stack.setTime(paid.atMs + SECOND_MS);
    await stack.take(placed);
    await measure.of(() => stack.take(paid));
  }
  return measure.result();
}

/** All that are due in a year, of customers with ten orders before it and none in it. */
async function ofReviews(stack: ProfileStack): Promise<Measured> {
  const measure = measuring('a review, 10 orders', stack);
  const customers = 6;
  let reviews = 0;
  for (let customer = 0; customer < customers; customer++) {
    const n = ++shoppers;
    stack.setTime(NOW_MS);
    const entries = await entriesOf(historyOf(n, { orders: TYPICAL, days: YEAR_DAYS }), stack);
    await stack.build(entries);
    const [persona] = entries.map((entry) => entry.persona);
    if (persona === undefined) continue;
    for (;;) {
      const lookAtMs = Date.parse((await stack.dependencies.customers.getPlace(persona))?.lookAt ?? '');
      if (!(lookAtMs < NOW_MS + YEAR_DAYS * DAY_MS)) break;
      stack.setTime(lookAtMs);
      await measure.of(() => follow({ entries: [], personas: [persona] }, 'review', stack.dependencies));
      reviews++;
    }
  }
  const result = measure.result();
  return { ...result, name: `a review, 10 orders: ${(reviews / customers).toFixed(1)} in the year after them` };
}

/** A new policy comes to each profile so. */
async function ofPolicy(stack: ProfileStack): Promise<Measured> {
  const measure = measuring('derived anew, 10 orders', stack);
  for (let customer = 0; customer < 12; customer++) {
    stack.setTime(NOW_MS);
    const entries = await entriesOf(historyOf(++shoppers, { orders: TYPICAL, days: YEAR_DAYS }), stack);
    await stack.build(entries);
    const personas = entries.slice(0, 1).map((entry) => entry.persona);
    const { basis } = stack.dependencies;
    const load: typeof basis.load = async (options) => {
      const { policy, model } = await basis.load(options);
      return { policy: { ...policy, version: policy.version + 1 }, model };
    };
    await measure.of(() => follow({ entries: [], personas }, 'policy', { ...stack.dependencies, basis: { load } }));
  }
  return measure.result();
}

/** What is told of a new customer, in the history; of one who stays in a tier nothing is added to it. */
async function ofHistoryRows(stack: ProfileStack): Promise<Measured> {
  const measure = measuring('history of a new customer', stack);
  for (let customer = 0; customer < 6; customer++) {
    const n = ++shoppers;
    await paidBy(n, { number: 0, atMs: NOW_MS }, stack, async (run) => void (await run()));
    const [{ persona } = { persona: undefined }] = await entriesOf(historyOf(n, { orders: 1, days: 1 }), stack);
    const now = persona && (await stack.dependencies.customers.getPlace(persona));
    if (!now) throw new Error('No profile was made.');
    const rows = eventsBetween(undefined, now).flatMap(rowsOf);
    await measure.of(async () => {
      for (const { profile, entry } of rows) await stack.history.putHistory(profile, entry);
    });
  }
  return measure.result();
}

async function ofSweep(stack: ProfileStack): Promise<Measured> {
  const measure = measuring('a sweep, nothing due', stack);
  // The first one finds rates that no order was converted by.
  await sweep({ ...stack.dependencies, queue: { ...stack.dependencies.queue, send: async () => undefined } });
  await measure.of(() => sweep(stack.dependencies));
  return measure.result();
}

/** A customer that nobody measures: whatever is read once a minute is read by then. */
async function warmUp(stack: ProfileStack): Promise<void> {
  await stack.build(await entriesOf(historyOf(++shoppers, { orders: 2, days: 30 }), stack));
}

/** What a function has in memory, as another order of the same minute had asked for it. */
async function remember({ basis, rates, clock }: ProfileStack['dependencies']): Promise<void> {
  await basis.load();
  await rates.about('USD', instant(clock().getTime()).slice(0, 10));
}

function measuring(name: string, { counted, dependencies }: ProfileStack) {
  let runs = 0;
  const sum = { read: 0, write: 0 };
  const calls = new Map<string, { read: number; write: number }>();
  return {
    async of(run: () => Promise<unknown>): Promise<void> {
      await remember(dependencies);
      resetUnits(counted);
      await run();
      runs++;
      sum.read += counted.read;
      sum.write += counted.write;
      for (const [call, { read, write }] of counted.byCall) {
        const known = calls.get(call) ?? { read: 0, write: 0 };
        calls.set(call, { read: known.read + read, write: known.write + write });
      }
    },
    result(): Measured {
      const each = ({ read, write }: Units): Units => ({ read: read / runs, write: write / runs });
      return { name, units: each(sum), calls: new Map([...calls].map(([call, units]) => [call, each(units)])) };
    },
  };
}

function unitsTable(title: string, measured: readonly Measured[], typical: Measured): UnitsTable {
  return {
    title,
    head: ['write units', 'read units', '$ per million', `writes to ${TYPICAL}`, `$ to ${TYPICAL}`],
    rows: measured.map(({ name, units }) => [
      name,
      units.write.toFixed(1),
      units.read.toFixed(1),
      dollarsPerMillion(units).toFixed(2),
      (units.write / typical.units.write).toFixed(2),
      (dollarsPerMillion(units) / dollarsPerMillion(typical.units)).toFixed(2),
    ]),
  };
}

/** Where they come from: functions of the stores. */
function callsTable(measured: readonly Measured[]): UnitsTable {
  const calls = [...new Set(measured.flatMap(({ calls }) => [...calls.keys()]))];
  const cell = (value: number | undefined) => (value ? value.toFixed(1) : '');
  return {
    title: 'of these, by what asks for them',
    head: measured.flatMap(({ name }) => [`${name} orders: writes`, 'reads']),
    rows: calls.map((call) => [
      call,
      ...measured.flatMap(({ calls }) => [cell(calls.get(call)?.write), cell(calls.get(call)?.read)]),
    ]),
  };
}
