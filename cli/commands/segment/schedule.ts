/** `segment schedule`: exports that come by themselves. */
import { type Command, Option } from 'commander';
import { ROUTES } from '../../../shared/api/routes.ts';
import type { ExportSchedule } from '../../../shared/exports/export.ts';
import type { ScheduleView } from '../../../shared/exports/views.ts';
import { type Api, apiFor, isMissing, unlessMissing } from '../../api.ts';
import { UsageError } from '../../errors.ts';
import { scheduleInWords } from '../../export-text.ts';
import { COLUMNS_HELP, type WishOptions, wishesOf, withWishes } from '../../export-wishes.ts';
import { answer } from '../../output.ts';
import { readSegmentId } from '../../segment-file.ts';
import { requireSegment } from '../../segments-known.ts';
import { examples, globalsOf, type Session } from '../../session.ts';
import { readTimezone } from '../../settings.ts';

interface ScheduleOptions extends WishOptions {
  readonly every?: ExportSchedule['every'];
  readonly hour?: number;
  readonly timezone?: string;
  readonly off?: true;
}

export function addSchedule(segment: Command, session: Session): void {
  const { world } = session;
  withWishes(
    segment
      .command('schedule')
      .description('export a segment every day, week or month; without options, say when it is exported')
      .argument('<id>', 'the segment', readSegmentId)
      .addOption(
        new Option('--every <period>', 'day; week: on Mondays; month: on the first').choices(['day', 'week', 'month']),
      )
      .option('--hour <h>', '0 to 23, by the clocks of the time zone', readHour)
      .option('--timezone <zone>', 'if not Asia/Shanghai', readTimezone)
      .option('--off', 'no more; what was exported stays'),
  )
    .addHelpText(
      'after',
      [
        examples(
          'segment schedule sleeping --every day --hour 7',
          'segment schedule sleeping --every week --hour 6 --timezone Europe/London --format parquet',
          'segment schedule sleeping --off',
        ),
        '',
        'Of one that is there, only what is given changes.',
        COLUMNS_HELP,
      ].join('\n'),
    )
    .action(async (id: string, { off, ...options }: ScheduleOptions, command: Command) => {
      const globals = globalsOf(command);
      const isPut = Object.keys(options).length > 0;
      if (off && isPut) throw new UsageError('Give --off alone, or when it is to be exported.');
      const api = await apiFor(session, globals);
      if (off)
        return answer(world, globals, await takeOff(id, api), () => `Segment ${id} is exported on request only now.`);
      const known = await unlessMissing(scheduleOf(id, api), 'schedule_not_found');
      const schedule = isPut ? await put(id, { known, options }, api) : known;
      if (!schedule) await requireSegment(id, api);
      answer(world, globals, { schedule: schedule ?? null }, () =>
        schedule
          ? scheduleInWords(schedule)
          : `Segment ${id} is exported on request only. To have it by itself: tributary segment schedule ${id} --every day --hour 7`,
      );
    });
}

const scheduleOf = (id: string, api: Api): Promise<ScheduleView> =>
  api.call(ROUTES.getExportSchedule, { params: { id } });

async function takeOff(id: string, api: Api): Promise<{ readonly schedule: null }> {
  try {
    await api.call(ROUTES.removeExportSchedule, { params: { id } });
  } catch (error) {
    // Of what is not there, the segment is what to tell of.
    if (isMissing(error, 'schedule_not_found')) await requireSegment(id, api);
    throw error;
  }
  return { schedule: null };
}

function put(
  id: string,
  { known, options }: { readonly known: ScheduleView | undefined; readonly options: ScheduleOptions },
  api: Api,
): Promise<ScheduleView> {
  const every = options.every ?? known?.every;
  const hour = options.hour ?? known?.hour;
  const timezone = options.timezone ?? known?.timezone;
  if (every === undefined || hour === undefined)
    throw new UsageError(`${id} has no schedule yet: give --every and --hour.`, 'schedule_incomplete');
  const wishes = { ...known?.wishes, ...wishesOf(options) };
  return api.call(ROUTES.putExportSchedule, {
    params: { id },
    body: { every, hour, ...(timezone !== undefined && { timezone }), wishes },
    ...(known && { ifMatch: known.revision }),
  });
}

function readHour(text: string): number {
  const hour = Number(text);
  if (/^\d{1,2}$/.test(text) && hour <= 23) return hour;
  throw new UsageError(`--hour takes a whole number from 0 to 23, not ${text}.`, 'number_invalid');
}
