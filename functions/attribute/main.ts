import middy from '@middy/core';
import { s3KnownEvents } from '../../shared/behaviour/store.ts';
import { dynamoCampaigns } from '../../shared/campaigns/store.ts';
import { dynamoLanes } from '../../shared/lanes/store.ts';
import { s3Lines } from '../../shared/lines/store.ts';
import { s3Attributions } from '../../shared/proof/files/store.ts';
import { dynamoAttributedOrders, dynamoResults } from '../../shared/proof/store.ts';
import { eventBridgeBus } from '../../shared/publish/store.ts';
import { dynamoSendRecords } from '../../shared/push/store.ts';
import { sqsQueue } from '../../shared/queues/store.ts';
import { dynamoClient, sqsClient } from '../../shared/runtime/clients.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import { readConfig } from '../../shared/runtime/config.ts';
import { eventBridgeClient } from '../../shared/runtime/eventbridge.ts';
import { observed } from '../../shared/runtime/middleware.ts';
import { createTelemetry } from '../../shared/runtime/powertools.ts';
import { s3Client } from '../../shared/runtime/s3.ts';
import { openDuckDB } from '../../shared/snapshots/duckdb.ts';
import { ownFolder } from '../../shared/snapshots/own-folder.ts';
import { s3Snapshots } from '../../shared/snapshots/store.ts';
import { createFanOut } from '../../shared/subscribers/fan-out.ts';
import { Message } from '../../shared/subscribers/message.ts';
import { dynamoDeadLetters, dynamoSubscribers } from '../../shared/subscribers/store.ts';
import { AttributeConfig } from './config.ts';
import { createAttribute } from './handler.ts';

const config = readConfig(AttributeConfig);
const telemetry = createTelemetry('attribute');
const lake = { client: s3Client(), bucket: config.LAKE_BUCKET };
const client = dynamoClient();
const engagement = { client, table: config.ENGAGEMENT_TABLE };
const folder = ownFolder('attribute');

export const handler = middy(
  createAttribute({
    campaigns: dynamoCampaigns(engagement),
    records: dynamoSendRecords(engagement),
    lines: s3Lines(lake),
    events: s3KnownEvents(lake),
    snapshots: s3Snapshots(lake),
    results: dynamoResults(engagement),
    orders: dynamoAttributedOrders(engagement),
    files: s3Attributions(lake),
    bus: eventBridgeBus({ client: eventBridgeClient(), bus: config.EVENT_BUS }),
    deliveries: createFanOut({
      subscribers: dynamoSubscribers(engagement),
      deadLetters: dynamoDeadLetters(engagement),
      lanes: dynamoLanes({ client, table: config.OPERATIONS_TABLE, detail: Message }),
      wakes: sqsQueue({ client: sqsClient(), url: config.DELIVER_QUEUE_URL }),
      clock: systemClock,
    }),
    openDuckDB: () => openDuckDB({ memoryMiB: config.DUCKDB_MEMORY_MIB, threads: 2, folder }),
    folder,
    clock: systemClock,
    telemetry,
  }),
).use(observed(telemetry));
