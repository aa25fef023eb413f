/** `subscribers remove`: nobody is told there any more. */
import type { Command } from 'commander';
import { ROUTES } from '../../../shared/api/routes.ts';
import { apiFor } from '../../api.ts';
import { answer } from '../../output.ts';
import { examples, globalsOf, type Session } from '../../session.ts';
import { readSubscriberId } from '../../subscriber-id.ts';

export function addRemove(subscribers: Command, session: Session): void {
  const { world } = session;
  subscribers
    .command('remove')
    .description('remove a subscriber, with its secret, what waits for it and its dead letters; there is no way back')
    .argument('<id>', 'the subscriber', readSubscriberId)
    .addHelpText('after', examples('subscribers remove crm'))
    .action(async (id: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      await api.call(ROUTES.removeSubscriber, { params: { id } });
      answer(world, globals, { removed: id }, () => `Subscriber ${id} is removed: nothing is sent there any more.`);
    });
}
