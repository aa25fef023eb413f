/**
 * `npm start`: emulator, `cdk deploy`, demo shops on four channels, their day of webhooks, what came out. `npm run local`: without the demo.
 * Nothing but the environment tells the deployment that it is not on AWS.
 */
import { rmSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { DEMOTES_IN_MS, planHistory } from '../demo/history.ts';
import { REGULARS } from '../demo/regulars.ts';
import { webhookAddress } from '../shared/connections/connection.ts';
import { servePlatform } from '../test/platforms/server.ts';
import { showCampaigns } from './campaigns.ts';
import { prepareCustomers, showCustomers } from './customers.ts';
import { type DemoShop, demoShops, planDays, type WebhookUrlOf } from './demo-shops.ts';
import { deploy, LOCAL_REGION, type LocalDeployment, localEnvironment } from './deploy.ts';
import { connectShop, customerWorld, playDemo } from './deployed-demo.ts';
import { type Emulator, EmulatorUnavailable, startEmulator, stopDetachedEmulator } from './emulator/emulator.ts';
import { ENDPOINTS_FILE, readEndpoints, removeEndpoints, STATE_DIR, writeEndpoints } from './endpoints.ts';
import { playInProcess } from './in-process-demo.ts';
import { createProgress } from './progress.ts';
import { prepareSegments, showExit, showExport, showPreview, showSegments } from './segments.ts';
import { renderSummary } from './summary.ts';

interface StartOptions {
  readonly demo: boolean;
  readonly detach?: true;
  readonly stop?: true;
  readonly inProcess?: true;
  readonly once?: true;
  readonly port?: number;
  readonly seed: number;
  readonly deliveries: number;
}

const wholeNumber = (least: number) => (text: string) => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < least) throw new InvalidArgumentError(`A whole number from ${least} on.`);
  return number;
};

const program = new Command('npm start --')
  .description(
    'Runs Tributary on this machine: the real stack on an AWS emulator, with demo shops whose webhooks it plays.',
  )
  .option('--no-demo', 'only deploy; play nothing (this is what npm run local does)')
  .option('--detach', 'return when ready and leave it running')
  .option('--stop', 'end what --detach left running')
  .option('--in-process', 'no emulator: the same handlers in this one process, over in-memory models')
  .option('--once', 'end after the demo instead of staying up')
  .option('--port <number>', 'port of the emulator (a free one unless given)', wholeNumber(1))
  .option('--seed <number>', 'the day that the demo plays', wholeNumber(0), 1)
  .option('--deliveries <number>', 'how many webhooks it has', wholeNumber(10), 400)
  .addHelpText('after', '\nExamples:\n  npm start\n  npm run local -- --detach\n  npm run local -- --stop');

const say = (line: string) => process.stdout.write(`${line}\n`);

async function main(options: StartOptions): Promise<void> {
  if (options.stop) return stop();
  if (options.inProcess) return demoInProcess(options);
  let emulator: Emulator;
  try {
    emulator = await startOrReuse(options);
  } catch (error) {
    if (!(error instanceof EmulatorUnavailable) || !options.demo) throw error;
    say(error.message);
    say('');
    return demoInProcess(options);
  }
  const end = endWith(emulator, options);
  onInterrupt(async () => {
    say('\nEnding.');
    await end();
  });
  try {
    Object.assign(process.env, localEnvironment(emulator.endpoint));
    const deployment = await deploy({ endpoint: emulator.endpoint, stateDir: STATE_DIR, report: say });
    const webhookUrl = `${emulator.endpoint}/_aws/execute-api/${deployment.outputs.ApiId}`;
    await writeEndpoints({
      webhookUrl,
      apiUrl: deployment.api.url,
      consoleUrl: null,
      awsEndpoint: emulator.endpoint,
      region: LOCAL_REGION,
      stack: deployment.stack,
      token: deployment.api.token,
    });
    if (options.demo) await demo({ deployment, webhookUrl, options });
    say(`\nWebhooks   ${webhookUrl}/webhooks/{channel}/{connection}`);
    say(`API        ${deployment.api.url}/v1/… (the token is in the endpoints file)`);
    say(`AWS        ${emulator.endpoint} (region ${LOCAL_REGION}, stack ${deployment.stack})`);
    say(`Endpoints  ${ENDPOINTS_FILE}`);
  } catch (error) {
    await end();
    throw error;
  }
  if (options.detach) return;
  if (options.once) {
    await end();
    if (emulator.how !== 'running') say('\nEnded, as --once asks. Without it, it stays up for you to look at.');
    return;
  }
  say(
    '\nReady. In another terminal try `npx tributary segments`, `npx tributary connections`, `npx tributary quarantine list`, `npx tributary doctor`. Ctrl-C ends it.',
  );
  await forever();
}

/** One that --detach left running is used again: its data are still there. */
async function startOrReuse({ detach, port }: StartOptions): Promise<Emulator> {
  const left = await readEndpoints();
  if (left && port === undefined && (await answers(left.awsEndpoint))) {
    say(`Using what is running at ${left.awsEndpoint}. It goes on until npm run local -- --stop.`);
    process.env.AWS_ENDPOINT_URL = left.awsEndpoint;
  }
  if (!process.env.AWS_ENDPOINT_URL) say('Starting the AWS emulator');
  return startEmulator({
    stateDir: STATE_DIR,
    report: say,
    ...(port !== undefined && { port }),
    ...(detach && { detached: true }),
  });
}

const answers = (endpoint: string): Promise<boolean> =>
  fetch(endpoint, { signal: AbortSignal.timeout(2_000) }).then(
    () => true,
    () => false,
  );

async function stop(): Promise<void> {
  const stopped = await stopDetachedEmulator(STATE_DIR);
  await removeEndpoints();
  say(stopped ? 'Ended the local deployment.' : 'Nothing was running.');
}

/** Ends the emulator, if it is ours; it dies with us in any case, so the record of where it was goes then, too. */
function endWith(emulator: Emulator, { detach }: StartOptions): () => Promise<void> {
  const ours = emulator.how !== 'running';
  if (ours && !detach) process.once('exit', () => rmSync(ENDPOINTS_FILE, { force: true }));
  return async () => {
    await emulator.stop();
    if (ours) await removeEndpoints();
  };
}

/** At any moment from now on, while it still deploys as well: nothing is left behind. */
function onInterrupt(end: () => Promise<void>): void {
  // A terminal that was closed takes no more lines; that is no reason to stop ending.
  process.stdout.on('error', () => undefined);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void end().finally(() => process.exit(0)));
  }
}

const forever = (): Promise<never> => new Promise(() => setInterval(() => undefined, 60_000));

async function demo(known: { deployment: LocalDeployment; webhookUrl: string; options: StartOptions }): Promise<void> {
  const { deployment, webhookUrl, options } = known;
  const shops = demoShops();
  for (const { channel, options: shop, settings, platform } of shops) {
    // It goes on answering while this process is up, as a platform would.
    const api = platform && {
      credentials: platform.credentials,
      base: { url: (await servePlatform(platform)).url },
    };
    await connectShop({ channel: channel.door.channel, ...shop, settings, ...(api && { api }) }, known);
  }
  const world = await customerWorld(deployment);
  const nowMs = Date.now();
  await prepareCustomers(world, nowMs);
  const segments = await prepareSegments({ apiUrl: deployment.api.url, token: deployment.api.token, say });
  const webhookUrlOf: WebhookUrlOf = (channel, id) => webhookAddress(webhookUrl, { channel, id });
  const { history, day } = planDemo(shops, nowMs, options, webhookUrlOf);
  const playPart = async (deliveries: typeof day) => {
    const progress = createProgress(deliveries.length, 'webhooks');
    const { summaries } = await playDemo({
      deployment,
      webhookUrl,
      shops,
      deliveries,
      onProgress: progress.update,
      onSent: ({ sent, acknowledged, refused }) => {
        progress.end(`${sent} sent, ${acknowledged} acknowledged, ${refused} refused`);
        say('Waiting until all of it is worked through');
      },
      say,
    });
    return summaries;
  };
  announceHistory(history.length);
  await playPart(history);
  announce(shops, day.length);
  say(renderSummary(await playPart(day)));
  const demoted = await showCustomers(world, { shops, demotesAtMs: nowMs + DEMOTES_IN_MS, say });
  if (demoted !== undefined) await showExit(segments, demoted, say);
  await showSegments(segments, say);
  await showExport(segments, say);
  await showPreview(segments, { snapshotFunction: deployment.outputs.SnapshotFunction, say });
  await showCampaigns({
    apiUrl: deployment.api.url,
    token: deployment.api.token,
    outputs: deployment.outputs,
    shops,
    webhookUrlOf,
    play: playPart,
    say,
  });
}

/** First the year of the regulars, then the day. */
function planDemo(
  shops: readonly DemoShop[],
  nowMs: number,
  { seed, deliveries }: Pick<StartOptions, 'seed' | 'deliveries'>,
  webhookUrlOf: WebhookUrlOf,
) {
  return {
    history: planHistory(shops, { seed, nowMs, webhookUrlOf }),
    day: planDays(shops, { seed, count: deliveries, webhookUrlOf }),
  };
}

const IN_PROCESS_BASE = 'https://in-process.example';

async function demoInProcess(options: StartOptions): Promise<void> {
  say(
    'This is not a deployment: the same handlers run in this one process, over models of the AWS services in memory.',
  );
  say(
    'Missing are the HTTP address, the queues, tables and bucket, permissions, alarms; and the commands of `tributary` find nothing.',
  );
  const shops = demoShops();
  const nowMs = Date.now();
  const { history, day } = planDemo(shops, nowMs, options, (channel, id) =>
    webhookAddress(IN_PROCESS_BASE, { channel, id }),
  );
  const deliveries = [...history, ...day];
  announceHistory(history.length);
  announce(shops, day.length);
  const progress = createProgress(deliveries.length, 'webhooks');
  const { played, summaries, world } = await playInProcess({
    shops,
    webhookBase: IN_PROCESS_BASE,
    deliveries,
    onProgress: progress.update,
  });
  progress.end(`${played.sent} sent, ${played.acknowledged} acknowledged, ${played.refused} refused`);
  say(renderSummary(summaries));
  await showCustomers(world, { shops, demotesAtMs: nowMs + DEMOTES_IN_MS, say });
}

function announceHistory(count: number): void {
  say(`\nThe year before, as it would have come: ${count} webhooks of ${REGULARS.length} regular customers.`);
}

function announce(shops: readonly DemoShop[], count: number): void {
  const channels = shops.map(({ channel }) => `${channel.door.channel} (${channel.door.category})`).join(', ');
  say(`\nA day on ${channels}: ${count} signed webhooks, some twice, some late, some forged.`);
}

try {
  await main(program.parse().opts<StartOptions>());
  process.exit(0);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
