/**
 * A subject made ready to be read by many conditions at many instants: what one of them adds up, the others find. A catalogue's
 * plan gives each part of the buying and each window on it a place, so that finding it is one step.
 */
import { parseOrderKey } from '../orders/order-key.ts';
import type { Breakdown } from '../profiles/facts.ts';
import type { Kind } from '../profiles/sums.ts';
import { DAY_MS, type Paid, paidOf } from '../profiles/windows.ts';
import { rhythmOf } from '../tiers/measures.ts';
import { instantMs } from '../time/instant-ms.ts';
import type { Subject } from './catalogue.ts';
import type { SetField } from './condition.ts';

/** Orders of any of these channels, regions …, or goods of any of these categories. */
export interface PartOfBuying {
  readonly kind: Kind;
  /** Each once. */
  readonly names: readonly string[];
}

export interface WindowOfPart {
  /** Place of the part. */
  readonly part: number;
  readonly days: number;
}

export interface Plan {
  /** Undefined: all that was bought. */
  readonly parts: readonly (PartOfBuying | undefined)[];
  readonly windows: readonly WindowOfPart[];
  /** By channel. */
  readonly channelCategories: ReadonlyMap<string, string>;
}

interface Total {
  readonly orders: number;
  /** Minor units of the reporting currency. */
  readonly net: number;
}

export interface Reader {
  readonly plan: Plan;
  readonly subject: Subject;
  /** Now: of this instant what was read is kept. */
  readonly atMs: number;
  /** By place in the order of evaluation: whether the subject is in the segment, as far as they are decided. */
  readonly isMember: boolean[];
  /** Kept, by place in the plan. */
  readonly ledgers: (Ledger | undefined)[];
  readonly totals: (Total | undefined)[];
  readonly turns: (readonly number[] | undefined)[];
  readonly names: Map<SetField, readonly string[]>;
  paid?: readonly Paid[];
  /** Null: there is none. */
  rhythm?: Rhythm | null;
}

type Rhythm = NonNullable<ReturnType<typeof rhythmOf>>;

export const readerOf = (subject: Subject, plan: Plan): Reader => ({
  plan,
  subject,
  atMs: instantMs(subject.at),
  isMember: [],
  ledgers: [],
  totals: [],
  turns: [],
  names: new Map(),
});

/** Of a part: its orders in order of time, with running sums. */
interface Ledger {
  readonly entries: readonly Entry[];
  /** Of the first i entries; one longer than they are. */
  readonly orders: readonly number[];
  readonly net: readonly number[];
  /** Those with several orders somewhere between two instants. */
  readonly coarse: readonly Entry[];
}

interface Entry extends Total {
  readonly firstMs: number;
  readonly lastMs: number;
}

function ledgerOf(reader: Reader, place: number): Ledger {
  const kept = reader.ledgers[place];
  if (kept) return kept;
  const ledger = makeLedger(reader, reader.plan.parts[place]);
  reader.ledgers[place] = ledger;
  return ledger;
}

function makeLedger(reader: Reader, part: PartOfBuying | undefined): Ledger {
  reader.paid ??= paidOf(reader.subject.history);
  const entries: Entry[] = [];
  for (const paid of reader.paid) {
    if (part) addEntriesOf(paid, part, entries);
    else entries.push(entryOf(paid));
  }
  entries.sort((a, b) => a.firstMs - b.firstMs);
  const orders = [0];
  const net = [0];
  const coarse: Entry[] = [];
  let [orderCount, netSum] = [0, 0];
  for (const entry of entries) {
    orderCount += entry.orders;
    netSum += entry.net;
    orders.push(orderCount);
    net.push(netSum);
    if (entry.firstMs < entry.lastMs) coarse.push(entry);
  }
  return { entries, orders, net, coarse };
}

const entryOf = ({ firstMs, lastMs, sums }: Paid): Entry => ({
  firstMs,
  lastMs,
  orders: sums.orders,
  net: sums.reporting.net,
});

/** One for each name, as an order with goods of two categories is one of each. Of a single order its part says when. */
function addEntriesOf({ firstMs, lastMs, sums }: Paid, { kind, names }: PartOfBuying, entries: Entry[]): void {
  const parts = sums.parts[kind];
  for (const name of names) {
    const part = ownOf(parts, name);
    if (!part) continue;
    const partLastMs = firstMs === lastMs ? lastMs : instantMs(part.last);
    const partFirstMs = part.orders === 1 ? partLastMs : firstMs;
    entries.push({ firstMs: partFirstMs, lastMs: partLastMs, orders: part.orders, net: part.reporting });
  }
}

/** Names come from strangers, and every object has a `constructor`. */
const ownOf = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

/** Minor units of the reporting currency, of all orders of the part. */
export function netOfPart(reader: Reader, place: number): number {
  const { net } = ledgerOf(reader, place);
  return net.at(-1) ?? 0;
}

/** A sum at an instant; where orders of a coarse day may have crossed an edge of the window or not, the least it may be, or the most. */
export function sumWithin(reader: Reader, place: number, of: keyof Total, ms: number, most: boolean): number {
  if (ms === reader.atMs) return totalNow(reader, place)[of];
  const { part, days } = windowAt(reader, place);
  const ledger = ledgerOf(reader, part);
  const beginMs = ms - days * DAY_MS;
  const known = totalBetween(ledger, beginMs, ms)[of];
  return ledger.coarse.length === 0 ? known : known + doubtOf(ledger.coarse, { beginMs, endMs: ms }, of, most);
}

/** Now the orders of the days at its edges are known one by one. */
function totalNow(reader: Reader, place: number): Total {
  const kept = reader.totals[place];
  if (kept) return kept;
  const { part, days } = windowAt(reader, place);
  const total = totalBetween(ledgerOf(reader, part), reader.atMs - days * DAY_MS, reader.atMs);
  reader.totals[place] = total;
  return total;
}

/** With coarse days as if paid at their first instants. */
function totalBetween({ entries, orders, net }: Ledger, afterMs: number, untilMs: number): Total {
  const from = countUntil(entries, afterMs);
  const to = countUntil(entries, untilMs);
  return { orders: (orders[to] ?? 0) - (orders[from] ?? 0), net: (net[to] ?? 0) - (net[from] ?? 0) };
}

/** How many of the entries are at or before `ms`. */
function countUntil(entries: readonly Entry[], ms: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.firstMs ?? 0) <= ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Span {
  readonly beginMs: number;
  readonly endMs: number;
}

/** What to add to the sum. Of money nothing is known: an order may bring less than nothing, when gift cards are taken off. */
function doubtOf(coarse: readonly Entry[], { beginMs, endMs }: Span, of: keyof Total, most: boolean): number {
  let orders = 0;
  let isInDoubt = false;
  for (const entry of coarse) {
    const isLeaving = entry.firstMs <= beginMs && entry.lastMs > beginMs;
    const isEntering = entry.firstMs <= endMs && entry.lastMs > endMs;
    isInDoubt ||= isLeaving || isEntering;
    // The last of them is in a window that it is yet to leave, and not in one that it is yet to enter.
    if (isLeaving) orders += most ? entry.orders : 1;
    if (isEntering) orders -= most ? 1 : entry.orders;
  }
  if (of === 'orders') return orders;
  return isInDoubt ? (most ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY) : 0;
}

function windowAt({ plan }: Reader, place: number): WindowOfPart {
  const window = plan.windows[place];
  if (!window) throw new RangeError(`The plan has no window ${place}.`);
  return window;
}

/** Ascending, after now: between two of them the window's sum stays what it is, or as little known. */
export function windowTurns(reader: Reader, place: number): readonly number[] {
  const kept = reader.turns[place];
  if (kept) return kept;
  const turns = makeTurns(reader, windowAt(reader, place));
  reader.turns[place] = turns;
  return turns;
}

function makeTurns(reader: Reader, { part, days }: WindowOfPart): readonly number[] {
  const turns: number[] = [];
  const add = (ms: number) => {
    if (ms > reader.atMs) turns.push(ms);
  };
  // A clock may have run ahead when an order was paid.
  for (const { firstMs, lastMs } of ledgerOf(reader, part).entries) {
    for (const ms of firstMs === lastMs ? [firstMs] : [firstMs, lastMs]) {
      add(ms);
      add(ms + days * DAY_MS);
    }
  }
  return turns.sort((a, b) => a - b);
}

/** Of the names, what the facts say of each; a channel may have none. */
export function breakdownsOf({ facts }: Subject, { kind, names }: PartOfBuying): readonly Breakdown[] {
  const known = facts[kind];
  return names.flatMap((name) => ownOf(known, name) ?? []);
}

/** The customer's own. */
export function rhythmIn(reader: Reader): Rhythm | null {
  if (reader.rhythm === undefined) reader.rhythm = rhythmOf(reader.subject.facts) ?? null;
  return reader.rhythm;
}

export function namesOf(reader: Reader, field: SetField): readonly string[] {
  let names = reader.names.get(field);
  if (!names) {
    names = readNames(reader, field);
    reader.names.set(field, names);
  }
  return names;
}

function readNames({ subject, plan }: Reader, field: SetField): readonly string[] {
  const { facts, personas, tags, consents } = subject;
  switch (field) {
    case 'channelCategories':
      return distinct(Object.keys(facts.channels).flatMap((channel) => plan.channelCategories.get(channel) ?? []));
    case 'connections':
      return distinct(
        personas.flatMap((id) => {
          // It has the form of an order's key.
          const name = parseOrderKey(id);
          return name ? [`${name.channel}/${name.connection}`] : [];
        }),
      );
    case 'tags':
      return tags;
    case 'consents':
      return consents;
    default:
      return Object.keys(facts[field]);
  }
}

export const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)];
