/** `catalogue`: the products that recommendations are made of. */
import type { Command } from 'commander';
import { API_HELP } from '../api.ts';
import { examples, type Session } from '../session.ts';
import { addImport } from './catalogue/import.ts';
import { addList } from './catalogue/list.ts';
import { addRemove } from './catalogue/remove.ts';
import { addShow } from './catalogue/show.ts';
import { addStock } from './catalogue/stock.ts';

const SUBCOMMANDS = [addList, addShow, addImport, addStock, addRemove];

export function addCatalogue(program: Command, session: Session): void {
  const catalogue = program
    .command('catalogue')
    .description('products, their variants and stock: list (unless said otherwise), show, import, stock, remove')
    .addHelpText(
      'after',
      [
        examples(
          'catalogue import products.csv --dry-run',
          'catalogue import products.csv --currency CNY --listing shopify/my-shop',
          'catalogue stock stock.csv',
          'catalogue --category 茶/乌龙茶',
        ),
        '',
        'A file has a row for each variant; its columns are in docs/catalogue.md (列名可用中文).',
        '',
        API_HELP,
      ].join('\n'),
    );
  for (const add of SUBCOMMANDS) add(catalogue, session);
}
