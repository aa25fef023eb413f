import * as z from 'zod';
import { ExportSchedule, ExportWishes } from '../exports/export.ts';
import { ExportView, ScheduleView } from '../exports/views.ts';
import { SegmentId } from '../segments/condition.ts';
import { PageQuery, pageOf } from './page.ts';
import { operation } from './route.ts';

const params = z.object({ id: SegmentId });
const NOT_FOUND = { 404: 'There is no such segment.' };
const example = { params: { id: 'sleeping' } };
const Export = ExportView.meta({ id: 'Export' });
const Schedule = ScheduleView.meta({ id: 'ExportSchedule' });

export const requestExport = operation({
  tag: 'exports',
  summary: 'Write who is in a segment to files',
  description:
    'CSV, NDJSON or Parquet. What a reader asks for has names and contacts masked. Ask for the export until it is done: then it has links.',
  params,
  body: ExportWishes.meta({ id: 'ExportWishes' }).optional(),
  answers: {
    202: {
      description: 'It is on its way.',
      schema: Export,
      links: {
        getExport: { exportId: '$response.body#/id' },
        listExportsOfSegment: { id: '$response.body#/segment' },
      },
    },
  },
  problems: { ...NOT_FOUND, 422: 'The segment is archived, or too many exports of it are waiting.' },
  idempotencyKey: true,
  audited: true,
  example: { ...example, body: { format: 'csv', columns: ['profile', 'since', 'tier', 'netSpend'] } },
});

export const listExportsOfSegment = operation({
  tag: 'exports',
  summary: 'The exports of a segment, newest first',
  params,
  query: PageQuery,
  answers: { 200: { description: 'A page of them, without links.', schema: pageOf(Export) } },
  problems: NOT_FOUND,
  example,
});

export const getExport = operation({
  tag: 'exports',
  summary: 'An export, with links to its files once it is done',
  description: 'Anybody who has a link may fetch the file, until it ends. Readers get none to what shows persons.',
  params: z.object({
    exportId: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.[0-9]{1,16}\.[A-Za-z0-9_-]{1,32}$/, 'the id of an export'),
  }),
  answers: { 200: { description: 'As it is now.', schema: Export } },
  problems: { 404: 'There is no such export.' },
  example: { params: { exportId: 'sleeping.1795597200000.Zm9vYmFy' } },
});

export const putExportSchedule = operation({
  tag: 'exports',
  summary: 'Export a segment every day, week or month',
  description: 'The first time without If-Match; to change the one there is, with it.',
  params,
  body: ExportSchedule.meta({ id: 'NewExportSchedule' }),
  answers: { 200: { description: 'As it was put.', schema: Schedule } },
  problems: {
    ...NOT_FOUND,
    409: 'Another put one at the same time.',
    422: 'The segment is archived, or there is no such time zone.',
    428: 'There is a schedule, and If-Match does not say that it was seen.',
  },
  ifMatch: 'allowed',
  etag: true,
  audited: true,
  example: {
    ...example,
    body: { every: 'day', hour: 7, timezone: 'Asia/Shanghai', wishes: { format: 'csv', keepDays: 7 } },
  },
});

const NO_SCHEDULE = { 404: 'The segment is exported on request only.' };

export const getExportSchedule = operation({
  tag: 'exports',
  summary: 'When a segment is exported by itself',
  params,
  answers: { 200: { description: 'And when next.', schema: Schedule } },
  problems: NO_SCHEDULE,
  etag: true,
  example,
});

export const removeExportSchedule = operation({
  tag: 'exports',
  summary: 'Export a segment by itself no more',
  params,
  answers: { 204: { description: 'What was exported stays.' } },
  problems: { ...NO_SCHEDULE, 409: 'It was changed meanwhile.' },
  ifMatch: 'allowed',
  audited: true,
  example,
});
