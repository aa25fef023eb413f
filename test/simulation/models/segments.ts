/** Segments and their members in memory, as `shared/segments/store.ts` keeps them. */
import { Conflict } from '../../../shared/runtime/errors.ts';
import type { SegmentVersion } from '../../../shared/segments/definition.ts';
import type { MembershipRow } from '../../../shared/segments/membership.ts';
import type { MembershipStore, SegmentStore } from '../../../shared/segments/segment-store.ts';

// As JSON, so that nobody holds on to what is stored. The casts: only this file writes what it reads.
export function memorySegments(): SegmentStore {
  const versions = new Map<string, string[]>();
  let revision = 0;
  const read = (json: string) => JSON.parse(json) as SegmentVersion;
  const newest = (id: string) => versions.get(id)?.at(-1);
  return {
    listSegments: async () => ({
      revision,
      segments: [...versions.keys()]
        .sort()
        .flatMap((id) => newest(id) ?? [])
        .map(read),
    }),
    async getSegment(id) {
      const json = newest(id);
      return json === undefined ? undefined : read(json);
    },
    listVersions: async (id) => (versions.get(id) ?? []).map(read).reverse(),
    async putSegment(segment) {
      const known = versions.get(segment.id) ?? [];
      if (segment.revision !== revision + 1 || segment.version !== known.length + 1)
        throw new Conflict('segment_changed', 'Segments were changed by another meanwhile.');
      revision = segment.revision;
      versions.set(segment.id, [...known, JSON.stringify(segment)]);
    },
  };
}

export function memoryMemberships(): MembershipStore {
  const rows = new Map<string, Map<string, string>>();
  const all = (segment: string): MembershipRow[] =>
    [...(rows.get(segment) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, json]) => JSON.parse(json));
  const page = (of: readonly MembershipRow[], limit: number, after: string | undefined) => {
    const rest = of.filter(({ profile }) => after === undefined || profile > after);
    const items = rest.slice(0, limit);
    const last = items.at(-1);
    return { items, ...(rest.length > limit && last && { next: last.profile }) };
  };
  const isIn = ({ leftAt }: MembershipRow) => leftAt === undefined;
  return {
    async putMembership(row) {
      const mine = rows.get(row.segment) ?? new Map<string, string>();
      rows.set(row.segment, mine);
      const known = mine.get(row.profile);
      if (known !== undefined && (JSON.parse(known) as MembershipRow).revision >= row.revision) return;
      mine.set(row.profile, JSON.stringify(row));
    },
    listMembers: async (segment, limit, after) => page(all(segment).filter(isIn), limit, after),
    listRows: async (segment, limit, after) => page(all(segment), limit, after),
    getMembership: async (segment, profile) => all(segment).find((row) => row.profile === profile),
    countMembers: async (segment, rowsMost) => ({
      count: all(segment).slice(0, rowsMost).filter(isIn).length,
      more: all(segment).length > rowsMost,
    }),
  };
}
