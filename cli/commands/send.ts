/** `send`: plays a recorded case as the platform would, signed with the connection's own secret. */
import type { Command } from 'commander';
import { type CaseRequest, readCase } from '../case-folder.ts';
import { CliError, FAILED } from '../errors.ts';
import { answer, note, plural, table } from '../output.ts';
import { type Posted, post, signFor, succeeded } from '../play.ts';
import {
  deploymentFor,
  examples,
  globalsOf,
  readChannel,
  readConnectionId,
  readCount,
  requireConnection,
  type Session,
} from '../session.ts';
import type { World } from '../world.ts';

interface SendAnswer {
  readonly connection: string;
  readonly channel: string;
  readonly webhookUrl: string;
  readonly requests: readonly (Posted & { readonly request: string })[];
  /** How many were not answered with 2xx. */
  readonly failed: number;
}

/** All requests of the case, in order, `repeat` times over. A failed one does not stop the rest, as at a platform. */
async function play(
  world: Pick<World, 'fetch' | 'clock'>,
  requests: readonly CaseRequest[],
  repeat: number,
  signing: Omit<Parameters<typeof signFor>[0], 'now'>,
): Promise<SendAnswer['requests']> {
  const played: (Posted & { request: string })[] = [];
  for (let round = 0; round < repeat; round++) {
    for (const request of requests) {
      const signed = signFor({ ...signing, now: world.clock() }, request);
      played.push({ request: request.file, ...(await post(world, signed)) });
    }
  }
  return played;
}

export function addSend(program: Command, session: Session): void {
  const { world } = session;
  program
    .command('send')
    .description('sign and post a recorded case, as the platform would')
    .argument('<channel>', 'the platform')
    .argument(
      '<case-folder>',
      'folder with request.json and body.json, or 01-request.json, 01-body.json …; or the name of a case in test/channels',
    )
    .requiredOption('--connection <id>', 'the connection to send to')
    .option('--repeat <n>', 'play the whole case so often', (text) => readCount('--repeat', text), 1)
    .addHelpText('after', examples('send shopify test/channels/shopify/paid-order --connection my-shop'))
    .action(
      async (channel: string, folder: string, options: { connection: string; repeat: number }, command: Command) => {
        const globals = globalsOf(command);
        const door = readChannel(channel, world.doors);
        const id = readConnectionId(options.connection);
        const requests = await readCase(channel, folder, world.cwd);
        const deployment = await deploymentFor(session, globals);
        const connection = await requireConnection(deployment, id);
        if (connection.channel !== channel) {
          throw new CliError(
            'connection_on_other_channel',
            `Connection ${id} is on channel ${connection.channel}, not ${channel}.`,
          );
        }
        const secrets = await deployment.secrets.getWebhookSecrets(id);
        if (!secrets)
          throw new CliError(
            'secret_not_found',
            `Connection ${id} has no secret. Give it one with \`tributary connect ${channel} --connection ${id}\`.`,
          );
        if (connection.status === 'disabled') note(world, `${id} is disabled, so it will be refused.`);
        const played = await play(world, requests, options.repeat, { door, connection, secret: secrets.current });
        const failed = played.filter((request) => !succeeded(request)).length;
        const { webhookUrl } = connection;
        answer(world, globals, { connection: id, channel, webhookUrl, requests: played, failed }, renderSend);
        if (failed === 0) return;
        session.exitCode = FAILED;
        if (!webhookUrl.startsWith(deployment.webhookBaseUrl)) {
          note(
            world,
            `The address of ${id} is ${webhookUrl}, but the deployment answers at ${deployment.webhookBaseUrl}. Run \`tributary connect ${channel} --connection ${id}\` to renew it.`,
          );
        }
      },
    );
}

function renderSend({ requests, failed, webhookUrl }: SendAnswer): string {
  const rows = requests.map(({ request, status, durationMs, body, error }) => [
    request,
    status === undefined ? 'no answer' : String(status),
    `${durationMs} ms`,
    error ?? (body === undefined || body === '' ? '(empty)' : body),
  ]);
  const drawn = table(['request', 'status', { name: 'took', align: 'right' }, 'answer'], rows);
  const sum =
    failed === 0
      ? `${plural(requests.length, 'request')} accepted`
      : `${failed} of ${plural(requests.length, 'request')} not accepted`;
  return `${drawn}\n\n${sum} by ${webhookUrl}`;
}
