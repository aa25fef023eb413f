/**
 * What to recommend a customer now: the row that the last build made, less what has sold out since. Whom no build knows yet gets what
 * goes with what they have just looked at, then what is popular among their like; so does a customer whose row has run dry. Who has
 * refused personalisation gets what is popular with everybody, from that moment on.
 */
import type { RecentBehaviour } from '../behaviour/recent.ts';
import type { ProductDirectory } from '../catalogue/directory.ts';
import { isSoldIn } from '../catalogue/product.ts';
import { canBeBought } from '../catalogue/stock.ts';
import type { PersonaId } from '../identity/persona.ts';
import type { Place } from '../profiles/customer.ts';
import type { StoredProfile } from '../profiles/profile.ts';
import { createCache } from '../runtime/cache.ts';
import type { Clock } from '../runtime/clock.ts';
import { epochMs, type Instant, instant } from '../time/instant.ts';
import type { AudienceStore, RecommendedItem, Recommender } from './recommendation.ts';
import type { RowReader, VersionStore } from './recommendation-store.ts';
import { readAudience, readCustomer, readProducts } from './rows.ts';
import type { Version } from './versions.ts';

export interface RecommenderDependencies {
  readonly versions: Pick<VersionStore, 'getVersions'>;
  readonly rows: RowReader;
  readonly products: Pick<ProductDirectory, 'find'>;
  /** Of these personas, all of one profile; undefined where none was ever seen. */
  readonly behaviourOf: (personas: readonly PersonaId[]) => Promise<RecentBehaviour | undefined>;
  /** Whether they refuse personalisation now. Absent: whoever asks has found that out before. */
  readonly hasRefused?: (personas: readonly PersonaId[]) => Promise<boolean>;
  readonly clock: Clock;
}

/** A version that was swapped in, or rolled back, is read after this at the latest. */
const KNOWN_FOR_MS = 10_000;
const LOOKED_AT = 5;
const DAY_MS = 24 * 60 * 60_000;

export function createRecommender(its: RecommenderDependencies): Recommender {
  const version = versionOf(its);
  return {
    async recommend(root, limit) {
      const current = await version();
      const now = instant(its.clock().getTime());
      const isRefused = (await its.hasRefused?.(namesOf(root))) ?? false;
      const own = current && !isRefused ? await rowOf(root, current, now, its) : undefined;
      const items = await offered(own ?? [], root, limit, its);
      const others = isRefused ? popularIn(['all'], current, its) : fallBack(root, current, now, its);
      if (items.length < limit)
        for await (const item of others) {
          if (items.length >= limit) break;
          if (items.some(({ product }) => product === item.product)) continue;
          items.push(...(await offered([item], root, 1, its)));
        }
      return { items, ...(current && { builtAt: current.builtAt }) };
    },
  };
}

export function audienceReader(its: Pick<RecommenderDependencies, 'versions' | 'rows' | 'clock'>): AudienceStore {
  const version = versionOf(its);
  return {
    async listAudience(product, limit, after) {
      const current = await version();
      const content = current && (await its.rows.getContent('audience', product, current));
      const all = content === undefined ? [] : readAudience(content);
      const start = after === undefined ? 0 : Number(after);
      const items = all.slice(start, start + limit);
      return { items, ...(start + limit < all.length && { next: String(start + limit) }) };
    },
  };
}

function versionOf({ versions, clock }: Pick<RecommenderDependencies, 'versions' | 'clock'>) {
  const cache = createCache({
    load: async () => (await versions.getVersions())?.current,
    clock,
    maxAgeMs: KNOWN_FOR_MS,
    maxEntries: 1,
  });
  return () => cache.get('current');
}

/** Under the name that the profile has now, else one that it had at the build: personas are joined at any time. */
async function rowOf(root: Place<StoredProfile>, version: Version, now: Instant, its: RecommenderDependencies) {
  for (const name of namesOf(root).slice(0, NAMES_READ)) {
    const content = await its.rows.getContent('customer', name, version);
    const items = content === undefined ? [] : readCustomer(content, now);
    if (items.length > 0) return items;
  }
  return undefined;
}
const NAMES_READ = 4;

/** The first so many that can be bought now. Products that only orders name are not in the catalogue: of them nothing else is known. */
async function offered(
  items: readonly RecommendedItem[],
  { profile }: Place<StoredProfile>,
  limit: number,
  { products, clock }: RecommenderDependencies,
): Promise<RecommendedItem[]> {
  const now = instant(clock().getTime());
  const found: RecommendedItem[] = [];
  const region = profile && regionOf(profile);
  for (const item of items) {
    if (found.length >= limit) break;
    const product = await products.find(item.product);
    if (product ? canBeBought(product, now) && isSoldIn(product, region) : isDerived(item.product)) found.push(item);
  }
  return found;
}

/** `channel/connection/id` */
const isDerived = (product: string): boolean => product.split('/').length >= 3;

const namesOf = ({ persona, members }: Place<StoredProfile>) => [...new Set([persona, ...members])];

async function* fallBack(
  root: Place<StoredProfile>,
  version: Version | undefined,
  now: Instant,
  its: RecommenderDependencies,
): AsyncGenerator<RecommendedItem> {
  const behaviour = await its.behaviourOf(namesOf(root));
  const recent = behaviour ? lookedAt(behaviour, now) : [];
  for (const { product, at } of recent) yield { product, reason: { code: 'viewed', lastDays: daysBetween(at, now) } };
  if (!version) return;
  for (const { product: seen } of recent) {
    const content = await its.rows.getContent('similar', seen, version);
    for (const product of content === undefined ? [] : readProducts(content))
      yield { product, reason: { code: 'bought_together', with: seen } };
  }
  yield* popularIn(root.profile ? scopesOf(root.profile) : ['all'], version, its);
}

async function* popularIn(
  scopes: readonly string[],
  version: Version | undefined,
  { rows }: RecommenderDependencies,
): AsyncGenerator<RecommendedItem> {
  if (!version) return;
  for (const scope of scopes) {
    const content = await rows.getContent('popular', scope, version);
    for (const product of content === undefined ? [] : readProducts(content))
      yield { product, reason: { code: 'popular_in', segment: scope } };
  }
}

/** In the cart, then others, newest first. */
function lookedAt({ cart, views }: RecentBehaviour, now: Instant) {
  const inCart = cart.items.map(({ productId }) => ({ product: productId, at: cart.at ?? now }));
  return [...inCart, ...views.map(({ product, at }) => ({ product: product.productId, at }))].slice(0, LOOKED_AT);
}

/** From the nearest to all. */
const scopesOf = (profile: StoredProfile): readonly string[] => {
  const [region, channel] = [regionOf(profile), lastOf(profile.facts.channels)];
  return [
    ...(region === undefined ? [] : [`region:${region}`]),
    ...(channel === undefined ? [] : [`channel:${channel}`]),
    `tier:${profile.tier.value}`,
    'all',
  ];
};

const regionOf = ({ facts }: StoredProfile): string | undefined => lastOf(facts.regions);

/** Of what was bought by last. */
const lastOf = (parts: StoredProfile['facts']['channels']): string | undefined =>
  Object.entries(parts).sort(([, a], [, b]) => (a.lastPaidAt < b.lastPaidAt ? 1 : -1))[0]?.[0];

/** Dates (UTC), as reasons of a build count them. */
const daysBetween = (from: Instant, until: Instant): number => Math.max(0, dateOf(until) - dateOf(from));
const dateOf = (at: Instant): number => Math.floor(epochMs(at) / DAY_MS);
