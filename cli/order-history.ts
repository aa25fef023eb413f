/** The parts that an order is made of, each with its version and the envelope that it came from. */
import type { OrderParts, Part } from '../shared/orders/merge.ts';

interface PartHistory {
  /** `state`, `money` …, `payment <id>`, `refund <id>`. */
  readonly part: string;
  readonly version: {
    readonly source: number;
    /** The same as UTC, where it is a time. */
    readonly sourceAt?: string;
    /** Absent for what was pushed to us. */
    readonly fetchedAt?: string;
    readonly tie: string;
    readonly reading: number;
    readonly rank: number;
    readonly digest: string;
  };
  readonly envelope: string;
  /** A refund that a newer list of all refunds leaves out. */
  readonly retired?: true;
  readonly value: unknown;
}

export interface History {
  readonly parts: readonly PartHistory[];
  readonly sightings: readonly { readonly at: string; readonly reading: number; readonly shown: readonly string[] }[];
}

/** `standing`: ids of the refunds that the canonical order shows. */
export function historyOf(
  { single, payments, refunds, sightings }: OrderParts,
  standing: ReadonlySet<string>,
): History {
  const named = [
    ...Object.entries(single).map(([name, part]) => describe(name, part)),
    ...Object.entries(payments).map(([id, part]) => describe(`payment ${id}`, part)),
    ...Object.entries(refunds).map(([id, part]) => ({
      ...describe(`refund ${id}`, part),
      ...(!standing.has(id) && { retired: true as const }),
    })),
  ];
  return {
    parts: named,
    sightings: sightings.map(({ at, reading, shown }) => ({ at: utc(at), reading, shown })),
  };
}

function describe(part: string, { value, version, envelope }: Part<unknown>): PartHistory {
  const { source, fetchedAt, ...rest } = version;
  return {
    part,
    version: {
      source,
      ...(isTime(source) && { sourceAt: utc(source) }),
      ...(fetchedAt !== 0 && { fetchedAt: utc(fetchedAt) }),
      ...rest,
    },
    envelope,
    value,
  };
}

/** A source is epoch milliseconds or the platform's own number, and does not say which: 2001 to 2286 is taken as a time. */
const isTime = (source: number): boolean => source >= 1e12 && source < 1e13;

const utc = (epochMs: number): string => new Date(epochMs).toISOString();
