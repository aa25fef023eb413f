import middy from '@middy/core';
import { ADAPTERS } from '../../shared/channels/registry.ts';
import { connectionDirectory, shopDirectory } from '../../shared/connections/directory.ts';
import { healthNotes } from '../../shared/connections/health.ts';
import { dynamoConnections, dynamoHealth } from '../../shared/connections/store.ts';
import { FetchDetail } from '../../shared/hydration/fetch-detail.ts';
import { s3Lake } from '../../shared/lake/store.ts';
import { dynamoLanes } from '../../shared/lanes/store.ts';
import { dynamoOrders } from '../../shared/orders/store.ts';
import { dynamoQuarantine } from '../../shared/quarantine/store.ts';
import { sqsQueue } from '../../shared/queues/store.ts';
import { dynamoClient, sqsClient } from '../../shared/runtime/clients.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import { readConfig } from '../../shared/runtime/config.ts';
import { observed } from '../../shared/runtime/middleware.ts';
import { createTelemetry } from '../../shared/runtime/powertools.ts';
import { s3Client } from '../../shared/runtime/s3.ts';
import { OrdersConfig } from './config.ts';
import { createOrders } from './handler.ts';

const config = readConfig(OrdersConfig);
const telemetry = createTelemetry('orders');
const [dynamo, s3] = [dynamoClient(), s3Client()];
const operations = { client: dynamo, table: config.OPERATIONS_TABLE };
const connections = dynamoConnections(operations);
const bucket = { client: s3, bucket: config.LAKE_BUCKET };

export const handler = middy(
  createOrders({
    adapters: ADAPTERS,
    connections: connectionDirectory(connections, systemClock),
    shops: shopDirectory(connections, systemClock),
    lake: s3Lake(bucket),
    orders: dynamoOrders({ client: dynamo, table: config.ORDERS_TABLE, overflow: bucket }),
    quarantine: dynamoQuarantine(operations),
    lanes: dynamoLanes({ ...operations, detail: FetchDetail }),
    wakes: sqsQueue({ client: sqsClient(), url: config.WAKE_QUEUE_URL }),
    health: healthNotes(dynamoHealth(operations), systemClock),
    clock: systemClock,
    telemetry,
  }),
).use(observed(telemetry));
