import middy from '@middy/core';
import { ssmKeys } from '../../shared/identity/store.ts';
import { dynamoHistory, eventBridgeBus } from '../../shared/publish/store.ts';
import { dynamoClient, ssmClient } from '../../shared/runtime/clients.ts';
import { readConfig } from '../../shared/runtime/config.ts';
import { eventBridgeClient } from '../../shared/runtime/eventbridge.ts';
import { observed } from '../../shared/runtime/middleware.ts';
import { createTelemetry } from '../../shared/runtime/powertools.ts';
import { PublishConfig } from './config.ts';
import { createPublish } from './handler.ts';

const config = readConfig(PublishConfig);
const telemetry = createTelemetry('publish');

export const handler = middy(
  createPublish({
    bus: eventBridgeBus({ client: eventBridgeClient(), bus: config.EVENT_BUS }),
    history: dynamoHistory({ client: dynamoClient(), table: config.CUSTOMERS_TABLE }),
    keys: ssmKeys({ client: ssmClient(), name: config.IDENTITY_KEYS }),
    telemetry,
  }),
).use(observed(telemetry));
