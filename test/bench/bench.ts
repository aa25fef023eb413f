/** `npm run bench`: speed, size and cost, measured and never asserted. Machines differ: compare ratios within one run. */
import Table from 'cli-table3';
import { Command, Option } from 'commander';
import { benchRecommend } from '../recommend/bench.ts';
import { hasJava } from '../stores/dynamodb-local.ts';
import { benchAtRest } from './at-rest.ts';
import { benchAttribute } from './attribute.ts';
import { benchBundles } from './bundles.ts';
import { benchCore } from './core.ts';
import { benchEndToEnd } from './end-to-end.ts';
import { benchEntry } from './entry.ts';
import { benchExports } from './exports.ts';
import { benchMakeRecommendations } from './make-recommendations.ts';
import type { Row } from './measure.ts';
import { benchPlatforms } from './platforms.ts';
import { benchPreview } from './preview.ts';
import { benchProfileSpeed } from './profile-speed.ts';
import { benchProfileUnits, type UnitsTable } from './profile-units.ts';
import { benchPushDecision } from './push-decision.ts';
import { benchPushSends } from './push-sends.ts';
import { benchPushUnits } from './push-units.ts';
import { benchRecommendRead } from './recommend-read.ts';
import { benchRederive } from './rederive.ts';
import { benchSegments } from './segments.ts';
import { benchThinUnits } from './thin-units.ts';
import { benchUnits } from './units.ts';

const PARTS = [
  'core',
  'platforms',
  'profiles',
  'segments',
  'push-decision',
  'push-sends',
  'bundles',
  'units',
  'profile-units',
  'at-rest',
  'end-to-end',
  'entry',
  'rederive',
  'exports',
  'preview',
  'recommend',
  'make-recommendations',
  'recommend-read',
  'push-units',
  'attribute',
] as const;
type Part = (typeof PARTS)[number];
/** Minutes long, so only where they are asked for. */
const LONG: readonly Part[] = [
  'profile-units',
  'rederive',
  'exports',
  'preview',
  'recommend',
  'make-recommendations',
  'recommend-read',
  'push-units',
  'attribute',
];

const program = new Command('npm run bench --')
  .description('Measures speed, bundle sizes, database units and end-to-end throughput.')
  .addOption(
    new Option('--part <part>', `only this one; ${LONG.join(', ')} take minutes, and run only so`).choices(PARTS),
  )
  .option('--webhooks <number>', 'how many go end to end', '1000')
  .option('--customers <number>', 'how many are derived anew', '10000')
  .option('--members <number>', 'how many are exported', '1000000')
  .option('--profiles <number>', 'how many are in the snapshot that is previewed', '1000000')
  .option('--lines <number>', 'how many order lines are recommended from', '1000000')
  .option('--messages <number>', 'how many orders are attributed to', '1000000')
  .option('--json', 'only the figures, on stdout');

const options = program.parse().opts<{
  part?: Part;
  webhooks: string;
  customers: string;
  members: string;
  profiles: string;
  lines: string;
  messages: string;
  json?: true;
}>();
const results: Record<string, readonly Row[] | Omit<UnitsTable, 'title'>> = {};

function show(title: string, rows: readonly Row[]): void {
  results[title] = rows;
  if (options.json) return;
  const table = new Table({
    head: [title, 'value', 'ratio'],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right'],
  });
  for (const { name, value, unit, ratio } of rows)
    table.push([name, `${value} ${unit}`, ratio === undefined ? '' : ratio.toFixed(2)]);
  process.stdout.write(`${table.toString()}\n`);
}

function showUnits({ title, ...units }: UnitsTable): void {
  results[title] = units;
  if (options.json) return;
  const table = new Table({
    head: [title, ...units.head],
    style: { head: [], border: [] },
    colAligns: ['left', ...units.head.map(() => 'right' as const)],
  });
  for (const row of units.rows) table.push([...row]);
  process.stdout.write(`${table.toString()}\n`);
}

const wanted = (part: Part) => (options.part === undefined ? !LONG.includes(part) : options.part === part);
const withoutJava = (part: Part) => process.stderr.write(`${part}: not run, as DynamoDB Local needs Java.\n`);

if (wanted('core')) {
  for (const longIds of [false, true]) {
    const { rows, bodyBytes, itemBytes } = benchCore({ longIds });
    show(`one core, an order of ${bodyBytes} B${longIds ? ' with ids above 2^53' : ''}`, [
      ...rows,
      { name: 'its item', value: itemBytes, unit: 'B' },
    ]);
  }
}
if (wanted('platforms')) show('verified and read, to their floor (HMAC and JSON.parse)', await benchPlatforms());
if (wanted('profiles')) show('profiles, a core', await benchProfileSpeed());
if (wanted('segments')) show('segments, a core', benchSegments());
if (wanted('push-decision')) show('decisions about messages, a core', benchPushDecision());
if (wanted('push-sends')) show('messages sent, a core', await benchPushSends());
if (wanted('bundles')) {
  const { sizes, loads } = benchBundles();
  show('bundles, minified', sizes);
  show('from process start to loaded', loads);
}
if (wanted('units')) {
  if (hasJava()) {
    show('DynamoDB, one webhook at a time', await benchUnits());
    show('DynamoDB, one thin webhook at a time', await benchThinUnits());
  } else withoutJava('units');
}
if (wanted('profile-units')) {
  if (hasJava()) for (const table of await benchProfileUnits()) showUnits(table);
  else withoutJava('profile-units');
}
if (wanted('at-rest')) show('at rest', benchAtRest());
if (wanted('end-to-end')) show('on the emulator', await benchEndToEnd(Number(options.webhooks)));
if (wanted('entry')) show('from webhook to entry webhook, on the emulator', await benchEntry({ rate: 5, seconds: 60 }));
if (wanted('rederive')) show('a new policy, on the emulator', await benchRederive(Number(options.customers)));
if (wanted('exports')) show('exports, a core', benchExports(Number(options.members)));
if (wanted('preview')) show('previews of segments', await benchPreview(Number(options.profiles)));
if (wanted('recommend')) show('recommendations', await benchRecommend(Number(options.lines)));
if (wanted('make-recommendations'))
  show('recommendations, from the lake', await benchMakeRecommendations(Number(options.lines)));
if (wanted('recommend-read')) show('recommendations, read', await benchRecommendRead());
if (wanted('push-units')) {
  if (hasJava()) showUnits(await benchPushUnits());
  else withoutJava('push-units');
}
if (wanted('attribute')) show('orders attributed to messages', await benchAttribute(Number(options.messages)));
if (options.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
process.exit(0);
