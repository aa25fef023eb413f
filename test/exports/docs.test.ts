/** What docs/exports.md tells people to run gives what it says. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, expect, it } from 'vitest';
import { instant } from '../../shared/time/instant.ts';
import { personaId } from '../publish/samples.ts';
import { HOUR, openStage, SEGMENT, START_MS } from './stage.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'tributary-exports-docs-'));
afterAll(() => rmSync(folder, { recursive: true }));

const [, question = ''] =
  /```sql\n(.*?)```/s.exec(readFileSync(path.resolve(import.meta.dirname, '../../docs/exports.md'), 'utf8')) ?? [];

it('its SQL combines files and events', async () => {
  const stage = await openStage();
  const profile = (name: string) => personaId(`shopify/shop/${name}`);
  await stage.putRow(profile('stays'), { revision: 3 });
  await stage.putRow(profile('leaves'), { revision: 2 });
  await stage.putRow(profile('left'), { revision: 6, leftAt: instant(START_MS - HOUR) });
  const id = await stage.request({ format: 'parquet' });
  await stage.run(id);
  for (const { name, key } of (await stage.recordOf(id)).files ?? [])
    writeFileSync(path.join(folder, name), stage.files.files.get(key)?.content ?? '');

  const { eventsFrom = '' } = await stage.recordOf(id);
  const entered = (name: string, revision: number, change = {}) => ({
    type: 'segment.entered',
    subject: profile(name),
    segment: SEGMENT,
    revision,
    occurredAt: instant(START_MS + HOUR),
    ...change,
  });
  const events = [
    entered('left', 5, { occurredAt: eventsFrom }),
    entered('stays', 1, { type: 'segment.exited' }),
    entered('leaves', 3, { type: 'segment.exited' }),
    entered('comes', 1),
    entered('comes', 1),
    entered('another', 1, { segment: 'another' }),
    entered('long-ago', 1, { occurredAt: instant(Date.parse(eventsFrom) - 1) }),
    // No event of a segment.
    { type: 'tier.changed', subject: profile('stays'), revision: 9, occurredAt: instant(START_MS + HOUR) },
  ];
  writeFileSync(path.join(folder, 'events.ndjson'), events.map((event) => JSON.stringify(event)).join('\n'));

  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run(`SET file_search_path = '${folder}'`);
  const answer = await connection.runAndReadAll(question.replace('2026-11-23T10:00:02.113Z', eventsFrom));
  const members = answer.getRowObjectsJson().map((row) => row.profile);
  connection.closeSync();
  expect(members.sort()).toEqual([profile('comes'), profile('stays')]);
});
