/** Pages of lists: of those that are read as a whole, for they are short, and of those that their stores give in pages. */
import type { PageOf } from '../../shared/profiles/customer.ts';
import { badCursor, readCursor, writeCursor } from './cursor.ts';

interface Asked {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

interface Shown<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** `list`: what the cursor is of. `read` takes the place after which it goes on, as the store gave it. */
export async function storePage<Item>(
  list: readonly string[],
  { limit, cursor }: Asked,
  read: (limit: number, after: string | undefined) => Promise<PageOf<Item>>,
): Promise<Shown<Item>> {
  const after = readCursor(list, cursor);
  try {
    const { items, next } = await read(limit, after);
    return { items, nextCursor: writeCursor(list, next) };
  } catch (error) {
    // Anybody can make up the digest of a cursor: what the store cannot read, or DynamoDB does not take, was never a place.
    if (after !== undefined && error instanceof Error && NO_PLACE.has(error.name)) throw badCursor();
    throw error;
  }
}

const NO_PLACE: ReadonlySet<string> = new Set(['SyntaxError', 'ValidationException']);

/** Lambda answers with 6 MB at most, as a text within JSON: there each quotation mark counts twice. */
const LARGEST_PAGE_BYTES = 4 * 1024 * 1024;

/** A page of items that may be large: of at most `limit`, and no more than an answer can hold, but one at least. */
export async function fittingPage<Item>(
  limit: number,
  read: (limit: number) => Promise<Shown<Item>>,
): Promise<Shown<Item>> {
  const page = await read(limit);
  const bytes = Buffer.byteLength(JSON.stringify(page.items));
  if (bytes <= LARGEST_PAGE_BYTES || page.items.length <= 1) return page;
  return fittingPage(Math.max(1, Math.floor((page.items.length * LARGEST_PAGE_BYTES) / bytes)), read);
}

interface Listing<Item> {
  /** What the cursor is of. */
  readonly list: readonly string[];
  /** By which the items are sorted; each once. */
  readonly idOf: (item: Item) => string;
}

export function inPages<Item>(
  sorted: readonly Item[],
  { limit, cursor }: Asked,
  { list, idOf }: Listing<Item>,
): Shown<Item> {
  const after = readCursor(list, cursor);
  const start = after === undefined ? 0 : sorted.findIndex((item) => idOf(item) > after);
  const rest = start < 0 ? [] : sorted.slice(start);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: writeCursor(list, rest.length > limit && last ? idOf(last) : undefined) };
}
