/** `segment members`: who is in a segment, since when, and because of what. */
import type { Command } from 'commander';
import type { ShownOf } from '../../../shared/api/route.ts';
import { ROUTES } from '../../../shared/api/routes.ts';
import type { SegmentAnswer } from '../../../shared/api/segments.ts';
import type { Condition } from '../../../shared/segments/condition.ts';
import { explainMembership } from '../../../shared/segments/words.ts';
import type { Language } from '../../../shared/tiers/reasons.ts';
import { type Api, apiFor } from '../../api.ts';
import { languageOf, languageOption } from '../../language.ts';
import { answer, minute, note, table } from '../../output.ts';
import { gatherAsked, listAll, noteMore, type PageOptions, withPages } from '../../pages.ts';
import { readSegmentId } from '../../segment-file.ts';
import { fillInWords } from '../../segment-text.ts';
import { namesFor } from '../../segment-words.ts';
import { examples, globalsOf, type Session } from '../../session.ts';

type Member = ShownOf<typeof ROUTES.listMembersOfSegment>['items'][number];

export function addMembers(segment: Command, session: Session): void {
  const { world } = session;
  withPages(
    segment
      .command('members')
      .description(
        'list who is in a segment, since when, and what was found of each; of very many, `segment export` is faster',
      )
      .argument('<id>', 'the segment', readSegmentId),
  )
    .addOption(languageOption())
    .addHelpText(
      'after',
      examples('segment members sleeping --limit 20 --lang zh', 'segment members sleeping --all --json'),
    )
    .action(async (id: string, options: PageOptions & { lang?: Language }, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const ask = (query: { limit: number; cursor?: string }) =>
        api.call(ROUTES.listMembersOfSegment, { params: { id }, query });
      const listed = await gatherAsked(ask, options, { command, world, globals });
      if (globals.json) return answer(world, globals, listed, String);
      const newest = await api.call(ROUTES.getSegment, { params: { id } });
      const text = await render(newest, listed.items, languageOf(options.lang, world), api);
      answer(world, globals, listed, () => text);
      noteMore(listed, world, globals);
      if (listed.items.length > 0 && newest.fill.state !== 'current') note(world, `state: ${fillInWords(newest.fill)}`);
    });
}

async function render(
  newest: SegmentAnswer,
  members: readonly Member[],
  language: Language,
  api: Api,
): Promise<string> {
  if (members.length === 0) return `Nobody is in segment ${newest.id}. State: ${fillInWords(newest.fill)}.`;
  const conditions = await conditionsOf(newest, members, api);
  const names = await namesFor([...conditions.values()], api);
  const because = ({ version, because: found }: Member): string => {
    const condition = conditions.get(version);
    const lines = condition ? explainMembership(condition, found, names) : [];
    return lines.map((line) => line[language]).join(language === 'zh' ? '' : ' ') || '-';
  };
  return table(
    ['profile', 'since', 'because'],
    members.map((member) => [member.profile, minute(member.since), because(member)]),
  );
}

/** By version: who is in a segment entered it by one of them. */
async function conditionsOf(
  newest: SegmentAnswer,
  members: readonly Member[],
  api: Api,
): Promise<Map<number, Condition>> {
  const params = { id: newest.id };
  const all = members.every(({ version }) => version === newest.version)
    ? [newest]
    : await listAll((query) => api.call(ROUTES.listVersionsOfSegment, { params, query }));
  return new Map(all.map(({ version, when }) => [version, when]));
}
