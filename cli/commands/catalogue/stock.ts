/** `catalogue stock`: what is in stock, of one variant or of as many as a file has. */
import type { Command } from 'commander';
import { STOCKS_MOST } from '../../../shared/api/products.ts';
import { ROUTES } from '../../../shared/api/routes.ts';
import { instant } from '../../../shared/time/instant.ts';
import { type Api, apiFor } from '../../api.ts';
import { readStock, readTime } from '../../catalogue-csv/cells.ts';
import { readStocks, type StockLine } from '../../catalogue-csv/read-stocks.ts';
import { nothingThere, openSource, Problems, problemsText } from '../../catalogue-csv/source.ts';
import { readProductId } from '../../catalogue-text.ts';
import { CliError, FAILED, UsageError } from '../../errors.ts';
import { answer, plural } from '../../output.ts';
import { examples, globalsOf, type Session } from '../../session.ts';
import type { World } from '../../world.ts';

interface StockOptions {
  readonly product?: string;
  readonly sku?: string;
  readonly count?: { readonly of: number | null };
  readonly at?: string;
}

export function addStock(catalogue: Command, session: Session): void {
  const { world } = session;
  catalogue
    .command('stock')
    .description(
      'say what is in stock, of one variant or from a CSV file; of two counts the later stands, whenever they come',
    )
    .argument(
      '[file]',
      'columns id (商品编号), sku (规格编号), stock (库存), stockAt (库存时间, absent: now); - reads stdin',
    )
    .option('--product <id>', 'in place of a file: the product,', readProductId)
    .option('--sku <id>', 'its variant,', readProductId)
    .option('--count <n>', 'how many; - where it is not tracked any more', toCount)
    .option('--at <time>', 'and when that was so, if not now', toTime)
    .addHelpText(
      'after',
      examples('catalogue stock stock.csv', 'catalogue stock --product dongding --sku DD-100 --count 12'),
    )
    .action(async (file: string | undefined, options: StockOptions, command: Command) => {
      const globals = globalsOf(command);
      const lines = file === undefined ? [readOne(options, world)] : await readFile(file, options, world);
      const api = await apiFor(session, globals);
      const sent = await send(lines, api);
      if (sent.refused.length > 0) session.exitCode = FAILED;
      answer(world, globals, sent, ({ put, known, refused, back }) => {
        const sentences = [
          `${plural(put, 'count')} taken, ${known} known or outdated.`,
          ...(back.length > 0 ? [`Back in stock: ${back.map(({ skuId }) => skuId).join(', ')}.`] : []),
          ...(refused.length > 0 ? [`${refused.length} refused:${problemsText(refused, refused.length)}`] : []),
        ];
        return sentences.join('\n');
      });
    });
}

const nowOf = ({ clock }: Pick<World, 'clock'>) => instant(clock().getTime());

function readOne({ product, sku, count, at }: StockOptions, world: World): StockLine {
  if (product === undefined || sku === undefined || count === undefined)
    throw new UsageError('Name a file, or all of --product, --sku and --count.');
  return { line: 1, productId: product, skuId: sku, stock: count.of, at: at ?? nowOf(world) };
}

async function readFile(file: string, options: StockOptions, world: World): Promise<readonly StockLine[]> {
  if (Object.keys(options).some((name) => ['product', 'sku', 'count', 'at'].includes(name)))
    throw new UsageError('Give a file, or --product, --sku and --count, not both.');
  const source = await openSource(file, world);
  const problems = new Problems();
  const lines: StockLine[] = [];
  for await (const found of readStocks(source.rows(), nowOf(world))) {
    if ('message' in found) problems.add(found);
    else lines.push(found);
  }
  if (problems.count > 0) {
    const what = problemsText(problems.first, problems.count);
    throw new UsageError(`${source.name}:${what}\nNothing was sent.`, 'stock_invalid');
  }
  if (lines.length === 0) throw nothingThere(source.name);
  return lines;
}

async function send(lines: readonly StockLine[], api: Api) {
  const sent = {
    put: 0,
    known: 0,
    back: [] as { readonly productId: string; readonly skuId: string }[],
    refused: [] as { readonly line: number; readonly code: string; readonly message: string }[],
  };
  for (let from = 0; from < lines.length; from += STOCKS_MOST) {
    const part = lines.slice(from, from + STOCKS_MOST);
    const updates = part.map(({ line: _, ...update }) => update);
    const { results } = await api.call(ROUTES.putStocks, { body: { updates } });
    for (const { index, outcome, code = '', message = '', back } of results) {
      const update = part[index];
      if (!update) throw new CliError('answer_unexpected', 'The API answered of what was not asked.');
      if (outcome === 'refused') sent.refused.push({ line: update.line, code, message });
      else sent[outcome]++;
      if (back) sent.back.push({ productId: update.productId, skuId: update.skuId });
    }
  }
  return sent;
}

function toCount(text: string): { readonly of: number | null } {
  const read = readStock(text);
  if ('value' in read) return { of: read.value };
  throw new UsageError(`--count: ${read.wrong} A whole number from 0 on, or -.`, 'number_invalid');
}

function toTime(text: string): string {
  const read = readTime(text);
  if ('value' in read) return read.value;
  throw new UsageError(`--at: ${read.wrong} Such as 2026-11-25T10:00:00+08:00.`, 'time_invalid');
}
