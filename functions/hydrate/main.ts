import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import middy from '@middy/core';
import { v7 as uuidv7 } from 'uuid';
import { ADAPTERS } from '../../shared/channels/registry.ts';
import { connectionDirectory } from '../../shared/connections/directory.ts';
import { dynamoConnections, ssmSecrets } from '../../shared/connections/store.ts';
import { FetchDetail } from '../../shared/hydration/fetch-detail.ts';
import type { EnvelopeId } from '../../shared/lake/envelope.ts';
import { createInbox } from '../../shared/lake/inbox.ts';
import { s3Lake } from '../../shared/lake/store.ts';
import { dynamoLanes } from '../../shared/lanes/store.ts';
import { dynamoQuarantine } from '../../shared/quarantine/store.ts';
import { sqsQueue } from '../../shared/queues/store.ts';
import { dynamoClient, sqsClient, ssmClient } from '../../shared/runtime/clients.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import { readConfig } from '../../shared/runtime/config.ts';
import { observed } from '../../shared/runtime/middleware.ts';
import { createTelemetry } from '../../shared/runtime/powertools.ts';
import { s3Client } from '../../shared/runtime/s3.ts';
import { HydrateConfig } from './config.ts';
import { createHydrate } from './handler.ts';

const config = readConfig(HydrateConfig);
const telemetry = createTelemetry('hydrate');
const sqs = sqsClient();
const operations = { client: dynamoClient(), table: config.OPERATIONS_TABLE };
const connections = dynamoConnections(operations);

export const handler = middy(
  createHydrate({
    adapters: ADAPTERS,
    connections: { ...connectionDirectory(connections, systemClock), listConnections: connections.listConnections },
    secrets: ssmSecrets({ client: ssmClient(), prefix: config.SECRETS_PREFIX }),
    lanes: dynamoLanes({ ...operations, detail: FetchDetail }),
    wakes: sqsQueue({ client: sqs, url: config.WAKE_QUEUE_URL }),
    inbox: createInbox(
      sqsQueue({ client: sqs, url: config.INBOX_QUEUE_URL }),
      s3Lake({ client: s3Client(), bucket: config.LAKE_BUCKET }),
    ),
    quarantine: dynamoQuarantine(operations),
    fetch,
    anyApiBase: config.ANY_API_BASE === 'true',
    clock: systemClock,
    sleep,
    random: Math.random,
    // The cast: v7 returns what EnvelopeId brands.
    newEnvelopeId: () => uuidv7() as EnvelopeId,
    newHolder: randomUUID,
    telemetry,
  }),
).use(observed(telemetry));
