/** `subscribers redrive`: dead letters back on their way. */
import type { Command } from 'commander';
import { ROUTES } from '../../../shared/api/routes.ts';
import { type Api, apiFor } from '../../api.ts';
import { answer, note } from '../../output.ts';
import { examples, globalsOf, type Session } from '../../session.ts';
import { readSubscriberId } from '../../subscriber-id.ts';
import { renderRedriven } from '../../subscriber-text.ts';

interface RedriveOptions {
  readonly message?: string;
}

export function addRedrive(subscribers: Command, session: Session): void {
  const { world } = session;
  subscribers
    .command('redrive')
    .description('send the dead letters of a subscriber again, under their own ids, so that it knows those it has')
    .argument('<id>', 'the subscriber', readSubscriberId)
    .option('--message <id>', 'only this one')
    .addHelpText(
      'after',
      examples('subscribers redrive crm', 'subscribers redrive crm --message PvYXhdVY_9rAlrKYzc9esG'),
    )
    .action(async (id: string, { message }: RedriveOptions, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const tell = (count: number) => {
        if (!globals.json) note(world, `${count} so far`);
      };
      const redriven = await redriveAll({ id, message, tell }, api);
      answer(world, globals, { redriven }, () => renderRedriven(id, redriven));
    });
}

interface Redriving {
  readonly id: string;
  readonly message: string | undefined;
  readonly tell: (countSoFar: number) => void;
}

/** The API takes so many at a call. */
async function redriveAll({ id, message, tell }: Redriving, api: Api): Promise<number> {
  const body = message === undefined ? {} : { message };
  let count = 0;
  for (;;) {
    const { redriven, more } = await api.call(ROUTES.redriveSubscriber, { params: { id }, body });
    count += redriven;
    if (!more || redriven === 0) return count;
    tell(count);
  }
}
