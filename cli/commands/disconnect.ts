/** `disconnect`: the platform is told 410 from then on. Orders, and the connection itself, stay. */
import type { Command } from 'commander';
import type { ConnectionId } from '../../shared/connections/connection.ts';
import { answer } from '../output.ts';
import { deploymentFor, examples, globalsOf, readConnectionId, requireConnection, type Session } from '../session.ts';
import type { Deployment } from '../world.ts';

export interface DisconnectAnswer {
  readonly connection: string;
  readonly status: 'disabled';
  /** False if it was disabled already. */
  readonly changed: boolean;
}

export async function disconnect(
  deployment: Pick<Deployment, 'connections'>,
  id: ConnectionId,
  now: Date,
): Promise<DisconnectAnswer> {
  const seen = await requireConnection(deployment, id);
  const changed = seen.status !== 'disabled';
  if (changed) {
    await deployment.connections.putConnection({ ...seen, status: 'disabled', updatedAt: now.toISOString() }, seen);
  }
  return { connection: id, status: 'disabled', changed };
}

export function addDisconnect(program: Command, session: Session): void {
  const { world } = session;
  program
    .command('disconnect')
    .description('disable a connection; its orders stay, and `connect` enables it again')
    .argument('<id>', 'the connection')
    .addHelpText('after', examples('disconnect my-shop'))
    .action(async (id: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const connection = readConnectionId(id);
      const done = await disconnect(await deploymentFor(session, globals), connection, world.clock());
      answer(world, globals, done, ({ changed }) =>
        changed
          ? `Disabled ${id}; in effect within a minute. Remove the webhook at the platform, too.`
          : `${id} was disabled already.`,
      );
    });
}
