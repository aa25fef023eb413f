/**
 * The lake's order lines and profiles, and the records of all campaigns → what each campaign has brought, derived anew each time from all
 * of it: so a return, a merge, a cut or an order that came late changes what was said before. What is told goes out before it is kept: a
 * run that dies is made good by the next.
 */
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import pMap from 'p-map';
import { fetchOpened } from '../behaviour/know-events.ts';
import type { KnownEventsStore } from '../behaviour/known-events.ts';
import type { Campaign } from '../campaigns/campaign.ts';
import type { CampaignStore } from '../campaigns/campaign-store.ts';
import { DEFAULT_PUSH_POLICY } from '../campaigns/push-policy.ts';
import type { LineStore, Lines } from '../lines/lines.ts';
import { openLines, takeLines } from '../lines/take-lines.ts';
import type { EventBus } from '../publish/bus.ts';
import type { Deliveries } from '../publish/deliveries.ts';
import type { SendRecordStore } from '../push/send-record.ts';
import { Conflict } from '../runtime/errors.ts';
import { PROFILES } from '../snapshots/layout.ts';
import type { SnapshotStore } from '../snapshots/snapshot.ts';
import { type Instant, instant } from '../time/instant.ts';
import { attributedEvent, type PushAttributed } from './attributed-event.ts';
import {
  type AttributedOrder,
  type AttributedOrderStore,
  type AttributionFiles,
  claimOf,
  nextOrder,
} from './attributed-order.ts';
import { type Comparison, proofOf } from './customer-proof.ts';
import type { CampaignResult, Opened, ResultStore } from './result.ts';
import { createTally, type Tally } from './tally.ts';
import { touchOf } from './touch.ts';
import { daysBefore, lookBack, WINDOW_DAYS_MOST, whichToRead } from './which.ts';
import {
  copyOrders,
  countOpened,
  createTables,
  digestsOf,
  EMPTY_DIGEST,
  joinCustomers,
  readChanges,
  readCustomers,
  writeFound,
  writeKept,
  writeTouches,
} from './working-tables.ts';

export interface AttributeDependencies {
  readonly campaigns: Pick<CampaignStore, 'listCampaigns' | 'listVersions' | 'getPushPolicy'>;
  readonly records: Pick<SendRecordStore, 'listRecords'>;
  readonly lines: LineStore;
  readonly events: Pick<KnownEventsStore, 'getLatest' | 'fetch'>;
  readonly snapshots: Pick<SnapshotStore, 'getLatest' | 'fetchFile'>;
  readonly results: ResultStore;
  readonly orders: AttributedOrderStore;
  readonly files: AttributionFiles;
  readonly bus: EventBus<PushAttributed>;
  readonly deliveries: Deliveries<PushAttributed>;
  /** Opened only where there is something to do. */
  readonly openDuckDB: () => Promise<DuckDBInstance>;
  /** Of this run alone; emptied at its beginning. */
  readonly folder: string;
  readonly now: () => Instant;
  /** No other portion of lines is taken when so little is left. */
  readonly remainingMs: () => number;
}

export type AttributeOutcome =
  /** No campaign was ever started, or all ended long ago. */
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'attributed';
      readonly campaigns: number;
      readonly messages: number;
      readonly asOf: Instant;
      /** Orders that are told of, by how they count now. */
      readonly changed: Readonly<Record<AttributedOrder['state'], number>>;
    }
  /** Another run writes as well: what it does is the same. */
  | { readonly kind: 'overtaken' };

const PAGE = 1_000;
const ITEMS_AT_ONCE = 16;
const CAMPAIGNS_AT_ONCE = 8;
/** As long as all but taking lines may take. */
const RESERVED_MS = 10 * 60_000;

export async function attributeOrders(its: AttributeDependencies): Promise<AttributeOutcome> {
  const now = its.now();
  const campaigns = (await its.campaigns.listCampaigns()).filter(({ wanted }) => wanted !== 'draft');
  if (campaigns.length === 0) return { kind: 'nothing' };
  const known = new Map((await its.results.listResults()).map((result) => [result.campaign, result]));
  const { open, read } = whichToRead(campaigns, known, now);
  if (open.length === 0) return { kind: 'nothing' };
  await rm(its.folder, { recursive: true, force: true });
  const instance = await its.openDuckDB();
  const [db, writer] = [await instance.connect(), await instance.connect()];
  try {
    await createTables(db);
    return await new Run(its, { db, writer, open, read, known, now }).attribute();
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    return { kind: 'overtaken' };
  } finally {
    writer.disconnectSync();
    db.disconnectSync();
    instance.closeSync();
    await rm(its.folder, { recursive: true, force: true });
  }
}

interface Beginning {
  readonly db: DuckDBConnection;
  /** Writes while the other reads. */
  readonly writer: DuckDBConnection;
  readonly open: readonly Campaign[];
  readonly read: readonly Campaign[];
  readonly known: ReadonlyMap<string, CampaignResult>;
  readonly now: Instant;
}

/** By campaign. */
interface Messages {
  readonly sent: ReadonlyMap<string, NonNullable<CampaignResult['sent']>>;
  readonly opened: ReadonlyMap<string, Opened>;
}

class Run {
  readonly #its: AttributeDependencies;
  readonly #run: Beginning;

  constructor(its: AttributeDependencies, run: Beginning) {
    this.#its = its;
    this.#run = run;
  }

  async attribute(): Promise<AttributeOutcome> {
    const { open } = this.#run;
    const { messages, first, sent } = await this.#readRecords();
    const opened = messages > 0 ? await this.#readOpened() : new Map<string, Opened>();
    const asOf = await this.#readOrders(messages > 0 ? first : undefined);
    const tally = await this.#reckon(await this.#comparisons(), asOf);
    await this.#readKept();
    const changed = await this.#tell();
    await this.#keep(tally, { sent, opened }, asOf);
    return { kind: 'attributed', campaigns: open.length, messages, asOf, changed };
  }

  async #readRecords() {
    const { db, read, now } = this.#run;
    const since = daysBefore(lookBack(now), WINDOW_DAYS_MOST);
    const sent = new Map<string, { first: Instant; last: Instant }>();
    let [messages, first] = [0, now];
    const touches = await writeTouches(db);
    for (const { id } of read) {
      for await (const record of this.#recordsOf(id)) {
        const touch = touchOf(record);
        if (!touch || touch.decidedAt < since) continue;
        touches.add(touch);
        messages++;
        if (touch.decidedAt < first) first = touch.decidedAt;
        if (touch.kind !== 'sent') continue;
        const span = sent.get(id) ?? { first: touch.at, last: touch.at };
        if (touch.at < span.first) span.first = touch.at;
        if (touch.at > span.last) span.last = touch.at;
        sent.set(id, span);
      }
    }
    touches.close();
    return { messages, first, sent };
  }

  async *#recordsOf(campaign: string) {
    for (let after: string | undefined, isMore = true; isMore; ) {
      const page = await this.#its.records.listRecords(campaign, PAGE, after);
      yield* page.items;
      after = page.next;
      isMore = after !== undefined;
    }
  }

  /** As of when browse events were last taken in, which recommend does: nothing waits for word of what was opened. */
  async #readOpened(): Promise<ReadonlyMap<string, Opened>> {
    const { events: store, folder } = this.#its;
    const file = await fetchOpened({ store, folder });
    return file === undefined ? new Map<string, Opened>() : countOpened(this.#run.db, file);
  }

  /**
   * Orders since the first message, and whose they are now; undefined: there is none, so nothing that an order could count for. Gives up
   * to when orders are known.
   */
  async #readOrders(since: Instant | undefined): Promise<Instant> {
    const { db, now } = this.#run;
    const { lines: store, snapshots } = this.#its;
    const folder = path.join(this.#its.folder, 'lines');
    if (since === undefined) {
      await openLines(undefined, { store, db, folder });
      await joinCustomers(db, undefined);
      return now;
    }
    const { lines, asOf } = await this.#newestLines();
    await openLines(lines, { store, db, folder, since: Number(since.slice(0, 7).replace('-', '')) });
    const latest = await snapshots.getLatest();
    const profiles = path.join(folder, PROFILES);
    if (latest) await snapshots.fetchFile(latest.snapshot.id, PROFILES, profiles);
    await joinCustomers(db, latest && profiles);
    return asOf;
  }

  async #newestLines(): Promise<{ readonly lines: Lines | undefined; readonly asOf: Instant }> {
    const { lines: store, folder, now, remainingMs } = this.#its;
    for (;;) {
      const beganAt = now();
      const outcome = await takeLines({ store, db: this.#run.db, folder: path.join(folder, 'build'), now });
      // Nothing was recorded since: so what there is, is all until now.
      if (outcome.kind === 'current') return { lines: outcome.lines, asOf: beganAt };
      if (outcome.kind === 'taken' && outcome.waiting && remainingMs() > RESERVED_MS) continue;
      const lines = outcome.kind === 'taken' ? outcome.lines : (await store.getLatest())?.lines;
      return { lines, asOf: lines ? instant(Date.parse(lines.builtAt)) : beganAt };
    }
  }

  /** By what share each customer of a campaign was held out, and whom that makes like those who were not. */
  async #comparisons(): Promise<ReadonlyMap<string, Comparison>> {
    const { campaigns } = this.#its;
    const { holdout } = (await campaigns.getPushPolicy())?.policy ?? DEFAULT_PUSH_POLICY;
    const pairs = await pMap(
      this.#run.open,
      async ({ id }): Promise<[string, Comparison]> => {
        const shares = new Map((await campaigns.listVersions(id)).map((one) => [one.version, one.limits.holdout]));
        if ([...shares.values()].every((share) => share === 0))
          return [id, { against: 'global', share: () => holdout }];
        return [id, { against: 'campaign', share: (version) => shares.get(version) ?? 0 }];
      },
      { concurrency: CAMPAIGNS_AT_ONCE },
    );
    return new Map(pairs);
  }

  async #reckon(comparisons: ReadonlyMap<string, Comparison>, asOf: Instant): Promise<Tally> {
    const { db, writer, now } = this.#run;
    const tally = createTally(comparisons);
    const since = lookBack(now);
    const found = await writeFound(writer);
    for await (const customer of readCustomers(db)) {
      const { attributions, outcomes } = proofOf(customer, comparisons, asOf);
      const variants = new Map(customer.touches.map(({ key, variant }) => [key, variant]));
      const counting = attributions.filter(({ order }) => order.paidAt >= since);
      tally.add({ attributions: counting, outcomes }, (send) => variants.get(send));
      for (const one of counting) {
        const { order, last } = one;
        // Of one that is closed, what it has stays.
        if (!comparisons.has(last.campaign)) continue;
        const claim = claimOf(one, customer.profile, variants.get(last.key));
        found.add({ campaign: last.campaign, order: order.key, claim });
      }
    }
    found.close();
    return tally;
  }

  async #readKept(): Promise<void> {
    const { db, open, now } = this.#run;
    const since = lookBack(now);
    const kept = await writeKept(db);
    for (const { id } of open) {
      for (let after: string | undefined, isMore = true; isMore; ) {
        const page = await this.#its.orders.listOrders(id, PAGE, after);
        for (const order of page.items) if (order.paidAt >= since) kept.add(order);
        after = page.next;
        isMore = after !== undefined;
      }
    }
    kept.close();
  }

  async #tell() {
    const { db, now } = this.#run;
    const { bus, deliveries, orders } = this.#its;
    const changed = { attributed: 0, taken_back: 0 };
    for await (const portion of readChanges(db)) {
      const next = portion.flatMap(({ before, now: claim, ...of }) => nextOrder(of, before, claim, now) ?? []);
      const events = next.map(attributedEvent);
      await bus.put(events);
      await deliveries.tell(events);
      await pMap(next, (one) => orders.putOrder(one), { concurrency: ITEMS_AT_ONCE, stopOnError: true });
      for (const { state } of next) changed[state]++;
    }
    return changed;
  }

  /** Last, as it says that all of it is kept. */
  async #keep(tally: Tally, { sent, opened }: Messages, asOf: Instant): Promise<void> {
    const { db, open, known } = this.#run;
    const { files, results, folder } = this.#its;
    const digests = await digestsOf(db);
    await mkdir(folder, { recursive: true });
    for (const { id } of open) {
      const digest = digests.get(id) ?? EMPTY_DIGEST;
      if (digest !== (known.get(id)?.digest ?? EMPTY_DIGEST)) {
        const file = path.join(folder, 'attributed.parquet');
        await copyOrders(db, id, file);
        await files.putOrders(id, file);
      }
      const span = sent.get(id);
      const open = opened.get(id);
      await results.putResult({
        ...{ campaign: id, asOf, ...tally.resultOf(id), digest },
        ...(span && { sent: span }),
        ...(open && { opened: open }),
      });
    }
  }
}
