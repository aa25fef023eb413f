/**
 * The orders of a profile, those of the newest days first: each persona has its own list, and a page takes from all of them. How far
 * each was taken is the place of the next page.
 */
import pMap from 'p-map';
import * as z from 'zod';
import type { PersonaId } from '../../shared/identity/persona.ts';
import type { CustomerIndex, Entry, PageOf } from '../../shared/profiles/customer.ts';

/** Of one persona: the page of its list where it goes on (none: the first), and how many of that page were taken. */
const Place = z.tuple([z.int().min(0), z.string().nullable(), z.int().min(0)]);
type Place = readonly [index: number, after: string | null, taken: number];
const Places = z.array(Place).readonly();

interface Open {
  readonly index: number;
  after: string | undefined;
  taken: number;
  items: readonly Entry[];
  next: string | undefined;
}

const READS_AT_ONCE = 8;

/** `members` in an order of their own that stays from page to page. */
export async function ordersOf(
  members: readonly PersonaId[],
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
  store: Pick<CustomerIndex, 'listEntriesOf'>,
): Promise<PageOf<string>> {
  const places: readonly Place[] =
    after === undefined ? members.map((_, index) => [index, null, 0]) : readPlaces(after, members);
  const read = async (open: Open): Promise<void> => {
    const persona = members[open.index];
    const page = persona && (await store.listEntriesOf(persona, limit, open.after));
    open.items = page?.items ?? [];
    open.next = page?.next;
  };
  const opened = await pMap(
    places,
    async ([index, start, taken]) => {
      const open: Open = { index, after: start ?? undefined, taken, items: [], next: undefined };
      await read(open);
      return open;
    },
    { concurrency: READS_AT_ONCE },
  );
  const keys: string[] = [];
  while (keys.length < limit) {
    const [newest] = opened.filter(hasMore).sort((a, b) => compareDays(dayOf(a), dayOf(b)));
    const entry = newest?.items[newest.taken];
    if (!newest || !entry) break;
    keys.push(entry.key);
    newest.taken++;
    if (newest.taken < newest.items.length || newest.next === undefined) continue;
    newest.after = newest.next;
    newest.taken = 0;
    await read(newest);
  }
  const left = opened.filter(hasMore).map(({ index, after: start, taken }): Place => [index, start ?? null, taken]);
  return { items: keys, ...(left.length > 0 && { next: JSON.stringify(left) }) };
}

/** Throws a SyntaxError where they are none of these lists. */
function readPlaces(after: string, members: readonly PersonaId[]): readonly Place[] {
  const places = Places.safeParse(JSON.parse(after));
  if (places.success && places.data.length <= members.length) return places.data;
  throw new SyntaxError('No place in the orders of a profile.');
}

const hasMore = ({ items, taken }: Open): boolean => taken < items.length;
const dayOf = ({ items, taken }: Open): string => items[taken]?.day ?? '';
const compareDays = (a: string, b: string): number => (a < b ? 1 : a > b ? -1 : 0);
