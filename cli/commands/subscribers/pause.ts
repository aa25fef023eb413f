/** `subscribers pause`, `subscribers resume`: nothing is sent for a while, and then it is again. */
import type { Command } from 'commander';
import { ROUTES } from '../../../shared/api/routes.ts';
import type { SubscriberView } from '../../../shared/subscribers/views.ts';
import { type Api, apiFor } from '../../api.ts';
import { answer } from '../../output.ts';
import { examples, globalsOf, type Session } from '../../session.ts';
import { readSubscriberId } from '../../subscriber-id.ts';

export function addPause(subscribers: Command, session: Session): void {
  const { world } = session;
  subscribers
    .command('pause')
    .description('send nothing to a subscriber; what happens meanwhile is kept as dead letters for 30 days')
    .argument('<id>', 'the subscriber', readSubscriberId)
    .addHelpText('after', examples('subscribers pause crm'))
    .action(async (id: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const known = await api.call(ROUTES.getSubscriber, { params: { id } });
      const paused = known.paused ? known : await change(known, { paused: true }, api);
      answer(world, globals, paused, () =>
        known.paused
          ? `Subscriber ${id} was paused already.`
          : `Subscriber ${id} is paused. Taken back with: tributary subscribers resume ${id}`,
      );
    });
}

export function addResume(subscribers: Command, session: Session): void {
  const { world } = session;
  subscribers
    .command('resume')
    .description('send to a subscriber again that was paused, or that was given up after lasting failure')
    .argument('<id>', 'the subscriber', readSubscriberId)
    .addHelpText('after', examples('subscribers resume crm', 'subscribers redrive crm'))
    .action(async (id: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const known = await api.call(ROUTES.getSubscriber, { params: { id } });
      const isActive = known.status.state === 'active';
      const resumed = isActive ? known : await change(known, { paused: false }, api);
      const { count, more } = resumed.status.deadLetters;
      const kept =
        count === 0 ? '' : ` ${count}${more ? '+' : ''} dead letters wait: tributary subscribers redrive ${id}`;
      answer(
        world,
        globals,
        resumed,
        () => `Subscriber ${id} ${isActive ? 'was active already' : 'is active again'}.${kept}`,
      );
    });
}

/** All that people say of it stays, but for this. */
function change(known: SubscriberView, to: { readonly paused: boolean }, api: Api): Promise<SubscriberView> {
  const { id, url, description, events, segments, causes, revision } = known;
  return api.call(ROUTES.putSubscriber, {
    params: { id },
    ifMatch: revision,
    body: {
      url,
      events,
      ...(description !== undefined && { description }),
      ...(segments && { segments }),
      ...(causes && { causes }),
      ...to,
    },
  });
}
