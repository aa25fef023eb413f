/** A segment: a named condition, whose every edit is a version. Versions are only ever added. */
import * as z from 'zod';
import type { Instant } from '../time/instant.ts';
import { Condition, SegmentId } from './condition.ts';

/** What people write. */
export const SegmentDefinition = z.strictObject({
  id: SegmentId,
  /** In any script. */
  name: z.string().trim().min(1).max(100),
  description: z.string().trim().max(1000).optional(),
  when: Condition,
});
export type SegmentDefinition = z.infer<typeof SegmentDefinition>;

/** One version of a segment, as it was put. */
export interface SegmentVersion extends SegmentDefinition {
  /** 1, 2, … by segment. */
  readonly version: number;
  /** Of all segments together: that of the put. What was derived by it knows this version and all before. */
  readonly revision: number;
  /** An archived one has no members; it is restored by putting it again. */
  readonly isArchived: boolean;
  readonly by: string;
  readonly at: Instant;
  readonly why?: string;
}

export const SEGMENTS_MOST = 500;
export const LARGEST_DEFINITION_BYTES = 16 * 1024;
