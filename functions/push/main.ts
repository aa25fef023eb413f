import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import middy from '@middy/core';
import { dynamoCampaigns } from '../../shared/campaigns/store.ts';
import { ssmKeys } from '../../shared/identity/store.ts';
import { dynamoLanes } from '../../shared/lanes/store.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { dynamoCustomers } from '../../shared/profiles/store.ts';
import { createSenders } from '../../shared/push/accounts/senders.ts';
import { dynamoTokens, ssmPushCredentials } from '../../shared/push/accounts/store.ts';
import { PushWork } from '../../shared/push/push-work.ts';
import { dynamoContactLogs, dynamoDevices, dynamoRuns, dynamoSendRecords } from '../../shared/push/store.ts';
import { sqsQueue } from '../../shared/queues/store.ts';
import { dynamoClient, sqsClient, ssmClient } from '../../shared/runtime/clients.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import { readConfig } from '../../shared/runtime/config.ts';
import { observed } from '../../shared/runtime/middleware.ts';
import { createTelemetry } from '../../shared/runtime/powertools.ts';
import { dynamoMemberships } from '../../shared/segments/store.ts';
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

export const handler = middy(
  createPush({
    campaigns: dynamoCampaigns(engagement),
    runs: dynamoRuns(engagement),
    memberships: dynamoMemberships(engagement),
    logs: dynamoContactLogs(engagement),
    records: dynamoSendRecords(engagement),
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
      const { sealer } = await keys.load();
      return {
        customers: dynamoCustomers<StoredProfile>({ client, table: config.CUSTOMERS_TABLE, sealer }),
        devices: dynamoDevices({ ...engagement, sealer }),
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
