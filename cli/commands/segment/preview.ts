/** `segment preview`: how many would be in a segment, and whom it would take. */
import type { Command } from 'commander';
import type { InputOf } from '../../../shared/api/client.ts';
import { ROUTES } from '../../../shared/api/routes.ts';
import { type Api, apiFor } from '../../api.ts';
import { answer } from '../../output.ts';
import { renderPreview } from '../../preview-text.ts';
import { isFile, readQuestion, readSegmentId } from '../../segment-file.ts';
import { requireSegments } from '../../segments-known.ts';
import { examples, globalsOf, type Session } from '../../session.ts';

type Question = InputOf<typeof ROUTES.previewSegment>['body'];

interface PreviewOptions {
  readonly compareWith?: readonly string[];
}

export function addPreview(segment: Command, session: Session): void {
  const { world } = session;
  segment
    .command('preview')
    .description('count who would be in a segment, by tier and channel, over the latest snapshot; changes nothing')
    .argument('<file|id>', 'a definition, or only its condition, as JSON (- reads stdin); or a segment that is there')
    .option('--compare-with <ids...>', 'segments to compare with, if not the largest')
    .addHelpText(
      'after',
      [
        examples(
          'segment preview sleeping.json',
          'segment preview sleeping --compare-with high-value new-customers',
          'segment preview - --json < condition.json',
        ),
        '',
        'What has a dot or a slash in it is a file, all else the id of a segment.',
      ].join('\n'),
    )
    .action(async (what: string, { compareWith }: PreviewOptions, command: Command) => {
      const globals = globalsOf(command);
      const ids = compareWith?.map(readSegmentId);
      const written = isFile(what) ? await readQuestion(what, world) : undefined;
      const id = written ? undefined : readSegmentId(what);
      const api = await apiFor(session, globals);
      if (ids) await requireSegments(ids, api);
      // The cast: the API looks at what was written, and names all that is wrong with it.
      const question = (written?.question ?? { when: await conditionOf(id ?? what, api) }) as Question;
      const body = { ...question, ...(ids && { compareWith: ids }) };
      const preview = await api.call(ROUTES.previewSegment, { body });
      const currency = globals.json ? '' : (await api.call(ROUTES.getTierPolicy)).policy.currency;
      const self = id ?? written?.id;
      answer(world, globals, preview, () => renderPreview(preview, { now: world.clock(), currency, self }));
    });
}

const conditionOf = async (id: string, api: Api) => (await api.call(ROUTES.getSegment, { params: { id } })).when;
