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
  /**
   * Of a version that only says otherwise what it is (name, description): the one before it that said who is in it. That one goes on
   * deciding, so nothing has to be derived anew. Absent: this one does.
   */
  readonly decidedBy?: Pick<SegmentVersion, 'version' | 'revision'>;
  /** An archived one has no members; it is restored by putting it again. */
  readonly isArchived: boolean;
  readonly by: string;
  readonly at: Instant;
  readonly why?: string;
}

/** The version that says who is in it. */
export const decidingVersion = ({
  decidedBy,
  version,
  revision,
}: Pick<SegmentVersion, 'decidedBy' | 'version' | 'revision'>): Pick<SegmentVersion, 'version' | 'revision'> =>
  decidedBy ?? { version, revision };

/** Of all segments together: the last revision by which anybody could enter or leave one. `versions`: the newest of each. */
export const decidingRevision = (versions: readonly SegmentVersion[]): number =>
  versions.reduce((most, one) => Math.max(most, decidingVersion(one).revision), 0);

export const SEGMENTS_MOST = 500;
export const LARGEST_DEFINITION_BYTES = 16 * 1024;
