/** `connections`: the list. Secrets are no part of it. */
import type { Command } from 'commander';
import type { Connection } from '../../shared/connections/connection.ts';
import { answer, table } from '../output.ts';
import { deploymentFor, examples, globalsOf, type Session } from '../session.ts';

/** Without what is only for us; a new field does not become public by itself. */
function publicConnection({
  id,
  channel,
  type,
  status,
  currency,
  region,
  timezone,
  webhookUrl,
  createdAt,
  updatedAt,
}: Connection) {
  return { id, channel, type, status, currency, region, timezone, webhookUrl, createdAt, updatedAt };
}
type PublicConnection = ReturnType<typeof publicConnection>;

export function addConnections(program: Command, session: Session): void {
  const { world } = session;
  program
    .command('connections')
    .description('list connections')
    .addHelpText('after', examples('connections', 'connections --json'))
    .action(async (_options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const { connections } = await deploymentFor(session, globals);
      const items = (await connections.listConnections()).map(publicConnection);
      answer(world, globals, { items }, renderConnections);
    });
}

function renderConnections({ items }: { readonly items: readonly PublicConnection[] }): string {
  if (items.length === 0) return 'No connection yet. Make the first with `tributary connect CHANNEL --connection ID`.';
  return table(
    ['id', 'channel', 'type', 'status', 'currency', 'region', 'time zone', 'created', 'address'],
    items.map((item) => [
      item.id,
      item.channel,
      item.type,
      item.status,
      item.currency ?? '-',
      item.region ?? '-',
      item.timezone ?? '-',
      item.createdAt.slice(0, 10),
      item.webhookUrl,
    ]),
  );
}
