/** `segment exports`: what was asked for of a segment, by whom, and what became of it. */
import type { Command } from 'commander';
import { ROUTES } from '../../../shared/api/routes.ts';
import { apiFor } from '../../api.ts';
import { renderExports } from '../../export-text.ts';
import { answer } from '../../output.ts';
import { gatherAsked, noteMore, type PageOptions, withPages } from '../../pages.ts';
import { readSegmentId } from '../../segment-file.ts';
import { requireSegment } from '../../segments-known.ts';
import { examples, globalsOf, type Session } from '../../session.ts';

export function addExports(segment: Command, session: Session): void {
  const { world } = session;
  withPages(
    segment
      .command('exports')
      .description('list the exports of a segment, newest first; `segment export EXPORT` gives the links of one')
      .argument('<id>', 'the segment', readSegmentId),
  )
    .addHelpText('after', examples('segment exports sleeping', 'segment exports sleeping --limit 5 --json'))
    .action(async (id: string, options: PageOptions, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const ask = (query: { limit: number; cursor?: string }) =>
        api.call(ROUTES.listExportsOfSegment, { params: { id }, query });
      const listed = await gatherAsked(ask, options, { command, world, globals });
      if (listed.items.length === 0) await requireSegment(id, api);
      answer(world, globals, listed, ({ items }) => renderExports(items, id));
      noteMore(listed, world, globals);
    });
}
