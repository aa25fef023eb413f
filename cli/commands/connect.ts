/** `connect`: creates a connection, or changes its settings or secret. */
import type { Command } from 'commander';
import type { Door } from '../../shared/channels/adapter.ts';
import { type Connected, type ConnectOutcome, connect } from '../../shared/connections/connect.ts';
import { type ConnectionId, validSecrets } from '../../shared/connections/connection.ts';
import { type ApiOptions, type ReadAccess, readApiAccess } from '../api-access.ts';
import { CliError, UsageError } from '../errors.ts';
import { answer, note } from '../output.ts';
import { askForSecret, givenSecret, type SecretOptions } from '../secret.ts';
import { deploymentFor, examples, globalsOf, readChannel, readConnectionId, type Session } from '../session.ts';
import { readSettings, type TypedSettings } from '../settings.ts';
import type { Deployment, World } from '../world.ts';

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

interface ConnectOptions extends SecretOptions, ApiOptions, TypedSettings {
  readonly connection: string;
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
    .option(
      '--own-contact <phone or email...>',
      "the shop's own, which tills are filled with: never a customer's; replaces those given before",
    )
    .option('--app <id>', "the platform app it is connected through, where shops of one app share buyers' open ids")
    .option(
      '--credentials-file <file>',
      'JSON with what opens the API of the platform, where it is called; - reads stdin',
    )
    .option('--api-base <url>', 'another host of that API, such as a sandbox')
    .addHelpText(
      'after',
      examples(
        'connect shopify --connection my-shop --secret-file secret.txt --region US --timezone America/New_York',
        'connect shopify --connection my-shop --currency EUR',
        'connect square --connection my-tills --own-contact +12065550100 counter@shop.example',
        'connect square --connection my-tills --secret-file key.txt --credentials-file square.json',
      ),
    )
    .action(async (channel: string, options: ConnectOptions, command: Command) => {
      const globals = globalsOf(command);
      const door = readChannel(channel, world.doors);
      const id = readConnectionId(options.connection);
      const api = await readApiAccess(channel, options, world);
      const settings = { ...readSettings(options), ...(api?.shop !== undefined && { shop: api.shop }) };
      const secret = await givenSecret(options, world);
      if (secret !== undefined) requireSecretForm(door, secret);
      if (options.secret !== undefined) {
        note(world, '--secret is visible in the shell history and the process list; --secret-file is not.');
      }
      const deployment = await deploymentFor(session, globals);
      if (api) requireApiBase(api, deployment);
      const request = {
        channel,
        id,
        settings,
        webhookBase: deployment.webhookBaseUrl,
        ...(api && { api: api.access }),
      };
      let outcome = await connect({ ...request, secret }, deployment, world.clock());
      if (outcome.kind === 'secret_missing') {
        const asked = await askForSecret(channel, world);
        requireSecretForm(door, asked);
        outcome = await connect({ ...request, secret: asked }, deployment, world.clock());
      }
      const done = toAnswer(requireConnected(outcome, id, channel), world.clock());
      if (done.droppedSecret) note(world, 'Only one replaced secret stays valid: the one before it no longer is.');
      await noteWhatIsMissing(channel, id, deployment, world);
      answer(world, globals, done, renderConnect);
    });
}

/** Another host than the platform's own sees the credentials, so that is for deployments that say so. */
function requireApiBase({ foreignBase }: ReadAccess, { outputs }: Deployment): void {
  if (foreignBase === undefined || outputs.AnyApiBase === 'true') return;
  throw new CliError(
    'api_base_not_allowed',
    `${foreignBase} is none of the platform's hosts, and this deployment calls no others. A stack for tests may: deploy it with -c tributary:anyApiBase=true.`,
  );
}

/** Webhooks of such platforms only tell that there is news: without credentials it waits to be fetched. */
async function noteWhatIsMissing(
  channel: string,
  id: ConnectionId,
  { secrets, outputs }: Deployment,
  world: World,
): Promise<void> {
  const api = (await world.adapters.find(channel))?.api;
  if (!api) return;
  if (!(await secrets.getCredentials(id))) {
    note(
      world,
      `${channel} tells little in its webhooks. To fetch the orders, give --credentials-file, too; until then they wait.`,
    );
  }
  if (api.wantsFixedAddress && outputs.FixedAddress === 'none') {
    note(
      world,
      `${channel} may ask for the address that calls come from. A stack has one with -c tributary:fixedAddress=true.`,
    );
  } else if (api.wantsFixedAddress) {
    note(world, `Calls come from ${outputs.FixedAddress}: put it on the allow-list of ${channel}.`);
  }
}

function requireSecretForm({ channel, secretForm }: Door, secret: string): void {
  if (!secretForm || secretForm.pattern.test(secret)) return;
  throw new UsageError(`The secret of ${channel} is ${secretForm.says}.`, 'secret_invalid');
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

const CHANGE_NAMES: Readonly<Record<string, string>> = {
  status: 'enabled again',
  webhookUrl: 'address',
  apiBase: 'API host',
  ownContacts: 'own contacts',
};
