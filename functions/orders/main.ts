import middy from '@middy/core';
import { ADAPTERS } from '../../shared/channels/registry.ts';
import { connectionDirectory } from '../../shared/connections/directory.ts';
import { dynamoConnections } from '../../shared/connections/store.ts';
import { s3Lake } from '../../shared/lake/store.ts';
import { dynamoOrders } from '../../shared/orders/store.ts';
import { dynamoQuarantine } from '../../shared/quarantine/store.ts';
import { dynamoClient } from '../../shared/runtime/clients.ts';
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
const bucket = { client: s3, bucket: config.LAKE_BUCKET };

export const handler = middy(
  createOrders({
    adapters: ADAPTERS,
    connections: connectionDirectory(dynamoConnections(operations), systemClock),
    lake: s3Lake(bucket),
    orders: dynamoOrders({ client: dynamo, table: config.ORDERS_TABLE, overflow: bucket }),
    quarantine: dynamoQuarantine(operations),
    clock: systemClock,
    telemetry,
  }),
).use(observed(telemetry));
