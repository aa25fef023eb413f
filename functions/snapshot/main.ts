import { randomUUID } from 'node:crypto';
import middy from '@middy/core';
import { systemClock } from '../../shared/runtime/clock.ts';
import { readConfig } from '../../shared/runtime/config.ts';
import { observed } from '../../shared/runtime/middleware.ts';
import { createTelemetry } from '../../shared/runtime/powertools.ts';
import { s3Client } from '../../shared/runtime/s3.ts';
import { openDuckDB } from '../../shared/snapshots/duckdb.ts';
import { ownFolder } from '../../shared/snapshots/own-folder.ts';
import { s3Rows, s3Snapshots } from '../../shared/snapshots/store.ts';
import { SnapshotConfig } from './config.ts';
import { createSnapshot } from './handler.ts';

const config = readConfig(SnapshotConfig);
const telemetry = createTelemetry('snapshot');
const lake = { client: s3Client(), bucket: config.LAKE_BUCKET };
const folder = ownFolder('snapshot');

export const handler = middy(
  createSnapshot({
    rows: s3Rows(lake),
    snapshots: s3Snapshots(lake),
    openDuckDB: () => openDuckDB({ memoryMiB: config.DUCKDB_MEMORY_MIB, threads: 2, folder }),
    folder,
    newName: () => randomUUID().slice(0, 8),
    clock: systemClock,
    telemetry,
  }),
).use(observed(telemetry));
