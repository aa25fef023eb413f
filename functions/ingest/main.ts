import middy from '@middy/core';
import { v7 as uuidv7 } from 'uuid';
import { DOORS } from '../../shared/channels/doors.ts';
import { doorDirectory } from '../../shared/connections/directory.ts';
import { dynamoConnections, ssmSecrets } from '../../shared/connections/store.ts';
import type { EnvelopeId } from '../../shared/lake/envelope.ts';
import { s3Lake } from '../../shared/lake/store.ts';
import { sqsQueue } from '../../shared/queues/store.ts';
import { dynamoClient, s3Client, sqsClient, ssmClient } from '../../shared/runtime/clients.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import { readConfig } from '../../shared/runtime/config.ts';
import { observed } from '../../shared/runtime/middleware.ts';
import { createTelemetry } from '../../shared/runtime/powertools.ts';
import { IngestConfig } from './config.ts';
import { createIngest } from './handler.ts';

const config = readConfig(IngestConfig);
const telemetry = createTelemetry('ingest');
const stores = {
  connections: dynamoConnections({ client: dynamoClient(), table: config.OPERATIONS_TABLE }),
  secrets: ssmSecrets({ client: ssmClient(), prefix: config.SECRETS_PREFIX }),
};

export const handler = middy(
  createIngest({
    doors: DOORS,
    connections: doorDirectory(stores, systemClock),
    inbox: sqsQueue({ client: sqsClient(), url: config.INBOX_QUEUE_URL }),
    lake: s3Lake({ client: s3Client(), bucket: config.LAKE_BUCKET }),
    clock: systemClock,
    // The cast: v7 returns what EnvelopeId brands.
    newEnvelopeId: () => uuidv7() as EnvelopeId,
    telemetry,
  }),
).use(observed(telemetry));
