/** `sources remove`: nothing comes from there any more, and its keys are gone. */
import type { Command } from 'commander';
import { ROUTES } from '../../../shared/api/routes.ts';
import { apiFor } from '../../api.ts';
import { answer } from '../../output.ts';
import { examples, globalsOf, type Session } from '../../session.ts';
import { readSourceId } from '../../source-id.ts';

export function addRemove(sources: Command, session: Session): void {
  const { world } = session;
  sources
    .command('remove')
    .description('remove a source and its keys, for good; what it brought stays')
    .argument('<id>', 'the source', readSourceId)
    .addHelpText('after', examples('sources remove web-shop'))
    .action(async (id: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      await api.call(ROUTES.removeSource, { params: { id } });
      answer(world, globals, { removed: id }, () => `Source ${id} is removed: nothing is taken from it any more.`);
    });
}
