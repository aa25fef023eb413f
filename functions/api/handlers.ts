/** Each operation with what it needs. */
import type { OpenApiDocument } from '../../shared/api/document.ts';
import type { CatalogueManagement } from '../../shared/catalogue/manage.ts';
import type { ExportManagement } from '../../shared/exports/manage.ts';
import type { OrderReads } from '../../shared/profiles/order-reading.ts';
import type { SourceManagement } from '../../shared/sources/manage.ts';
import type { Management } from '../../shared/subscribers/manage.ts';
import { type AuditReads, auditHandlers } from './audit.ts';
import type { CampaignTestDependencies } from './campaign-tests.ts';
import type { CampaignDependencies } from './campaigns.ts';
import { eventHandlers } from './events.ts';
import { exportHandlers } from './exports.ts';
import { lazily } from './lazily.ts';
import { type MarkingDependencies, markHandlers } from './marks.ts';
import { orderHandlers } from './orders.ts';
import { productHandlers } from './products.ts';
import { type ProfileReads, profileHandlers } from './profiles.ts';
import type { PushManagement } from './push.ts';
import type { PushExplanationReads } from './push-explanations.ts';
import type { RecommendationDependencies } from './recommendations.ts';
import { type SegmentDependencies, segmentHandlers } from './segments.ts';
import type { Handlers } from './serve.ts';
import { sourceHandlers } from './sources.ts';
import { subscriberHandlers } from './subscribers.ts';
import type { SuppressionDependencies } from './suppressions.ts';
import { type TierPolicies, tierPolicyHandlers } from './tier-policy.ts';

export interface HandlerDependencies {
  readonly orders: OrderReads;
  readonly profiles: ProfileReads;
  readonly marks: MarkingDependencies;
  readonly products: CatalogueManagement;
  readonly segments: SegmentDependencies;
  readonly exports: ExportManagement;
  readonly subscribers: Management;
  readonly sources: SourceManagement;
  readonly recommendations: RecommendationDependencies;
  readonly campaigns: CampaignDependencies;
  readonly push: PushManagement;
  readonly campaignTests: CampaignTestDependencies;
  readonly pushExplanations: PushExplanationReads;
  readonly suppressions: SuppressionDependencies;
  readonly tierPolicy: TierPolicies;
  readonly audit: AuditReads;
  /** As `npm run openapi` wrote it; read when it is asked for, as it is large. */
  readonly openapi: () => Promise<OpenApiDocument>;
}

const RECOMMENDATION_ROUTES = [
  'recommendToProfile',
  'listAudienceOfProduct',
  'getRecommendationVersions',
  'rollBackRecommendations',
  'resumeRecommendations',
  'makeRecommendations',
] as const;

const CAMPAIGN_ROUTES = [
  'listCampaigns',
  'createCampaign',
  'getCampaign',
  'putCampaign',
  'startCampaign',
  'pauseCampaign',
  'dryRunCampaign',
  'previewCampaign',
  'reportCampaign',
  'listSendsOfCampaign',
  'listOrdersOfCampaign',
] as const;

const PUSH_ROUTES = [
  'putDevice',
  'getDevice',
  'removeDevice',
  'getPushPolicy',
  'putPushPolicy',
  'listPushProviders',
  'putPushProvider',
  'removePushProvider',
] as const;

export const createHandlers = (its: HandlerDependencies): Handlers => ({
  ...orderHandlers(its.orders),
  ...profileHandlers(its.profiles),
  ...markHandlers(its.marks),
  ...productHandlers(its.products),
  ...segmentHandlers(its.segments),
  ...exportHandlers(its.exports),
  ...subscriberHandlers(its.subscribers),
  ...sourceHandlers(its.sources),
  // With the engine of templates, and the time zones of the world.
  ...lazily(RECOMMENDATION_ROUTES, async () =>
    (await import('./recommendations.ts')).recommendationHandlers(its.recommendations),
  ),
  ...lazily(CAMPAIGN_ROUTES, async () => (await import('./campaigns.ts')).campaignHandlers(its.campaigns)),
  ...lazily(PUSH_ROUTES, async () => (await import('./push.ts')).pushHandlers(its.push)),
  ...lazily(['testCampaign', 'getCampaignTest'], async () =>
    (await import('./campaign-tests.ts')).campaignTestHandlers(its.campaignTests),
  ),
  ...lazily(['putSuppressions', 'removeSuppressions', 'lookUpSuppressions'], async () =>
    (await import('./suppressions.ts')).suppressionHandlers(its.suppressions),
  ),
  ...lazily(['explainSend', 'listSendsOfProfile'], async () =>
    (await import('./push-explanations.ts')).pushExplanationHandlers(its.pushExplanations),
  ),
  ...tierPolicyHandlers(its.tierPolicy),
  ...eventHandlers,
  ...auditHandlers(its.audit),
  getOpenApi: async () => ({ status: 200, body: await its.openapi() }),
});
