import middy from '@middy/core';
import { DOORS } from '../../shared/channels/registry.ts';
import { localSnapshots } from '../../shared/preview/local-snapshot.ts';
import { createCache } from '../../shared/runtime/cache.ts';
import { dynamoClient } from '../../shared/runtime/clients.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import { readConfig } from '../../shared/runtime/config.ts';
import { observed } from '../../shared/runtime/middleware.ts';
import { createTelemetry } from '../../shared/runtime/powertools.ts';
import { s3Client } from '../../shared/runtime/s3.ts';
import { dynamoSegments } from '../../shared/segments/store.ts';
import { keepDuckDB } from '../../shared/snapshots/duckdb.ts';
import { ownFolder } from '../../shared/snapshots/own-folder.ts';
import { s3Snapshots } from '../../shared/snapshots/store.ts';
import { PreviewConfig } from './config.ts';
import { createPreview } from './handler.ts';

const config = readConfig(PreviewConfig);
const telemetry = createTelemetry('preview');
const folder = ownFolder('preview');
const segments = dynamoSegments({ client: dynamoClient(), table: config.ENGAGEMENT_TABLE });

/** Who writes a segment asks for several previews of it. */
const SEGMENTS_AGE_MS = 10_000;
const standing = createCache({
  load: async () => (await segments.listSegments()).segments.filter(({ isArchived }) => !isArchived),
  clock: systemClock,
  maxAgeMs: SEGMENTS_AGE_MS,
  maxEntries: 1,
});

const duckDB = keepDuckDB({ memoryMiB: config.DUCKDB_MEMORY_MIB, threads: 2, folder });

export const handler = middy(
  createPreview({
    snapshots: localSnapshots({
      snapshots: s3Snapshots({ client: s3Client(), bucket: config.LAKE_BUCKET }),
      folder: `${folder}/snapshots`,
      clock: systemClock,
    }),
    duckDB: duckDB.open,
    discardDuckDB: duckDB.discard,
    segments: async () => (await standing.get('all')) ?? [],
    channelCategories: new Map([...DOORS.values()].map(({ channel, category }) => [channel, category])),
    clock: systemClock,
    telemetry,
  }),
).use(observed(telemetry));
