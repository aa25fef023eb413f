/** `rates`: exchange rates into the reporting currency, from a file. Facts take the rate of an order's paid day. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { importRates } from '../../shared/rates/import-rates.ts';
import { rateText } from '../../shared/rates/rate-store.ts';
import { type DailyRate, parseRates, type RateProblem } from '../../shared/rates/rate-table.ts';
import { CliError, UsageError } from '../errors.ts';
import { answer, plural, table } from '../output.ts';
import { deploymentFor, examples, globalsOf, refuseOtherWords, type Session } from '../session.ts';
import type { World } from '../world.ts';

const PROBLEMS_TOLD = 10;

export function addRates(program: Command, session: Session): void {
  const rates = program
    .command('rates')
    .description('exchange rates into the reporting currency: list (unless said otherwise), import')
    .addHelpText('after', examples('rates --currency USD --from 2026-11-01', 'rates import rates.csv'));
  addList(rates, session);
  addImport(rates, session);
}

function addList(rates: Command, session: Session): void {
  const { world } = session;
  rates
    .command('list', { isDefault: true })
    .description('list rates, by currency and day')
    .option('--currency <code>', 'of this one only', readCurrency)
    .option('--from <day>', 'from this day on, such as 2026-11-01', readDay)
    .option('--to <day>', 'up to this day', readDay)
    .addHelpText('after', examples('rates list --currency USD --from 2026-11-01 --to 2026-11-30'))
    .allowExcessArguments()
    .action(async (options: { currency?: string; from?: string; to?: string }, command: Command) => {
      refuseOtherWords(command, rates);
      const globals = globalsOf(command);
      const deployment = await deploymentFor(session, globals);
      const { ReportingCurrency: into } = deployment.outputs;
      const items = (await deployment.rates.listRates(options)).map(shown);
      answer(world, globals, { reportingCurrency: into, items }, () =>
        items.length === 0
          ? `No rates into ${into} yet${options.currency ? ` for ${options.currency}` : ''}. Load them with \`tributary rates import FILE\`.`
          : table(
              ['currency', 'day', `${into} for one`],
              items.map((rate) => [rate.currency, rate.day, rate.rate]),
            ),
      );
    });
}

function addImport(rates: Command, session: Session): void {
  const { world } = session;
  rates
    .command('import')
    .description('load rates from CSV lines date,currency,rate: what one unit is worth in the reporting currency')
    .argument('<file>', 'the CSV file; - reads stdin')
    .addHelpText('after', examples('rates import rates.csv'))
    .action(async (file: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const { rates, problems } = parseRates(await readCsv(file, world));
      if (problems.length > 0) throw refusal(file, problems);
      if (rates.length === 0)
        throw new UsageError(`${file} holds no rates: lines such as 2026-11-24,USD,7.1032.`, 'rates_missing');
      const deployment = await deploymentFor(session, globals);
      const { ReportingCurrency: into } = deployment.outputs;
      if (rates.some(({ currency }) => currency === into)) {
        throw new UsageError(`${into} is the reporting currency: it needs no rate into itself.`, 'rates_invalid');
      }
      const changed = await importRates(rates, deployment.rates);
      const currencies = [...new Set(rates.map(({ currency }) => currency))].sort();
      const days = rates.map(({ day }) => day).sort();
      const done = {
        imported: rates.length,
        changed,
        currencies,
        from: days[0],
        to: days.at(-1),
        reportingCurrency: into,
      };
      answer(
        world,
        globals,
        done,
        ({ imported, from, to }) =>
          `Imported ${plural(imported, 'rate')} of ${currencies.join(', ')} into ${into}, ${from} to ${to}; ${changed === 0 ? 'all known so already' : `${changed} new or changed`}.`,
      );
    });
}

const shown = (rate: DailyRate) => ({ currency: rate.currency, day: rate.day, rate: rateText(rate) });

async function readCsv(file: string, { cwd, readStdin }: Pick<World, 'cwd' | 'readStdin'>): Promise<string> {
  if (file === '-') return readStdin();
  try {
    return await readFile(path.resolve(cwd, file), 'utf8');
  } catch (error) {
    throw new CliError('rates_file_unreadable', `The file ${file} could not be read.`, { cause: error });
  }
}

/** Nothing is loaded from a file that is wrong in places: half a table looks like a whole one. */
function refusal(file: string, problems: readonly RateProblem[]): UsageError {
  const told = problems.slice(0, PROBLEMS_TOLD).map(({ line, message }) => `line ${line}: ${message}`);
  const more = problems.length > PROBLEMS_TOLD ? `; and ${problems.length - PROBLEMS_TOLD} more` : '';
  return new UsageError(`${file}, ${told.join('; ')}${more}. Nothing was imported.`, 'rates_invalid');
}

function readCurrency(text: string): string {
  const code = text.toUpperCase();
  if (/^[A-Z]{3}$/.test(code)) return code;
  throw new UsageError(`${text} is no ISO 4217 currency. Examples: USD, EUR, JPY.`, 'currency_unknown');
}

function readDay(text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return text;
  throw new UsageError(`${text} is no day. Example: 2026-11-24.`, 'day_invalid');
}
