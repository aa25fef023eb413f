/** All profiles, read page by page: memory holds one page, however many there are. And what a preview over them shows of a few. */
import pMap from 'p-map';
import type { PersonaId } from '../identity/persona.ts';
import { maskName } from '../text/mask.ts';
import type { Comparison, Move, Preview, PreviewProfile } from '../tiers/preview.ts';
import { type CustomerIndex, type CustomerStore, INDEX_SHARDS } from './customer.ts';
import { personaFrom } from './persona-content.ts';
import type { StoredProfile } from './profile.ts';

const PAGE = 200;
const READS_AT_ONCE = 16;

/**
 * As the index has them: a profile that is written meanwhile may be met twice, or not at all, so counts are good to within
 * what changes while it runs. Windows are as of each profile's `asOf`: the days behind them are not read.
 */
export async function* everyProfile(customers: AllReads): AsyncGenerator<PreviewProfile> {
  for (let shard = 0; shard < INDEX_SHARDS; shard++) yield* profilesOf(shard, customers);
}

type AllReads = Pick<CustomerIndex, 'listRoots'> & Pick<CustomerStore<StoredProfile>, 'getProfiles'>;

/** Those of a shard of the index: a sixteenth of all, drawn by hash, so a fair sample as long as all of it is read. */
export async function* profilesOf(shard: number, customers: AllReads): AsyncGenerator<PreviewProfile> {
  let after: string | undefined;
  do {
    const page = await customers.listRoots(shard, PAGE, after);
    for (const { persona, root, profile } of await customers.getProfiles(page.items)) {
      // The index is a moment behind: it may have become another's alias.
      if (profile && persona === root) yield { id: persona, ...profile };
    }
    after = page.next;
  } while (after !== undefined);
}

type Reads = Pick<CustomerStore<StoredProfile>, 'getPlace' | 'getContent'>;

export interface Sampled {
  readonly id: string;
  /** Masked; absent where no order gave one beside an identifier. */
  readonly name?: string;
}

type Named<T> = Omit<T, 'sample'> & { readonly sample: readonly Sampled[] };
export type NamedComparison = Omit<Comparison, 'moves'> & { readonly moves: readonly Named<Move>[] };
export type NamedPreview = Omit<Preview, 'atOnce' | 'settled'> & {
  readonly atOnce: NamedComparison;
  readonly settled: NamedComparison;
};

/** The preview with a masked name beside each id of its samples. */
export async function withNames(preview: Preview, customers: Reads): Promise<NamedPreview> {
  const { atOnce, settled } = preview;
  const ids = [...new Set([atOnce, settled].flatMap(({ moves }) => moves.flatMap(({ sample }) => sample)))];
  const names = new Map(
    await pMap(ids, async (id) => [id, await maskedNameOf(id, customers)] as const, { concurrency: READS_AT_ONCE }),
  );
  const named = (comparison: Comparison): NamedComparison => ({
    ...comparison,
    moves: comparison.moves.map((move) => ({
      ...move,
      sample: move.sample.map((id): Sampled => {
        const name = names.get(id);
        return { id, ...(name !== undefined && { name }) };
      }),
    })),
  });
  return { ...preview, atOnce: named(atOnce), settled: named(settled) };
}

/** The one given last, of the profile's first persona, else of the others in turn. */
async function maskedNameOf(id: string, customers: Reads): Promise<string | undefined> {
  // The cast: the ids of a preview are those of its profiles, which are personas.
  const root = id as PersonaId;
  const members = (await customers.getPlace(root))?.members ?? [];
  for (const persona of [root, ...members.filter((member) => member !== root)]) {
    const { links } = personaFrom(persona, await customers.getContent(persona));
    const [newest] = links
      .filter(({ names }) => names.length > 0)
      .sort((a, b) => (a.lastSeenAt < b.lastSeenAt ? 1 : -1));
    const name = newest?.names[0];
    if (name !== undefined) return maskName(name);
  }
  return undefined;
}
