/**
 * Lines of orders in the lake.
 * # | question                         | function           | key                                              | read
 * 1 | keep these rows                  | putRows            | rows/lines/date=…/hour=…/<time>-<hash>.ndjson.gz | -
 * 2 | rows written since               | listRows           | likewise, after a name                           | strong
 * 3 | the newest build                 | getLatest          | lines/latest.json                                | strong
 * 4 | another is the newest            | putLatest          | likewise, condition on its etag                  | -
 * 5 | an object; keep one              | fetch, put         | rows/lines/…, lines/<build>/<name>               | strong
 * 6 | all files of builds; delete one  | listFiles, delete  | lines/<build>/…                                  | strong
 * 7 | how far all orders were recorded | get-, putRecording | lines/recording.json                             | strong
 * Asked by: 1 record-orders, record-orders-all · 2–6 recommend, attribute · 7 record-orders-all.
 */
import * as z from 'zod';
import { keyByTime } from '../lake/by-time.ts';
import { type LakePlace, lakeFiles } from '../lake/files/store.ts';
import { ndjson } from '../snapshots/rows.ts';
import type { Instant } from '../time/instant.ts';
import { LINE_ROWS_PREFIX, LINES_PREFIX } from './layout.ts';
import { type LineStore, Lines } from './lines.ts';
import type { OrdersRecordingStore } from './record-orders.ts';

const LATEST = `${LINES_PREFIX}latest.json`;
export const ORDERS_RECORDING_KEY = `${LINES_PREFIX}recording.json`;

export function s3Lines(place: LakePlace): LineStore {
  const files = lakeFiles(place);
  return {
    putRows(rows, at) {
      const text = ndjson(rows);
      return files.putGzip(keyByTime(LINE_ROWS_PREFIX, at, text), text);
    },
    listRows: (after, limit) => files.list(LINE_ROWS_PREFIX, after, limit),
    async getLatest() {
      const found = await files.getText(LATEST);
      return found && { lines: Lines.parse(JSON.parse(found.text)), etag: found.etag };
    },
    async putLatest(lines, seen) {
      await files.putIfSeen(LATEST, lines, seen);
    },
    fetch: (key, file) => files.fetch(key, file),
    put: (key, file) => files.putParquet(key, file),
    async listFiles() {
      const objects = await files.list(LINES_PREFIX, LINES_PREFIX, Number.POSITIVE_INFINITY);
      return objects.map(({ key }) => key).filter((key) => key.endsWith('.parquet'));
    },
    delete: (key) => files.remove(key),
  };
}

// The casts: written below, of instants.
const At = z.iso.datetime().transform((at) => at as Instant);
const StoredRecording = z.object({
  part: z.int(),
  after: z.string().exactOptional(),
  orders: z.int(),
  startedAt: At,
  finishedAt: At.exactOptional(),
});

export function s3OrdersRecordings(place: LakePlace): OrdersRecordingStore {
  const files = lakeFiles(place);
  return {
    async getRecording() {
      const found = await files.getText(ORDERS_RECORDING_KEY);
      return found && { recording: StoredRecording.parse(JSON.parse(found.text)), etag: found.etag };
    },
    putRecording: (recording, seen) => files.putIfSeen(ORDERS_RECORDING_KEY, recording, seen),
  };
}
