import middy from '@middy/core';
import { ssmKeys } from '../../shared/identity/store.ts';
import { ssmClient } from '../../shared/runtime/clients.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import { readConfig } from '../../shared/runtime/config.ts';
import { observed } from '../../shared/runtime/middleware.ts';
import { createTelemetry } from '../../shared/runtime/powertools.ts';
import { s3Client } from '../../shared/runtime/s3.ts';
import { s3Rows } from '../../shared/snapshots/store.ts';
import { RecordConfig } from './config.ts';
import { createRecord } from './handler.ts';

const config = readConfig(RecordConfig);
const telemetry = createTelemetry('record');

export const handler = middy(
  createRecord({
    rows: s3Rows({ client: s3Client(), bucket: config.LAKE_BUCKET }),
    keys: ssmKeys({ client: ssmClient(), name: config.IDENTITY_KEYS }),
    clock: systemClock,
    telemetry,
  }),
).use(observed(telemetry));
