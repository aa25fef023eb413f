/** One run of the program. */
import type { Command } from 'commander';
import type { Door } from '../shared/channels/adapter.ts';
import { type Connection, ConnectionId } from '../shared/connections/connection.ts';
import { reachDeployment } from './deployment.ts';
import { CliError, UsageError } from './errors.ts';
import { didYouMean } from './nearest.ts';
import type { Deployment, World } from './world.ts';

export interface Session {
  readonly world: World;
  /** Of a command that ran to its end, but whose answer is a failure. */
  exitCode: number;
}

export interface Globals {
  readonly json?: boolean;
  readonly stack?: string;
}

export const globalsOf = (command: Command): Globals => command.optsWithGlobals<Globals>();

export const deploymentFor = (session: Session, { stack }: Globals): Promise<Deployment> =>
  reachDeployment(session.world, stack);

export const examples = (...lines: readonly string[]): string =>
  `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map((line) => `  $ tributary ${line}`).join('\n')}`;

export function readChannel(channel: string, doors: ReadonlyMap<string, Door>): Door {
  const door = doors.get(channel);
  if (door) return door;
  const known = [...doors.keys()];
  throw new UsageError(
    `There is no channel ${channel}.${didYouMean(channel, known)} Known: ${known.join(', ')}.`,
    'channel_unknown',
  );
}

export function readConnectionId(text: string): ConnectionId {
  const parsed = ConnectionId.safeParse(text);
  if (parsed.success) return parsed.data;
  const like = text
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64);
  const hint = like === '' ? 'For example my-shop.' : `For example ${like}.`;
  throw new UsageError(`A connection id has letters, digits, - and _, at most 64. ${hint}`, 'connection_id_invalid');
}

/** The connection, or a failure that names the nearest one there is. */
export async function requireConnection(
  { connections }: Pick<Deployment, 'connections'>,
  id: ConnectionId,
): Promise<Connection> {
  const found = await connections.getConnection(id);
  if (found) return found;
  const known = (await connections.listConnections()).map((connection) => connection.id);
  const hint = didYouMean(id, known) || ' `tributary connections` lists those there are.';
  throw new CliError('connection_not_found', `There is no connection ${id}.${hint}`);
}

/** The default command of a group is given every misspelt one. */
export function refuseOtherWords(command: Command, group: Command): void {
  const [word] = command.args;
  if (word === undefined) return;
  const known = group.commands.map((sub) => sub.name());
  throw new UsageError(
    `There is no \`${group.name()} ${word}\`.${didYouMean(word, known)} Known: ${known.join(', ')}.`,
  );
}

/** A whole number from 1 on; for commander, which adds the name of the option. */
export function readCount(name: string, text: string, most = 1_000): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= most) return count;
  throw new UsageError(`${name} takes a whole number from 1 to ${most}, not ${text}.`, 'number_invalid');
}
