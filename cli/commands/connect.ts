/** `connect`: creates a connection, or changes its settings or secret. */
import type { Command } from 'commander';
import { type Connected, type ConnectOutcome, connect } from '../../shared/connections/connect.ts';
import { validSecrets } from '../../shared/connections/connection.ts';
import { CliError, UsageError } from '../errors.ts';
import { answer, note } from '../output.ts';
import { askForSecret, givenSecret, type SecretOptions } from '../secret.ts';
import { deploymentFor, examples, globalsOf, readChannel, readConnectionId, type Session } from '../session.ts';
import { readSettings, type TypedSettings } from '../settings.ts';

interface ConnectAnswer {
  /** The full address to give to the platform. */
  readonly webhookUrl: string;
  readonly connection: string;
  readonly channel: string;
  readonly created: boolean;
  /** Names of what changed; empty if all was so already. */
  readonly changed: readonly string[];
  /** Until when the replaced secret is accepted as well. */
  readonly oldSecretValidUntil?: string;
  /** The secret replaced before that one was still valid, and no longer is. */
  readonly droppedSecret?: true;
}

function toAnswer({ connection, created, changed, replaced }: Connected, now: Date): ConnectAnswer {
  const { id, channel, webhookUrl } = connection;
  const until = replaced?.after.previousUntil;
  const dropped = replaced?.before !== undefined && validSecrets(replaced.before, now).length > 1;
  return {
    webhookUrl,
    connection: id,
    channel,
    created,
    changed,
    ...(until !== undefined && { oldSecretValidUntil: until }),
    ...(dropped && { droppedSecret: true }),
  };
}

function requireConnected(outcome: ConnectOutcome, id: string, channel: string): Connected {
  switch (outcome.kind) {
    case 'connected':
      return outcome;
    case 'other_channel':
      throw new CliError(
        'connection_on_other_channel',
        `Connection ${id} is on channel ${outcome.channel}, and a connection stays on its channel. Choose another id for ${channel}.`,
      );
    case 'secret_missing':
      throw new UsageError(
        `Connection ${id} is new: it needs the secret that ${channel} signs with. Give --secret-file.`,
      );
  }
}

interface ConnectOptions extends SecretOptions, TypedSettings {
  readonly connection: string;
  readonly apiBase?: string;
  readonly credentialsFile?: string;
}

export function addConnect(program: Command, session: Session): void {
  const { world } = session;
  program
    .command('connect')
    .description('create or update a connection, and print the address to give to the platform')
    .argument('<channel>', `the platform: ${[...world.doors.keys()].join(', ')}`)
    .requiredOption('--connection <id>', 'name of this shop, account or store chain: letters, digits, - and _')
    .option('--secret-file <file>', 'file with the secret that the platform signs with; - reads stdin')
    .option('--secret <secret>', 'the same on the command line, where the shell keeps it in its history')
    .option('--currency <code>', 'ISO 4217, for platforms whose amounts name no currency')
    .option('--timezone <zone>', 'IANA name, such as Asia/Shanghai')
    .option('--region <code>', 'ISO 3166, the country of phone numbers written without one')
    .option('--type <type>', 'direct, distribution or agency (direct, unless given)')
    .option('--api-base <url>', 'only for platforms whose API is called')
    .option('--credentials-file <file>', 'only for platforms whose API is called')
    .addHelpText(
      'after',
      examples(
        'connect shopify --connection my-shop --secret-file secret.txt --region US --timezone America/New_York',
        'connect shopify --connection my-shop --currency EUR',
      ),
    )
    .action(async (channel: string, options: ConnectOptions, command: Command) => {
      const globals = globalsOf(command);
      readChannel(channel, world.doors);
      refuseApiOptions(channel, options);
      const id = readConnectionId(options.connection);
      const settings = readSettings(options);
      const secret = await givenSecret(options, world);
      if (options.secret !== undefined) {
        note(world, '--secret is visible in the shell history and the process list; --secret-file is not.');
      }
      const deployment = await deploymentFor(session, globals);
      const request = { channel, id, settings, webhookBase: deployment.webhookBaseUrl };
      let outcome = await connect({ ...request, secret }, deployment, world.clock());
      if (outcome.kind === 'secret_missing') {
        outcome = await connect({ ...request, secret: await askForSecret(channel, world) }, deployment, world.clock());
      }
      const done = toAnswer(requireConnected(outcome, id, channel), world.clock());
      if (done.droppedSecret) note(world, 'Only one replaced secret stays valid: the one before it no longer is.');
      answer(world, globals, done, renderConnect);
    });
}

/** No platform's API is called yet; taking the options would promise that it is. */
function refuseApiOptions(channel: string, { apiBase, credentialsFile }: ConnectOptions): void {
  const given = [apiBase !== undefined && '--api-base', credentialsFile !== undefined && '--credentials-file'].filter(
    Boolean,
  );
  if (given.length === 0) return;
  throw new UsageError(
    `${given.join(' and ')}: this version does not call the API of ${channel}, its webhooks say all that is used. Leave it out.`,
    'api_not_called',
  );
}

function renderConnect({
  connection,
  channel,
  created,
  changed,
  webhookUrl,
  oldSecretValidUntil,
}: ConnectAnswer): string {
  const named = changed.map((name) => CHANGE_NAMES[name] ?? name).join(', ');
  const what = created
    ? `Connected ${channel} as ${connection}. Give this address to the platform:`
    : changed.length === 0
      ? `Connection ${connection} is so already. Its address:`
      : `Updated ${connection} (${named}); in effect within a minute. Its address${changed.includes('webhookUrl') ? ', to be given to the platform anew' : ''}:`;
  const old = oldSecretValidUntil === undefined ? '' : `\n\nThe old secret is accepted until ${oldSecretValidUntil}.`;
  return `${what}\n\n  ${webhookUrl}${old}`;
}

const CHANGE_NAMES: Readonly<Record<string, string>> = { status: 'enabled again', webhookUrl: 'address' };
