/** All routes of the HTTP API, each with the least role that may. The names are those of the operations in the OpenAPI document. */
import * as audit from './audit.ts';
import * as campaignTests from './campaign-tests.ts';
import * as campaigns from './campaigns.ts';
import * as document from './document.ts';
import * as events from './events.ts';
import * as exports from './exports.ts';
import * as marks from './marks.ts';
import * as orders from './orders.ts';
import * as products from './products.ts';
import * as profiles from './profiles.ts';
import * as push from './push.ts';
import * as pushExplanations from './push-explanations.ts';
import * as recommendations from './recommendations.ts';
import { type Route, route } from './route.ts';
import * as segments from './segments.ts';
import * as sources from './sources.ts';
import * as subscribers from './subscribers.ts';
import * as suppressions from './suppressions.ts';
import * as tierPolicy from './tier-policy.ts';

// biome-ignore format: a table
export const ROUTES = {
  getOrder:              route('GET',    '/v1/orders/{channel}/{connection}/{orderId}', 'reader',   orders.getOrder),

  getProfile:            route('GET',    '/v1/profiles/{id}',                           'reader',   profiles.getProfile),
  lookUpProfiles:        route('POST',   '/v1/profiles:lookup',                         'reader',   profiles.lookUpProfiles),
  explainProfile:        route('GET',    '/v1/profiles/{id}/explanation',               'reader',   profiles.explainProfile),
  listOrdersOfProfile:   route('GET',    '/v1/profiles/{id}/orders',                    'reader',   profiles.listOrdersOfProfile),
  listHistoryOfProfile:  route('GET',    '/v1/profiles/{id}/history',                   'reader',   profiles.listHistoryOfProfile),
  recommendToProfile:    route('GET',    '/v1/profiles/{id}/recommendations',           'reader',   recommendations.recommendToProfile),
  listSendsOfProfile:    route('GET',    '/v1/profiles/{id}/push',                      'reader',   pushExplanations.listSendsOfProfile),
  tagProfile:            route('POST',   '/v1/profiles/{id}/tags',                      'marketer', marks.tagProfile),
  getConsents:           route('GET',    '/v1/consents/{id}',                           'reader',   marks.getConsents),
  putConsents:           route('PUT',    '/v1/consents/{id}',                           'marketer', marks.putConsents),

  listSegments:          route('GET',    '/v1/segments',                                'reader',   segments.listSegments),
  createSegment:         route('POST',   '/v1/segments',                                'marketer', segments.createSegment),
  getSegment:            route('GET',    '/v1/segments/{id}',                           'reader',   segments.getSegment),
  putSegment:            route('PUT',    '/v1/segments/{id}',                           'marketer', segments.putSegment),
  archiveSegment:        route('DELETE', '/v1/segments/{id}',                           'marketer', segments.archiveSegment),
  restoreSegment:        route('POST',   '/v1/segments/{id}/restore',                   'marketer', segments.restoreSegment),
  listVersionsOfSegment: route('GET',    '/v1/segments/{id}/versions',                  'reader',   segments.listVersionsOfSegment),
  listMembersOfSegment:  route('GET',    '/v1/segments/{id}/members',                   'reader',   segments.listMembersOfSegment),
  previewSegment:        route('POST',   '/v1/segments:preview',                        'reader',   segments.previewSegment),
  listReadyMadeSegments: route('GET',    '/v1/segments:ready-made',                     'reader',   segments.listReadyMadeSegments),

  requestExport:         route('POST',   '/v1/segments/{id}/exports',                   'reader',   exports.requestExport),
  listExportsOfSegment:  route('GET',    '/v1/segments/{id}/exports',                   'reader',   exports.listExportsOfSegment),
  getExport:             route('GET',    '/v1/exports/{exportId}',                      'reader',   exports.getExport),
  putExportSchedule:     route('PUT',    '/v1/segments/{id}/export-schedule',           'marketer', exports.putExportSchedule),
  getExportSchedule:     route('GET',    '/v1/segments/{id}/export-schedule',           'reader',   exports.getExportSchedule),
  removeExportSchedule:  route('DELETE', '/v1/segments/{id}/export-schedule',           'marketer', exports.removeExportSchedule),

  listProducts:          route('GET',    '/v1/products',                                'reader',   products.listProducts),
  getProduct:            route('GET',    '/v1/products/{id}',                           'reader',   products.getProduct),
  listAudienceOfProduct: route('GET',    '/v1/products/{id}/audience',                  'reader',   recommendations.listAudienceOfProduct),
  getRecommendationVersions: route('GET', '/v1/recommendations',                        'reader',   recommendations.getRecommendationVersions),
  rollBackRecommendations: route('POST',  '/v1/recommendations/roll-back',              'operator', recommendations.rollBackRecommendations),
  resumeRecommendations: route('POST',   '/v1/recommendations/resume',                  'operator', recommendations.resumeRecommendations),
  makeRecommendations:   route('POST',   '/v1/recommendations/make',                    'operator', recommendations.makeRecommendations),
  putProduct:            route('PUT',    '/v1/products/{id}',                           'marketer', products.putProduct),
  removeProduct:         route('DELETE', '/v1/products/{id}',                           'marketer', products.removeProduct),
  putProducts:           route('POST',   '/v1/products:batch',                          'marketer', products.putProducts),
  putStocks:             route('POST',   '/v1/products:stock',                          'marketer', products.putStocks),

  listSubscribers:       route('GET',    '/v1/subscribers',                             'marketer', subscribers.listSubscribers),
  addSubscriber:         route('POST',   '/v1/subscribers',                             'operator', subscribers.addSubscriber),
  getSubscriber:         route('GET',    '/v1/subscribers/{id}',                        'marketer', subscribers.getSubscriber),
  putSubscriber:         route('PUT',    '/v1/subscribers/{id}',                        'operator', subscribers.putSubscriber),
  removeSubscriber:      route('DELETE', '/v1/subscribers/{id}',                        'operator', subscribers.removeSubscriber),
  testSubscriber:        route('POST',   '/v1/subscribers/{id}/test',                   'operator', subscribers.testSubscriber),
  rotateSubscriberSecret: route('POST',  '/v1/subscribers/{id}/rotate',                 'operator', subscribers.rotateSubscriberSecret),
  redriveSubscriber:     route('POST',   '/v1/subscribers/{id}/redrive',                'operator', subscribers.redriveSubscriber),
  listDeadLettersOfSubscriber: route('GET', '/v1/subscribers/{id}/dead-letters',        'marketer', subscribers.listDeadLettersOfSubscriber),

  listSources:           route('GET',    '/v1/sources',                                 'marketer', sources.listSources),
  addSource:             route('POST',   '/v1/sources',                                 'operator', sources.addSource),
  getSource:             route('GET',    '/v1/sources/{id}',                            'marketer', sources.getSource),
  putSource:             route('PUT',    '/v1/sources/{id}',                            'operator', sources.putSource),
  removeSource:          route('DELETE', '/v1/sources/{id}',                            'operator', sources.removeSource),
  rotateSourceKey:       route('POST',   '/v1/sources/{id}/rotate',                     'operator', sources.rotateSourceKey),

  listCampaigns:         route('GET',    '/v1/campaigns',                               'reader',   campaigns.listCampaigns),
  createCampaign:        route('POST',   '/v1/campaigns',                               'marketer', campaigns.createCampaign),
  getCampaign:           route('GET',    '/v1/campaigns/{id}',                          'reader',   campaigns.getCampaign),
  putCampaign:           route('PUT',    '/v1/campaigns/{id}',                          'marketer', campaigns.putCampaign),
  startCampaign:         route('POST',   '/v1/campaigns/{id}/start',                    'marketer', campaigns.startCampaign),
  pauseCampaign:         route('POST',   '/v1/campaigns/{id}/pause',                    'marketer', campaigns.pauseCampaign),
  dryRunCampaign:        route('POST',   '/v1/campaigns/{id}/dry-run',                  'marketer', campaigns.dryRunCampaign),
  previewCampaign:       route('POST',   '/v1/campaigns/{id}/preview',                  'marketer', campaigns.previewCampaign),
  reportCampaign:        route('GET',    '/v1/campaigns/{id}/report',                   'reader',   campaigns.reportCampaign),
  listSendsOfCampaign:   route('GET',    '/v1/campaigns/{id}/sends',                    'marketer', campaigns.listSendsOfCampaign),
  listOrdersOfCampaign:  route('GET',    '/v1/campaigns/{id}/orders',                   'marketer', campaigns.listOrdersOfCampaign),

  explainSend:           route('GET',    '/v1/campaigns/{id}/sends/{key}/explanation',  'reader',   pushExplanations.explainSend),
  testCampaign:          route('POST',   '/v1/campaigns/{id}/test',                     'marketer', campaignTests.testCampaign),
  getCampaignTest:       route('GET',    '/v1/campaigns/{id}/test/{testId}',            'marketer', campaignTests.getCampaignTest),

  putSuppressions:       route('PUT',    '/v1/suppressions',                            'marketer', suppressions.putSuppressions),
  removeSuppressions:    route('POST',   '/v1/suppressions:remove',                     'marketer', suppressions.removeSuppressions),
  lookUpSuppressions:    route('POST',   '/v1/suppressions:lookup',                     'marketer', suppressions.lookUpSuppressions),
  putDevice:             route('PUT',    '/v1/devices/{id}',                            'marketer', push.putDevice),
  getDevice:             route('GET',    '/v1/devices/{id}',                            'marketer', push.getDevice),
  removeDevice:          route('DELETE', '/v1/devices/{id}',                            'marketer', push.removeDevice),
  getPushPolicy:         route('GET',    '/v1/push-policy',                             'reader',   push.getPushPolicy),
  putPushPolicy:         route('PUT',    '/v1/push-policy',                             'marketer', push.putPushPolicy),
  listPushProviders:     route('GET',    '/v1/push-providers',                          'marketer', push.listPushProviders),
  putPushProvider:       route('PUT',    '/v1/push-providers/{provider}',               'operator', push.putPushProvider),
  removePushProvider:    route('DELETE', '/v1/push-providers/{provider}',               'operator', push.removePushProvider),

  getTierPolicy:         route('GET',    '/v1/tier-policy',                             'reader',   tierPolicy.getTierPolicy),
  putTierPolicy:         route('PUT',    '/v1/tier-policy',                             'operator', tierPolicy.putTierPolicy),
  previewTierPolicy:     route('POST',   '/v1/tier-policy:preview',                     'marketer', tierPolicy.previewTierPolicy),

  listEventSchemas:      route('GET',    '/v1/event-schemas',                           'anyone',   events.listEventSchemas),
  getEventSchema:        route('GET',    '/v1/event-schemas/{type}',                    'anyone',   events.getEventSchema),
  listAudit:             route('GET',    '/v1/audit',                                   'operator', audit.listAudit),
  getOpenApi:            route('GET',    '/openapi.json',                               'anyone',   document.getOpenApi),
} as const satisfies Readonly<Record<string, Route>>;
export type Routes = typeof ROUTES;
export type RouteName = keyof Routes;
