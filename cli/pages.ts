/** Lists of the API come in pages: as many of them as were asked for, as one. */
import type { Command } from 'commander';
import { PAGE_MOST } from '../shared/api/page.ts';
import { UsageError } from './errors.ts';
import { note } from './output.ts';
import { type Globals, readCount } from './session.ts';
import type { World } from './world.ts';

export interface Listed<Item> {
  readonly items: readonly Item[];
  /** Null at the end. */
  readonly nextCursor: string | null;
}

/** One page; it has no more items than the limit. */
type Ask<Item> = (query: { readonly limit: number; readonly cursor?: string }) => Promise<Listed<Item>>;

interface Wanted {
  /** Absent: all there are. */
  readonly most?: number | undefined;
  /** `nextCursor` of what was listed before. */
  readonly cursor?: string | undefined;
  readonly onPage?: (countSoFar: number) => void;
}

async function gather<Item>(
  ask: Ask<Item>,
  { most = Number.POSITIVE_INFINITY, cursor, onPage }: Wanted = {},
): Promise<Listed<Item>> {
  const items: Item[] = [];
  let next: string | null | undefined = cursor;
  do {
    const limit = Math.min(PAGE_MOST, most - items.length);
    const page: Listed<Item> = await ask({ limit, ...(next != null && { cursor: next }) });
    items.push(...page.items);
    next = page.nextCursor;
    onPage?.(items.length);
  } while (next !== null && items.length < most);
  return { items, nextCursor: next };
}

export const listAll = async <Item>(ask: Ask<Item>): Promise<readonly Item[]> => (await gather(ask)).items;

export interface PageOptions {
  readonly limit: number;
  readonly cursor?: string;
  readonly all?: true;
}

const LIMIT_DEFAULT = 50;
const LIMIT_MOST = 10_000;

export const withPages = (command: Command): Command =>
  command
    .option('--limit <n>', 'at most so many', (text) => readCount('--limit', text, LIMIT_MOST), LIMIT_DEFAULT)
    .option('--cursor <cursor>', 'go on after a page, with its nextCursor')
    .option('--all', 'all there are, however many');

/** As the options ask. */
export async function gatherAsked<Item>(
  ask: Ask<Item>,
  { limit, cursor, all }: PageOptions,
  { command, world, globals }: { readonly command: Command; readonly world: World; readonly globals: Globals },
): Promise<Listed<Item>> {
  if (all && command.getOptionValueSource('limit') === 'cli') throw new UsageError('Give --limit or --all, not both.');
  const onPage = tellCount(world, globals);
  return gather(ask, { most: all ? undefined : limit, cursor, onPage });
}

const TOLD_EVERY_MS = 5_000;

/** Scripts are told nothing: to them stderr is an error, as JSON. */
function tellCount(world: Pick<World, 'clock' | 'err'>, { json }: Globals): (count: number) => void {
  let toldMs = world.clock().getTime();
  return (count) => {
    const nowMs = world.clock().getTime();
    if (json || nowMs - toldMs < TOLD_EVERY_MS) return;
    note(world, `${count} read so far`);
    toldMs = nowMs;
  };
}

export function noteMore({ nextCursor }: Listed<unknown>, world: Pick<World, 'err'>, { json }: Globals): void {
  if (nextCursor !== null && !json) note(world, `there are more: --all, or --cursor ${nextCursor}`);
}
