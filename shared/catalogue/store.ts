/**
 * The catalogue, in the engagement table; and the file that is made of it, in the lake.
 * # | question                              | function            | key                                              | read
 * 1 | a product by its id                   | getProduct          | pk 'products#'+shard, sk id                      | strong
 * 2 | what is in stock of it                | getStocks           | pk 'stock#'+shard, sk id+US+… (US: U+001F)       | strong
 * 3 | put it, with its listings             | putProduct          | 1, condition on its revision, and 6: a transaction where listings change | -
 * 4 | remove it, with listings and stock    | removeProduct       | likewise, and 2                                  | -
 * 5 | a count of a variant, if it is later  | putStock            | pk 'stock#'+shard, sk id+US+SKU, condition on its time | -
 * 6 | whose a line of an order is           | findListing         | pk 'listing#'+channel/connection, sk product[+US+SKU] | eventual
 * 7 | all products, or those of a category  | listProducts        | each shard of 1 and 2                            | eventual
 * 8 | keep the catalogue as a file          | write               | S3 catalogue/products.ndjson.gz                  | -
 * Asked by: 1–7 api · 1, 6 whoever sends or recommends, cached · 7, 8 the build of recommendations.
 *
 * Stock lies apart: a change of it costs a write unit, whatever the size of the product, and yields to a later one by itself.
 */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
  TransactionConflictException,
} from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';
import {
  BatchGetCommand,
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { Upload } from '@aws-sdk/lib-storage';
import pMap from 'p-map';
import * as z from 'zod';
import { onRevision, queryAll } from '../runtime/dynamodb.ts';
import { Conflict } from '../runtime/errors.ts';
import type { Instant } from '../time/instant.ts';
import { CATALOGUE_FILE, type CatalogueFiles } from './catalogue-file.ts';
import { type Listing, listingName, type Product, ProductDraft, Variant } from './product.ts';
import type { ProductStore } from './product-store.ts';
import { inStock, type Stock, type Stocks } from './stock.ts';

export const PRODUCTS_PREFIX = 'products#';
export const STOCK_PREFIX = 'stock#';
export const LISTING_PREFIX = 'listing#';

const SHARDS = 16;
/** Below every character that an id may have: so all of a product's lie together, and sort as the products do. */
const BETWEEN = '\u001f';
const AFTER_BETWEEN = '\u0020';
const WRITES_AT_ONCE = 16;
/** Looked at for one page where a category is asked for: who wants one that is rare gets short pages, and not a request that ends unanswered. */
const LOOKED_AT_MOST = 5_000;

// The casts: written below, of instants.
const At = z.iso.datetime().transform((at) => at as Instant);
const ProductItem = z.object({
  product: z.object({
    ...ProductDraft.shape,
    id: z.string(),
    variants: z.array(Variant),
    revision: z.int(),
    updatedAt: At,
    by: z.string(),
  }),
});
const StockItem = z.object({ sku: z.string(), count: z.int().exactOptional(), at: At });
const ListingItem = z.object({ product: z.string() });

const productKey = (id: string) => ({ pk: `${PRODUCTS_PREFIX}${shardOf(id)}`, sk: id });
const stockPartition = (id: string) => `${STOCK_PREFIX}${shardOf(id)}`;
const stockKey = (id: string, sku: string) => ({ pk: stockPartition(id), sk: `${id}${BETWEEN}${sku}` });
const listingKey = ({ channel, connection, productId, skuId }: Listing) => ({
  pk: `${LISTING_PREFIX}${channel}/${connection}`,
  sk: skuId === undefined ? productId : `${productId}${BETWEEN}${skuId}`,
});
const shardName = (shard: number): string => String(shard).padStart(2, '0');
const shardOf = (id: string): string => shardName(createHash('sha256').update(id).digest().readUInt32BE(0) % SHARDS);

export function dynamoProducts({
  client,
  table,
}: {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
}): ProductStore {
  const stocksBetween = (pk: string, first: string, last: string, isStrong: boolean) =>
    queryAll(client, {
      TableName: table,
      ConsistentRead: isStrong,
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
      ExpressionAttributeValues: { ':pk': pk, ':first': `${first}${BETWEEN}`, ':last': `${last}${AFTER_BETWEEN}` },
    });
  const withStocks = async (products: readonly Product[]) => {
    const [first, last] = [products[0], products.at(-1)];
    if (!first || !last) return [];
    // They are of one shard, and in its order.
    const byProduct = new Map<string, Record<string, unknown>[]>();
    for (const item of await stocksBetween(stockPartition(first.id), first.id, last.id, false)) {
      const id = productOfStock(item);
      byProduct.set(id, [...(byProduct.get(id) ?? []), item]);
    }
    return products.map((product) => inStock(product, readStocks(byProduct.get(product.id) ?? [])));
  };
  const deleteStocks = async (id: string, skus: Iterable<string>) => {
    await pMap(skus, (sku) => client.send(new DeleteCommand({ TableName: table, Key: stockKey(id, sku) })), {
      concurrency: WRITES_AT_ONCE,
    });
  };

  async function put(product: Product, seen: Product | undefined) {
    const { id, revision, categoryPath } = product;
    const Item = { ...productKey(id), revision, product, ...(categoryPath !== undefined && { categoryPath }) };
    const { claimed, left } = listingsChanged(product, seen);
    const writes = [
      { Put: { TableName: table, Item, ...onRevision(seen?.revision ?? 0) } },
      ...claimed.map((listing) => ({
        Put: { TableName: table, Item: { ...listingKey(listing), product: id }, ...unlessOthers(id) },
      })),
      ...left.map((listing) => ({ Delete: { TableName: table, Key: listingKey(listing), ...unlessOthers(id) } })),
    ];
    const [only, ...others] = writes;
    if (others.length === 0 && only && 'Put' in only) {
      await client.send(new PutCommand(only.Put));
      return { kind: 'put' } as const;
    }
    try {
      await client.send(new TransactWriteCommand({ TransactItems: writes }));
      return { kind: 'put' } as const;
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const refused = (error.CancellationReasons ?? []).map(({ Code }) => Code === 'ConditionalCheckFailed');
      const listing = refused[0] ? undefined : claimed.find((_, index) => refused[index + 1]);
      const by = listing && (await ownerOf(listing));
      // Gone again meanwhile, or a conflict with another transaction: as if the product itself had changed.
      if (!listing || by === undefined || by === id) throw error;
      return { kind: 'listing_taken', listing, by } as const;
    }
  }

  async function ownerOf(listing: Listing): Promise<string | undefined> {
    const { Item } = await client.send(
      new GetCommand({ TableName: table, Key: listingKey(listing), ConsistentRead: true }),
    );
    return Item && ListingItem.parse(Item).product;
  }

  return {
    async getProduct(id) {
      const { Item } = await client.send(
        new GetCommand({ TableName: table, Key: productKey(id), ConsistentRead: true }),
      );
      return Item && readProduct(Item);
    },

    getStocks: async (id) => readStocks(await stocksBetween(stockPartition(id), id, id, true)),

    async putProduct(product, seen) {
      try {
        return await put(product, seen);
      } catch (error) {
        if (isRefused(error)) throw changed(error);
        throw error;
      }
    },

    async removeProduct({ id, revision, listings }) {
      const writes = [
        { Delete: { TableName: table, Key: productKey(id), ...onRevision(revision) } },
        ...listings.map((listing) => ({ Delete: { TableName: table, Key: listingKey(listing), ...unlessOthers(id) } })),
      ];
      try {
        await client.send(new TransactWriteCommand({ TransactItems: writes }));
      } catch (error) {
        if (isRefused(error)) throw changed(error);
        throw error;
      }
      await deleteStocks(id, readStocks(await stocksBetween(stockPartition(id), id, id, true)).keys());
    },

    async putStock(id, skuId, { count, at }) {
      const isCounted = count !== null;
      const soThat = isCounted ? '(#at = :at AND (attribute_not_exists(#count) OR #count > :count))' : undefined;
      try {
        const { Attributes } = await client.send(
          new UpdateCommand({
            TableName: table,
            Key: stockKey(id, skuId),
            UpdateExpression: `SET #at = :at, sku = :sku${isCounted ? ', #count = :count' : ' REMOVE #count'}`,
            ConditionExpression: ['attribute_not_exists(pk)', '#at < :at', ...(soThat ? [soThat] : [])].join(' OR '),
            ExpressionAttributeNames: { '#at': 'at', '#count': 'count' },
            ExpressionAttributeValues: { ':at': at, ':sku': skuId, ...(isCounted && { ':count': count }) },
            ReturnValues: 'ALL_OLD',
          }),
        );
        // An item that was not there has none, or none of our attributes.
        return { kind: 'put', was: Attributes && 'at' in Attributes ? readStock(Attributes)[1] : undefined };
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return { kind: 'known' };
        throw error;
      }
    },

    removeStocks: deleteStocks,

    async findListing(line) {
      const { skuId, ...whole } = line;
      const keys = skuId === undefined ? [listingKey(whole)] : [listingKey(line), listingKey(whole)];
      const { Responses } = await client.send(new BatchGetCommand({ RequestItems: { [table]: { Keys: keys } } }));
      const found = new Map((Responses?.[table] ?? []).map((item) => [item.sk, ListingItem.parse(item).product]));
      return keys.map(({ sk }) => found.get(sk)).find((product) => product !== undefined);
    },

    async listProducts({ limit, after, category }) {
      let { shard, start } = after === undefined ? { shard: 0, start: undefined } : readCursor(after);
      const items: Awaited<ReturnType<typeof withStocks>> = [];
      let lookedAt = 0;
      while (shard < SHARDS) {
        const pk = `${PRODUCTS_PREFIX}${shardName(shard)}`;
        const wanted = limit - items.length;
        const {
          Items = [],
          ScannedCount = 0,
          LastEvaluatedKey: last,
        } = await client.send(
          new QueryCommand({
            TableName: table,
            KeyConditionExpression: 'pk = :pk',
            ExpressionAttributeValues: { ':pk': pk, ...(category !== undefined && ofCategory(category)) },
            ...(category !== undefined && {
              FilterExpression: 'categoryPath = :category OR begins_with(categoryPath, :below)',
            }),
            // Of those that are looked at, few may be of the category.
            Limit: category === undefined ? wanted : Math.max(wanted, LOOKED_AT_MOST - lookedAt),
            ...(start !== undefined && { ExclusiveStartKey: { pk, sk: start } }),
          }),
        );
        lookedAt += ScannedCount;
        const page = Items.slice(0, wanted).map(readProduct);
        items.push(...(await withStocks(page)));
        if (Items.length > wanted) start = page.at(-1)?.id;
        else if (last) start = String(last.sk);
        else [shard, start] = [shard + 1, undefined];
        const isFull = items.length >= limit || (category !== undefined && lookedAt >= LOOKED_AT_MOST);
        if (isFull && shard < SHARDS) return { items, next: writeCursor(shard, start) };
      }
      return { items };
    },
  };
}

const ofCategory = (category: string) => ({ ':category': category, ':below': `${category}/` });

const unlessOthers = (id: string) => ({
  ConditionExpression: 'attribute_not_exists(pk) OR product = :product',
  ExpressionAttributeValues: { ':product': id },
});

const isRefused = (error: unknown): boolean =>
  error instanceof ConditionalCheckFailedException ||
  error instanceof TransactionCanceledException ||
  error instanceof TransactionConflictException;
const changed = (cause: unknown): Conflict =>
  new Conflict('product_changed', 'The product was changed by another meanwhile.', { cause });

function listingsChanged(next: Product, seen: Product | undefined) {
  const [before, now] = [seen?.listings ?? [], next.listings].map(
    (all) => new Map(all.map((listing) => [listingName(listing), listing])),
  );
  const without = (all: typeof before, others: typeof before) =>
    [...(all ?? [])].flatMap(([name, listing]) => (others?.has(name) ? [] : [listing]));
  return { claimed: without(now, before), left: without(before, now) };
}

const readProduct = (item: unknown): Product => ProductItem.parse(item).product;

function readStock(item: unknown): readonly [sku: string, stock: Stock] {
  const { sku, count, at } = StockItem.parse(item);
  return [sku, { count: count ?? null, at }];
}
const readStocks = (items: readonly unknown[]): Stocks => new Map(items.map(readStock));
const productOfStock = (item: Readonly<Record<string, unknown>>): string =>
  String(item.sk).slice(0, String(item.sk).indexOf(BETWEEN));

const Cursor = z.tuple([z.int().min(0).max(SHARDS), z.string().nullable()]);
const writeCursor = (shard: number, start: string | undefined): string =>
  Buffer.from(JSON.stringify([shard, start ?? null])).toString('base64url');
/** Throws where it is none of ours. */
function readCursor(text: string): { readonly shard: number; readonly start: string | undefined } {
  const [shard, start] = Cursor.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  return { shard, start: start ?? undefined };
}

export function s3Catalogue({
  client,
  bucket,
}: {
  readonly client: S3Client;
  readonly bucket: string;
}): CatalogueFiles {
  return {
    async write(lines) {
      // No ContentEncoding: the object is a gzip file, which readers are to receive as it is.
      const params = { Bucket: bucket, Key: CATALOGUE_FILE, ContentType: 'application/gzip' };
      const gzip = createGzip();
      const text = Readable.from(lines);
      // A pipe does not hand on what goes wrong.
      text.on('error', (error) => gzip.destroy(error));
      await new Upload({ client, params: { ...params, Body: text.pipe(gzip) } }).done();
    },
  };
}
