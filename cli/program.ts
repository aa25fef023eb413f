/** The program: commands with their options, and how any failure becomes a message and an exit code. */
import { Command, CommanderError } from 'commander';
import { addCampaigns } from './commands/campaigns.ts';
import { addCatalogue } from './commands/catalogue.ts';
import { addConnect } from './commands/connect.ts';
import { addConnections } from './commands/connections.ts';
import { addConsent } from './commands/consent.ts';
import { addDevice } from './commands/device.ts';
import { addDisconnect } from './commands/disconnect.ts';
import { addDoctor } from './commands/doctor.ts';
import { addExplain } from './commands/explain.ts';
import { addLinking } from './commands/linking.ts';
import { addOrder } from './commands/order.ts';
import { addProfile } from './commands/profile.ts';
import { addPush } from './commands/push.ts';
import { addQuarantine } from './commands/quarantine.ts';
import { addRates } from './commands/rates.ts';
import { addRecommendations } from './commands/recommendations.ts';
import { addRelink } from './commands/relink.ts';
import { addSegment } from './commands/segment.ts';
import { addSegments } from './commands/segments.ts';
import { addSend } from './commands/send.ts';
import { addSources } from './commands/sources.ts';
import { addSubscribers } from './commands/subscribers.ts';
import { addSuggestions } from './commands/suggestions.ts';
import { addTag } from './commands/tag.ts';
import { addTiers } from './commands/tiers.ts';
import { addUnlink } from './commands/unlink.ts';
import { type CliError, explain, FAILED, USED_WRONGLY, UsageError } from './errors.ts';
import { fail } from './output.ts';
import type { Session } from './session.ts';
import type { World } from './world.ts';

const COMMANDS = [
  addConnect,
  addConnections,
  addDisconnect,
  addSend,
  addOrder,
  addProfile,
  addExplain,
  addUnlink,
  addRelink,
  addSuggestions,
  addTag,
  addConsent,
  addQuarantine,
  addRates,
  addLinking,
  addTiers,
  addSegments,
  addSegment,
  addSubscribers,
  addSources,
  addCatalogue,
  addRecommendations,
  addCampaigns,
  addPush,
  addDevice,
  addDoctor,
];

/** Runs one command; answers the exit code. */
export async function runProgram(args: readonly string[], world: World): Promise<number> {
  const session: Session = { world, exitCode: 0 };
  try {
    await createProgram(session).parseAsync([...args], { from: 'user' });
    return session.exitCode;
  } catch (error) {
    // Help that was asked for has been printed already.
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    // Without a command, commander shows the help in place of a message.
    if (error instanceof CommanderError && error.code === 'commander.help') return USED_WRONGLY;
    const failure = explain(error);
    fail(world, { json: args.includes('--json') }, failure);
    if (world.env.TRIBUTARY_DEBUG && failure.exitCode === FAILED) world.err(`${stackOf(error)}\n`);
    return failure.exitCode;
  }
}

const stackOf = (error: unknown): string => (error instanceof Error && error.stack) || String(error);

function createProgram(session: Session): Command {
  const { world } = session;
  const program = new Command('tributary')
    .description(
      'Tributary: order webhooks in, one explained customer profile out. Uses the local deployment unless --stack names one on AWS.',
    )
    .option('--json', 'print only the answer, as JSON, on stdout; errors as JSON on stderr')
    .option('--stack <name>', 'a stack on AWS, reached with ordinary AWS credentials')
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: world.out,
      writeErr: world.err,
      outputError: () => {}, // told once, by runProgram
    })
    .exitOverride();
  for (const add of COMMANDS) add(program, session);
  program.addHelpText(
    'after',
    '\nExample:\n  $ tributary connect shopify --connection my-shop --secret-file secret.txt',
  );
  refuseOddArguments(program);
  return program;
}

/** Commander's own refusals, with the right form of the command that they are about. */
function refuseOddArguments(command: Command): void {
  command.exitOverride((error) => {
    if (error.exitCode === 0 || error.code === 'commander.help') throw error;
    throw explainRefusal(error, command);
  });
  for (const sub of command.commands) refuseOddArguments(sub);
}

function explainRefusal(error: CommanderError, command: Command): CliError {
  const what = error.message
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\.?$/, '.');
  const message = `${what.charAt(0).toUpperCase()}${what.slice(1)} Usage: ${fullName(command)} ${command.usage()}`;
  return new UsageError(
    message,
    error.code.replace(/^commander\./, '').replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`),
  );
}

function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}
