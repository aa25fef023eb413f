import { seesPersons } from '../../shared/api/roles.ts';
import { ExportWishes } from '../../shared/exports/export.ts';
import * as manage from '../../shared/exports/manage.ts';
import type { Caller } from './caller.ts';
import { requireNone, requireSeen, type Seen } from './etag.ts';
import { storePage } from './pages.ts';
import { Refusal } from './problem.ts';
import type { Handlers } from './serve.ts';

type ExportHandlers = Pick<
  Handlers,
  | 'requestExport'
  | 'listExportsOfSegment'
  | 'getExport'
  | 'putExportSchedule'
  | 'getExportSchedule'
  | 'removeExportSchedule'
>;

export const exportHandlers = (its: manage.ExportManagement): ExportHandlers => ({
  async requestExport({ params: { id }, body: wishes = ExportWishes.parse({}), caller }) {
    const outcome = await manage.requestExport({ segment: id, wishes, caller: asCaller(caller) }, its);
    if (outcome.kind === 'refused') throw refused(outcome);
    return { status: 202, body: outcome.export, subject: outcome.export.id };
  },

  async listExportsOfSegment({ params: { id }, query, caller }) {
    await manage.requireSegment(id, its.segments);
    const body = await storePage(['exports', id], query, (limit, after) =>
      manage.listExports({ segment: id, limit, after, caller: asCaller(caller) }, its),
    );
    return { status: 200, body };
  },

  async getExport({ params: { exportId }, caller }) {
    return { status: 200, body: await manage.getExport({ id: exportId, caller: asCaller(caller) }, its) };
  },

  async putExportSchedule({ params: { id }, body: schedule, seen, caller }) {
    const revision = await seenRevision(id, seen, its);
    const outcome = await manage.putSchedule({ segment: id, schedule, caller: asCaller(caller), revision }, its);
    if (outcome.kind === 'refused') throw refused(outcome);
    return { status: 200, body: outcome.schedule, revision: outcome.schedule.revision };
  },

  async getExportSchedule({ params: { id } }) {
    const body = await manage.getSchedule({ segment: id }, its);
    return { status: 200, body, revision: body.revision };
  },

  async removeExportSchedule({ params: { id }, seen }) {
    const { revision } = await manage.getSchedule({ segment: id }, its);
    requireSeen(seen, revision);
    await manage.removeSchedule({ segment: id, revision }, its);
    return { status: 204 };
  },
});

const asCaller = ({ id, roles }: Caller): manage.ExportCaller => ({ by: id, maySeePersonal: seesPersons(roles) });

/** Who puts the first has seen none; who changes one says that they have. */
async function seenRevision(
  segment: string,
  seen: Seen | undefined,
  { exports }: manage.ExportManagement,
): Promise<number> {
  const known = await exports.getSchedule(segment);
  if (!known) {
    requireNone(seen);
    return 0;
  }
  requireSeen(seen, known.revision);
  if (seen) return known.revision;
  throw new Refusal(
    428,
    'if_match_missing',
    'There is a schedule already. Get it, and send its ETag as If-Match to put another in its place.',
  );
}

function refused({ code, message }: manage.ExportRefused): Refusal {
  if (code !== 'timezone_unknown') return new Refusal(422, code, message);
  return new Refusal(422, code, message, { problems: [{ in: 'body', at: '/timezone', message }] });
}
