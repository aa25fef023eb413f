/** `subscribers show`: one subscriber, and how it is doing. */
import type { Command } from 'commander';
import { ROUTES } from '../../../shared/api/routes.ts';
import { apiFor } from '../../api.ts';
import { answer } from '../../output.ts';
import { examples, globalsOf, type Session } from '../../session.ts';
import { readSubscriberId } from '../../subscriber-id.ts';
import { renderSubscriber } from '../../subscriber-text.ts';

export function addShow(subscribers: Command, session: Session): void {
  const { world } = session;
  subscribers
    .command('show')
    .description('show a subscriber: what it hears of, and how it is doing')
    .argument('<id>', 'the subscriber', readSubscriberId)
    .addHelpText('after', examples('subscribers show crm'))
    .action(async (id: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      answer(world, globals, await api.call(ROUTES.getSubscriber, { params: { id } }), renderSubscriber);
    });
}
