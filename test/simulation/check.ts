/**
 * What must hold when all has come to rest. The measure is a run without queues, faults or retries: each delivery that
 * counts, read once, in the order in which the platform made it.
 */
import { createHash } from 'node:crypto';
import type { Signal, Unacceptable } from '../../shared/channels/adapter.ts';
import { covers } from '../../shared/hydration/fetch-detail.ts';
import { bodyBytes, type Envelope, EnvelopeId, encodeBody } from '../../shared/lake/envelope.ts';
import { deriveOrder } from '../../shared/orders/derive.ts';
import { interpret } from '../../shared/orders/interpret.ts';
import { mergeOrder, NO_PARTS, type OrderParts, type OrderUpdate } from '../../shared/orders/merge.ts';
import { type OrderKey, parseOrderKey } from '../../shared/orders/order-key.ts';
import type { SourceVersion } from '../../shared/orders/parts.ts';
import type { QuarantineEntry } from '../../shared/quarantine/quarantine.ts';
import { canonical } from './canonical.ts';
import { checkProfiles, type ProfilesCount } from './check-profiles.ts';
import type { Plan, PlannedDelivery, SimulatedChannel } from './plan.ts';
import { poisonKey } from './profiles-stage.ts';
import type { World } from './world.ts';

export interface Problem {
  readonly code:
    | 'acknowledged_lost'
    | 'lake_altered'
    | 'forged_stored'
    | 'refused_though_genuine'
    | 'update_lost'
    | 'order_differs'
    | 'order_extra'
    | 'totals_differ'
    | 'order_stale'
    | 'quarantine_differs'
    | 'queue_not_empty'
    | 'stream_not_followed'
    | 'never_settled'
    | 'place_differs'
    | 'profile_differs'
    | 'tier_differs'
    | 'segments_differ'
    | 'review_late'
    | 'suggestion_differs';
  readonly what: string;
  /** The deliveries concerned, by index; where known. */
  readonly deliveries?: readonly number[];
}

export interface Totals {
  orders: number;
  /** Minor units of one currency. */
  paid: number;
  refunded: number;
  net: number;
}

export interface Verdict extends ProfilesCount {
  readonly problems: readonly Problem[];
  /** Of the orders, quarantine and totals, but not of what chance did on the way to them. */
  readonly digest: string;
  readonly totals: ReadonlyMap<string, Totals>;
  readonly orders: number;
  readonly quarantined: number;
  readonly ignored: number;
}

interface Reading {
  readonly updates: readonly { readonly key: OrderKey; readonly update: OrderUpdate }[];
  readonly signals: readonly Signal[];
  readonly unacceptable?: Unacceptable;
  readonly ignored: boolean;
}

export async function checkWorld(world: World, plan: Plan, channel: SimulatedChannel): Promise<Verdict> {
  const problems: Problem[] = [];
  const report: Report = (code, what, deliveries) => problems.push({ code, what, ...(deliveries && { deliveries }) });

  for (const { name, left, dead } of world.queues) {
    if (left + dead.length === 0) continue;
    const [letter = ''] = dead;
    report('queue_not_empty', `${name}: ${left} left, ${dead.length} dead ${letter.slice(0, 200)}`);
  }
  const { stored, answers } = await checkLake(world, channel, report);
  const counting = new Set<PlannedDelivery>();
  for (const { delivery } of world.acknowledged) counting.add(delivery);
  // Stored, but never acknowledged: allowed, and then it counts.
  for (const { delivery } of stored.values()) counting.add(delivery);
  for (const [delivery, status] of world.givenUp) {
    if (delivery.kind !== 'forged' && status >= 400 && status < 500) {
      report('refused_though_genuine', `delivery ${delivery.index} was at last answered ${status}`);
    }
  }

  const readings = new Map<PlannedDelivery, Reading>();
  const expected = new Map<OrderKey, OrderParts>();
  for (const delivery of plan.deliveries) {
    if (!counting.has(delivery)) continue;
    const reading = read(delivery, plan, channel);
    readings.set(delivery, reading);
    for (const { key, update } of reading.updates) expected.set(key, mergeOrder(expected.get(key) ?? NO_PARTS, update));
  }
  const fetched = answers.map((envelope) => ({ envelope, ...readEnvelope(envelope, plan, channel) }));
  for (const { updates } of fetched) {
    for (const { key, update } of updates) expected.set(key, mergeOrder(expected.get(key) ?? NO_PARTS, update));
  }
  checkNews(readings, fetched, report);

  const hash = createHash('sha256');
  const keys = world.orders.keys().filter((key) => key !== poisonKey(plan));
  const parts = new Map(keys.map((key) => [key, world.orders.peek(key)?.parts ?? NO_PARTS]));
  const totals = checkOrders({ parts, expected, channel, report, hash });
  for (const [delivery, { updates }] of readings) {
    for (const { key, update } of updates) {
      const known = parts.get(key) ?? NO_PARTS;
      if (mergeOrder(known, update) === known) continue;
      report('update_lost', `delivery ${delivery.index} is not in effect in ${key}`, tellersOf(key, readings));
    }
  }
  for (const { envelope, updates } of fetched) {
    for (const { key, update } of updates) {
      const known = parts.get(key) ?? NO_PARTS;
      if (mergeOrder(known, update) !== known)
        report('update_lost', `answer ${envelope.id} is not in effect in ${key}`);
    }
  }
  if (world.lanes.waiting().length > 0)
    report('queue_not_empty', `${world.lanes.waiting().length} fetches wait for ever`);
  const quarantined = await checkQuarantine({ world, stored, readings, report, hash });
  const { profiles } = world;
  const ofProfiles = profiles
    ? await checkProfiles({
        orders: world.orders,
        profiles,
        plan,
        channel,
        hash,
        report: (code, what, told) =>
          report(
            code,
            what,
            told?.flatMap((key) => tellersOf(key, readings)),
          ),
      })
    : { profiles: 0, personas: 0 };
  const ignored = [...readings.values()].filter((reading) => reading.ignored).length;
  const digest = hash.digest('hex').slice(0, 32);
  return { problems, digest, totals, orders: expected.size, quarantined, ignored, ...ofProfiles };
}

const tellersOf = (key: OrderKey, readings: ReadonlyMap<PlannedDelivery, Reading>): number[] =>
  [...readings].flatMap(([{ index }, { updates }]) => (updates.some((told) => told.key === key) ? [index] : []));

type Report = (code: Problem['code'], what: string, deliveries?: readonly number[]) => void;

interface StoredEnvelope {
  readonly delivery: PlannedDelivery;
  readonly objects: string[];
}

/** Every envelope of the lake is one that ingest made of a genuine request, byte for byte, and none that was promised is missing. */
async function checkLake(world: World, channel: SimulatedChannel, report: Report) {
  const made = new Map<string, PlannedDelivery>();
  for (const { envelope, delivery } of world.attempts) if (envelope) made.set(envelope, delivery);
  const stored = new Map<EnvelopeId, StoredEnvelope>();
  const answers: Envelope[] = [];
  for (const object of world.lake.objects()) {
    const inObject = new Set<string>();
    for (const envelope of await world.lake.read(object)) {
      if (envelope.subject !== undefined) {
        answers.push(envelope);
        continue;
      }
      const delivery = made.get(envelope.id);
      if (!delivery || delivery.kind === 'forged') {
        report(
          'forged_stored',
          `${object} holds ${envelope.id}, of ${delivery ? `forged delivery ${delivery.index}` : 'nobody'}`,
        );
        continue;
      }
      if (inObject.has(envelope.id)) report('lake_altered', `${object} holds ${envelope.id} twice`);
      inObject.add(envelope.id);
      if (!isSame(envelope, delivery, channel))
        report('lake_altered', `${envelope.id} is not delivery ${delivery.index} as sent`);
      const known = stored.get(envelope.id);
      if (known) known.objects.push(object);
      else stored.set(envelope.id, { delivery, objects: [object] });
    }
  }
  for (const { envelope, delivery } of world.acknowledged) {
    if (!envelope || !stored.has(envelope)) {
      report(
        'acknowledged_lost',
        `delivery ${delivery.index} was acknowledged, and envelope ${envelope ?? '(none)'} is not in the lake`,
      );
    }
  }
  return { stored, answers };
}

function isSame(envelope: Envelope, { request, connection }: PlannedDelivery, { adapter }: SimulatedChannel): boolean {
  return (
    envelope.channel === adapter.door.channel &&
    envelope.connection === connection &&
    envelope.query === request.query &&
    adapter.door.keptHeaders.every((name) => envelope.headers[name] === request.headers[name]) &&
    Buffer.compare(bodyBytes(envelope), request.body) === 0
  );
}

/** What was heard of has come: an answer as new as the newest webhook of its subject, fetched late enough. */
function checkNews(
  readings: ReadonlyMap<PlannedDelivery, Reading>,
  fetched: readonly (Reading & { readonly envelope: Envelope })[],
  report: Report,
): void {
  const versions = new Map<string, Pick<SourceVersion, 'source' | 'fetchedAt'>[]>();
  for (const { envelope, updates } of fetched) {
    const subject = `${envelope.connection} ${envelope.subject}`;
    const known = versions.get(subject) ?? [];
    versions.set(subject, known);
    // What says nothing of an order is the last word on its subject, too.
    if (updates.length === 0) known.push({ source: Number.MAX_SAFE_INTEGER, fetchedAt: Number.MAX_SAFE_INTEGER });
    known.push(...updates.map(({ update }) => update.document.version));
  }
  for (const [{ connection, index }, { signals }] of readings) {
    for (const { subject, heard } of signals) {
      const come = versions.get(`${connection} ${subject}`) ?? [];
      if (come.some((version) => covers(version, heard))) continue;
      report('order_stale', `delivery ${index} told of ${subject}, and nothing as new was fetched`, [index]);
    }
  }
}

function read(delivery: PlannedDelivery, plan: Plan, channel: SimulatedChannel): Reading {
  const { request, connection, index } = delivery;
  const { adapter } = channel;
  const kept = adapter.door.keptHeaders.flatMap((name) => {
    const value = request.headers[name];
    return value === undefined ? [] : [[name, value]];
  });
  const envelope: Envelope = {
    // After all true ids: which envelope was the first of an order is known only to those who received it.
    id: EnvelopeId.parse(`ffffffff-ffff-7000-8000-${index.toString(16).padStart(12, '0')}`),
    receivedAt: new Date(plan.startMs).toISOString(),
    channel: adapter.door.channel,
    connection,
    headers: Object.fromEntries(kept),
    query: request.query,
    ...encodeBody(request.body),
  };
  return readEnvelope(envelope, plan, channel);
}

function readEnvelope(envelope: Envelope, plan: Plan, { adapter }: SimulatedChannel): Reading {
  const known = plan.connections.find(({ connection }) => connection.id === envelope.connection)?.connection;
  const reading = interpret(envelope, adapter, known);
  if (reading.kind === 'unacceptable') return { updates: [], signals: [], unacceptable: reading, ignored: false };
  if (reading.kind === 'ignored') return { updates: [], signals: [], ignored: true };
  const { updates, signals, except } = reading;
  return { updates, signals, ignored: false, ...(except && { unacceptable: except }) };
}

interface OrdersCheck {
  /** As stored. */
  readonly parts: ReadonlyMap<OrderKey, OrderParts>;
  readonly expected: ReadonlyMap<OrderKey, OrderParts>;
  readonly channel: SimulatedChannel;
  readonly report: Report;
  readonly hash: { update(text: string): unknown };
}

/** The orders derived from what is stored are those of the measure, and their totals are counted once. */
function checkOrders({ parts, expected, channel, report, hash }: OrdersCheck): Map<string, Totals> {
  const totals = new Map<string, Totals>();
  const expectedTotals = new Map<string, Totals>();
  const keys = [...new Set([...expected.keys(), ...parts.keys()])].sort();
  for (const key of keys) {
    const name = parseOrderKey(key);
    const right = expected.get(key);
    const stored = parts.get(key);
    if (!name || !right) {
      report('order_extra', `${key} is an order that nobody told of`);
      continue;
    }
    const identity = { ...name, category: channel.adapter.door.category, revision: 0 };
    const wanted = deriveOrder(identity, right);
    add(expectedTotals, name.connection, wanted.totals);
    if (!stored) {
      report('order_differs', `${key} is missing`);
      continue;
    }
    const found = deriveOrder(identity, stored);
    add(totals, name.connection, found.totals);
    const text = canonical(found);
    hash.update(`${text}\n`);
    if (text !== canonical(wanted)) report('order_differs', `${key}\n  is     ${text}\n  not    ${canonical(wanted)}`);
  }
  for (const [connection, wanted] of expectedTotals) {
    const found = canonical(totals.get(connection) ?? {});
    if (found !== canonical(wanted)) report('totals_differ', `${connection}: ${found}, not ${canonical(wanted)}`);
    hash.update(`${connection} ${found}\n`);
  }
  return totals;
}

function add(totals: Map<string, Totals>, connection: string, more: Omit<Totals, 'orders'> | undefined): void {
  const sum = totals.get(connection) ?? { orders: 0, paid: 0, refunded: 0, net: 0 };
  totals.set(connection, sum);
  sum.orders++;
  sum.paid += more?.paid ?? 0;
  sum.refunded += more?.refunded ?? 0;
  sum.net += more?.net ?? 0;
}

interface QuarantineCheck {
  readonly world: World;
  readonly stored: ReadonlyMap<EnvelopeId, StoredEnvelope>;
  readonly readings: ReadonlyMap<PlannedDelivery, Reading>;
  readonly report: Report;
  readonly hash: { update(text: string): unknown };
}

/** Every stored envelope that can't be read has its entry, with the reason and where it lies; nothing else has one. */
async function checkQuarantine({ world, stored, readings, report, hash }: QuarantineCheck): Promise<number> {
  const entries = new Map<EnvelopeId, QuarantineEntry>();
  let cursor: string | undefined;
  do {
    const page = await world.quarantine.list({ status: 'open', limit: 50, ...(cursor !== undefined && { cursor }) });
    for (const entry of page.items) entries.set(entry.envelopeId, entry);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);

  const seen = new Set<PlannedDelivery>();
  for (const [id, { delivery, objects }] of stored) {
    const reason = readings.get(delivery)?.unacceptable;
    const entry = entries.get(id);
    entries.delete(id);
    if (!reason && !entry) continue;
    const agrees =
      entry && reason && entry.code === reason.code && entry.path === reason.path && objects.includes(entry.object);
    if (agrees) seen.add(delivery);
    else
      report(
        'quarantine_differs',
        `delivery ${delivery.index}: ${entry?.code ?? 'no entry'}, not ${reason?.code ?? 'no entry'}`,
      );
  }
  for (const id of entries.keys()) report('quarantine_differs', `${id} is in quarantine and not in the lake`);
  for (const { index } of [...seen].sort((a, b) => a.index - b.index)) hash.update(`quarantined ${index}\n`);
  return seen.size;
}
