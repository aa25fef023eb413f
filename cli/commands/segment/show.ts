/** `segment show`: the definition, in words, and its versions. */
import type { Command } from 'commander';
import { ROUTES } from '../../../shared/api/routes.ts';
import type { SegmentAnswer } from '../../../shared/api/segments.ts';
import type { Language } from '../../../shared/tiers/reasons.ts';
import { apiFor } from '../../api.ts';
import { languageOf, languageOption } from '../../language.ts';
import { answer } from '../../output.ts';
import { listAll } from '../../pages.ts';
import { readSegmentId } from '../../segment-file.ts';
import { renderSegment } from '../../segment-text.ts';
import { linesOf, namesFor } from '../../segment-words.ts';
import { examples, globalsOf, type Session } from '../../session.ts';

interface ShowOptions {
  readonly lang?: Language;
  readonly definition?: true;
}

export function addShow(segment: Command, session: Session): void {
  const { world } = session;
  segment
    .command('show')
    .description('show a segment: who is in it, in words; how far it is filled; its versions')
    .argument('<id>', 'the segment', readSegmentId)
    .option('--definition', 'only the definition as JSON: to be edited and put')
    .addOption(languageOption())
    .addHelpText(
      'after',
      examples('segment show sleeping --lang zh', 'segment show sleeping --definition > sleeping.json'),
    )
    .action(async (id: string, options: ShowOptions, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const params = { id };
      const found = await api.call(ROUTES.getSegment, { params });
      if (options.definition) return answer(world, { json: true }, editable(found), String);
      const [versions, names] = await Promise.all([
        listAll((query) => api.call(ROUTES.listVersionsOfSegment, { params, query })),
        namesFor([found.when], api),
      ]);
      const inWords = { zh: linesOf(found.when, 'zh', names), en: linesOf(found.when, 'en', names) };
      answer(world, globals, { ...found, inWords, versions }, () =>
        renderSegment(found, inWords[languageOf(options.lang, world)], versions),
      );
    });
}

/** With its version, so that putting it notices who was faster. */
const editable = ({ id, name, description, when, version }: SegmentAnswer) => ({
  id,
  version,
  name,
  ...(description !== undefined && { description }),
  when,
});
