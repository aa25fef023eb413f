import middy from '@middy/core';
import { s3Lake } from '../../shared/lake/store.ts';
import { sqsQueue } from '../../shared/queues/store.ts';
import { sqsClient } from '../../shared/runtime/clients.ts';
import { readConfig } from '../../shared/runtime/config.ts';
import { observed } from '../../shared/runtime/middleware.ts';
import { createTelemetry } from '../../shared/runtime/powertools.ts';
import { s3Client } from '../../shared/runtime/s3.ts';
import { ArchiveConfig } from './config.ts';
import { createArchive } from './handler.ts';

const config = readConfig(ArchiveConfig);
const telemetry = createTelemetry('archive');

export const handler = middy(
  createArchive({
    lake: s3Lake({ client: s3Client(), bucket: config.LAKE_BUCKET }),
    work: sqsQueue({ client: sqsClient(), url: config.WORK_QUEUE_URL }),
    telemetry,
  }),
).use(observed(telemetry));
