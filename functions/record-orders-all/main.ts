import middy from '@middy/core';
import { ADAPTERS } from '../../shared/channels/registry.ts';
import { connectionDirectory } from '../../shared/connections/directory.ts';
import { dynamoConnections } from '../../shared/connections/store.ts';
import { ssmKeys } from '../../shared/identity/store.ts';
import { s3Lines, s3OrdersRecordings } from '../../shared/lines/store.ts';
import { dynamoOrders } from '../../shared/orders/store.ts';
import { dynamoClient, ssmClient } from '../../shared/runtime/clients.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import { readConfig } from '../../shared/runtime/config.ts';
import { observed } from '../../shared/runtime/middleware.ts';
import { createTelemetry } from '../../shared/runtime/powertools.ts';
import { s3Client } from '../../shared/runtime/s3.ts';
import { RecordOrdersAllConfig } from './config.ts';
import { createRecordOrdersAll } from './handler.ts';

const config = readConfig(RecordOrdersAllConfig);
const telemetry = createTelemetry('record-orders-all');
const clock = systemClock;
const client = dynamoClient();
const lake = { client: s3Client(), bucket: config.LAKE_BUCKET };
const keys = ssmKeys({ client: ssmClient(), name: config.IDENTITY_KEYS });

export const handler = middy(
  createRecordOrdersAll({
    orders: dynamoOrders({ client, table: config.ORDERS_TABLE, overflow: lake }),
    rows: s3Lines(lake),
    recordings: s3OrdersRecordings(lake),
    adapters: ADAPTERS,
    connections: connectionDirectory(dynamoConnections({ client, table: config.OPERATIONS_TABLE }), clock),
    // Before the first order nobody has made them, and this function may not.
    keys: () => keys.load(),
    clock,
    telemetry,
  }),
).use(observed(telemetry));
