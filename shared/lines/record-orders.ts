/** Orders → rows of their lines: those that change, and once all that were there before anybody recorded changes. */
import type { Adapters } from '../channels/registry.ts';
import type { Connection } from '../connections/connection.ts';
import type { Directory } from '../connections/directory.ts';
import type { IdentityKeys } from '../identity/contribution.ts';
import type { IdentifierDeclaration } from '../identity/identifiers.ts';
import { personaOf } from '../identity/persona.ts';
import type { OrderScan, StoredOrder } from '../orders/apply.ts';
import type { CanonicalOrder } from '../orders/canonical-order.ts';
import { deriveOrder } from '../orders/derive.ts';
import { parseOrderKey } from '../orders/order-key.ts';
import { Defect } from '../runtime/errors.ts';
import type { Instant } from '../time/instant.ts';
import type { LineRowStore } from './lines.ts';
import { isPaid, type LineRow, lineRows } from './rows.ts';

export interface ReadingDependencies {
  readonly adapters: Adapters;
  /** Cached: the only thing that is read for it, once a minute for each shop. */
  readonly connections: Directory<Connection>;
  /** Asked for when there is an order: before the first one nobody has made them. */
  readonly keys: () => Promise<Pick<IdentityKeys, 'guest'>>;
}

interface OrderChange {
  readonly now: StoredOrder;
  readonly before?: () => Promise<StoredOrder>;
}

/** Nothing of an order that is not paid and was not before: what nobody has recorded need not be taken back. */
export async function rowsOfChange(
  { now, before }: OrderChange,
  recordedAt: Instant,
  dependencies: ReadingDependencies,
): Promise<readonly LineRow[]> {
  const read = await derive(now, dependencies);
  const isKnown = isPaid(read.order) || (before && isPaid((await derive(await before(), dependencies)).order));
  return isKnown ? toRows(read, recordedAt, dependencies) : [];
}

async function toRows(
  { order, declaration }: Derived,
  recordedAt: Instant,
  { connections, keys }: ReadingDependencies,
): Promise<readonly LineRow[]> {
  const connection = await connections.find(order.connection);
  if (!connection) throw unknown();
  const { guest } = await keys();
  return lineRows(order, personaOf(order, connection, declaration, guest), recordedAt);
}

interface Derived {
  readonly order: CanonicalOrder;
  readonly declaration: IdentifierDeclaration;
}

async function derive(
  { key, revision, parts }: StoredOrder,
  { adapters }: Pick<ReadingDependencies, 'adapters'>,
): Promise<Derived> {
  const name = parseOrderKey(key);
  const adapter = name && (await adapters.find(name.channel));
  if (!name || !adapter) throw unknown();
  const { door, identifiers: declaration } = adapter;
  return { order: deriveOrder({ ...name, category: door.category, revision }, parts), declaration };
}

// Both were there when the order was stored, and neither is ever removed.
const unknown = () => new Defect('order_of_nobody', 'An order whose channel or connection is not known.');

/** How far it has come. */
export interface OrdersRecording {
  /** Of the table; all of those before are recorded. */
  readonly part: number;
  /** Within the part. */
  readonly after?: string;
  /** Seen so far. */
  readonly orders: number;
  readonly startedAt: Instant;
  readonly finishedAt?: Instant;
}

interface SeenOrdersRecording {
  readonly recording: OrdersRecording;
  /** Of what was read, or written. */
  readonly etag: string;
}

export interface OrdersRecordingStore {
  getRecording(): Promise<SeenOrdersRecording | undefined>;
  /** Unless it is no longer the one seen (undefined: there was none): throws Conflict. Gives its etag. */
  putRecording(recording: OrdersRecording, seen: string | undefined): Promise<string>;
}

export interface RecordAllOrdersDependencies extends ReadingDependencies {
  readonly orders: OrderScan;
  readonly rows: Pick<LineRowStore, 'putRows'>;
  readonly recordings: OrdersRecordingStore;
  readonly now: () => Instant;
  readonly isTimeUp: () => boolean;
}

const PARTS = 16;
/** Some hundred kilobytes of rows, gzipped; a page of a scan ends at a megabyte. */
const PAGE = 500;

/**
 * As far as there is time for; the next goes on. `again`: from the beginning, however far it had come. Throws Conflict where another
 * run goes on instead: of two at once one ends, so that neither says of the other's part that it was recorded.
 */
export async function recordAllOrders(
  again: boolean,
  dependencies: RecordAllOrdersDependencies,
): Promise<OrdersRecording> {
  const { recordings, now, isTimeUp } = dependencies;
  const seen = await recordings.getRecording();
  let etag = seen?.etag;
  let recording = seen?.recording;
  if (recording === undefined || again) {
    recording = { part: 0, orders: 0, startedAt: now() };
    etag = await recordings.putRecording(recording, etag);
  }
  while (recording.finishedAt === undefined && !isTimeUp()) {
    recording = await recordPage(recording, dependencies);
    etag = await recordings.putRecording(recording, etag);
  }
  return recording;
}

async function recordPage(
  { part, after, orders, startedAt }: OrdersRecording,
  dependencies: RecordAllOrdersDependencies,
): Promise<OrdersRecording> {
  const { now, rows } = dependencies;
  const page = await dependencies.orders.listOrders({ segment: part, of: PARTS, limit: PAGE, after });
  const at = now();
  const found: LineRow[] = [];
  // What was not paid, too: a change that was lost may have been that it is no more.
  for (const stored of page.items) found.push(...(await toRows(await derive(stored, dependencies), at, dependencies)));
  if (found.length > 0) await rows.putRows(found, at);
  const seen = { orders: orders + page.items.length, startedAt };
  if (page.next !== undefined) return { part, after: page.next, ...seen };
  return { part: part + 1, ...seen, ...(part + 1 >= PARTS && { finishedAt: now() }) };
}
