/** `npm run evaluate:linking`: how often linking is right, on people whose truth is known. Nothing is asserted; the table is the result. */
import Table from 'cli-table3';
import { Command } from 'commander';
import { DEFAULT_RULES, type LinkingRules } from '../../shared/identity/policy.ts';
import { type Dataset, labelled, readDatasets } from './datasets.ts';
import { FEBRL_KEYS, SPLINK_KEYS } from './keys.ts';
import { type Labelled, measure, type Quality } from './measure.ts';
import { contributionsOf, makeOrders, type Reading, type WorldOptions } from './world.ts';

const program = new Command('npm run evaluate:linking --')
  .description('Pairwise precision and recall of linking, with what each rule contributes.')
  .option('--data <folder>', 'with FEBRL and splink_fake_1000 (docs/identity.md says where they are from)')
  .option('--people <number>', 'in the generated set', '4000')
  .option('--seed <number>', 'of the generated set', '1')
  .option('--json', 'only the figures, on stdout');
const options = program.parse().opts<{ data?: string; people: string; seed: string; json?: true }>();

const results: Record<string, readonly (Quality & { readonly name: string })[]> = {};

function show(title: string, rows: readonly (Quality & { readonly name: string; readonly linkable?: number })[]): void {
  results[title] = rows;
  if (options.json) return;
  const table = new Table({
    head: [
      title,
      'precision',
      'recall',
      'of linkable',
      'F1',
      'wrong pairs',
      'wrong profiles',
      'suggestions',
      'F1 with them',
      'shared',
    ],
    style: { head: [], border: [] },
    colAligns: ['left', ...Array.from({ length: 9 }, () => 'right' as const)],
  });
  for (const row of rows) {
    const right = row.linkedPairs - row.wrongPairs;
    const ofLinkable = row.linkable === undefined ? '' : (right / row.linkable).toFixed(4);
    const found = [row.precision.toFixed(5), row.recall.toFixed(4), ofLinkable, row.f1.toFixed(4)];
    const counts = [row.wrongPairs, row.wrongProfiles, row.suggestions].map(String);
    table.push([row.name, ...found, ...counts, row.withSuggestions.f1.toFixed(4), String(row.shared)]);
  }
  process.stdout.write(`${table.toString()}\n`);
}

const OFF: LinkingRules['personasPerValue'] = {
  ...DEFAULT_RULES.personasPerValue,
  phone: 50,
  email: 50,
};

/** A protection, as what linking is without it. */
interface Protection {
  readonly name: string;
  readonly rules?: Partial<LinkingRules>;
  readonly reading?: Reading;
}

const PROTECTIONS: readonly Protection[] = [
  { name: 'names agree on a phone', rules: { namesAgreeOn: [] } },
  { name: 'a limit of personas a value', rules: { personasPerValue: OFF } },
  { name: 'one member card', rules: { exclusive: [] } },
  { name: 'masked, virtual, relay, blocked refused', reading: { rejectedLink: true } },
  { name: 'own contacts refused', reading: { ownContactsLink: true } },
  { name: 'paid orders only', reading: { unpaidLink: true } },
];

const without = (name: string, off: readonly Protection[]): Protection => ({
  name,
  rules: Object.assign({}, ...off.map(({ rules }) => rules)),
  reading: Object.assign({}, ...off.map(({ reading }) => reading)),
});

const VARIANTS: readonly Protection[] = [
  without('all rules', []),
  ...PROTECTIONS.map((one) => without(`without: ${one.name}`, [one])),
  without('none of these', PROTECTIONS),
  ...PROTECTIONS.map((one) =>
    without(
      `only: ${one.name}`,
      PROTECTIONS.filter((other) => other !== one),
    ),
  ),
  { name: 'all, and a phone without a name suggests', rules: { unnamed: 'suggest' } },
];

function evaluateWorld(title: string, world: WorldOptions): void {
  const orders = makeOrders(world);
  const plain = contributionsOf(orders);
  const linkable = linkablePairs(plain);
  const rows = VARIANTS.map(({ name, rules, reading }) => ({
    name,
    linkable,
    ...measure(contributionsOf(orders, reading), { ...DEFAULT_RULES, ...rules }),
  }));
  const [first] = rows;
  show(`${title}: ${first?.people} people, ${first?.records} orders`, rows);
}

/** Pairs of one person's records that rules could link at all: those that are linked where there is nobody else. */
function linkablePairs(records: readonly Labelled[]): number {
  const byPerson = new Map<string, Labelled[]>();
  for (const record of records) byPerson.set(record.person, [...(byPerson.get(record.person) ?? []), record]);
  return [...byPerson.values()].reduce((total, own) => total + measure(own, DEFAULT_RULES).linkedPairs, 0);
}

function evaluateDataset(dataset: Dataset): void {
  const keys = dataset.strongField === 'email' ? SPLINK_KEYS : FEBRL_KEYS;
  const strong = keys.filter(({ strength }) => strength === 'strong');
  const rows = [
    { name: `${dataset.strongField} alone`, ...measure(labelled(dataset, []), DEFAULT_RULES) },
    { name: 'with compound keys', ...measure(labelled(dataset, keys), DEFAULT_RULES) },
    { name: 'compound keys alone', ...measure(labelled(dataset, keys, false), DEFAULT_RULES) },
    ...strong.map((key) => ({ name: `  ${key.name}`, ...measure(labelled(dataset, [key], false), DEFAULT_RULES) })),
  ];
  show(`${dataset.name}: ${rows[0]?.people} people, ${rows[0]?.records} records`, rows);
}

const world = { seed: Number(options.seed), people: Number(options.people) };
evaluateWorld('generated', { ...world, unnamed: 0, familyEmails: 0 });
evaluateWorld('generated, 10 % of phones without a name, 3 % family emails', {
  ...world,
  unnamed: 0.1,
  familyEmails: 0.03,
});
if (options.data === undefined) process.stderr.write('FEBRL and splink_fake_1000: not run, as --data is not given.\n');
else {
  const { found, missing } = readDatasets(options.data);
  if (missing.length > 0) process.stderr.write(`Not found in ${options.data}: ${missing.join(', ')}\n`);
  for (const dataset of found) evaluateDataset(dataset);
}
if (options.json) process.stdout.write(`${JSON.stringify(results, undefined, 2)}\n`);
