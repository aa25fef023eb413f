import middy from '@middy/core';
import { v7 as uuidv7 } from 'uuid';
import { DOORS } from '../../shared/channels/registry.ts';
import { doorDirectory } from '../../shared/connections/directory.ts';
import { dynamoConnections, ssmSecrets } from '../../shared/connections/store.ts';
import type { EnvelopeId } from '../../shared/lake/envelope.ts';
import { createInbox } from '../../shared/lake/inbox.ts';
import type { Lake } from '../../shared/lake/lake.ts';
import { sqsQueue } from '../../shared/queues/store.ts';
import { dynamoClient, sqsClient, ssmClient } from '../../shared/runtime/clients.ts';
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

/** One webhook in thousands is too large for a message: the client of S3 is loaded when the first one comes. */
let lake: Promise<Lake> | undefined;
const lazyLake: Pick<Lake, 'write'> = {
  async write(object, envelopes) {
    lake ??= import('./large-bodies.ts').then(({ openLake }) => openLake(config.LAKE_BUCKET));
    await (await lake).write(object, envelopes);
  },
};

export const handler = middy(
  createIngest({
    doors: DOORS,
    connections: doorDirectory(stores, systemClock),
    inbox: createInbox(sqsQueue({ client: sqsClient(), url: config.INBOX_QUEUE_URL }), lazyLake),
    clock: systemClock,
    // The cast: v7 returns what EnvelopeId brands.
    newEnvelopeId: () => uuidv7() as EnvelopeId,
    telemetry,
  }),
).use(observed(telemetry));
