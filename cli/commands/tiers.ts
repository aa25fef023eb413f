/** `tiers`: the policy that says which customer is in which tier: what it is, what another would move, and its history. */
import type { Command } from 'commander';
import { everyProfile, withNames } from '../../shared/profiles/every-profile.ts';
import { type Policy, rollBack } from '../../shared/tiers/policy.ts';
import type { StoredPolicy } from '../../shared/tiers/policy-store.ts';
import { type PreviewProfile, preview } from '../../shared/tiers/preview.ts';
import { rulesInWords } from '../../shared/tiers/rule-words.ts';
import { nextVersion, type PolicyVersion, versionsAt } from '../../shared/tiers/versions.ts';
import { instant } from '../../shared/time/instant.ts';
import { CliError, UsageError } from '../errors.ts';
import { sourceName } from '../json-file.ts';
import { operatorName, readWhy } from '../operator.ts';
import { answer, note } from '../output.ts';
import { checkPolicy, type PolicyFields, readPolicyFields } from '../policy-file.ts';
import {
  deploymentFor,
  examples,
  type Globals,
  globalsOf,
  readCount,
  refuseOtherWords,
  type Session,
} from '../session.ts';
import { renderHistory, renderPreview, renderVersion } from '../tiers-text.ts';
import type { Deployment, World } from '../world.ts';

export function addTiers(program: Command, session: Session): void {
  const tiers = program
    .command('tiers')
    .description('who is in which tier, and why: show (unless said otherwise), preview, put, history, rollback')
    .addHelpText(
      'after',
      examples(
        'tiers',
        'tiers show --policy > policy.json',
        'tiers preview policy.json',
        'tiers put policy.json --why "the year-end campaign"',
      ),
    );
  addShow(tiers, session);
  addPreview(tiers, session);
  addPut(tiers, session);
  addHistory(tiers, session);
  addRollback(tiers, session);
}

interface History {
  /** Newest first. */
  readonly versions: readonly PolicyVersion[];
  readonly inForce: PolicyVersion;
  readonly next: number;
  readonly stored: readonly StoredPolicy[];
}

async function historyAt({ policies, outputs }: Deployment, { clock }: Pick<World, 'clock'>): Promise<History> {
  const stored = await policies.listPolicies();
  const versions = versionsAt(stored, instant(clock().getTime()), outputs.ReportingCurrency);
  return { versions, inForce: inForceOf(versions), next: nextVersion(versions), stored };
}

function inForceOf(versions: readonly PolicyVersion[]): PolicyVersion {
  const found = versions.find(({ state }) => state === 'in_force');
  if (found) return found;
  throw new CliError('no_policy', 'No policy is in force, which cannot be: one is built in.');
}

/** What scripts read of a version; its rules in words are beside the policy itself. */
const shown = ({ policy, state, from, put }: PolicyVersion) => ({
  version: policy.version,
  name: policy.name,
  state,
  ...(from !== undefined && { from }),
  ...put,
});

const readVersion = (text: string): number => readCount('A version', text, Number.MAX_SAFE_INTEGER);

function requireVersion({ versions }: History, version: number): PolicyVersion {
  const found = versions.find(({ policy }) => policy.version === version);
  if (found) return found;
  const newest = versions[0]?.policy.version;
  throw new CliError(
    'policy_version_not_found',
    `There is no version ${version}; the newest is ${newest}. \`tributary tiers history\` lists them.`,
  );
}

function addShow(tiers: Command, session: Session): void {
  const { world } = session;
  tiers
    .command('show', { isDefault: true })
    .description('show the policy in force: its rules in Chinese and English, since when, and who put it')
    .option('--version <n>', 'that version instead', readVersion)
    .option('--policy', 'only the policy as JSON, without its version: to be edited and put')
    .addHelpText('after', examples('tiers show', 'tiers show --version 3', 'tiers show --policy > policy.json'))
    .allowExcessArguments()
    .action(async (options: { version?: number; policy?: boolean }, command: Command) => {
      refuseOtherWords(command, tiers);
      const globals = globalsOf(command);
      const history = await historyAt(await deploymentFor(session, globals), world);
      const version = options.version === undefined ? history.inForce : requireVersion(history, options.version);
      const { policy } = version;
      if (options.policy) return answer(world, { json: true }, editable(policy), String);
      answer(world, globals, { ...shown(version), policy, rules: rulesInWords(policy) }, () => renderVersion(version));
    });
}

/** What made it this version is left out: the next one gets its own number and time. */
function editable({ version: _, effectiveFrom: __, ...policy }: Policy): Omit<Policy, 'version' | 'effectiveFrom'> {
  return policy;
}

const SAMPLE = 5;
const SAMPLE_MOST = 100;

function addPreview(tiers: Command, session: Session): void {
  const { world } = session;
  tiers
    .command('preview')
    .description('count who would move by another policy, at once and in the end; reads every profile, changes nothing')
    .argument('<file>', 'the policy as JSON; - reads stdin')
    .option(
      '--sample <n>',
      'of each move, so many customers by id',
      (text) => readCount('--sample', text, SAMPLE_MOST),
      SAMPLE,
    )
    .addHelpText('after', examples('tiers preview policy.json', 'tiers preview policy.json --sample 20 --json'))
    .action(async (file: string, { sample: sampleSize }: { sample: number }, command: Command) => {
      const globals = globalsOf(command);
      const fields = await readPolicyFields(file, world);
      const deployment = await deploymentFor(session, globals);
      const history = await historyAt(deployment, world);
      const before = history.inForce.policy;
      // Whichever number is in the file: it would be put as the next.
      const after = checkPolicy(
        { ...fields, version: history.next },
        sourceName(file),
        deployment.outputs.ReportingCurrency,
      );
      const customers = await deployment.customers();
      const at = instant(world.clock().getTime());
      const profiles = told(everyProfile(customers), world, globals);
      const seen = await withNames(await preview({ before, after, profiles, at, sampleSize }), customers);
      const named = ({ version, name }: Policy) => ({ version, name });
      answer(world, globals, { at, before: named(before), after: named(after), ...seen }, renderPreview);
    });
}

const TOLD_EVERY_MS = 5_000;

/** Says on stderr how far it is. Scripts are told nothing: to them stderr is an error, as JSON. */
async function* told(
  profiles: AsyncIterable<PreviewProfile>,
  world: Pick<World, 'clock' | 'err'>,
  { json }: Globals,
): AsyncGenerator<PreviewProfile> {
  let toldMs = world.clock().getTime();
  let count = 0;
  for await (const profile of profiles) {
    yield profile;
    count++;
    const nowMs = world.clock().getTime();
    if (json || nowMs - toldMs < TOLD_EVERY_MS) continue;
    note(world, `${count} profiles read so far`);
    toldMs = nowMs;
  }
}

interface Author {
  readonly why: string;
  readonly by?: string;
}

function addPut(tiers: Command, session: Session): void {
  const { world } = session;
  withAuthor(
    tiers
      .command('put')
      .description('put a policy as the next version; it is in force at once, or from its effectiveFrom on')
      .argument('<file>', 'the policy as JSON; - reads stdin'),
  )
    .addHelpText('after', examples('tiers put policy.json --why "the year-end campaign"'))
    .action(async (file: string, author: Author, command: Command) => {
      const globals = globalsOf(command);
      const fields = await readPolicyFields(file, world);
      const deployment = await deploymentFor(session, globals);
      const history = await historyAt(deployment, world);
      const { version = history.next } = fields;
      const policy = checkPolicy({ ...fields, version }, sourceName(file), deployment.outputs.ReportingCurrency);
      requireNext(policy, history, sourceName(file));
      await put(policy, author, { deployment, history, world, globals });
    });
}

function requireNext({ version }: Policy, { next, versions }: History, source: string): void {
  if (version === next) return;
  const isTaken = versions.some(({ policy }) => policy.version === version);
  throw new UsageError(
    `${source} says version ${version}, ${isTaken ? 'which is there already' : 'which is not the next'}: leave it out, or say ${next}.`,
    'policy_version_not_next',
  );
}

function addHistory(tiers: Command, session: Session): void {
  const { world } = session;
  tiers
    .command('history')
    .description('list all versions, newest first')
    .addHelpText('after', examples('tiers history', 'tiers history --json'))
    .action(async (_options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const { versions } = await historyAt(await deploymentFor(session, globals), world);
      answer(world, globals, { items: versions.map(shown) }, () => renderHistory(versions));
    });
}

function addRollback(tiers: Command, session: Session): void {
  const { world } = session;
  withAuthor(
    tiers
      .command('rollback')
      .description('put what an earlier version says as the next one, in force at once')
      .argument('<version>', 'that version, as `tiers history` lists it', readVersion),
  )
    .addHelpText('after', examples('tiers rollback 3 --why "too few were left in the top tier"'))
    .action(async (version: number, author: Author, command: Command) => {
      const globals = globalsOf(command);
      const deployment = await deploymentFor(session, globals);
      const history = await historyAt(deployment, world);
      const earlier = requireVersion(history, version);
      const someWait = history.versions.some(({ state }) => state === 'waiting');
      // While another waits, going back to what is in force is what takes that one off.
      if (earlier.state === 'in_force' && !someWait)
        throw new UsageError(`Version ${version} is in force already.`, 'policy_in_force');
      const fields: PolicyFields = { ...rollBack({ earlier: earlier.policy, latestVersion: history.next - 1 }) };
      const policy = checkPolicy(fields, `Version ${version}`, deployment.outputs.ReportingCurrency);
      await put(policy, author, { deployment, history, world, globals, saidBy: version });
    });
}

const withAuthor = (command: Command): Command =>
  command
    .requiredOption('--why <text>', 'the reason, kept with the version', readWhy)
    .option('--by <name>', "who decides it, if not the operating system's user");

interface Putting {
  readonly deployment: Deployment;
  readonly history: History;
  readonly world: World;
  readonly globals: Globals;
  /** The version that it repeats. */
  readonly saidBy?: number;
}

async function put(
  policy: Policy,
  { why, by }: Author,
  { deployment, history, world, globals, saidBy }: Putting,
): Promise<void> {
  const at = instant(world.clock().getTime());
  const stored: StoredPolicy = { policy, by: operatorName(by, world), at, why };
  await deployment.policies.putPolicy(stored);
  const versions = versionsAt([stored, ...history.stored], at, deployment.outputs.ReportingCurrency);
  const done = versions.find((version) => version.policy === policy);
  if (!done) return;
  const waited = new Set(
    history.versions.filter(({ state }) => state === 'waiting').map((version) => version.policy.version),
  );
  const skipped = versions
    .filter(({ state, policy: { version } }) => state === 'skipped' && waited.has(version))
    .map((version) => version.policy.version);
  const before = history.inForce.policy.version;
  answer(world, globals, { ...shown(done), before, ...(saidBy !== undefined && { rolledBackTo: saidBy }) }, () =>
    done.state === 'in_force'
      ? `Version ${policy.version}${saidBy === undefined ? '' : `, which says what version ${saidBy} said,`} is in force now, in place of ${before}. The next sweep has every profile decided anew.`
      : `Version ${policy.version} is put, and in force from ${done.from} on; until then it is version ${before}.`,
  );
  for (const version of skipped)
    note(world, `version ${version}, which waited, will not come into force: ${policy.version} comes first.`);
}
