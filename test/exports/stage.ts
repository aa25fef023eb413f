/** The exports stage in memory: the real functions over models, with a clock that tests turn. */
import { createExports } from '../../functions/exports/handler.ts';
import { type Export, ExportsMessage, ExportWishes } from '../../shared/exports/export.ts';
import type { ExportCaller } from '../../shared/exports/manage.ts';
import { getExport, listExports, putSchedule, removeSchedule, requestExport } from '../../shared/exports/manage.ts';
import { ExportManifest } from '../../shared/exports/manifest.ts';
import { type RunDependencies, runExport } from '../../shared/exports/run-export.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { updateCustomers } from '../../shared/profiles/update.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import type { SegmentVersion } from '../../shared/segments/definition.ts';
import type { MembershipRow } from '../../shared/segments/membership.ts';
import { instant } from '../../shared/time/instant.ts';
import { type Bought, bought, testRules } from '../profiles/people.ts';
import { memoryCustomers } from '../simulation/models/customers.ts';
import { memoryExportFiles, memoryExports } from '../simulation/models/exports.ts';
import { memoryMemberships, memorySegments } from '../simulation/models/segments.ts';
import { sqsEvent } from '../sqs-event.ts';
import { readBack } from './read-back.ts';

export const START_MS = Date.UTC(2026, 10, 24, 10);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const SEGMENT = 'sleeping';
export const NAME = '高价值沉睡客户';

export const MARKETER: ExportCaller = { by: 'a marketer', maySeePersonal: true };
export const READER: ExportCaller = { by: 'a reader', maySeePersonal: false };

export type ExportsStage = Awaited<ReturnType<typeof openStage>>;

export async function openStage() {
  let nowMs = START_MS;
  let tails = 0;
  const customers = memoryCustomers<StoredProfile>();
  const memberships = memoryMemberships();
  const segments = memorySegments();
  const exports = memoryExports();
  const files = memoryExportFiles();
  const sent: ExportsMessage[] = [];
  const measured: { readonly metric: string; readonly value: number }[] = [];
  const logged: string[] = [];
  const telemetry: Telemetry = {
    info: (message, fields) => void logged.push(JSON.stringify([message, fields])),
    warn: (message, fields) => void logged.push(JSON.stringify([message, fields])),
    error: (message, error, fields) => void logged.push(JSON.stringify([message, String(error), fields])),
    measure: (metric, value) => void measured.push({ metric, value }),
    flush: () => undefined,
  };
  const wait = (ms: number) => {
    nowMs += ms;
  };
  const stores = {
    customers,
    memberships,
    segments,
    exports,
    files,
    queue: {
      async send(message: ExportsMessage) {
        sent.push(ExportsMessage.parse(message));
      },
    },
    clock: () => new Date(nowMs),
    sleep: async (ms: number) => wait(ms),
    newTail: () => `tail${++tails}`,
    telemetry,
  };
  let revision = 0;
  const putSegment = (change: Partial<SegmentVersion> = {}) =>
    segments.putSegment({
      id: SEGMENT,
      name: NAME,
      when: { field: 'tier', is: 'high_value' },
      version: 1,
      isArchived: false,
      by: 'a marketer',
      at: instant(nowMs),
      ...change,
      revision: ++revision,
    });
  await putSegment();

  const request = async (wishes: Partial<ExportWishes> = {}, caller = MARKETER): Promise<string> => {
    const outcome = await requestExport({ segment: SEGMENT, wishes: ExportWishes.parse(wishes), caller }, stores);
    if (outcome.kind === 'refused') throw new Error(outcome.code);
    return outcome.export.id;
  };
  const recordOf = async (id: string): Promise<Export> => {
    const record = await exports.getExport(id);
    if (!record) throw new Error(`There is no ${id}.`);
    return record;
  };
  /** `change`: stores that fail, die or watch. */
  const run = (id: string, change: Partial<RunDependencies> = {}) =>
    runExport(id, { deadlineMs: nowMs + 14 * MINUTE }, { ...stores, ...change });

  return {
    ...stores,
    sent,
    measured,
    logged,
    putSegment,
    request,
    recordOf,
    run,
    nowMs: () => nowMs,
    wait,
    async buy(orders: readonly Bought[]) {
      const rules = testRules(customers);
      for (const order of orders)
        await updateCustomers({ entries: [bought(order)] }, customers, rules, { now: instant(nowMs), cause: 'live' });
    },
    putRow: (profile: PersonaId, change: Partial<MembershipRow> = {}) =>
      memberships.putMembership({
        segment: SEGMENT,
        profile,
        revision: 1,
        version: 1,
        since: instant(START_MS - DAY),
        because: [],
        ...change,
      }),
    /** What is in a file of a done export, as another program reads it. */
    async rowsOf(id: string, title: 'members' | 'left') {
      const { files: written = [], format } = await recordOf(id);
      const file = written.find(({ name }) => name.startsWith(title));
      const stored = files.files.get(file?.key ?? '');
      if (!stored) throw new Error(`There is no file ${title} of ${id}.`);
      return readBack(format, stored.content);
    },
    async manifestOf(id: string) {
      const { files: written = [] } = await recordOf(id);
      const stored = files.files.get(written.find(({ name }) => name === 'manifest.json')?.key ?? '');
      return ExportManifest.parse(JSON.parse(stored?.content.toString('utf8') ?? 'null'));
    },
    /** As a queue brings them; gives how many are to come again. */
    async handle(...messages: readonly unknown[]) {
      const handler = createExports(stores);
      const context = { getRemainingTimeInMillis: () => 15 * MINUTE };
      const { batchItemFailures } = await handler(sqsEvent(...messages), context);
      return batchItemFailures.length;
    },
    view: (id: string, caller = MARKETER) => getExport({ id, caller }, stores),
    list: (caller = MARKETER) => listExports({ segment: SEGMENT, limit: 50, caller }, stores),
    schedule: (
      change: Partial<Parameters<typeof putSchedule>[0]['schedule']> = {},
      { caller = MARKETER, ...more }: { readonly caller?: ExportCaller; readonly revision?: number } = {},
    ) => {
      const wishes = ExportWishes.parse({});
      const schedule = { every: 'day', hour: 6, timezone: 'Asia/Shanghai', wishes, ...change } as const;
      return putSchedule({ segment: SEGMENT, schedule, caller, ...more }, stores);
    },
    unschedule: () => removeSchedule({ segment: SEGMENT }, stores),
  };
}
