/** The doors of all platforms, a line each: all that ingest needs of them. */
import type { Door } from './adapter.ts';
import { shopifyDoor } from './shopify/door.ts';

const doors: readonly Door[] = [shopifyDoor];

export const DOORS: ReadonlyMap<string, Door> = new Map(doors.map((door) => [door.channel, door]));
