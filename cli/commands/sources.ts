/** `sources`: where browse events come from, and by which keys. */
import type { Command } from 'commander';
import { ROUTES } from '../../shared/api/routes.ts';
import { API_HELP, apiFor } from '../api.ts';
import { answer } from '../output.ts';
import { listAll } from '../pages.ts';
import { examples, globalsOf, refuseOtherWords, type Session } from '../session.ts';
import { renderSources } from '../source-text.ts';
import { addAdd } from './sources/add.ts';
import { addDisable, addEnable } from './sources/disable.ts';
import { addRemove } from './sources/remove.ts';
import { addRotate } from './sources/rotate.ts';

const SUBCOMMANDS = [addList, addAdd, addRotate, addDisable, addEnable, addRemove];

export function addSources(program: Command, session: Session): void {
  const sources = program
    .command('sources')
    .description(
      'where browse events come from, and by which keys: list (unless said otherwise), add, rotate, disable, enable, remove',
    )
    .addHelpText(
      'after',
      [
        examples(
          'sources',
          'sources add "Web shop" --kind web --id web-shop --zone Asia/Shanghai --currency CNY --region CN',
          'sources rotate web-shop --key server',
        ),
        '',
        API_HELP,
      ].join('\n'),
    );
  for (const add of SUBCOMMANDS) add(sources, session);
}

function addList(sources: Command, session: Session): void {
  const { world } = session;
  sources
    .command('list', { isDefault: true })
    .description('list sources with their write keys')
    .addHelpText('after', examples('sources', 'sources list --json'))
    .allowExcessArguments()
    .action(async (_options: unknown, command: Command) => {
      refuseOtherWords(command, sources);
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const items = await listAll((query) => api.call(ROUTES.listSources, { query }));
      answer(world, globals, { items }, () => renderSources(items));
    });
}
