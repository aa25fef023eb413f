/**
 * Exports queue → files in the lake, an export a message. A schedule asks each quarter of an hour which exports are due. What fails
 * says so in its record, where the person sees it; a message comes again only where its function died, or may have.
 */
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { dueSchedules } from '../../shared/exports/due-schedules.ts';
import { ExportsMessage } from '../../shared/exports/export.ts';
import type { ExportManagement } from '../../shared/exports/manage.ts';
import { type RunDependencies, runExport } from '../../shared/exports/run-export.ts';
import { consumeBatch } from '../../shared/queues/sqs-batch.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';

export interface ExportsDependencies extends RunDependencies {
  readonly exports: ExportManagement['exports'];
  readonly queue: ExportManagement['queue'];
  readonly telemetry: Telemetry;
}

/** Left to end what is on its way, and to say that it took too long. */
const RESERVE_MS = 60_000;

export function createExports(given: ExportsDependencies) {
  return (event: SQSEvent, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<SQSBatchResponse> => {
    const deadlineMs = given.clock().getTime() + context.getRemainingTimeInMillis() - RESERVE_MS;
    return consumeBatch(event, ExportsMessage, given.telemetry, {
      atOnce: 1,
      handle: (message) => ('export' in message ? run(message.export, deadlineMs, given) : schedule(given)),
      failure: 'Export could not be run',
      about: (message) => ('export' in message ? { export: message.export } : {}),
    });
  };
}

async function run(id: string, deadlineMs: number, given: ExportsDependencies): Promise<void> {
  const { telemetry } = given;
  const outcome = await runExport(id, { deadlineMs }, given);
  switch (outcome.kind) {
    case 'nothing':
      return telemetry.info('Export was done before', { export: id });
    case 'done': {
      const { rows = 0, format } = outcome.record;
      telemetry.measure('exported', rows, { event: format });
      return telemetry.info('Export written', { export: id, rows });
    }
    case 'failed':
      telemetry.measure('exportFailed', 1, { event: 'export' });
      return telemetry.error('Export failed', outcome.error, { export: id, code: outcome.record.code ?? 'unknown' });
  }
}

async function schedule(given: ExportsDependencies): Promise<void> {
  const made = await dueSchedules(given);
  if (made.length > 0) given.telemetry.info('Exports are due', { exports: made.map((id) => ({ export: id })) });
}
