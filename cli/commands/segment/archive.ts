/** `segment archive`, `segment restore`: a segment that nobody is in for the time being, and back. */
import type { Command } from 'commander';
import { ROUTES } from '../../../shared/api/routes.ts';
import { apiFor } from '../../api.ts';
import { answer, oneLine } from '../../output.ts';
import { readSegmentId } from '../../segment-file.ts';
import { examples, globalsOf, type Session } from '../../session.ts';

export function addArchive(segment: Command, session: Session): void {
  const { world } = session;
  segment
    .command('archive')
    .description('archive a segment: everybody leaves it, which is told as segment.exited; its versions stay')
    .argument('<id>', 'the segment', readSegmentId)
    .addHelpText('after', examples('segment archive sleeping'))
    .action(async (id: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const archived = await api.call(ROUTES.archiveSegment, { params: { id } });
      answer(
        world,
        globals,
        archived,
        ({ name, version }) =>
          `Segment ${id} (${oneLine(name)}) is archived, as version ${version}. Within minutes everybody has left it. Taken back with: tributary segment restore ${id}`,
      );
    });
}

export function addRestore(segment: Command, session: Session): void {
  const { world } = session;
  segment
    .command('restore')
    .description('restore an archived segment, as it was; who is in it is found anew')
    .argument('<id>', 'the segment', readSegmentId)
    .addHelpText('after', examples('segment restore sleeping'))
    .action(async (id: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const restored = await api.call(ROUTES.restoreSegment, { params: { id } });
      answer(
        world,
        globals,
        restored,
        ({ name, version }) =>
          `Segment ${id} (${oneLine(name)}) is there again, as version ${version}. \`tributary segment show ${id}\` tells how far it is filled.`,
      );
    });
}
