/** `disconnect`: the platform is told 410 from then on. Orders, and the connection itself, stay. */
import type { Command } from 'commander';
import { disconnect } from '../../shared/connections/connect.ts';
import { answer } from '../output.ts';
import { deploymentFor, examples, globalsOf, readConnectionId, requireConnection, type Session } from '../session.ts';

interface DisconnectAnswer {
  readonly connection: string;
  readonly status: 'disabled';
  /** False if it was disabled already. */
  readonly changed: boolean;
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
      const deployment = await deploymentFor(session, globals);
      const seen = await requireConnection(deployment, connection);
      const changed = await disconnect(seen, deployment.connections, world.clock());
      const done: DisconnectAnswer = { connection, status: 'disabled', changed };
      answer(world, globals, done, ({ changed }) =>
        changed
          ? `Disabled ${id}; in effect within a minute. Remove the webhook at the platform, too.`
          : `${id} was disabled already.`,
      );
    });
}
