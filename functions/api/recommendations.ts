import pMap from 'p-map';
import type { VersionsAnswer } from '../../shared/api/recommendations.ts';
import type { ProductDirectory } from '../../shared/catalogue/directory.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import type { CustomerStore } from '../../shared/profiles/customer.ts';
import { rootOf } from '../../shared/profiles/find.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { type Reason, sentence } from '../../shared/recommend/reasons.ts';
import {
  goBack,
  goOn,
  makeNow,
  type RecommendationManagement,
  readVersions,
} from '../../shared/recommendations/manage.ts';
import type { AudienceStore, Recommender } from '../../shared/recommendations/recommendation.ts';
import type { Versions } from '../../shared/recommendations/versions.ts';
import { NotFound } from '../../shared/runtime/errors.ts';
import { Tier } from '../../shared/tiers/policy.ts';
import { type Language, TIER_NAMES } from '../../shared/tiers/reasons.ts';
import { storePage } from './pages.ts';
import type { Handlers } from './serve.ts';

export interface RecommendationDependencies extends RecommendationManagement {
  readonly customers: () => Promise<Pick<CustomerStore<StoredProfile>, 'getPlace'>>;
  readonly recommender: Recommender;
  readonly audiences: AudienceStore;
  readonly products: Pick<ProductDirectory, 'find'>;
}

type RecommendationHandlers = Pick<
  Handlers,
  | 'recommendToProfile'
  | 'listAudienceOfProduct'
  | 'getRecommendationVersions'
  | 'rollBackRecommendations'
  | 'resumeRecommendations'
  | 'makeRecommendations'
>;

const PRODUCTS_AT_ONCE = 16;

export const recommendationHandlers = (its: RecommendationDependencies): RecommendationHandlers => ({
  async recommendToProfile({ params: { id }, query: { limit } }) {
    // The cast: whether it names a persona is what is asked.
    const root = await rootOf(id as PersonaId, await its.customers());
    if (!root?.profile) throw new NotFound('profile_not_found', 'There is no such profile.');
    const { items, builtAt = null } = await its.recommender.recommend(root, limit);
    const shown = await pMap(items, (item) => show(item, its), { concurrency: PRODUCTS_AT_ONCE });
    return { status: 200, body: { profile: root.persona, items: shown, builtAt } };
  },

  async listAudienceOfProduct({ params: { id }, query }) {
    const { items, nextCursor } = await storePage(['audience', id], query, (limit, after) =>
      its.audiences.listAudience(id, limit, after),
    );
    return {
      status: 200,
      body: { items: items.map(({ customer: profile, score }) => ({ profile, score })), nextCursor },
    };
  },

  getRecommendationVersions: async () => ({ status: 200, body: shownVersions(await readVersions(its)) }),

  rollBackRecommendations: async ({ caller }) => ({ status: 200, body: shownVersions(await goBack(caller.id, its)) }),

  resumeRecommendations: async () => ({ status: 200, body: shownVersions(await goOn(its)) }),

  makeRecommendations: async ({ body }) => ({
    status: 202,
    body: shownVersions(await makeNow(body?.full ?? false, its)),
  }),
});

async function show(
  { product, reason }: { readonly product: string; readonly reason: Reason },
  its: RecommendationDependencies,
) {
  const known = await its.products.find(product);
  const named = 'of' in reason ? reason.of : 'with' in reason ? reason.with : undefined;
  const other = named === undefined ? undefined : await its.products.find(named);
  const { title, url, imageUrl } = known ?? {};
  const why = (language: Language) =>
    sentence(reason, language, {
      product: (id) => other?.title[language] ?? other?.title.zh ?? other?.title.en ?? id,
      segment: (segment) => scopeName(segment, language),
    });
  return {
    product,
    ...(title && { title }),
    ...(url !== undefined && { url }),
    ...(imageUrl !== undefined && { imageUrl }),
    reason,
    why: { zh: why('zh'), en: why('en') },
  };
}

/** `tier:growth` → 成长型; others as they are called. */
function scopeName(scope: string, language: Language): string {
  const name = scope.slice(scope.indexOf(':') + 1);
  const tier = scope.startsWith('tier:') ? Tier.safeParse(name).data : undefined;
  return tier ? TIER_NAMES[tier][language] : name;
}

const shownVersions = ({ current, previous, held }: Versions): VersionsAnswer => ({
  current: current ?? null,
  previous: [...previous],
  held: held ?? null,
});
