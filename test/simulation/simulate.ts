/** `npm run simulate`: the pipeline under faults, from a seed. Exits with 1 and the shortest trace found if anything is lost, altered or counted twice. */
import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { MISTAKES, type Mistake } from './broken.ts';
import { CHANNELS } from './channels.ts';
import type { Totals } from './check.ts';
import { type EpochOptions, type EpochResult, runEpoch } from './epoch.ts';
import { playRaces, type Races } from './race.ts';
import { type Shrunk, shrink } from './shrink.ts';

const HELP = `npm run simulate -- [options]

Plays deliveries of a sales platform against the real handlers, over stores and queues in memory, in virtual time and
with faults between any two calls; then compares the end with a run in which nothing went wrong.

  --seed N         what all chance comes from; the same seed gives the same digest     (default 1)
  --deliveries N   how many deliveries the platforms make                              (default 10000)
  --faults P       probability of a fault at each call, and of a loss in the network   (default 0.02)
  --channel NAME   toy, shopify, douyin, square, shopee, or mixed: every other epoch
                   toy, the others in turn                                             (default mixed)
  --shrink S       seconds to spend on finding a shorter failing run                   (default 60)
  --mistake N      put one of the ${MISTAKES.length} known mistakes of broken.ts in, to see a failure         (default 0: none)
  --race N         instead: N courses of followers that race for one phone, until one
                   does not end in one profile; with --seed, --faults and --mistake
  --json           print one JSON object instead of text
  --help           print this
`;

/** Deliveries of one epoch: enough for contention, few enough for memory. */
const EPOCH = 5_000;
type ChannelName = keyof typeof CHANNELS;

/** In a mixed run every other epoch is of these in turn: their orders cost several times as much to read. */
const REAL: readonly ChannelName[] = ['shopify', 'douyin', 'square', 'shopee'];
const TRACE_LINES = 200;

interface Options {
  readonly seed: number;
  readonly deliveries: number;
  readonly faults: number;
  readonly channel: ChannelName | 'mixed';
  readonly shrinkSeconds: number;
  /** Number of a mistake, from 1; 0 for none. */
  readonly mistake: number;
  /** How many races to play instead; 0 for none. */
  readonly races: number;
  readonly json: boolean;
}

interface Summary {
  readonly seed: number;
  readonly deliveries: number;
  readonly channel: string;
  epochs: number;
  attempts: number;
  acknowledged: number;
  givenUp: number;
  orders: number;
  quarantined: number;
  fetched: number;
  ignored: number;
  profiles: number;
  personas: number;
  /** How often a profile was derived, and what people decided meanwhile. */
  derived: number;
  decisions: number;
  calls: number;
  faults: number;
  redriven: number;
  readonly totals: Record<string, Totals>;
  seconds: number;
  cpuSeconds: number;
  deliveriesPerSecond: number;
  /** Of what came out: orders, totals, quarantine. */
  digest: string;
  /** Of how it came about: every event and its time. */
  history: string;
}

async function main(): Promise<number> {
  const options = readOptions();
  if (!options) return 2;
  const startedMs = Date.now();
  const mistake = MISTAKES[options.mistake - 1];
  if (options.races > 0) return race(options, mistake);
  const summary = emptySummary(options);
  const digest = createHash('sha256');
  const history = createHash('sha256');
  let reportedMs = startedMs;

  for (let done = 0; done < options.deliveries; ) {
    const channel = channelOf(options, summary.epochs);
    const epoch: EpochOptions = {
      seed: epochSeed(options.seed, summary.epochs),
      count: Math.min(EPOCH, options.deliveries - done),
      faultRate: options.faults,
      channel: CHANNELS[channel],
      ...(mistake && { parts: mistake.parts }),
    };
    const result = await runEpoch(epoch);
    if (result.problems.length > 0) {
      await fail(options, epoch, result);
      return 1;
    }
    done += epoch.count;
    addTo(summary, result, channel);
    digest.update(result.digest);
    history.update(`${result.world.history} ${result.world.events}\n`);
    if (!options.json && Date.now() - reportedMs > 2_000) {
      reportedMs = Date.now();
      const rate = Math.round((done * 1000) / (reportedMs - startedMs));
      process.stderr.write(
        `${done} of ${options.deliveries} deliveries, ${summary.faults} faults, ${rate} deliveries/s\n`,
      );
    }
  }
  summary.seconds = (Date.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage();
  summary.cpuSeconds = (user + system) / 1e6;
  summary.deliveriesPerSecond = Math.round(options.deliveries / summary.seconds);
  summary.digest = digest.digest('hex').slice(0, 32);
  summary.history = history.digest('hex').slice(0, 32);
  process.stdout.write(options.json ? `${JSON.stringify({ passed: true, ...summary })}\n` : describe(summary));
  return 0;
}

/** Undefined if the help was asked for, or is needed. */
function readOptions(): Options | undefined {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string', default: '1' },
        deliveries: { type: 'string', default: '10000' },
        faults: { type: 'string', default: '0.02' },
        channel: { type: 'string', default: 'mixed' },
        shrink: { type: 'string', default: '60' },
        mistake: { type: 'string', default: '0' },
        race: { type: 'string', default: '0' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(HELP);
      process.exit(0);
    }
    const { channel } = values;
    if (channel !== 'mixed' && !isChannel(channel)) {
      throw new Error(`--channel ${channel}: expected ${Object.keys(CHANNELS).join(', ')} or mixed.`);
    }
    return {
      seed: readNumber('--seed', values.seed, { max: 2 ** 32 - 1, integer: true }),
      deliveries: readNumber('--deliveries', values.deliveries, { max: 1e9, integer: true }),
      faults: readNumber('--faults', values.faults, { max: 0.5, integer: false }),
      channel,
      shrinkSeconds: readNumber('--shrink', values.shrink, { max: 86_400, integer: false }),
      mistake: readNumber('--mistake', values.mistake, { max: MISTAKES.length, integer: true }),
      races: readNumber('--race', values.race, { max: 1e9, integer: true }),
      json: values.json,
    };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    return undefined;
  }
}

const isChannel = (name: string): name is ChannelName => Object.hasOwn(CHANNELS, name);

function readNumber(
  option: string,
  text: string,
  { max, integer }: { readonly max: number; readonly integer: boolean },
): number {
  const value = Number(text);
  const good = text.trim() !== '' && value >= 0 && value <= max && (!integer || Number.isInteger(value));
  if (!good) throw new Error(`${option} ${text}: expected ${integer ? 'an integer' : 'a number'} from 0 to ${max}.`);
  return value;
}

function channelOf({ channel }: Options, epoch: number): ChannelName {
  if (channel !== 'mixed') return channel;
  return (epoch % 2 === 0 && REAL[(epoch / 2) % REAL.length]) || 'toy';
}

/** Neighbouring seeds and epochs have nothing in common (the finaliser of murmur3). */
function epochSeed(seed: number, epoch: number): number {
  let mixed = (Math.imul(seed, 0x9e3779b1) + epoch) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function emptySummary({ seed, deliveries, channel }: Options): Summary {
  const counts = {
    epochs: 0,
    attempts: 0,
    acknowledged: 0,
    givenUp: 0,
    orders: 0,
    quarantined: 0,
    fetched: 0,
    ignored: 0,
    profiles: 0,
    personas: 0,
    derived: 0,
    decisions: 0,
    calls: 0,
    faults: 0,
    redriven: 0,
  };
  return {
    seed,
    deliveries,
    channel,
    ...counts,
    totals: {},
    seconds: 0,
    cpuSeconds: 0,
    deliveriesPerSecond: 0,
    digest: '',
    history: '',
  };
}

function addTo(
  summary: Summary,
  { world, orders, quarantined, ignored, totals, profiles, personas }: EpochResult,
  channel: ChannelName,
): void {
  summary.epochs++;
  summary.attempts += world.attempts.length;
  summary.acknowledged += world.acknowledged.length;
  summary.givenUp += [...world.givenUp.keys()].filter((delivery) => delivery.kind !== 'forged').length;
  summary.orders += orders;
  summary.quarantined += quarantined;
  summary.ignored += ignored;
  summary.profiles += profiles;
  summary.personas += personas;
  summary.derived += world.metrics.get('derived') ?? 0;
  summary.decisions += world.profiles?.decisions.length ?? 0;
  summary.fetched += world.metrics.get('fetched') ?? 0;
  summary.calls += world.calls;
  summary.faults += world.injected.length;
  summary.redriven += world.redriven;
  for (const [connection, more] of totals) {
    const name = `${channel}/${connection}`;
    const sum = summary.totals[name] ?? { orders: 0, paid: 0, refunded: 0, net: 0 };
    summary.totals[name] = sum;
    sum.orders += more.orders;
    sum.paid += more.paid;
    sum.refunded += more.refunded;
    sum.net += more.net;
  }
}

function describe(summary: Summary): string {
  const { seed, deliveries, channel, epochs, attempts, acknowledged, givenUp, calls, faults, redriven } = summary;
  const totals = Object.entries(summary.totals).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    `PASSED  seed ${seed}, ${deliveries} deliveries of ${channel} in ${epochs} epochs`,
    `  platform    ${attempts} requests, ${acknowledged} acknowledged, ${givenUp} genuine deliveries given up`,
    `  faults      ${faults} in ${calls} calls of stores and queues; ${redriven} messages redriven from dead letters`,
    `  outcome     ${summary.orders} orders, ${summary.quarantined} deliveries in quarantine, ${summary.ignored} ignored, ${summary.fetched} answers fetched`,
    `  customers   ${summary.profiles} profiles of ${summary.personas} personas, derived ${summary.derived} times; ${summary.decisions} decisions of people meanwhile`,
    ...totals.map(
      ([connection, { orders, paid, refunded, net }]) =>
        `  ${connection.padEnd(14)}  ${orders} orders, paid ${paid}, refunded ${refunded}, net ${net} (minor units)`,
    ),
    '  checked     acknowledged all in the lake and in effect; orders, totals and quarantine as in a run without faults;',
    '              what was heard of fetched; queues, lanes, stream and dead letters empty; nothing forged stored;',
    '              profiles, facts, tiers, segments and suggestions as from scratch, and no review later than due',
    `  speed       ${summary.seconds.toFixed(1)} s (${summary.cpuSeconds.toFixed(1)} s of CPU), ${summary.deliveriesPerSecond} deliveries/s`,
    `  digest      ${summary.digest}  (history ${summary.history})`,
    '',
  ].join('\n');
}

async function race(options: Options, mistake: Mistake | undefined): Promise<number> {
  const { seed, races, faults: faultRate, json } = options;
  const startedMs = Date.now();
  let reportedMs = startedMs;
  const result = await playRaces({ seed, races, faultRate, ...(mistake && { parts: mistake.parts }) }, (done) => {
    if (json || Date.now() - reportedMs < 10_000) return;
    reportedMs = Date.now();
    process.stderr.write(`${done} of ${races} races\n`);
  });
  const seconds = (Date.now() - startedMs) / 1000;
  const passed = result.failed === undefined;
  process.stdout.write(
    json ? `${JSON.stringify({ passed, seed, ...result, seconds })}\n` : describeRaces(options, result, seconds),
  );
  return passed ? 0 : 1;
}

function describeRaces({ seed }: Options, result: Races, seconds: number): string {
  const { races, courses, followers, calls, faults, deaths, conflicts, failed } = result;
  return [
    failed
      ? `FAILED  seed ${seed}, race ${races} (its own seed ${failed.seed}): ${failed.problem}`
      : `PASSED  seed ${seed}, ${races} races of 2 or 3 followers for one phone, each ending in one profile with all orders`,
    `  courses     ${courses} different ones, of ${followers} followers`,
    `  faults      ${faults} in ${calls} calls, ${deaths} of them deaths; ${conflicts} writes found something moved and began again`,
    `  speed       ${seconds.toFixed(1)} s, ${Math.round(races / seconds)} races/s`,
    '',
  ].join('\n');
}

async function fail(options: Options, epoch: EpochOptions, result: EpochResult): Promise<void> {
  if (!options.json) {
    process.stderr.write(
      `FAILED in the epoch with seed ${epoch.seed}: ${result.problems.length} problems. Looking for a shorter run …\n`,
    );
  }
  const shrunk = await shrink(epoch, result, options.shrinkSeconds * 1000);
  const again = `npm run simulate -- --seed ${options.seed} --deliveries ${options.deliveries} --faults ${options.faults} --channel ${options.channel}${options.mistake > 0 ? ` --mistake ${options.mistake}` : ''}`;
  if (options.json) {
    const { problems } = result;
    process.stdout.write(
      `${JSON.stringify({ passed: false, seed: options.seed, epochSeed: epoch.seed, problems, shrunk, again })}\n`,
    );
    return;
  }
  process.stdout.write(describeFailure(options, epoch, shrunk, again));
}

function describeFailure({ seed }: Options, epoch: EpochOptions, shrunk: Shrunk, again: string): string {
  const { deliveries, faults, problems, trace } = shrunk;
  return [
    `FAILED  seed ${seed}, epoch seed ${epoch.seed}`,
    `  again       ${again}`,
    `  shortest    deliveries ${deliveries.slice(0, 20).join(', ')}${deliveries.length > 20 ? ' …' : ''} (${deliveries.length} of ${epoch.count}); ${faults.length} faults`,
    ...faults.slice(0, 20).map(({ call, point, fault }) => `    call ${call}: ${point} ${fault}`),
    '  problems',
    ...problems.slice(0, 10).map(({ code, what }) => `    ${code}: ${what}`),
    `  trace (${trace.length} lines${trace.length > TRACE_LINES ? `, the first ${TRACE_LINES}` : ''}; times in epoch milliseconds)`,
    ...trace.slice(0, TRACE_LINES).map((line) => `    ${line}`),
    '',
  ].join('\n');
}

process.exitCode = await main();
