/** What an operator does about recommendations: look which version is read, go back, go on, and make one now. */
import type { Clock } from '../runtime/clock.ts';
import { Conflict } from '../runtime/errors.ts';
import { instant } from '../time/instant.ts';
import type { VersionStore } from './recommendation-store.ts';
import { NO_VERSIONS, resume, rollBack, type Versions } from './versions.ts';

export interface RecommendationManagement {
  readonly versions: VersionStore;
  /** Begins a run of the function that makes them, and waits for nothing. */
  readonly begin: (full: boolean) => Promise<void>;
  readonly clock: Clock;
}

export const readVersions = async ({ versions }: Pick<RecommendationManagement, 'versions'>): Promise<Versions> =>
  (await versions.getVersions()) ?? NO_VERSIONS;

/** Throws Conflict where there is no version before, or another was faster. */
export async function goBack(by: string, its: RecommendationManagement): Promise<Versions> {
  const back = rollBack(await readVersions(its), by, instant(its.clock().getTime()));
  if (!back)
    throw new Conflict('no_version_before', 'There is no version of recommendations before the one that is read.');
  await its.versions.putVersions(back);
  return back;
}

export async function goOn(its: RecommendationManagement): Promise<Versions> {
  const versions = await readVersions(its);
  if (!versions.held) return versions;
  const resumed = resume(versions);
  await its.versions.putVersions(resumed);
  return resumed;
}

/** Throws Conflict while it is held. */
export async function makeNow(full: boolean, its: RecommendationManagement): Promise<Versions> {
  const versions = await readVersions(its);
  if (versions.held)
    throw new Conflict(
      'recommendations_held',
      `${versions.held.by} has rolled back: resume before another version is made.`,
    );
  await its.begin(full);
  return versions;
}
