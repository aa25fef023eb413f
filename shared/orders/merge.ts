/**
 * Merging what messages say of an order. A maximum for parts, a union for sightings: commutative, associative and
 * idempotent, so duplicates and disorder cannot change the result. What follows from the parts is in `derive.ts`.
 */
import type { EnvelopeId } from '../lake/envelope.ts';
import { epochMs } from '../time/instant.ts';
import {
  MILESTONES,
  type Milestone,
  type OrderDocument,
  type Payment,
  type Refund,
  type SinglePart,
  type SingleParts,
  type SourceVersion,
  type State,
} from './parts.ts';
import { compareVersions, digest, type Version } from './version.ts';

export interface Part<T> {
  readonly value: T;
  readonly version: Version;
  /** The envelope that brought it. Of two that brought the same, the one merged first: like `revision`, no part of what the order is. */
  readonly envelope: EnvelopeId;
}

/** A document was seen that, as of `at`, showed these milestones as reached. */
export interface Sighting {
  /** Epoch milliseconds by the source's clock. */
  readonly at: number;
  readonly reading: number;
  readonly shown: readonly Milestone[];
}

export interface OrderParts {
  readonly single: { readonly [K in SinglePart]?: Part<SingleParts[K]> };
  readonly payments: Readonly<Record<string, Part<Payment>>>;
  readonly refunds: Readonly<Record<string, Part<Refund>>>;
  /** By time, the earliest first, at most `SIGHTINGS_KEPT`. */
  readonly sightings: readonly Sighting[];
  /** The first received of all envelopes that told of the order: of ids that sort by time of receipt, the least. */
  readonly first?: EnvelopeId;
}

export interface OrderUpdate {
  readonly document: OrderDocument;
  readonly envelope: EnvelopeId;
  readonly reading: number;
}

/**
 * Enough for any order seen (ten is a lot), and a bound for one that an app touches every minute. An order that reaches
 * a milestone only after this many updates is taken to have reached it at the last of them.
 */
export const SIGHTINGS_KEPT = 48;

export const NO_PARTS: OrderParts = { single: {}, payments: {}, refunds: {}, sightings: [] };

/** The order with the update merged in; the very same object if the update brings nothing new. */
export function mergeOrder(order: OrderParts, update: OrderUpdate): OrderParts {
  const { document, reading } = update;
  const { state } = document.parts;
  const merged: OrderParts = {
    single: mergeSingle(order.single, update),
    payments: mergeListed(order.payments, document.payments, paymentRank, update),
    refunds: mergeListed(order.refunds, document.refunds, refundRank, update),
    sightings: state ? mergeSightings(order.sightings, [sight(state, reading)]) : order.sightings,
    first: order.first !== undefined && order.first <= update.envelope ? order.first : update.envelope,
  };
  const same =
    merged.single === order.single &&
    merged.payments === order.payments &&
    merged.refunds === order.refunds &&
    merged.sightings === order.sightings &&
    merged.first === order.first;
  return same ? order : merged;
}

/** The parts of a document share one version, its digest included: of two that tie, one wins as a whole. */
function mergeSingle(known: OrderParts['single'], { document, reading, envelope }: OrderUpdate): OrderParts['single'] {
  const { parts } = document;
  const rank = parts.state ? stateRank(parts.state) : 0;
  const version: Version = { ...document.version, reading, rank, digest: digest(parts) };
  let merged = known;
  // The cast: Object.keys forgets that these are the keys of `parts`.
  for (const name of Object.keys(parts) as SinglePart[]) {
    const value = parts[name];
    if (value !== undefined && isNewer(version, known[name])) {
      merged = { ...merged, [name]: { value, version, envelope } };
    }
  }
  return merged;
}

interface Listed<T> {
  readonly id: string;
  readonly version: SourceVersion;
  readonly value: T;
}

/** Payments and refunds have versions of their own, since several messages carry the same one. */
function mergeListed<T>(
  known: Readonly<Record<string, Part<T>>>,
  listed: readonly Listed<T>[] | undefined,
  rankOf: (value: T) => number,
  { reading, envelope }: OrderUpdate,
): Readonly<Record<string, Part<T>>> {
  let merged = known;
  for (const { id, value, version: source } of listed ?? []) {
    const version: Version = { ...source, reading, rank: rankOf(value), digest: digest(value) };
    if (isNewer(version, merged[id])) merged = { ...merged, [id]: { value, version, envelope } };
  }
  return merged;
}

const isNewer = (version: Version, known: Part<unknown> | undefined): boolean =>
  known === undefined || compareVersions(version, known.version) > 0;

/** Union by time; at one time the better reading stands, so a fixed adapter takes back what the old one saw. */
function mergeSightings(a: readonly Sighting[], b: readonly Sighting[]): readonly Sighting[] {
  const byTime = new Map(a.map((sighting) => [sighting.at, sighting]));
  let changed = false;
  for (const next of b) {
    const known = byTime.get(next.at);
    const winner = known ? betterSighting(known, next) : next;
    if (winner !== known) {
      byTime.set(next.at, winner);
      changed = true;
    }
  }
  if (!changed) return a;
  const kept = [...byTime.values()].sort((x, y) => x.at - y.at).slice(0, SIGHTINGS_KEPT);
  return kept.length === a.length && kept.every((sighting, index) => sighting === a[index]) ? a : kept;
}

function betterSighting(known: Sighting, next: Sighting): Sighting {
  if (known.reading !== next.reading) return known.reading > next.reading ? known : next;
  // Two documents of one tick of a coarse clock.
  if (next.shown.every((milestone) => known.shown.includes(milestone))) return known;
  return { ...known, shown: MILESTONES.filter((m) => known.shown.includes(m) || next.shown.includes(m)) };
}

function sight(state: State, reading: number): Sighting {
  return { at: epochMs(state.updatedAt), reading, shown: MILESTONES.filter((m) => state.reached[m] !== undefined) };
}

const stateRank = (state: State): number =>
  1 + MILESTONES.findLastIndex((milestone) => state.reached[milestone] !== undefined);
const refundRank = (refund: Refund): number => ({ requested: 0, rejected: 1, succeeded: 2 })[refund.status];
const paymentRank = (payment: Payment): number => ({ pending: 0, failed: 1, succeeded: 2 })[payment.status];
