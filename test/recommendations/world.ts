/** A shop's lake in memory, and builds of recommendations over it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { EventRow } from '../../shared/behaviour/event-rows.ts';
import { writeCatalogue } from '../../shared/catalogue/catalogue-file.ts';
import { putProduct } from '../../shared/catalogue/manage.ts';
import { ProductDraft } from '../../shared/catalogue/product.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import { type MakeDependencies, type MakeOutcome, makeRecommendations } from '../../shared/recommendations/make.ts';
import type { DueProduct, DueProducts } from '../../shared/recommendations/recommendation.ts';
import type { SegmentVersion } from '../../shared/segments/definition.ts';
import { openDuckDB } from '../../shared/snapshots/duckdb.ts';
import type { MarkRow, ProfileRow } from '../../shared/snapshots/rows.ts';
import { takeSnapshot } from '../../shared/snapshots/take-snapshot.ts';
import { type Instant, instant } from '../../shared/time/instant.ts';
import { recorded } from '../lines/lab.ts';
import { memoryLines } from '../simulation/models/lines.ts';
import { memoryCatalogueFiles, memoryProducts } from '../simulation/models/products.ts';
import { memoryKnownEvents, memoryRecommendations } from '../simulation/models/recommendations.ts';
import { memorySnapshots } from '../simulation/models/snapshots.ts';
import { place } from '../snapshots/samples.ts';

export const START = Date.parse('2026-11-25T00:00:00.000Z');
const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
export const daysAgo = (days: number): Instant => instant(START - days * DAY_MS);
export const customer = (name: string): PersonaId => `shopify/shop/${name}` as PersonaId;

export interface Told {
  readonly day: string;
  readonly dayBefore?: string;
  readonly rows: readonly DueProduct[];
}

export function openWorld() {
  const root = mkdtempSync(path.join(tmpdir(), 'tributary-recommendations-'));
  const lines = memoryLines();
  const events = memoryKnownEvents();
  const snapshots = memorySnapshots();
  const products = memoryProducts();
  const stored = memoryRecommendations();
  const told: Told[] = [];
  const segments: SegmentVersion[] = [];
  const tagged: string[] = [];
  let nowMs = START;
  let revision = 0;
  const now = () => instant(nowMs);
  const open = () => openDuckDB({ memoryMiB: 500, threads: 1, folder: path.join(root, 'duckdb') });
  const ofRun = (kept: typeof stored, isFull: boolean, folder: string): MakeDependencies => ({
    ...{ lines, events, snapshots, versions: kept, rows: kept, files: kept, now, isFull },
    async fetchCatalogue(file) {
      const files = memoryCatalogueFiles();
      await writeCatalogue(products, files);
      await writeFile(file, gzipSync(files.read()));
    },
    due: { tell: async (due) => void told.push(await readDue(due)) },
    likely: {
      segments: async () => segments,
      tag: async (profile, name, on) => void tagged.push(`${on ? '+' : '-'} ${name} ${profile}`),
    },
    openDuckDB: open,
    folder: path.join(root, folder),
  });
  return {
    stored,
    lines,
    events,
    products,
    segments,
    /** Tags given (+) and taken away (-). */
    tagged,
    /** What was told of products that run out. */
    told,
    now,
    pass: (hours: number) => {
      nowMs += hours * HOUR_MS;
    },

    /** An order of these products; an earlier recording of it is replaced. */
    async order(id: string, persona: string | undefined, at: Instant, bought: readonly string[], kept = 1) {
      const rows = recorded(id, ++revision, {
        at,
        ...(persona !== undefined && { persona: customer(persona) }),
        lines: bought.map((product) => ({ product_id: product, title: product, refunded_quantity: 1 - kept })),
      });
      await lines.putRows(rows, now());
      nowMs += 1_000;
    },

    profile: async (name: string, more: Partial<ProfileRow> = {}) =>
      snapshots.putRows(
        'profiles',
        [place(customer(name), ++revision, customer(name), { members: [customer(name)], ...more })],
        now(),
      ),
    alias: async (name: string, of: string) =>
      snapshots.putRows('profiles', [place(customer(name), ++revision, customer(of))], now()),
    mark: (row: MarkRow) => snapshots.putRows('marks', [row], now()),

    async snapshot() {
      nowMs += 60_000;
      await takeSnapshot({
        rows: snapshots,
        snapshots,
        openDuckDB: open,
        folder: path.join(root, 'snapshot'),
        newName: () => String(++revision),
        now,
        remainingMs: () => 900_000,
      });
    },

    async product(id: string, draft: Partial<ProductDraft> & { readonly stock?: number } = {}) {
      const { stock, ...more } = draft;
      const variants = [{ skuId: id, price: { amount: 100, currency: 'CNY' }, ...(stock !== undefined && { stock }) }];
      const listings = [{ channel: 'shopify', connection: 'shop', productId: id }];
      const whole = ProductDraft.parse({ title: { zh: id }, variants, listings, ...more });
      await putProduct(
        { id, draft: whole, by: 'a marketer' },
        { products, restocks: { send: async () => undefined }, clock: () => new Date(nowMs) },
      );
    },

    view(name: string, product: string, at: Instant, more: Partial<EventRow> = {}) {
      const row: EventRow = {
        ...{ source: 'web', messageId: `m${++revision}`, kind: 'product_viewed', at, receivedAt: now() },
        ...{ visitor: `web#${name}`, persona: customer(name), bot: false, test: false },
        products: [{ productId: product, quantity: 1 }],
        ...more,
      };
      events.putRows([row], now());
      nowMs += 1_000;
    },

    /** `folder`: of a run that is beside another. */
    make(isFull = false, folder = 'make'): Promise<MakeOutcome> {
      nowMs += 1;
      return makeRecommendations(ofRun(stored, isFull, folder));
    },

    /** What a run is given. */
    dependencies: (): MakeDependencies => ofRun(stored, false, 'make'),

    /** A first version, so one of all, of the same lake and kept elsewhere. */
    async makeApart() {
      const apart = memoryRecommendations();
      await makeRecommendations({ ...ofRun(apart, true, 'apart'), due: { tell: async () => undefined } });
      const { current } = (await apart.getVersions()) ?? {};
      return { rowOf: async (profile: PersonaId) => current && apart.getContent('customer', profile, current) };
    },

    close: () => rmSync(root, { recursive: true, force: true }),
  };
}
export type World = ReturnType<typeof openWorld>;

async function readDue({ rows, ...days }: DueProducts): Promise<Told> {
  const all: DueProduct[] = [];
  for await (const row of rows) all.push(row);
  return { ...days, rows: all };
}
