/** `segment put`: a definition from a file, as a new segment or the next version of one. */
import type { Command } from 'commander';
import { ROUTES } from '../../../shared/api/routes.ts';
import type { SegmentAnswer } from '../../../shared/api/segments.ts';
import { type Api, apiFor } from '../../api.ts';
import { FAILED } from '../../errors.ts';
import { languageOf } from '../../language.ts';
import { readWhy } from '../../operator.ts';
import { answer } from '../../output.ts';
import { readSegmentFile, type SegmentFile } from '../../segment-file.ts';
import { changedFields, putSegment, renderPut } from '../../segment-put.ts';
import { fillInWords } from '../../segment-text.ts';
import { examples, type Globals, globalsOf, type Session } from '../../session.ts';
import { secondsOf, type WaitOption, waitUntil, withWait } from '../../wait.ts';

export interface PutOptions extends WaitOption {
  readonly why?: string;
}

export const withPutOptions = (command: Command): Command =>
  withWait(
    command.option('--why <text>', 'the reason, kept with the version', readWhy),
    'all who are in it have been found',
  );

export function addPut(segment: Command, session: Session): void {
  withPutOptions(
    segment
      .command('put')
      .description(
        'define a segment, or put the next version of it; says what changes, and nothing is put if nothing does',
      )
      .argument('<file>', 'the definition as JSON; - reads stdin'),
  )
    .addHelpText(
      'after',
      [
        examples(
          'segment put sleeping.json --why "the spring campaign"',
          'segment show sleeping --definition > sleeping.json',
          'segment put sleeping.json --wait',
        ),
        '',
        'If the file says a version, it is put only while that is the newest: so nobody overwrites what another has put.',
      ].join('\n'),
    )
    .action(async (file: string, options: PutOptions, command: Command) => {
      const globals = globalsOf(command);
      const read = await readSegmentFile(file, session.world);
      await putAndTell(read, options, { session, globals, api: await apiFor(session, globals) });
    });
}

interface Putting {
  readonly session: Session;
  readonly globals: Globals;
  readonly api: Api;
}

export async function putAndTell(
  file: SegmentFile,
  { why, wait }: PutOptions,
  { session, globals, api }: Putting,
): Promise<void> {
  const { world } = session;
  const put = await putSegment(file, { why }, api);
  const segment = wait === undefined ? put.segment : await untilFilled(put.segment, wait, { session, globals, api });
  const told = { ...put, segment };
  const language = languageOf(undefined, world);
  const text = globals.json ? '' : await renderPut(told, language, api);
  const { outcome, before } = put;
  const changed = before ? changedFields(before, segment) : [];
  answer(world, globals, { outcome, changed, ...segment }, () => text);
}

async function untilFilled(
  { id, version }: SegmentAnswer,
  wait: number | true,
  { session, globals, api }: Putting,
): Promise<SegmentAnswer> {
  const isOver = ({ fill, version: now }: SegmentAnswer) => fill.state === 'current' || now > version;
  const seen = await waitUntil(
    { look: () => api.call(ROUTES.getSegment, { params: { id } }), isOver, tell: ({ fill }) => fillInWords(fill) },
    { world: session.world, globals, seconds: secondsOf(wait) },
  );
  if (seen.fill.state !== 'current') session.exitCode = FAILED;
  return seen;
}
