import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import middy from '@middy/core';
import { recentBehaviour } from '../../shared/behaviour/recent.ts';
import { dynamoVisitors } from '../../shared/behaviour/store.ts';
import { dynamoCampaigns } from '../../shared/campaigns/store.ts';
import { productDirectory } from '../../shared/catalogue/directory.ts';
import { dynamoProducts } from '../../shared/catalogue/store.ts';
import { ssmKeys } from '../../shared/identity/store.ts';
import { dynamoLanes } from '../../shared/lanes/store.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { dynamoCustomers } from '../../shared/profiles/store.ts';
import { eventBridgeBus } from '../../shared/publish/store.ts';
import { createSenders } from '../../shared/push/accounts/senders.ts';
import { dynamoTokens, ssmPushCredentials } from '../../shared/push/accounts/store.ts';
import { PushWork } from '../../shared/push/push-work.ts';
import {
  dynamoCampaignTests,
  dynamoContactLogs,
  dynamoDevices,
  dynamoRuns,
  dynamoSendRecords,
  dynamoSuppressions,
  dynamoVisitorConsents,
} from '../../shared/push/store.ts';
import { createTeller } from '../../shared/push/tell.ts';
import { sqsQueue } from '../../shared/queues/store.ts';
import { audienceReader, createRecommender } from '../../shared/recommendations/recommender.ts';
import { dynamoRows, dynamoVersions } from '../../shared/recommendations/store.ts';
import { dynamoClient, sqsClient, ssmClient } from '../../shared/runtime/clients.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import { readConfig } from '../../shared/runtime/config.ts';
import { eventBridgeClient } from '../../shared/runtime/eventbridge.ts';
import { observed } from '../../shared/runtime/middleware.ts';
import { createTelemetry } from '../../shared/runtime/powertools.ts';
import { dynamoMemberships } from '../../shared/segments/store.ts';
import { createFanOut } from '../../shared/subscribers/fan-out.ts';
import { Message } from '../../shared/subscribers/message.ts';
import { dynamoDeadLetters, dynamoSubscribers } from '../../shared/subscribers/store.ts';
import { PushConfig } from './config.ts';
import { createPush } from './handler.ts';

const config = readConfig(PushConfig);
const telemetry = createTelemetry('push');
const clock = systemClock;
const client = dynamoClient();
const ssm = ssmClient();
const engagement = { client, table: config.ENGAGEMENT_TABLE };
const operations = { client, table: config.OPERATIONS_TABLE };
const keys = ssmKeys({ client: ssm, name: config.IDENTITY_KEYS });
const products = productDirectory(dynamoProducts(engagement), clock);
const recommendations = { versions: dynamoVersions(engagement), rows: dynamoRows(engagement), clock };

export const handler = middy(
  createPush({
    campaigns: dynamoCampaigns(engagement),
    runs: dynamoRuns(engagement),
    memberships: dynamoMemberships(engagement),
    logs: dynamoContactLogs(engagement),
    records: dynamoSendRecords(engagement),
    tests: dynamoCampaignTests(engagement),
    products,
    audience: audienceReader(recommendations),
    teller: createTeller({
      bus: eventBridgeBus({ client: eventBridgeClient(), bus: config.EVENT_BUS }),
      deliveries: createFanOut({
        subscribers: dynamoSubscribers(engagement),
        deadLetters: dynamoDeadLetters(engagement),
        lanes: dynamoLanes({ ...operations, detail: Message }),
        wakes: sqsQueue({ client: sqsClient(), url: config.DELIVER_QUEUE_URL }),
        clock,
      }),
      clock,
      telemetry,
    }),
    lanes: dynamoLanes({ ...operations, detail: PushWork }),
    wakes: sqsQueue({ client: sqsClient(), url: config.PUSH_QUEUE_URL }),
    senders: createSenders(
      ssmPushCredentials({ client: ssm, prefix: config.PUSH_CREDENTIALS_PREFIX }),
      async () => ({
        clock,
        sleep: (ms) => sleep(ms),
        tokens: dynamoTokens({ ...operations, sealer: (await keys.load()).sealer, clock }),
        hosts: config.WEBHOOK_HOSTS,
      }),
      clock,
    ),
    open: async () => {
      const { sealer, guest } = await keys.load();
      const visitors = dynamoVisitors({ ...engagement, sealer });
      return {
        customers: dynamoCustomers<StoredProfile>({ client, table: config.CUSTOMERS_TABLE, sealer }),
        devices: dynamoDevices({ ...engagement, sealer }),
        visitors,
        recommender: createRecommender({
          ...{ ...recommendations, products },
          behaviourOf: (personas) => recentBehaviour(personas, visitors),
        }),
        visitorConsents: dynamoVisitorConsents({ ...engagement, sealer }),
        suppressions: dynamoSuppressions({ ...engagement, key: guest }),
      };
    },
    ...(config.BRAND !== '' && { brand: config.BRAND }),
    clock,
    sleep: (ms) => sleep(ms),
    random: Math.random,
    newHolder: randomUUID,
    telemetry,
  }),
).use(observed(telemetry));
