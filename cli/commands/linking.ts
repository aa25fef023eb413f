/** `linking`: the rules by which personas join, and whom other rules would join or part. */
import type { Command } from 'commander';
import * as z from 'zod';
import { type LinkingVersion, newestOf, type StoredLinking } from '../../shared/identity/linking-versions.ts';
import { LinkingRules } from '../../shared/identity/policy.ts';
import { Conflict } from '../../shared/runtime/errors.ts';
import { instant } from '../../shared/time/instant.ts';
import { linkingOf } from '../customer.ts';
import { CliError, UsageError } from '../errors.ts';
import { sourceName } from '../json-file.ts';
import { type LinkingPreview, previewLinking } from '../linking-preview.ts';
import { operatorName, readWhy } from '../operator.ts';
import { answer, facts, note, plural } from '../output.ts';
import { readPolicyFields } from '../policy-file.ts';
import { deploymentFor, examples, globalsOf, readCount, type Session } from '../session.ts';

export function addLinking(program: Command, session: Session): void {
  const linking = program
    .command('linking')
    .description('the rules by which personas become one customer: show (unless said otherwise), preview, put')
    .addHelpText(
      'after',
      examples(
        'linking show --json > rules.json',
        'linking preview rules.json',
        'linking put rules.json --why "families share phones"',
      ),
    );
  addShow(linking, session);
  addPreview(linking, session);
  addPut(linking, session);
}

function addShow(linking: Command, session: Session): void {
  const { world } = session;
  linking
    .command('show', { isDefault: true })
    .description('show the rules in force, with who put them and why')
    .addHelpText('after', examples('linking show'))
    .action(async (_options: unknown, command: Command) => {
      const globals = globalsOf(command);
      answer(world, globals, await linkingOf(await deploymentFor(session, globals)), renderRules);
    });
}

const SHOWN = 20;

function addPreview(linking: Command, session: Session): void {
  const { world } = session;
  linking
    .command('preview')
    .description('name the profiles that other rules would join or part; reads every customer, changes nothing')
    .argument('<file>', 'the rules as JSON, those to change or all; - reads stdin')
    .option('--limit <n>', 'of each, show at most so many', (text) => readCount('--limit', text), SHOWN)
    .addHelpText('after', examples('linking preview rules.json --limit 100'))
    .action(async (file: string, { limit }: { limit: number }, command: Command) => {
      const globals = globalsOf(command);
      const fields = await readPolicyFields(file, world);
      const deployment = await deploymentFor(session, globals);
      const { rules: before } = await linkingOf(deployment);
      const after = readRules(fields, before, sourceName(file));
      const customers = await deployment.customers();
      const onProgress = (count: number) => {
        if (!globals.json) note(world, `${count} profiles read so far`);
      };
      const seen = await previewLinking({ before, after, limit }, customers, onProgress);
      answer(world, globals, seen, renderPreview);
    });
}

function addPut(linking: Command, session: Session): void {
  const { world } = session;
  linking
    .command('put')
    .description('put rules as the next version; all profiles are derived anew by them within minutes')
    .argument('<file>', 'the rules as JSON, those to change or all; - reads stdin')
    .requiredOption('--why <text>', 'for who reads it in a year', readWhy)
    .option('--by <name>', 'who decides (the user of this machine, unless given)')
    .addHelpText('after', examples('linking put rules.json --why "families share phones"'))
    .action(async (file: string, { why, by }: { why: string; by?: string }, command: Command) => {
      const globals = globalsOf(command);
      const fields = await readPolicyFields(file, world);
      const deployment = await deploymentFor(session, globals);
      const newest = newestOf(await deployment.linking.listLinking(1));
      const rules = readRules(fields, newest.rules, sourceName(file));
      const put = { by: operatorName(by, world), at: instant(world.clock().getTime()), why };
      const next: StoredLinking = { version: newest.version + 1, rules, put };
      try {
        await deployment.linking.putLinking(next);
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
        throw new CliError('linking_version_taken', `${error.message} Try again.`, { cause: error });
      }
      answer(
        world,
        globals,
        next,
        ({ version }) => `Put as version ${version}. Within some ten minutes all profiles are derived anew by it.`,
      );
    });
}

/** What `show --json` says around the rules may stay in the file. */
function readRules(fields: Readonly<Record<string, unknown>>, known: LinkingRules, source: string): LinkingRules {
  const { version: _, put: __, rules: inner, ...flat } = fields;
  const given = z.record(z.string(), z.unknown()).safeParse(inner ?? flat);
  const values = given.success && given.data.personasPerValue;
  const limits = typeof values === 'object' ? { ...known.personasPerValue, ...values } : known.personasPerValue;
  const read = z.strictObject(LinkingRules.shape).safeParse({
    ...known,
    ...(given.success && given.data),
    personasPerValue: limits,
  });
  if (read.success) return read.data;
  const told = read.error.issues.map(({ path, message }) => `\n  ${path.join('.') || '(the whole)'}: ${message}`);
  throw new UsageError(`${source} holds no linking rules:${told.join('')}`, 'linking_invalid');
}

function renderRules({ version, rules, put }: LinkingVersion): string {
  const { componentLimit, personasPerValue, exclusive, namesAgreeOn, unnamed } = rules;
  return facts([
    ['version', `${version}${put ? '' : ' (built in)'}`],
    ['put', put && `${put.at} by ${put.by}: ${put.why}`],
    ['a profile has', `at most ${componentLimit} personas`],
    [
      'a value has',
      Object.entries(personasPerValue)
        .map(([type, most]) => `${type} ${most}`)
        .join(', '),
    ],
    ['only one', exclusive.join(', ')],
    ['names agree on', namesAgreeOn.join(', ')],
    ['without a name', unnamed === 'link' ? 'links' : 'suggests'],
  ]);
}

function renderPreview({ profiles, merged, split, skipped }: LinkingPreview): string {
  const lines = [
    `Of ${plural(profiles, 'profile')} read: ${merged.count} would join others, ${split.count} would be parted.`,
    ...merged.shown.map(({ into, from }) => `  ${from.join(', ')} → ${into}`),
    ...split.shown.map(({ from, into }) => `  ${from} → ${into.join(', ')}`),
  ];
  if (skipped > 0) lines.push(`${plural(skipped, 'profile')} linked with too many to be told.`);
  return lines.join('\n');
}
