import { randomUUID } from 'node:crypto';
import middy from '@middy/core';
import pMap from 'p-map';
import { dynamoAudit, dynamoIdempotency } from '../../shared/api/store.ts';
import { recentBehaviour } from '../../shared/behaviour/recent.ts';
import { dynamoVisitors } from '../../shared/behaviour/store.ts';
import { dynamoCampaigns } from '../../shared/campaigns/store.ts';
import { productDirectory } from '../../shared/catalogue/directory.ts';
import { dynamoProducts } from '../../shared/catalogue/store.ts';
import { ADAPTERS, DOORS } from '../../shared/channels/registry.ts';
import { dynamoConnections } from '../../shared/connections/store.ts';
import { dynamoDerivations } from '../../shared/derivations/store.ts';
import type { ExportsMessage } from '../../shared/exports/export.ts';
import { randomTail } from '../../shared/exports/manage.ts';
import { dynamoExports, s3ExportFiles } from '../../shared/exports/store.ts';
import { linkingSource } from '../../shared/identity/linking-versions.ts';
import { dynamoLinking, ssmKeys } from '../../shared/identity/store.ts';
import { dynamoLanes } from '../../shared/lanes/store.ts';
import { dynamoOrders } from '../../shared/orders/store.ts';
import { READS_AT_ONCE } from '../../shared/profiles/holders.ts';
import { refusesPersonalisation } from '../../shared/profiles/marks.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { dynamoCustomers } from '../../shared/profiles/store.ts';
import { dynamoAttributedOrders, dynamoResults } from '../../shared/proof/store.ts';
import { dynamoHistory } from '../../shared/publish/store.ts';
import { dynamoProviders, ssmPushCredentials } from '../../shared/push/accounts/store.ts';
import { PushWork } from '../../shared/push/push-work.ts';
import {
  dynamoCampaignTests,
  dynamoContactLogs,
  dynamoDevices,
  dynamoSendRecords,
  dynamoSuppressions,
  dynamoVisitorConsents,
} from '../../shared/push/store.ts';
import type { ProfilesMessage, RestockMessage, TestMessage, WakeMessage } from '../../shared/queues/messages.ts';
import { sqsQueue } from '../../shared/queues/store.ts';
import { audienceReader, createRecommender } from '../../shared/recommendations/recommender.ts';
import { dynamoRows, dynamoVersions } from '../../shared/recommendations/store.ts';
import { dynamoClient, sqsClient, ssmClient } from '../../shared/runtime/clients.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import { readConfig } from '../../shared/runtime/config.ts';
import { observed } from '../../shared/runtime/middleware.ts';
import { createTelemetry } from '../../shared/runtime/powertools.ts';
import { s3Client } from '../../shared/runtime/s3.ts';
import { dynamoMemberships, dynamoSegments } from '../../shared/segments/store.ts';
import { RANDOM_KEYS } from '../../shared/sources/manage.ts';
import { dynamoSources, ssmServerKeys } from '../../shared/sources/store.ts';
import { RANDOM_NAMES } from '../../shared/subscribers/manage.ts';
import { Message } from '../../shared/subscribers/message.ts';
import { createSender, systemResolve } from '../../shared/subscribers/send.ts';
import { dynamoDeadLetters, dynamoSubscribers, ssmSigningSecrets } from '../../shared/subscribers/store.ts';
import { dynamoPolicies } from '../../shared/tiers/store.ts';
import { createApi } from './app.ts';
import { ApiConfig } from './config.ts';
import { createHandler } from './handler.ts';
import { createHandlers } from './handlers.ts';

const config = readConfig(ApiConfig);
const telemetry = createTelemetry('api');
const clock = systemClock;
const [dynamo, s3, sqs, ssm] = [dynamoClient(), s3Client(), sqsClient(), ssmClient()];
const operations = { client: dynamo, table: config.OPERATIONS_TABLE };
const engagement = { client: dynamo, table: config.ENGAGEMENT_TABLE };
const customersTable = { client: dynamo, table: config.CUSTOMERS_TABLE };
const lake = { client: s3, bucket: config.LAKE_BUCKET };
const keys = ssmKeys({ client: ssm, name: config.IDENTITY_KEYS });

const customers = async () => dynamoCustomers<StoredProfile>({ ...customersTable, sealer: (await keys.load()).sealer });
const orders = dynamoOrders({ client: dynamo, table: config.ORDERS_TABLE, overflow: lake });
const readings = { orders, doors: DOORS, connections: dynamoConnections(operations), adapters: ADAPTERS };
const profiles = sqsQueue<ProfilesMessage>({ client: sqs, url: config.PROFILES_QUEUE_URL });
const segments = dynamoSegments(engagement);
const audit = dynamoAudit(engagement);
const campaigns = dynamoCampaigns(engagement);
const sealed = async () => ({ ...engagement, sealer: (await keys.load()).sealer });
const devices = async () => dynamoDevices(await sealed());
const visitors = async () => dynamoVisitors(await sealed());
const visitorConsents = async () => dynamoVisitorConsents(await sealed());
const suppressions = async () => dynamoSuppressions({ ...engagement, key: (await keys.load()).guest });
const products = dynamoProducts(engagement);
const directory = productDirectory(products, clock);
const [versions, rows] = [dynamoVersions(engagement), dynamoRows(engagement)];
const recommender = createRecommender({
  versions,
  rows,
  products: directory,
  behaviourOf: async (personas) => recentBehaviour(personas, await visitors()),
  async hasRefused(personas) {
    const { listMarks } = await customers();
    return refusesPersonalisation((await pMap(personas, listMarks, { concurrency: READS_AT_ONCE })).flat());
  },
  clock,
});
const sources = dynamoSources(operations);
const records = dynamoSendRecords(engagement);
const logs = dynamoContactLogs(engagement);

// The client of Lambda is a tenth of what would be loaded at the start, and few requests need it.
const previewer = once(async () => {
  const { lambdaPreviewer, previewClient } = await import('../../shared/preview/store.ts');
  return lambdaPreviewer({ client: previewClient(), functionName: config.PREVIEW_FUNCTION });
});
const maker = once(async () => {
  const { previewClient } = await import('../../shared/preview/store.ts');
  const { lambdaMaker } = await import('../../shared/recommendations/maker/store.ts');
  return lambdaMaker({ client: previewClient(), functionName: config.RECOMMEND_FUNCTION });
});

const api = createApi({
  handlers: createHandlers({
    orders: readings,
    profiles: {
      customers,
      identityKeys: () => keys.load(),
      linking: linkingSource(dynamoLinking(operations), clock),
      history: dynamoHistory(customersTable),
      readings,
      segments,
      reportingCurrency: config.REPORTING_CURRENCY,
      clock,
    },
    marks: { customers, devices, visitors, visitorConsents, profiles, clock },
    products: {
      products,
      restocks: sqsQueue<RestockMessage>({ client: sqs, url: config.PUSH_QUEUE_URL }),
      clock,
    },
    segments: {
      segments,
      memberships: dynamoMemberships(engagement),
      derivations: dynamoDerivations(operations),
      previewer: { preview: async (question) => (await previewer()).preview(question) },
      profiles,
      channels: [...DOORS.keys()],
      reportingCurrency: config.REPORTING_CURRENCY,
      clock,
    },
    exports: {
      exports: dynamoExports(engagement),
      files: s3ExportFiles(lake),
      segments,
      queue: sqsQueue<ExportsMessage>({ client: sqs, url: config.EXPORTS_QUEUE_URL }),
      clock,
      newTail: randomTail,
    },
    subscribers: {
      subscribers: dynamoSubscribers(engagement),
      secrets: ssmSigningSecrets({ client: ssm, prefix: config.SIGNING_SECRETS_PREFIX }),
      lanes: dynamoLanes({ ...operations, detail: Message }),
      deadLetters: dynamoDeadLetters(engagement),
      wakes: sqsQueue<WakeMessage>({ client: sqs, url: config.DELIVER_QUEUE_URL }),
      hosts: config.WEBHOOK_HOSTS,
      send: createSender({ hosts: config.WEBHOOK_HOSTS, resolve: systemResolve }),
      clock,
      ...RANDOM_NAMES,
    },
    sources: {
      sources,
      serverKeys: ssmServerKeys({ client: ssm, prefix: config.SERVER_KEYS_PREFIX }),
      clock,
      ...RANDOM_KEYS,
    },
    recommendations: {
      customers,
      recommender,
      audiences: audienceReader({ versions, rows, clock }),
      products: directory,
      versions,
      begin: async (full) => (await maker())(full),
      clock,
    },
    campaigns: {
      campaigns,
      segments,
      memberships: dynamoMemberships(engagement),
      records,
      results: dynamoResults(engagement),
      attributed: dynamoAttributedOrders(engagement),
      recipients: async () => ({
        customers: await customers(),
        devices: await devices(),
        visitors: await visitors(),
        visitorConsents: await visitorConsents(),
        suppressions: await suppressions(),
        logs,
      }),
      recommender,
      products: directory,
      ...(config.BRAND !== '' && { brand: config.BRAND }),
      clock,
    },
    push: {
      customers,
      devices,
      visitors,
      visitorConsents,
      identityKeys: () => keys.load(),
      sources,
      profiles,
      campaigns,
      credentials: ssmPushCredentials({ client: ssm, prefix: config.PUSH_CREDENTIALS_PREFIX }),
      providers: dynamoProviders(engagement),
      lanes: dynamoLanes({ ...operations, detail: PushWork }),
      wakes: sqsQueue<WakeMessage>({ client: sqs, url: config.PUSH_QUEUE_URL }),
      clock,
    },
    campaignTests: {
      campaigns,
      customers,
      devices,
      tests: dynamoCampaignTests(engagement),
      records,
      queue: sqsQueue<TestMessage>({ client: sqs, url: config.PUSH_QUEUE_URL }),
      newId: randomUUID,
      clock,
    },
    pushExplanations: { campaigns, segments, records, customers, logs },
    suppressions: { suppressions, clock },
    tierPolicy: {
      policies: dynamoPolicies(operations),
      customers,
      profiles,
      reportingCurrency: config.REPORTING_CURRENCY,
      clock,
    },
    audit: { audit, clock },
    openapi: async () => (await import('./openapi.json')).default,
  }),
  idempotency: async () => dynamoIdempotency({ ...engagement, sealer: (await keys.load()).sealer }),
  audit,
  rolesClaim: config.ROLES_CLAIM,
  clock,
  newId: randomUUID,
  telemetry,
});

export const handler = middy(createHandler(api)).use(observed(telemetry));

function once<Made>(make: () => Promise<Made>): () => Promise<Made> {
  let made: Promise<Made> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
