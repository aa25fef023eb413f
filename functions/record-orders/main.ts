import middy from '@middy/core';
import { ADAPTERS } from '../../shared/channels/registry.ts';
import { connectionDirectory } from '../../shared/connections/directory.ts';
import { dynamoConnections } from '../../shared/connections/store.ts';
import { ssmKeys } from '../../shared/identity/store.ts';
import { s3Lines } from '../../shared/lines/store.ts';
import { orderImages } from '../../shared/orders/store.ts';
import { dynamoClient, ssmClient } from '../../shared/runtime/clients.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import { readConfig } from '../../shared/runtime/config.ts';
import { observed } from '../../shared/runtime/middleware.ts';
import { createTelemetry } from '../../shared/runtime/powertools.ts';
import { s3Client } from '../../shared/runtime/s3.ts';
import { RecordOrdersConfig } from './config.ts';
import { createRecordOrders } from './handler.ts';

const config = readConfig(RecordOrdersConfig);
const telemetry = createTelemetry('record-orders');
const clock = systemClock;
const lake = { client: s3Client(), bucket: config.LAKE_BUCKET };
const keys = ssmKeys({ client: ssmClient(), name: config.IDENTITY_KEYS });

export const handler = middy(
  createRecordOrders({
    images: orderImages(lake),
    rows: s3Lines(lake),
    adapters: ADAPTERS,
    connections: connectionDirectory(
      dynamoConnections({ client: dynamoClient(), table: config.OPERATIONS_TABLE }),
      clock,
    ),
    keys: () => keys.load(),
    clock,
    telemetry,
  }),
).use(observed(telemetry));
