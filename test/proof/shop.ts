/** A shop whose campaigns are proven: messages and orders as they lie in the tables and the lake, and runs of the function over them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createAttribute } from '../../functions/attribute/handler.ts';
import type { EventRow } from '../../shared/behaviour/event-rows.ts';
import { knowEvents } from '../../shared/behaviour/know-events.ts';
import type { Campaign } from '../../shared/campaigns/campaign.ts';
import type { LineRow } from '../../shared/lines/rows.ts';
import type { AttributeOutcome } from '../../shared/proof/attribute-orders.ts';
import type { PushAttributed } from '../../shared/proof/attributed-event.ts';
import type { SendRecord } from '../../shared/push/send-record.ts';
import { openDuckDB } from '../../shared/snapshots/duckdb.ts';
import { takeSnapshot } from '../../shared/snapshots/take-snapshot.ts';
import { type Instant, instant } from '../../shared/time/instant.ts';
import { campaign } from '../campaigns/spring.ts';
import { recorded } from '../lines/lab.ts';
import { personaId } from '../profiles/people.ts';
import { memoryLines } from '../simulation/models/lines.ts';
import { memoryAttributedOrders, memoryAttributions, memoryResults } from '../simulation/models/proof.ts';
import { memoryCampaigns, memorySendRecords } from '../simulation/models/push.ts';
import { memoryKnownEvents } from '../simulation/models/recommendations.ts';
import { memorySnapshots } from '../simulation/models/snapshots.ts';
import { place } from '../snapshots/samples.ts';

const START = Date.parse('2026-11-01T00:00:00.000Z');
export const day = (days: number): Instant => instant(START + days * 86_400_000);

export interface Bought {
  readonly at: number;
  readonly by?: string;
  readonly total?: number;
  readonly refunded?: number;
  readonly counts?: boolean;
  readonly currency?: string;
  readonly revision?: number;
}

export async function openShop() {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-proof-'));
  let nowMs = START;
  let recordings = 0;
  const events: PushAttributed[] = [];
  const delivered: PushAttributed[] = [];
  const measured: [string, number, string][] = [];
  const stores = {
    campaigns: memoryCampaigns(),
    records: memorySendRecords(),
    lines: memoryLines(),
    events: memoryKnownEvents(),
    snapshots: memorySnapshots(),
    results: memoryResults(),
    orders: memoryAttributedOrders(),
    files: memoryAttributions(),
    bus: { put: async (told: readonly PushAttributed[]) => void events.push(...told) },
    deliveries: { tell: async (told: readonly PushAttributed[]) => void delivered.push(...told) },
  };
  const revisions = new Map<string, number>();
  const shop = {
    stores,
    events,
    delivered,
    measured,
    opened: 0,

    async start(id: string, changes: Parameters<typeof campaign>[0] = {}): Promise<Campaign> {
      const known = await stores.campaigns.getCampaign(id);
      const put = campaign({ id, version: (known?.version ?? 0) + 1, ...changes });
      await stores.campaigns.putCampaign(put);
      return put;
    },

    /** Sent unless it says otherwise, of version 1 and variant `a`, with a window of seven days. */
    send: (campaignId: string, to: string, days: number, changes: Partial<SendRecord> = {}): Promise<void> =>
      stores.records.putRecord({
        ...{
          campaign: campaignId,
          key: `${campaignId}-${to}-${days}`,
          version: 1,
          profile: personaId(`shopify/shop/${to}`),
        },
        ...{ occurrence: `at ${days}`, at: day(days), state: 'sent', attributionDays: 7 },
        ...(changes.state !== 'held_out' && { variant: 'a' }),
        ...changes,
      }),

    /** Two pieces for 1,000 each by default; `refunded` of them came back. */
    async buy(
      order: string,
      { at, by, total = 2_000, refunded = 0, counts = true, currency = 'CNY', revision }: Bought,
    ) {
      const next = revision ?? (revisions.get(order) ?? 0) + 1;
      revisions.set(order, next);
      const line: Partial<LineRow> = { quantity: 2, refunded_quantity: refunded, total, currency, counts };
      const rows = recorded(order, next, {
        ...{ lines: [line], at: day(at) },
        ...(by !== undefined && { persona: `shopify/shop/${by}` }),
      });
      await stores.lines.putRows(rows, instant(START + ++recordings));
    },

    /** An app, or whoever has its key, says that a message was opened; recommend takes it in. */
    async tellOpened(message: string, changes: Partial<EventRow> = {}, takenAt?: Instant) {
      const at = instant(START + ++recordings);
      stores.events.putRows(
        [
          {
            ...{ source: 'app', messageId: `e${recordings}`, kind: 'push_opened', message, at, receivedAt: at },
            ...{ visitor: 'app#a', products: [], bot: false, test: false, ...changes },
          },
        ],
        at,
      );
      const instance = await openDuckDB({ memoryMiB: 300, threads: 1, folder });
      const db = await instance.connect();
      await knowEvents({ store: stores.events, db, folder: path.join(folder, 'events'), now: () => takenAt ?? at });
      db.disconnectSync();
      instance.closeSync();
    },

    /** Profiles as they are joined now: each name is of the first. */
    async join(...profiles: readonly (readonly string[])[]) {
      const named = profiles.map((members) => members.map((one) => `shopify/shop/${one}`));
      const revision = ++recordings;
      const rows = named.flatMap(([root = '', ...others]) => [
        place(root, revision, root, { members: [root, ...others] }),
        ...others.map((one) => place(one, revision, root)),
      ]);
      await stores.snapshots.putRows('profiles', rows, instant(START + revision));
      await takeSnapshot({
        ...{ rows: stores.snapshots, snapshots: stores.snapshots, folder: path.join(folder, 'snapshot') },
        openDuckDB: () => openDuckDB({ memoryMiB: 300, threads: 2, folder }),
        newName: () => String(revision),
        now: () => instant(START + revision),
        remainingMs: () => 900_000,
      });
    },

    async run(atDay: number, changes: Partial<typeof stores> = {}): Promise<AttributeOutcome> {
      nowMs = START + atDay * 86_400_000;
      return createAttribute({
        ...stores,
        ...changes,
        openDuckDB: () => {
          shop.opened++;
          return openDuckDB({ memoryMiB: 300, threads: 2, folder });
        },
        folder: path.join(folder, 'run'),
        clock: () => new Date(nowMs),
        telemetry: {
          info() {},
          warn() {},
          error() {},
          measure: (metric, value, { event = '' }) => void measured.push([metric, value, event]),
          flush() {},
        },
      })({}, { getRemainingTimeInMillis: () => 900_000 });
    },

    /** Orders that count for it: `order net state`. */
    async counted(id: string): Promise<readonly string[]> {
      const { items } = await stores.orders.listOrders(id, 1_000);
      return items.map(({ order, net, state }) => `${order.split('/')[2]} ${net} ${state}`);
    },
    result: async (id: string) => stores.results.getResult(id),
    close: () => rm(folder, { recursive: true, force: true }),
  };
  return shop;
}

export type Shop = Awaited<ReturnType<typeof openShop>>;
