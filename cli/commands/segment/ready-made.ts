/** `segment ready-made`: definitions that are built in, to be put as they are or to be changed. */
import type { Command } from 'commander';
import { ROUTES } from '../../../shared/api/routes.ts';
import type { SegmentDefinition } from '../../../shared/segments/definition.ts';
import { apiFor } from '../../api.ts';
import { CliError } from '../../errors.ts';
import { didYouMean } from '../../nearest.ts';
import { answer, table } from '../../output.ts';
import { readSegmentId } from '../../segment-file.ts';
import { examples, globalsOf, type Session } from '../../session.ts';
import { type PutOptions, putAndTell, withPutOptions } from './put.ts';

export function addReadyMade(segment: Command, session: Session): void {
  const { world } = session;
  withPutOptions(
    segment
      .command('ready-made')
      .description('list the definitions that are built in; with --put, put one of them')
      .option('--put <id>', 'put this one', readSegmentId),
  )
    .addHelpText(
      'after',
      examples('segment ready-made', 'segment ready-made --json', 'segment ready-made --put tier-high-value --wait'),
    )
    .action(async ({ put, ...options }: PutOptions & { put?: string }, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const { items } = await api.call(ROUTES.listReadyMadeSegments);
      if (put === undefined) return answer(world, globals, { items }, render);
      const { id, ...written } = requireReadyMade(put, items);
      await putAndTell({ id, written }, options, { session, globals, api });
    });
}

function requireReadyMade(id: string, items: readonly SegmentDefinition[]): SegmentDefinition {
  const found = items.find((one) => one.id === id);
  if (found) return found;
  const known = items.map((one) => one.id);
  throw new CliError(
    'ready_made_not_found',
    `No definition ${id} is built in.${didYouMean(id, known)} \`tributary segment ready-made\` lists those that are.`,
  );
}

function render({ items }: { readonly items: readonly SegmentDefinition[] }): string {
  return items.length === 0
    ? 'This version has none.'
    : table(
        ['id', 'name', 'for'],
        items.map(({ id, name, description }) => [id, name, description ?? '-']),
      );
}
