/** `subscribers`: who is told of events over HTTP, and how each is doing. */
import type { Command } from 'commander';
import { ROUTES } from '../../shared/api/routes.ts';
import { API_HELP, apiFor } from '../api.ts';
import { answer } from '../output.ts';
import { listAll } from '../pages.ts';
import { examples, globalsOf, refuseOtherWords, type Session } from '../session.ts';
import { renderSubscribers } from '../subscriber-text.ts';
import { addAdd } from './subscribers/add.ts';
import { addDeadLetters } from './subscribers/dead-letters.ts';
import { addPause, addResume } from './subscribers/pause.ts';
import { addRedrive } from './subscribers/redrive.ts';
import { addRemove } from './subscribers/remove.ts';
import { addRotate } from './subscribers/rotate.ts';
import { addShow } from './subscribers/show.ts';
import { addTest } from './subscribers/test.ts';

const SUBCOMMANDS = [
  addList,
  addAdd,
  addShow,
  addTest,
  addRotate,
  addPause,
  addResume,
  addDeadLetters,
  addRedrive,
  addRemove,
];

export function addSubscribers(program: Command, session: Session): void {
  const subscribers = program
    .command('subscribers')
    .description(
      'who is told of events over HTTP, by signed messages: list (unless said otherwise), add, show, test, rotate, pause, resume, dead-letters, redrive, remove',
    )
    .addHelpText(
      'after',
      [
        examples(
          'subscribers',
          'subscribers add https://crm.example/tributary --id crm --segment sleeping',
          'subscribers test crm',
          'subscribers redrive crm',
        ),
        '',
        API_HELP,
      ].join('\n'),
    );
  for (const add of SUBCOMMANDS) add(subscribers, session);
}

function addList(subscribers: Command, session: Session): void {
  const { world } = session;
  subscribers
    .command('list', { isDefault: true })
    .description('list subscribers: when each last took a message, what failed, what waits, dead letters')
    .addHelpText('after', examples('subscribers', 'subscribers list --json'))
    .allowExcessArguments()
    .action(async (_options: unknown, command: Command) => {
      refuseOtherWords(command, subscribers);
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const items = await listAll((query) => api.call(ROUTES.listSubscribers, { query }));
      answer(world, globals, { items }, () => renderSubscribers(items));
    });
}
