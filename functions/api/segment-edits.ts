/** Every edit of a segment is a new version of it, and of all together: who finds that another was first looks again. */
import { isDeepStrictEqual } from 'node:util';
import { Conflict } from '../../shared/runtime/errors.ts';
import { decidingVersion, type SegmentDefinition, type SegmentVersion } from '../../shared/segments/definition.ts';
import type { SegmentStore, SegmentsNow } from '../../shared/segments/segment-store.ts';

/** What a version says, but for its numbers. */
export type Said = SegmentDefinition & Pick<SegmentVersion, 'isArchived' | 'by' | 'at' | 'why'>;

const TRIES = 5;

/** `say`: looks at what is there, refuses by throwing, or says what is to be put; asked again where another was first. */
export async function putVersion(
  id: string,
  segments: Pick<SegmentStore, 'listSegments' | 'putSegment'>,
  say: (known: SegmentVersion | undefined, all: SegmentsNow) => Said,
): Promise<SegmentVersion> {
  for (let attempt = 1; ; attempt++) {
    const now = await segments.listSegments();
    const known = now.segments.find((one) => one.id === id);
    const said = say(known, now);
    const next: SegmentVersion = {
      ...said,
      version: (known?.version ?? 0) + 1,
      revision: now.revision + 1,
      ...(known && meansTheSame(known, said) && { decidedBy: decidingVersion(known) }),
    };
    try {
      await segments.putSegment(next);
      return next;
    } catch (error) {
      if (!(error instanceof Conflict) || attempt === TRIES) throw error;
    }
  }
}

/** Whoever is in the one is in the other: it only says otherwise what it is. */
const meansTheSame = (known: SegmentVersion, said: Said): boolean =>
  known.isArchived === said.isArchived && isDeepStrictEqual(known.when, said.when);
