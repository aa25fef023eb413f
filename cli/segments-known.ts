/** Whether segments that were named are there: where the API would answer as if nobody were in them. */
import { ROUTES } from '../shared/api/routes.ts';
import type { Api } from './api.ts';
import { CliError } from './errors.ts';
import { didYouMean } from './nearest.ts';
import { listAll } from './pages.ts';

/** A failure, where it is not there. */
export async function requireSegment(id: string, api: Api): Promise<void> {
  await api.call(ROUTES.getSegment, { params: { id } });
}

export async function requireSegments(ids: readonly string[], api: Api): Promise<void> {
  const { missing, known } = await missingAmong(ids, api);
  const [first] = missing;
  if (first === undefined) return;
  const hint = didYouMean(first, known) || ' `tributary segments` lists those there are.';
  throw new CliError('segment_not_found', `There is no segment ${missing.join(', ')}.${hint}`);
}

export async function missingAmong(
  ids: readonly string[],
  api: Api,
): Promise<{ readonly missing: readonly string[]; readonly known: readonly string[] }> {
  if (ids.length === 0) return { missing: [], known: [] };
  const all = await listAll((query) => api.call(ROUTES.listSegments, { query }));
  const known = all.map(({ id }) => id);
  return { missing: ids.filter((id) => !known.includes(id)), known };
}
