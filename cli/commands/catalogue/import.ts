/** `catalogue import`: products from a CSV file. */
import type { Command } from 'commander';
import { BATCH_MOST } from '../../../shared/api/products.ts';
import type { ShownOf } from '../../../shared/api/route.ts';
import { ROUTES } from '../../../shared/api/routes.ts';
import { type Api, apiFor } from '../../api.ts';
import { readCurrency } from '../../catalogue-csv/cells.ts';
import type { Connection } from '../../catalogue-csv/columns.ts';
import { type Found, type ReadOptions, readProducts } from '../../catalogue-csv/read-products.ts';
import { nothingThere, openSource, Problems, problemsText, type Source } from '../../catalogue-csv/source.ts';
import { FAILED, UsageError } from '../../errors.ts';
import { answer, note, plural } from '../../output.ts';
import { examples, type Globals, globalsOf, type Session } from '../../session.ts';
import type { World } from '../../world.ts';

interface ImportOptions {
  readonly dryRun?: true;
  readonly keepGoing?: true;
  readonly currency?: string;
  readonly listing?: Connection;
}

export function addImport(catalogue: Command, session: Session): void {
  const { world } = session;
  catalogue
    .command('import')
    .description('put products from a CSV file, a row for each variant: each in place of what there was, whole')
    .argument('<file>', 'the CSV file, UTF-8; - reads stdin')
    .option('--dry-run', 'only look whether all of it is as it should be')
    .option('--keep-going', 'put what is right, though lines are wrong')
    .option('--currency <code>', 'of prices, where the file has no column for it', toCurrency)
    .option(
      '--listing <channel/connection>',
      'the ids in the file are those that this shop gave its products',
      toConnection,
    )
    .addHelpText(
      'after',
      [
        examples(
          'catalogue import products.csv --dry-run',
          'catalogue import products.csv --currency CNY --listing shopify/my-shop',
          'catalogue import products.csv --keep-going --json',
        ),
        '',
        'Columns, in any order (docs/catalogue.md has all, and their Chinese names):',
        '  id (商品编号), titleZh (标题) or titleEn, sku (规格编号); category (类目), price (价格), currency (币种), stock (库存), …',
        'If any line is wrong nothing is put, unless --keep-going says so. Products that the file does not name stay.',
      ].join('\n'),
    )
    .action(async (file: string, options: ImportOptions, command: Command) => {
      const globals = globalsOf(command);
      const source = await openSource(file, world);
      const looked = await look(source, options);
      if (looked.problems.count > 0 && !options.keepGoing) throw refusal(source, looked);
      const { products, variants, problems } = looked;
      const wrong = { problems: problems.first };
      if (options.dryRun) {
        if (problems.count > 0) session.exitCode = FAILED;
        answer(world, globals, { dryRun: true, products, variants, ...wrong }, () => lookedText(source, looked));
        return;
      }
      await source.requireSame();
      const api = await apiFor(session, globals);
      const sent = await send(readProducts(source.rows(), options), { api, globals, world, of: products });
      if (problems.count > 0 || sent.refused.length > 0) session.exitCode = FAILED;
      answer(world, globals, { products, variants, ...sent, ...wrong }, () => sentText(sent, looked));
    });
}

function toCurrency(text: string): string {
  const read = readCurrency(text);
  if ('value' in read) return read.value;
  throw new UsageError(`${read.wrong} An ISO 4217 code, such as CNY.`, 'currency_unknown');
}

function toConnection(text: string): Connection {
  const [, channel, connection] = /^([a-z0-9_]{1,32})\/([A-Za-z0-9_-]{1,64})$/.exec(text) ?? [];
  if (channel !== undefined && connection !== undefined) return { channel, connection };
  throw new UsageError(`${text} names no shop: CHANNEL/CONNECTION, such as shopify/my-shop.`, 'connection_id_invalid');
}

interface Looked {
  readonly products: number;
  readonly variants: number;
  readonly problems: Problems;
}

async function look(source: Source, options: ReadOptions): Promise<Looked> {
  let [products, variants] = [0, 0];
  const problems = new Problems();
  for await (const found of readProducts(source.rows(), options)) {
    if (found.kind === 'problem') problems.add(found.problem);
    else {
      products++;
      variants += found.draft.variants.length;
    }
  }
  if (products === 0 && problems.count === 0) throw nothingThere(source.name);
  return { products, variants, problems };
}

const countText = ({ products, variants }: Pick<Looked, 'products' | 'variants'>): string =>
  `${plural(products, 'product')} with ${plural(variants, 'variant')}`;

function refusal(source: Source, looked: Looked): UsageError {
  const { problems, products } = looked;
  const rest = products > 0 ? ` ${countText(looked)} would be right: --keep-going puts those.` : '';
  const what = problemsText(problems.first, problems.count);
  return new UsageError(`${source.name}:${what}\nNothing was imported.${rest}`, 'catalogue_invalid');
}

const lookedText = ({ name }: Source, looked: Looked): string => {
  const { problems } = looked;
  const wrong =
    problems.count > 0 ? ` What is wrong with the rest:${problemsText(problems.first, problems.count)}` : '';
  return `${name} holds ${countText(looked)} that can be put; nothing was.${wrong}`;
};

type Result = ShownOf<typeof ROUTES.putProducts>['results'][number];

interface Sent {
  created: number;
  changed: number;
  unchanged: number;
  readonly refused: { readonly line: number; readonly id: string; readonly code: string; readonly message: string }[];
}

interface Sending {
  readonly api: Api;
  readonly globals: Globals;
  readonly world: World;
  /** How many there are, for who waits. */
  readonly of: number;
}

/** The API takes 256 KB; what is around the products is some bytes. */
const BATCH_BYTES = 200_000;
const TOLD_EVERY_MS = 5_000;

type Product = Extract<Found, { kind: 'product' }>;

async function send(all: AsyncIterable<Found>, { api, globals, world, of }: Sending): Promise<Sent> {
  const sent: Sent = { created: 0, changed: 0, unchanged: 0, refused: [] };
  let toldMs = world.clock().getTime();
  let done = 0;
  for await (const batch of inBatches(all)) {
    const products = batch.map(({ id, draft }) => ({ ...draft, id }));
    const { results } = await api.call(ROUTES.putProducts, { body: { products } });
    for (const result of results) tally(result, batch[result.index]?.line ?? 0, sent);
    done += batch.length;
    const nowMs = world.clock().getTime();
    if (globals.json || nowMs - toldMs < TOLD_EVERY_MS) continue;
    note(world, `${done} of ${of} products so far`);
    toldMs = nowMs;
  }
  return sent;
}

function tally({ outcome, id, code = '', message = '' }: Result, line: number, sent: Sent): void {
  if (outcome === 'refused') sent.refused.push({ line, id, code, message });
  else sent[outcome]++;
}

async function* inBatches(all: AsyncIterable<Found>): AsyncGenerator<readonly Product[]> {
  let batch: Product[] = [];
  let bytes = 0;
  for await (const found of all) {
    if (found.kind === 'problem') continue;
    const own = Buffer.byteLength(JSON.stringify(found.draft)) + Buffer.byteLength(found.id);
    if (batch.length === BATCH_MOST || (batch.length > 0 && bytes + own > BATCH_BYTES)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(found);
    bytes += own;
  }
  if (batch.length > 0) yield batch;
}

function sentText({ created, changed, unchanged, refused }: Sent, { problems }: Looked): string {
  const lines = refused.map(({ line, message }) => ({ line, message }));
  return [
    `${created} new, ${changed} changed, ${unchanged} as they were.`,
    refused.length > 0 ? `${plural(refused.length, 'product')} refused:${problemsText(lines, refused.length)}` : '',
    problems.count > 0 ? `Not put, as lines are wrong:${problemsText(problems.first, problems.count)}` : '',
  ]
    .filter((line) => line !== '')
    .join('\n');
}
