import middy from '@middy/core';
import { s3KnownEvents } from '../../shared/behaviour/store.ts';
import { dynamoCampaigns } from '../../shared/campaigns/store.ts';
import { CATALOGUE_FILE, writeCatalogue } from '../../shared/catalogue/catalogue-file.ts';
import { dynamoProducts, s3Catalogue } from '../../shared/catalogue/store.ts';
import { ssmKeys } from '../../shared/identity/store.ts';
import { lakeFiles } from '../../shared/lake/files/store.ts';
import { dynamoLanes } from '../../shared/lanes/store.ts';
import { s3Lines } from '../../shared/lines/store.ts';
import { markCustomer } from '../../shared/profiles/mark-customer.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { dynamoCustomers } from '../../shared/profiles/store.ts';
import { PushWork } from '../../shared/push/push-work.ts';
import { createReplenishments } from '../../shared/push/replenishment.ts';
import type { ProfilesMessage, WakeMessage } from '../../shared/queues/messages.ts';
import { sqsQueue } from '../../shared/queues/store.ts';
import { dynamoRows, dynamoVersions, s3VersionFiles } from '../../shared/recommendations/store.ts';
import { dynamoClient, sqsClient, ssmClient } from '../../shared/runtime/clients.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import { readConfig } from '../../shared/runtime/config.ts';
import { Conflict, NotFound } from '../../shared/runtime/errors.ts';
import { observed } from '../../shared/runtime/middleware.ts';
import { createTelemetry } from '../../shared/runtime/powertools.ts';
import { s3Client } from '../../shared/runtime/s3.ts';
import { dynamoSegments } from '../../shared/segments/store.ts';
import { openDuckDB } from '../../shared/snapshots/duckdb.ts';
import { ownFolder } from '../../shared/snapshots/own-folder.ts';
import { s3Snapshots } from '../../shared/snapshots/store.ts';
import { RecommendConfig } from './config.ts';
import { createRecommend } from './handler.ts';

const config = readConfig(RecommendConfig);
const telemetry = createTelemetry('recommend');
const client = dynamoClient();
const engagement = { client, table: config.ENGAGEMENT_TABLE };
const lake = { client: s3Client(), bucket: config.LAKE_BUCKET };
const sqs = sqsClient();
const keys = ssmKeys({ client: ssmClient(), name: config.IDENTITY_KEYS });
const folder = ownFolder('recommend');

export const handler = middy(
  createRecommend({
    lines: s3Lines(lake),
    events: s3KnownEvents(lake),
    snapshots: s3Snapshots(lake),
    async fetchCatalogue(file) {
      await writeCatalogue(dynamoProducts(engagement), s3Catalogue(lake));
      await lakeFiles(lake).fetch(CATALOGUE_FILE, file);
    },
    versions: dynamoVersions(engagement),
    rows: dynamoRows(engagement),
    files: s3VersionFiles(lake),
    due: createReplenishments({
      campaigns: dynamoCampaigns(engagement),
      lanes: dynamoLanes({ client, table: config.OPERATIONS_TABLE, detail: PushWork }),
      wakes: sqsQueue<WakeMessage>({ client: sqs, url: config.PUSH_QUEUE_URL }),
      clock: systemClock,
    }),
    likely: {
      segments: async () => (await dynamoSegments(engagement).listSegments()).segments,
      async tag(profile, name, on) {
        const customers = dynamoCustomers<StoredProfile>({
          client,
          table: config.CUSTOMERS_TABLE,
          sealer: (await keys.load()).sealer,
        });
        try {
          await markCustomer(profile, [{ kind: 'tag', name, on }], 'recommendations', {
            customers,
            queue: sqsQueue<ProfilesMessage>({ client: sqs, url: config.PROFILES_QUEUE_URL }),
            clock: systemClock,
          });
        } catch (error) {
          // It was joined with another since the snapshot, or has as many tags as one may.
          if (!(error instanceof NotFound || error instanceof Conflict)) throw error;
        }
      },
    },
    openDuckDB: () => openDuckDB({ memoryMiB: config.DUCKDB_MEMORY_MIB, threads: 2, folder }),
    folder: `${folder}/work`,
    clock: systemClock,
    telemetry,
  }),
).use(observed(telemetry));
