/** Being in a segment: since when, by which version of it, and what was found at the leaves that decided it. */
import * as z from 'zod';
import type { PersonaId } from '../identity/persona.ts';
import type { Instant } from '../time/instant.ts';
import { SegmentId } from './condition.ts';

/** What a leaf of the condition read: `at` is its place in the tree, `/all/0`; absent where nothing is known. */
export const LeafValue = z.object({
  at: z.string(),
  value: z.union([z.number(), z.string(), z.boolean(), z.array(z.string())]).optional(),
});
export type LeafValue = z.infer<typeof LeafValue>;
/** Of a larger tree the first are kept. */
export const LEAVES_KEPT = 16;

export const Membership = z.object({
  id: SegmentId,
  /** Of the definition, that decided it last: what only renames it decides nothing. */
  version: z.int().positive(),
  /** Kept while the profile stays in it, whatever version. */
  since: z.iso.datetime(),
  /** As of the last derivation. */
  because: z.array(LeafValue),
});
export type Membership = z.infer<typeof Membership>;

export interface MembershipRow {
  readonly segment: string;
  readonly profile: PersonaId;
  /** Of the profile, when it entered or left. */
  readonly revision: number;
  readonly version: number;
  readonly since: Instant;
  /** When it entered, or left. */
  readonly because: readonly LeafValue[];
  /** Absent while it is in it. */
  readonly leftAt?: Instant;
}
