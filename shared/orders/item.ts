/**
 * An order as a DynamoDB item, kept small: a document's parts share one version, so versions stand in a list of their
 * own and parts point into it. Nothing derived is stored.
 *
 *     key · revision · cause
 *     versions   [[source, fetchedAt, tie, reading, rank, digest, envelope id], …]
 *     single     { state: [index of version, value], … }
 *     payments, refunds  { id: [index of version, value], … }
 *     sightings  [[epoch ms, reading, milestones as bits], …]
 *     first      envelope id
 */
import type { EnvelopeId } from '../lake/envelope.ts';
import type { OrderParts, Part, Sighting } from './merge.ts';
import { MILESTONES, type Payment, type Refund } from './parts.ts';

type PackedVersion = readonly [
  source: number,
  fetchedAt: number,
  tie: string,
  reading: number,
  rank: number,
  digest: string,
  envelope: EnvelopeId,
];
type PackedPart<T> = readonly [version: number, value: T];
type PackedParts<T> = Readonly<Record<string, PackedPart<T>>>;

export interface PackedOrder {
  readonly versions: readonly PackedVersion[];
  readonly single: PackedParts<unknown>;
  readonly payments?: PackedParts<Payment>;
  readonly refunds?: PackedParts<Refund>;
  readonly sightings: readonly (readonly [at: number, reading: number, shown: number])[];
  readonly first?: EnvelopeId;
}

export function packOrder({ single, payments, refunds, sightings, first }: OrderParts): PackedOrder {
  const versions: PackedVersion[] = [];
  const indexes = new Map<string, number>();

  function packPart<T>({ value, version, envelope }: Part<T>): PackedPart<T> {
    const { source, fetchedAt, tie, reading, rank, digest } = version;
    const packed: PackedVersion = [source, fetchedAt, tie, reading, rank, digest, envelope];
    const name = packed.join(' ');
    const known = indexes.get(name);
    if (known !== undefined) return [known, value];
    indexes.set(name, versions.length);
    versions.push(packed);
    return [versions.length - 1, value];
  }
  const pack = <T>(parts: Readonly<Record<string, Part<T>>>): PackedParts<T> =>
    Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, packPart(part)]));

  return {
    single: pack<unknown>(single),
    ...(Object.keys(payments).length > 0 && { payments: pack(payments) }),
    ...(Object.keys(refunds).length > 0 && { refunds: pack(refunds) }),
    sightings: sightings.map(({ at, reading, shown }) => [at, reading, toBits(shown)] as const),
    versions,
    ...(first !== undefined && { first }),
  };
}

export function unpackOrder(packed: PackedOrder): OrderParts {
  const versions = packed.versions.map(([source, fetchedAt, tie, reading, rank, digest, envelope]) => ({
    version: { source, fetchedAt, tie, reading, rank, digest },
    envelope,
  }));
  const unpack = <T>(parts: PackedParts<T> = {}): Record<string, Part<T>> =>
    Object.fromEntries(
      Object.entries(parts).flatMap(([name, [index, value]]) => {
        const stamp = versions[index];
        return stamp ? [[name, { value, ...stamp }]] : [];
      }),
    );
  return {
    // The cast: only packOrder writes these items, under the names and with the values of OrderParts['single'].
    single: unpack(packed.single) as OrderParts['single'],
    payments: unpack(packed.payments),
    refunds: unpack(packed.refunds),
    sightings: packed.sightings.map(([at, reading, bits]): Sighting => ({ at, reading, shown: fromBits(bits) })),
    ...(packed.first !== undefined && { first: packed.first }),
  };
}

const toBits = (shown: Sighting['shown']): number =>
  MILESTONES.reduce((bits, milestone, index) => bits | (shown.includes(milestone) ? 1 << index : 0), 0);
const fromBits = (bits: number): Sighting['shown'] => MILESTONES.filter((_, index) => bits & (1 << index));
