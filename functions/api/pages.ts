/** Pages of a list that is read as a whole, for it is short. */
import { readCursor, writeCursor } from './cursor.ts';

interface Listing<Item> {
  /** What the cursor is of. */
  readonly list: readonly string[];
  /** By which the items are sorted; each once. */
  readonly idOf: (item: Item) => string;
}

export function inPages<Item>(
  sorted: readonly Item[],
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
  { list, idOf }: Listing<Item>,
): { readonly items: readonly Item[]; readonly nextCursor: string | null } {
  const after = readCursor(list, cursor);
  const start = after === undefined ? 0 : sorted.findIndex((item) => idOf(item) > after);
  const rest = start < 0 ? [] : sorted.slice(start);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: writeCursor(list, rest.length > limit && last ? idOf(last) : undefined) };
}
