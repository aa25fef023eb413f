import { setTimeout as sleep } from 'node:timers/promises';
import middy from '@middy/core';
import type { ExportsMessage } from '../../shared/exports/export.ts';
import { dynamoExports, s3ExportFiles } from '../../shared/exports/store.ts';
import { ssmKeys } from '../../shared/identity/store.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { dynamoCustomers } from '../../shared/profiles/store.ts';
import { sqsQueue } from '../../shared/queues/store.ts';
import { dynamoClient, sqsClient, ssmClient } from '../../shared/runtime/clients.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import { readConfig } from '../../shared/runtime/config.ts';
import { observed } from '../../shared/runtime/middleware.ts';
import { createTelemetry } from '../../shared/runtime/powertools.ts';
import { s3Client } from '../../shared/runtime/s3.ts';
import { dynamoMemberships, dynamoSegments } from '../../shared/segments/store.ts';
import { ExportsConfig } from './config.ts';
import { createExports } from './handler.ts';

const config = readConfig(ExportsConfig);
const telemetry = createTelemetry('exports');
const client = dynamoClient();
const engagement = { client, table: config.ENGAGEMENT_TABLE };
const keys = ssmKeys({ client: ssmClient(), name: config.IDENTITY_KEYS });

/** Keys are asked for with the first profile: before it nobody has made them, and this function may not. */
async function customers() {
  const { sealer } = await keys.load();
  return dynamoCustomers<StoredProfile>({ client, table: config.CUSTOMERS_TABLE, sealer });
}

export const handler = middy(
  createExports({
    exports: dynamoExports(engagement),
    segments: dynamoSegments(engagement),
    memberships: dynamoMemberships(engagement),
    customers: {
      getProfiles: async (personas) => (await customers()).getProfiles(personas),
      getContent: async (persona) => (await customers()).getContent(persona),
    },
    files: s3ExportFiles({ client: s3Client(), bucket: config.LAKE_BUCKET }),
    queue: sqsQueue<ExportsMessage>({ client: sqsClient(), url: config.EXPORTS_QUEUE_URL }),
    clock: systemClock,
    sleep,
    telemetry,
  }),
).use(observed(telemetry));
