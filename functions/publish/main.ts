import middy from '@middy/core';
import { dynamoCampaigns } from '../../shared/campaigns/store.ts';
import { ssmKeys } from '../../shared/identity/store.ts';
import { dynamoLanes } from '../../shared/lanes/store.ts';
import { dynamoHistory, eventBridgeBus } from '../../shared/publish/store.ts';
import { createTriggers } from '../../shared/push/fan-out.ts';
import { PushWork } from '../../shared/push/push-work.ts';
import { sqsQueue } from '../../shared/queues/store.ts';
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
import { PublishConfig } from './config.ts';
import { createPublish } from './handler.ts';

const config = readConfig(PublishConfig);
const telemetry = createTelemetry('publish');
const client = dynamoClient();
const engagement = { client, table: config.ENGAGEMENT_TABLE };

export const handler = middy(
  createPublish({
    bus: eventBridgeBus({ client: eventBridgeClient(), bus: config.EVENT_BUS }),
    deliveries: createFanOut({
      subscribers: dynamoSubscribers(engagement),
      deadLetters: dynamoDeadLetters(engagement),
      lanes: dynamoLanes({ client, table: config.OPERATIONS_TABLE, detail: Message }),
      wakes: sqsQueue({ client: sqsClient(), url: config.DELIVER_QUEUE_URL }),
      clock: systemClock,
    }),
    triggers: createTriggers({
      campaigns: dynamoCampaigns(engagement),
      lanes: dynamoLanes({ client, table: config.OPERATIONS_TABLE, detail: PushWork }),
      wakes: sqsQueue({ client: sqsClient(), url: config.PUSH_QUEUE_URL }),
      clock: systemClock,
    }),
    history: dynamoHistory({ client, table: config.CUSTOMERS_TABLE }),
    memberships: dynamoMemberships(engagement),
    keys: ssmKeys({ client: ssmClient(), name: config.IDENTITY_KEYS }),
    telemetry,
  }),
).use(observed(telemetry));
