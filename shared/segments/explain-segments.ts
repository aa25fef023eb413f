/** Why a customer is in their segments: what was found of them beside what was asked, in the words of a marketer. */
import pMap from 'p-map';
import { decidingVersion, type SegmentVersion } from './definition.ts';
import type { Membership } from './membership.ts';
import type { SegmentStore } from './segment-store.ts';
import { explainMembership, type FoundLine, type NamesInUse } from './words.ts';

export interface ExplainedSegment extends Pick<Membership, 'id' | 'version' | 'since'> {
  readonly name: string;
  readonly because: readonly FoundLine[];
}

const READS_AT_ONCE = 8;

export async function explainSegments(
  memberships: readonly Membership[],
  segments: Pick<SegmentStore, 'listSegments' | 'listVersions'>,
  reportingCurrency: string,
): Promise<ExplainedSegment[]> {
  if (memberships.length === 0) return [];
  const newest = new Map((await segments.listSegments()).segments.map((one) => [one.id, one]));
  const names: NamesInUse = {
    reportingCurrency,
    segments: new Map([...newest.values()].map(({ id, name }) => [id, name])),
  };
  /** Of the condition by which it was decided: while another fills, that is not the newest. */
  const versionOf = async ({ id, version }: Membership): Promise<SegmentVersion | undefined> => {
    const known = newest.get(id);
    if (known && decidingVersion(known).version === version) return known;
    return (await segments.listVersions(id)).find((one) => one.version === version);
  };
  return pMap(
    memberships,
    async (membership) => {
      const { id, version, since, because } = membership;
      const decided = await versionOf(membership);
      const lines = decided ? explainMembership(decided.when, because, names) : [];
      return { id, version, since, name: newest.get(id)?.name ?? id, because: lines };
    },
    { concurrency: READS_AT_ONCE },
  );
}
