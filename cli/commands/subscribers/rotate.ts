/** `subscribers rotate`: a new secret to sign with. */
import type { Command } from 'commander';
import { ROUTES } from '../../../shared/api/routes.ts';
import { apiFor } from '../../api.ts';
import { answer, minute } from '../../output.ts';
import { examples, globalsOf, type Session } from '../../session.ts';
import { readSubscriberId } from '../../subscriber-id.ts';
import { renderSecret } from '../../subscriber-text.ts';

interface RotateOptions {
  readonly expireNow?: true;
}

export function addRotate(subscribers: Command, session: Session): void {
  const { world } = session;
  subscribers
    .command('rotate')
    .description('make a new secret and show it; for a day messages are signed with the old one, too')
    .argument('<id>', 'the subscriber', readSubscriberId)
    .option('--expire-now', 'the old one signs no more, within a minute: for one that has become known')
    .addHelpText('after', examples('subscribers rotate crm', 'subscribers rotate crm --expire-now'))
    .action(async (id: string, { expireNow }: RotateOptions, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const body = expireNow ? { overlapMs: 0 } : {};
      const rotated = await api.call(ROUTES.rotateSubscriberSecret, { params: { id }, body });
      answer(world, globals, rotated, ({ secret, previousValidUntil }) =>
        [
          `Subscriber ${id} has a new secret. ${previousValidUntil === undefined ? 'The old one signs no more.' : `Until ${minute(previousValidUntil)} UTC the old one signs as well.`}`,
          renderSecret(secret),
        ].join('\n'),
      );
    });
}
