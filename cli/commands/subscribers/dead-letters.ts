/** `subscribers dead-letters`: what a subscriber did not take, or was not sent. */
import type { Command } from 'commander';
import { ROUTES } from '../../../shared/api/routes.ts';
import { apiFor } from '../../api.ts';
import { answer } from '../../output.ts';
import { gatherAsked, noteMore, type PageOptions, withPages } from '../../pages.ts';
import { examples, globalsOf, type Session } from '../../session.ts';
import { readSubscriberId } from '../../subscriber-id.ts';
import { renderDeadLetters } from '../../subscriber-text.ts';

export function addDeadLetters(subscribers: Command, session: Session): void {
  const { world } = session;
  withPages(
    subscribers
      .command('dead-letters')
      .description(
        'list messages that a subscriber did not take for a day, or was not sent as it is paused or given up',
      )
      .argument('<id>', 'the subscriber', readSubscriberId),
  )
    .addHelpText('after', examples('subscribers dead-letters crm', 'subscribers dead-letters crm --all --json'))
    .action(async (id: string, options: PageOptions, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const ask = (query: { limit: number; cursor?: string }) =>
        api.call(ROUTES.listDeadLettersOfSubscriber, { params: { id }, query });
      const listed = await gatherAsked(ask, options, { command, world, globals });
      answer(world, globals, listed, ({ items }) => renderDeadLetters(items, id));
      noteMore(listed, world, globals);
    });
}
