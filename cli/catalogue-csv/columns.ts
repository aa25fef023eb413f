/** Columns of a catalogue as CSV: their names, in English and Chinese, and what may stand in them. docs/catalogue.md has the table. */
import { didYouMean } from '../nearest.ts';
import type { Row } from './table.ts';

export type Field =
  | 'id'
  | 'title'
  | 'titleZh'
  | 'titleEn'
  | 'category'
  | 'url'
  | 'imageUrl'
  | 'regions'
  | 'accessoryOf'
  | 'upgradeOf'
  | 'consumable'
  | 'excluded'
  | 'availableFrom'
  | 'availableUntil'
  | 'sku'
  | 'skuTitle'
  | 'price'
  | 'compareAt'
  | 'currency'
  | 'stock'
  | 'stockAt';

interface Column {
  /** The first is ours; letters, case, spaces, - and _ do not matter. */
  readonly names: readonly string[];
  /** Of the whole product: rows of it say the same, or nothing. */
  readonly isOfProduct: boolean;
  /** What may stand there. */
  readonly valid: string;
}

const ID = '1 to 128 characters, without ?, % and control characters';
const IDS = 'ids of products, parted by ; or |';
const MONEY =
  'digits and at most one point, such as 128 or 128.50: no sign, no thousands, no more places than the currency has';
const YES_NO = 'yes or no (是, 否, true, false, 1, 0)';
const DAY = 'a day (2026-11-25, from midnight UTC) or a time with its offset (2026-11-25T10:00:00+08:00)';
const ofProduct = (valid: string, ...names: string[]): Column => ({ names, isOfProduct: true, valid });
const ofVariant = (valid: string, ...names: string[]): Column => ({ names, isOfProduct: false, valid });

export const COLUMNS: Readonly<Record<Field, Column>> = {
  id: ofProduct(ID, 'id', 'productId', '商品编号', '商品ID', '商品编码', '产品编号'),
  title: ofProduct('1 to 300 characters', 'title', 'name'),
  titleZh: ofProduct('1 to 300 characters', 'titleZh', '标题', '商品标题', '商品名称', '名称', '中文标题'),
  titleEn: ofProduct('1 to 300 characters', 'titleEn', '英文标题', '英文名称'),
  category: ofProduct(
    'names parted by slashes, at most 8 of them: 茶/乌龙茶',
    'category', 'categoryPath', '类目', '商品类目', '分类', '类别',
  ),
  url: ofProduct('an address, https://…', 'url', 'link', '链接', '商品链接'),
  imageUrl: ofProduct('an address, https://…', 'imageUrl', 'image', '图片', '主图', '图片链接'),
  regions: ofProduct('countries (CN, US) or provinces (CN/广东省), parted by ; or |', 'regions', '销售地区', '地区', '销售区域'),
  accessoryOf: ofProduct(IDS, 'accessoryOf', '配件所属', '适用商品'),
  upgradeOf: ofProduct(IDS, 'upgradeOf', '升级自', '升级所属'),
  consumable: ofProduct(YES_NO, 'consumable', '消耗品', '是否消耗品'),
  excluded: ofProduct(YES_NO, 'excluded', '不推荐', '是否不推荐'),
  availableFrom: ofProduct(DAY, 'availableFrom', '上架时间'),
  availableUntil: ofProduct(DAY, 'availableUntil', '下架时间'),
  sku: ofVariant(ID, 'sku', 'skuId', 'SKU编号', '规格编号', '规格编码', '货号'),
  skuTitle: ofVariant('1 to 300 characters', 'skuTitle', 'variant', '规格', '规格名称'),
  price: ofVariant(MONEY, 'price', '价格', '售价'),
  compareAt: ofVariant(MONEY, 'compareAt', '原价', '划线价'),
  currency: ofVariant('an ISO 4217 code, such as CNY', 'currency', '币种', '货币'),
  stock: ofVariant('a whole number from 0 on; - where it is not tracked any more', 'stock', '库存', '库存数量'),
  stockAt: ofVariant(DAY, 'stockAt', '库存时间'),
}; // biome-ignore format: a table

/** The cast: entries forgets which keys there are. */
const ALL = Object.entries(COLUMNS) as readonly (readonly [Field, Column])[];

export interface Connection {
  readonly channel: string;
  readonly connection: string;
}

/** What a column of a file is. */
type Meaning =
  | { readonly kind: 'field'; readonly field: Field }
  /** The platform's product, or only one SKU of it, at a connection. */
  | { readonly kind: 'listing' | 'listingSku'; readonly of: Connection };

export interface Header {
  /** In the order of the cells. */
  readonly columns: readonly { readonly name: string; readonly meaning: Meaning }[];
}

export interface Problem {
  readonly line: number;
  /** As the file calls it; absent: it is about the row. */
  readonly column?: string;
  readonly message: string;
  /** What may stand there. */
  readonly valid?: string;
}

/** Needed at least: one of each. */
const CATALOGUE_NEEDS: readonly (readonly Field[])[] = [['id'], ['sku'], ['title', 'titleZh', 'titleEn']];

export const readHeader = (row: Row, needs = CATALOGUE_NEEDS): Header | readonly Problem[] => {
  const { line, cells } = row;
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const columns = cells.flatMap((name) => {
    const meaning = meaningOf(name);
    const key = JSON.stringify(meaning);
    if (!meaning) problems.push({ line, column: name, message: unknown(name), valid: KNOWN });
    else if (seen.has(key)) problems.push({ line, column: name, message: 'There is another column for the same.' });
    seen.add(key);
    return meaning ? [{ name, meaning }] : [];
  });
  for (const fields of needs) {
    if (fields.some((field) => seen.has(JSON.stringify({ kind: 'field', field })))) continue;
    const names = fields.flatMap((field) => COLUMNS[field].names.slice(0, 4));
    problems.push({ line, message: `The first line has no column for the ${fields[0]}.`, valid: names.join(', ') });
  }
  return problems.length > 0 ? problems : { columns };
};

const KNOWN = `${ALL.map(([, { names }]) => names[0]).join(', ')}, listing:CHANNEL/CONNECTION, listingSku:CHANNEL/CONNECTION`;

const unknown = (name: string): string =>
  `There is no column ${name === '' ? 'without a name' : name}.${didYouMean(
    name,
    ALL.flatMap(([, { names }]) => names),
  )}`;

const plain = (name: string): string =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_-]+/g, '');
const BY_NAME = new Map(ALL.flatMap(([field, { names }]) => names.map((name) => [plain(name), field] as const)));

function meaningOf(name: string): Meaning | undefined {
  const field = BY_NAME.get(plain(name));
  if (field) return { kind: 'field', field };
  const [, word = '', channel, connection] =
    /^(.+?)\s*[:：]\s*([a-z0-9_]{1,32})\/([A-Za-z0-9_-]{1,64})$/.exec(name) ?? [];
  if (channel === undefined || connection === undefined) return undefined;
  const of = { channel, connection };
  if (['listing', '渠道商品', '渠道商品编号'].includes(plain(word))) return { kind: 'listing', of };
  if (['listingsku', '渠道规格', '渠道规格编号'].includes(plain(word))) return { kind: 'listingSku', of };
  return undefined;
}
