/** `segments`: the list, and how far each is filled. */
import type { Command } from 'commander';
import { ROUTES } from '../../shared/api/routes.ts';
import { API_HELP, apiFor } from '../api.ts';
import { answer } from '../output.ts';
import { listAll } from '../pages.ts';
import { renderSegments } from '../segment-text.ts';
import { examples, globalsOf, type Session } from '../session.ts';

export function addSegments(program: Command, session: Session): void {
  const { world } = session;
  program
    .command('segments')
    .description('list segments: named conditions, and whether who meets them has been found; `segment` does the rest')
    .option('--archived', 'those that are archived instead')
    .addHelpText(
      'after',
      `${examples('segments', 'segments --archived', 'segments --stack Tributary --json')}\n\n${API_HELP}`,
    )
    .action(async ({ archived = false }: { archived?: boolean }, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const which = archived ? 'true' : 'false';
      const items = await listAll((query) => api.call(ROUTES.listSegments, { query: { ...query, archived: which } }));
      answer(world, globals, { items }, () => renderSegments(items, archived));
    });
}
