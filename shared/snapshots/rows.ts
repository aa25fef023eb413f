/**
 * What the customers table says, as rows for whoever reads all of it at once: a profile's place, a month of a persona, a mark.
 * Each has a key and says how new it is, so that of two the newer stands and a repeated or late one never matters. Nothing
 * personal is in them: no name, contact or identifier's value.
 */
import { parseOrderKey } from '../orders/order-key.ts';
import type { Month, Place } from '../profiles/customer.ts';
import type { Mark, MarkKind } from '../profiles/marks.ts';
import type { StoredProfile } from '../profiles/profile.ts';
import { KINDS, type Kind, type Part, type Sums } from '../profiles/sums.ts';
import { Defect } from '../runtime/errors.ts';
import type { Tier } from '../tiers/policy.ts';
import { DAY_KINDS, type DayKind } from './layout.ts';

/** Of each persona: of which profile it is, and if it is that profile, what is known of it. */
export interface ProfileRow {
  readonly id: string;
  readonly revision: number;
  readonly root: string;
  readonly writtenAt: string;
  /** What the profile is made of; only the root has this and what follows. */
  readonly members?: readonly string[];
  /** `channel/connection` of the members. */
  readonly connections?: readonly string[];
  readonly tier?: Tier;
  readonly tierSince?: string;
  /** Money in minor units of this one. */
  readonly currency?: string;
  readonly orders?: number;
  readonly netSpend?: number;
  readonly averageOrder?: number;
  /** 0 to 1 */
  readonly refundRate?: number;
  readonly firstPaidAt?: string;
  readonly lastPaidAt?: string;
  /** Days (UTC) with an order that counts, the first and the last of them. */
  readonly purchaseDays?: number;
  readonly firstDay?: string;
  readonly lastDay?: string;
  readonly clv12m?: number;
  readonly aliveProbability?: number;
  readonly nextOrderAt?: string;
  /** Names of those bought by; the figures of each are in the months. */
  readonly channels?: readonly string[];
  readonly categories?: readonly string[];
  readonly regions?: readonly string[];
  readonly stores?: readonly string[];
  readonly hosts?: readonly string[];
  /** Ids. */
  readonly segments?: readonly string[];
}

/** Orders of a persona on a day (UTC), all or those of a part. Money in minor units of the reporting currency. */
export interface DayLine {
  /** Of a part; empty for all. */
  readonly name: string;
  readonly firstAt: string;
  readonly lastAt: string;
  readonly orders: number;
  readonly net: number;
}

/** Days with an order that counts. */
export interface MonthRow extends Readonly<Record<DayKind, readonly DayLine[]>> {
  readonly persona: string;
  /** `2026-11` */
  readonly month: string;
  readonly revision: number;
}

/** Of a persona, kind and name the latest stands; of one instant, the one that takes back. */
export interface MarkRow {
  readonly persona: string;
  readonly kind: MarkKind;
  readonly name: string;
  readonly given: boolean;
  readonly saidAt: string;
}

export function profileRow(place: Place<StoredProfile>): ProfileRow {
  const { persona: id, revision, root, writtenAt, members, profile } = place;
  const known = { id, revision, root, writtenAt };
  if (id !== root || !profile) return known;
  const { facts, predicted, tier, segments = [] } = profile;
  const { firstPaidAt, lastPaidAt, purchases, reporting } = facts;
  const { clv12m, aliveProbability, nextOrderAt } = predicted;
  return {
    ...known,
    members,
    connections: connectionsOf(members),
    tier: tier.value,
    tierSince: tier.since,
    currency: reporting.currency,
    orders: facts.orders,
    netSpend: reporting.netSpend,
    averageOrder: reporting.averageOrder,
    refundRate: facts.refundRate,
    ...(firstPaidAt !== undefined && { firstPaidAt }),
    ...(lastPaidAt !== undefined && { lastPaidAt }),
    purchaseDays: purchases.days,
    ...(purchases.firstDay !== undefined && { firstDay: purchases.firstDay }),
    ...(purchases.lastDay !== undefined && { lastDay: purchases.lastDay }),
    ...(clv12m !== undefined && { clv12m }),
    ...(aliveProbability !== undefined && { aliveProbability }),
    ...(nextOrderAt !== undefined && { nextOrderAt }),
    channels: Object.keys(facts.channels),
    categories: Object.keys(facts.categories),
    regions: Object.keys(facts.regions),
    stores: Object.keys(facts.stores),
    hosts: Object.keys(facts.hosts),
    segments: segments.map((segment) => segment.id),
  };
}

function connectionsOf(members: readonly string[]): string[] {
  // A persona's name has the form of an order's key.
  const names = members.flatMap((member) => parseOrderKey(member) ?? []);
  return [...new Set(names.map(({ channel, connection }) => `${channel}/${connection}`))];
}

export function monthRow({ persona, month, revision, days }: Pick<Month, MonthField>): MonthRow {
  const lines = Object.values(days).map(({ sums }) => linesOf(sums));
  const all = (kind: DayKind) => lines.flatMap((line) => line?.[kind] ?? []);
  return { persona, month, revision, ...byDayKind(all) };
}
type MonthField = 'persona' | 'month' | 'revision' | 'days';

const byDayKind = <T>(of: (kind: DayKind) => T): Record<DayKind, T> =>
  // The cast: fromEntries forgets that there is an entry for each.
  Object.fromEntries(DAY_KINDS.map((kind) => [kind, of(kind)])) as Record<DayKind, T>;

/** Undefined: no order of the day counts. */
function linesOf({ orders, first, last, reporting, parts }: Sums): Record<DayKind, DayLine[]> | undefined {
  if (first === undefined) return undefined;
  const whole: DayLine = { name: '', firstAt: first, lastAt: last ?? first, orders, net: reporting.net };
  const lines = (kind: Kind) => Object.entries(parts[kind]).map(([name, part]) => partLine(name, part, first));
  return byDayKind((kind) => (isPart(kind) ? lines(kind) : [whole]));
}

const isPart = (kind: DayKind): kind is Kind => KINDS.some((one) => one === kind);

/** Of several orders of a part the first is not known, so it is taken to be that of the day. */
const partLine = (name: string, { orders, reporting, last }: Part, firstOfDay: string): DayLine => ({
  name,
  firstAt: orders === 1 ? last : firstOfDay,
  lastAt: last,
  orders,
  net: reporting,
});

export const markRow = (persona: string, { kind, name, on, at }: Mark): MarkRow => ({
  persona,
  kind,
  name,
  given: on,
  saidAt: at,
});

/** By what it says: `profiles` … */
export interface Rows {
  readonly profiles: readonly ProfileRow[];
  readonly months: readonly MonthRow[];
  readonly marks: readonly MarkRow[];
}

/**
 * UTF-8. DuckDB reads none that is longer, and with it no snapshot. What DynamoDB holds of a month is at most 400 KB, deflated: in
 * words it is some megabytes.
 */
export const LONGEST_ROW_BYTES = 32 * 1024 * 1024;

/** Half of a character that is written as two: names come from strangers, and no reader of JSON takes it. */
const HALF_CHARACTER = /\p{Surrogate}/gu;

/** A line each. Throws Defect where one is longer than anybody reads. */
export const ndjson = (rows: readonly object[]): string => rows.map((row) => `${lineOf(row)}\n`).join('');

function lineOf(row: object): string {
  const line = JSON.stringify(row, (_, value: unknown) =>
    typeof value === 'string' ? value.replace(HALF_CHARACTER, '\u{FFFD}') : value,
  );
  if (line.length * 3 > LONGEST_ROW_BYTES && Buffer.byteLength(line) > LONGEST_ROW_BYTES)
    throw new Defect(
      'row_too_long',
      `A row has over ${LONGEST_ROW_BYTES} bytes. It would keep every snapshot from being taken.`,
    );
  return line;
}
