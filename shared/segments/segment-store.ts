/** Definitions of segments, and which profiles are in them. */
import type { PersonaId } from '../identity/persona.ts';
import type { PageOf } from '../profiles/customer.ts';
import type { SegmentVersion } from './definition.ts';
import type { MembershipRow } from './membership.ts';

/** The newest version of each segment, archived ones too, and the revision of all together. */
export interface SegmentsNow {
  /** 0 before there was any. */
  readonly revision: number;
  readonly segments: readonly SegmentVersion[];
}

export interface SegmentStore {
  /** Consistent, as a whole: no other put lies between what it gives. */
  listSegments(): Promise<SegmentsNow>;
  getSegment(id: string): Promise<SegmentVersion | undefined>;
  /** Newest first. */
  listVersions(id: string): Promise<SegmentVersion[]>;
  /** Throws Conflict unless its revision is the next of all, and its version the next of its segment. */
  putSegment(version: SegmentVersion): Promise<void>;
}

export interface MemberCount {
  readonly count: number;
  /** Some rows were not read: there may be more. */
  readonly more: boolean;
}

export interface MembershipStore {
  /** Unless a row of a newer revision of that profile is there; an equal one stays as it is, too. */
  putMembership(row: MembershipRow): Promise<void>;
  /**
   * Those who are in it, in a fixed order that has nothing to do with time; at most `limit`. Fewer, even none, where many have left it
   * of late: it goes on for as long as there is a next page. Throws a SyntaxError where `after` is none of its own.
   */
  listMembers(segment: string, limit: number, after?: string): Promise<PageOf<MembershipRow>>;
  /** Rows of those who left, too, as long as they are kept. */
  listRows(segment: string, limit: number, after?: string): Promise<PageOf<MembershipRow>>;
  getMembership(segment: string, profile: PersonaId): Promise<MembershipRow | undefined>;
  /**
   * How many are in it. It reads every row, also of those who left in the last 30 days, but no more than `rowsMost` and a page a shard:
   * of 0.4 KB each, so 100,000 take some 5,000 read units ($0.0006 in us-east-1), 40 MB, and a quarter of a second.
   */
  countMembers(segment: string, rowsMost: number): Promise<MemberCount>;
}
