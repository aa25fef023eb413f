/** Rows of a CSV file → products, one at a time, and what is wrong with the rest. Rows of a product follow each other. */
import { type Listing, ProductDraft, ProductId, SkuId, VARIANTS_MOST } from '../../shared/catalogue/product.ts';
import { compact } from '../../shared/text/compact.ts';
import { type Read, readCurrency, readFlag, readId, readIds, readMoney, readStock, readTime } from './cells.ts';
import { COLUMNS, type Connection, type Field, type Header, type Problem, readHeader } from './columns.ts';
import type { Row } from './table.ts';

export interface ReadOptions {
  /** Of prices in rows that name none. */
  readonly currency?: string | undefined;
  /** Where the ids of the file are those of the platform's products. */
  readonly listing?: Connection | undefined;
}

export type Found =
  | { readonly kind: 'product'; readonly id: string; readonly line: number; readonly draft: ProductDraft }
  | { readonly kind: 'problem'; readonly problem: Problem };

export async function* readProducts(rows: AsyncIterable<Row>, options: ReadOptions = {}): AsyncGenerator<Found> {
  let header: Header | undefined;
  let gathered: Gathered | undefined;
  const seen = new Set<string>();
  for await (const row of rows) {
    if (!header) {
      const read = readHeader(row);
      if ('columns' in read) {
        header = read;
        continue;
      }
      for (const problem of read) yield { kind: 'problem', problem };
      return;
    }
    const read = cellsOf(row, header);
    if ('message' in read) {
      yield { kind: 'problem', problem: read };
      continue;
    }
    const { text: id = '' } = read.get('id') ?? {};
    if (id === '') {
      yield { kind: 'problem', problem: at(row.line, nameIn(header, 'id'), 'It is empty.', COLUMNS.id.valid) };
      continue;
    }
    if (gathered?.id !== id) {
      if (gathered) yield* finish(gathered, options);
      gathered = { id, header, rows: [], isApart: seen.has(id) };
      seen.add(id);
    }
    gathered.rows.push({ line: row.line, cells: read });
  }
  if (gathered) yield* finish(gathered, options);
}

interface Cell {
  readonly name: string;
  readonly text: string;
}
/** By field, or by listing; those that are not empty. */
type Cells = ReadonlyMap<string, Cell>;

interface Gathered {
  readonly id: string;
  readonly header: Header;
  readonly rows: { readonly line: number; readonly cells: Cells }[];
  /** Other rows of it came before, and others between. */
  readonly isApart: boolean;
}

const at = (line: number, column: string | undefined, message: string, valid?: string): Problem =>
  compact({ line, column, message, valid });

const nameIn = ({ columns }: Header, field: Field): string | undefined =>
  columns.find(({ meaning }) => meaning.kind === 'field' && meaning.field === field)?.name;

export function cellsOf({ line, cells }: Row, { columns }: Header): Cells | Problem {
  const more = cells.slice(columns.length).some((cell) => cell !== '');
  if (more || cells.length < columns.length)
    return at(line, undefined, `The row has ${cells.length} cells, and the first line ${columns.length}.`);
  return new Map(
    columns.flatMap(({ name, meaning }, index) => {
      const text = cells[index] ?? '';
      const key = meaning.kind === 'field' ? meaning.field : `${meaning.kind}:${JSON.stringify(meaning.of)}`;
      return text === '' ? [] : [[key, { name, text }]];
    }),
  );
}

function* finish(gathered: Gathered, options: ReadOptions): Generator<Found> {
  const { id, header, rows, isApart } = gathered;
  const [first] = rows;
  if (!first) return;
  const problems: Problem[] = [];
  if (isApart) {
    const message = `Rows of product ${id} came before, and others between: put them one after the other.`;
    problems.push(at(first.line, nameIn(header, 'id'), message));
  }
  const note = (line: number, cell: Cell | undefined, message: string, valid?: string) =>
    void problems.push(at(line, cell?.name, message, valid));
  const readAs = <T>(line: number, cells: Cells, field: Field, read: (text: string) => Read<T>): T | undefined => {
    const cell = cells.get(field);
    if (!cell) return undefined;
    const it = read(cell.text);
    if ('value' in it) return it.value;
    note(line, cell, it.wrong, COLUMNS[field].valid);
    return undefined;
  };

  const product = ofProduct(rows, note);
  const text = (field: Field) => product.cells.get(field)?.text;
  const value = <T>(field: Field, read: (text: string) => Read<T>) =>
    readAs(product.lineOf(field), product.cells, field, read);
  readAs(first.line, first.cells, 'id', readId);

  const draft = compact({
    title: titleOf(text),
    categoryPath: text('category'),
    url: text('url'),
    imageUrl: text('imageUrl'),
    variants: rows.map(({ line, cells }) => variantOf(line, cells, options, { note, readAs })),
    listings: listingsOf(gathered, options, note),
    regions: value('regions', readIds),
    accessoryOf: value('accessoryOf', readIds),
    upgradeOf: value('upgradeOf', readIds),
    consumable: value('consumable', readFlag),
    excluded: value('excluded', readFlag),
    availableFrom: value('availableFrom', readTime),
    availableUntil: value('availableUntil', readTime),
  });
  const judged = ProductDraft.safeParse(draft);
  const isId = ProductId.safeParse(id);
  if (!isId.success) note(first.line, first.cells.get('id'), `${id} is no id.`, COLUMNS.id.valid);
  // What a cell could not be read as was told above.
  if (!judged.success && problems.length === 0)
    for (const issue of judged.error.issues) problems.push(problemOf(issue, gathered, product));
  if (judged.success && problems.length === 0) yield { kind: 'product', id, line: first.line, draft: judged.data };
  else for (const problem of problems) yield { kind: 'problem', problem };
}

type Note = (line: number, cell: Cell | undefined, message: string, valid?: string) => void;

interface OfProduct {
  readonly cells: Cells;
  readonly lineOf: (field: string) => number;
}

/** What any of its rows says of the whole: they must not contradict each other. */
function ofProduct(rows: Gathered['rows'], note: Note): OfProduct {
  const cells = new Map<string, Cell>();
  const lines = new Map<string, number>();
  for (const { line, cells: its } of rows) {
    for (const [field, cell] of its) {
      const column = Object.entries(COLUMNS).find(([name]) => name === field)?.[1];
      if (!column?.isOfProduct) continue;
      const known = cells.get(field);
      if (!known) {
        cells.set(field, cell);
        lines.set(field, line);
      } else if (known.text !== cell.text) {
        const before = `line ${lines.get(field)} of the same product says ${known.text}`;
        note(line, cell, `It says ${cell.text}, and ${before}.`, 'the same in all rows of a product, or nothing');
      }
    }
  }
  return { cells, lineOf: (field) => lines.get(field) ?? rows[0]?.line ?? 0 };
}

function titleOf(text: (field: Field) => string | undefined) {
  const title = text('title');
  const isChinese = title !== undefined && /\p{Script=Han}/u.test(title);
  return compact({
    zh: text('titleZh') ?? (isChinese ? title : undefined),
    en: text('titleEn') ?? (isChinese ? undefined : title),
  });
}

interface Reading {
  readonly note: Note;
  readonly readAs: <T>(line: number, cells: Cells, field: Field, read: (text: string) => Read<T>) => T | undefined;
}

function variantOf(line: number, cells: Cells, { currency: usual }: ReadOptions, { note, readAs }: Reading) {
  const currency = readAs(line, cells, 'currency', readCurrency) ?? usual;
  const money = (field: 'price' | 'compareAt') => {
    const cell = cells.get(field);
    if (!cell) return undefined;
    if (currency === undefined) {
      if (!cells.has('currency'))
        note(line, cell, 'Nothing says in which currency.', 'a column currency (币种), or --currency CNY');
      return undefined;
    }
    const amount = readAs(line, cells, field, (text) => readMoney(text, currency));
    return amount === undefined ? undefined : { amount, currency };
  };
  if (!cells.has('sku')) note(line, undefined, 'The row names no SKU.', COLUMNS.sku.valid);
  const sku = readAs(line, cells, 'sku', readId);
  if (sku !== undefined && !SkuId.safeParse(sku).success)
    note(line, cells.get('sku'), `${sku} is no id.`, COLUMNS.sku.valid);
  return compact({
    skuId: sku,
    title: cells.get('skuTitle')?.text,
    price: money('price'),
    compareAt: money('compareAt'),
    stock: readAs(line, cells, 'stock', readStock),
    stockAt: readAs(line, cells, 'stockAt', readTime),
  });
}

/** Each once, whichever row it is in. */
function listingsOf({ id, header, rows }: Gathered, { listing }: ReadOptions, note: Note): Listing[] {
  const found = new Map<string, Listing>();
  const add = (one: Listing) => void found.set(JSON.stringify(one), one);
  if (listing) add({ ...listing, productId: id });
  for (const { meaning } of header.columns) {
    if (meaning.kind !== 'listing') continue;
    const of = JSON.stringify(meaning.of);
    for (const { line, cells } of rows) {
      const [product, sku] = [cells.get(`listing:${of}`), cells.get(`listingSku:${of}`)];
      if (!product) {
        if (sku)
          note(line, sku, 'The row does not say of which product of the platform.', 'a column listing beside it');
        continue;
      }
      for (const cell of [product, sku]) {
        const read = cell && readId(cell.text);
        if (read && 'wrong' in read) note(line, cell, read.wrong, COLUMNS.id.valid);
      }
      add({ ...meaning.of, productId: product.text, ...(sku && { skuId: sku.text }) });
    }
  }
  return [...found.values()];
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Where it is in the file, of what a product as a whole is not as it should be in. */
function problemOf({ path, message }: Issue, { header, rows, id }: Gathered, product: OfProduct): Problem {
  const [name, index, within] = path;
  if (name === 'variants' && typeof index === 'number') {
    const field = FIELD_OF_VARIANT[String(within)];
    const row = rows[index];
    return at(row?.line ?? 0, field && nameIn(header, field), sentence(message), field && COLUMNS[field].valid);
  }
  const [first] = rows;
  const line = first?.line ?? 0;
  if (name === 'variants') {
    const isMany = rows.length > VARIANTS_MOST;
    const what = isMany ? `Product ${id} has ${rows.length} rows.` : `Product ${id} has a SKU twice.`;
    return at(line, nameIn(header, 'sku'), what, isMany ? `at most ${VARIANTS_MOST}` : 'each SKU once');
  }
  if (name === 'title' && index === undefined)
    return at(line, undefined, `Product ${id} has no title.`, COLUMNS.title.valid);
  const field = name === 'title' ? titleField(String(index), product) : FIELD_OF_PRODUCT[String(name)];
  if (!field) return at(line, undefined, `Product ${id}: ${sentence(message)}`);
  return at(product.lineOf(field), nameIn(header, field), sentence(message), COLUMNS[field].valid);
}

const titleField = (language: string, { cells }: OfProduct): Field => {
  const field = language === 'zh' ? 'titleZh' : 'titleEn';
  return cells.has(field) ? field : 'title';
};

const sentence = (message: string): string => `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;

const FIELD_OF_VARIANT: Readonly<Partial<Record<string, Field>>> = {
  skuId: 'sku',
  title: 'skuTitle',
  price: 'price',
  compareAt: 'compareAt',
  stock: 'stock',
  stockAt: 'stockAt',
};
const FIELD_OF_PRODUCT: Readonly<Partial<Record<string, Field>>> = {
  categoryPath: 'category',
  url: 'url',
  imageUrl: 'imageUrl',
  regions: 'regions',
  accessoryOf: 'accessoryOf',
  upgradeOf: 'upgradeOf',
  consumable: 'consumable',
  excluded: 'excluded',
  availableFrom: 'availableFrom',
  availableUntil: 'availableUntil',
};
