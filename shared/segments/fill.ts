/** How far a segment's newest version has come in being found everywhere: by re-derivation of all profiles. */
import * as z from 'zod';
import type { Derivation, RunProgress } from '../derivations/sweep.ts';
import { decidingVersion, type SegmentVersion } from './definition.ts';

/** `filling`: members of the version before may still be there, and some of its own are missing. */
const FILL_STATES = ['waiting', 'filling', 'current', 'archiving', 'archived'] as const;
export const Fill = z.object({
  state: z.enum(FILL_STATES),
  startedAt: z.iso.datetime().optional(),
  /** Profiles sent on their way by the run that fills it; there is no telling how many there are before its end. */
  profilesSeen: z.int().optional(),
  /** Of 16 parts of the table those that were gone through. */
  partsDone: z.int().optional(),
  finishedAt: z.iso.datetime().optional(),
});
export type Fill = z.infer<typeof Fill>;

/** `progress`: of the derivation's run. */
export function fillOf(
  version: SegmentVersion,
  derivation: Derivation | undefined,
  progress: readonly RunProgress[],
): Fill {
  const { isArchived } = version;
  const { revision } = decidingVersion(version);
  const { finished, segments = 0, startedAt } = derivation ?? {};
  if (finished && finished.segments >= revision)
    return { state: isArchived ? 'archived' : 'current', finishedAt: finished.at };
  if (segments < revision) return { state: 'waiting' };
  return {
    state: isArchived ? 'archiving' : 'filling',
    ...(startedAt !== undefined && { startedAt }),
    profilesSeen: progress.reduce((sum, { seen }) => sum + seen, 0),
    partsDone: progress.filter(({ finishedAt }) => finishedAt !== undefined).length,
  };
}
