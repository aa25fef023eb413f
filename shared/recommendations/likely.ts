/**
 * The customers most likely to want a product, as a tag `likely:<product>`, so that they can be a segment: of products that a segment asks
 * about, and as long as one does. Who has it follows each build; a product that sold out has no audience, so those it had keep it.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import pMap from 'p-map';
import type { PersonaId } from '../identity/persona.ts';
import { LIKELY_PREFIX } from '../profiles/marks.ts';
import type { SegmentVersion } from '../segments/definition.ts';

export interface LikelyTags {
  /** All definitions that stand. */
  readonly segments: () => Promise<readonly SegmentVersion[]>;
  /** Idempotent; the profile may be gone. */
  readonly tag: (profile: PersonaId, name: string, on: boolean) => Promise<void>;
}

/** Of a product. */
const LIKELY_MOST = 500;
const TAGS_AT_ONCE = 16;

/** `audience`: the table of a build. How many tags were given or taken away. */
export async function tagLikely(
  db: DuckDBConnection,
  audience: string,
  { segments, tag }: LikelyTags,
): Promise<number> {
  const wanted = new Set((await segments()).flatMap(tagsAskedFor));
  const tagged = new Set(await texts(db, TAGS, [LIKELY_PREFIX]));
  let count = 0;
  for (const name of new Set([...wanted, ...tagged])) {
    const likely = wanted.has(name)
      ? await texts(db, likelyOf(audience), [name.slice(LIKELY_PREFIX.length), LIKELY_MOST])
      : [];
    if (wanted.has(name) && likely.length === 0) continue;
    const had = tagged.has(name) ? await texts(db, HAD, [name]) : [];
    const [now, before] = [new Set(likely), new Set(had)];
    const changes = [
      ...likely.filter((profile) => !before.has(profile)).map((profile) => ({ profile, on: true })),
      ...had.filter((profile) => !now.has(profile)).map((profile) => ({ profile, on: false })),
    ];
    // The cast: profiles are what a snapshot is made of.
    await pMap(changes, ({ profile, on }) => tag(profile as PersonaId, name, on), { concurrency: TAGS_AT_ONCE });
    count += changes.length;
  }
  return count;
}

/** Wherever they stand in the condition. */
function tagsAskedFor({ when, isArchived }: SegmentVersion): string[] {
  if (isArchived) return [];
  const found: string[] = [];
  JSON.stringify(when, (_, value: unknown) => {
    if (typeof value === 'string' && value.startsWith(LIKELY_PREFIX)) found.push(value);
    return value;
  });
  return found;
}

const TAGS =
  'SELECT DISTINCT tag FROM (SELECT unnest(tags) AS tag FROM snapshot_profiles) WHERE starts_with(tag, $1) ORDER BY 1';
const HAD = 'SELECT id FROM snapshot_profiles WHERE list_contains(tags, $1) ORDER BY 1';
const likelyOf = (audience: string): string =>
  `SELECT customer FROM ${audience} WHERE product = $1 AND rank <= $2 ORDER BY rank`;

async function texts(db: DuckDBConnection, sql: string, values: readonly (string | number)[]): Promise<string[]> {
  const rows = (await db.runAndReadAll(sql, [...values])).getRowsJson();
  return rows.flatMap(([text]) => (typeof text === 'string' ? [text] : []));
}
