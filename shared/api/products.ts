import * as z from 'zod';
import { CategoryPath, Listing, ProductDraft, ProductId, SkuId, STOCK_MOST, Variant } from '../catalogue/product.ts';
import { PageQuery, pageOf } from './page.ts';
import { operation } from './route.ts';

/** In one request. */
export const BATCH_MOST = 100;
export const STOCKS_MOST = 500;

const At = z.iso.datetime();
const params = z.object({ id: ProductId });
const NOT_FOUND = { 404: 'There is no such product.' };

const draft = ProductDraft.shape;
const ProductAnswer = z
  .object({
    id: z.string(),
    ...draft,
    variants: z.array(
      z.object({
        ...Variant.shape,
        stock: z.int().exactOptional().describe('absent: not tracked'),
        stockAt: At.exactOptional().describe('when that was so'),
      }),
    ),
    listings: z.array(Listing),
    /** The ETag. Changes of stock do not move it. */
    revision: z.int(),
    updatedAt: At,
    by: z.string(),
  })
  .meta({ id: 'Product' });
export type ProductAnswer = z.infer<typeof ProductAnswer>;

const DRAFT = {
  title: { zh: '冻顶乌龙 罐装', en: 'Dongding oolong, tin' },
  categoryPath: '茶/乌龙茶',
  variants: [{ skuId: 'DD-100', title: '100 g', price: { amount: 12_800, currency: 'CNY' }, stock: 40 }],
  listings: [{ channel: 'shopify', connection: 'my-shop', productId: '7654321' }],
  accessoryOf: ['teapot-1'],
  consumable: true,
};
const example = { params: { id: 'dongding' } };

export const listProducts = operation({
  tag: 'products',
  summary: 'Products of the catalogue',
  description:
    'Those that orders name, but nobody has brought, are not among them: they are derived where recommendations are made.',
  query: PageQuery.extend({ category: CategoryPath.optional().describe('this one, and all below it') }),
  answers: {
    200: {
      description:
        'A page of them, in an order that says nothing. Of a rare category one may be short, or empty, before the end.',
      schema: pageOf(ProductAnswer),
    },
  },
  example: { query: { category: '茶' } },
});

export const getProduct = operation({
  tag: 'products',
  summary: 'A product, with what is in stock',
  params,
  answers: { 200: { description: 'As it is now.', schema: ProductAnswer } },
  problems: NOT_FOUND,
  etag: true,
  example,
});

const LISTING_TAKEN = 'Another product has one of its listings.';

export const putProduct = operation({
  tag: 'products',
  summary: 'Put a product, as a whole',
  description:
    'The first time without If-Match; to change the one there is, with it. Stock that is not said stays as it is known.',
  params,
  body: ProductDraft.meta({ id: 'ProductDraft' }),
  answers: {
    200: { description: 'As it is now.', schema: ProductAnswer },
    201: { description: 'It is new.', schema: ProductAnswer },
  },
  problems: {
    409: LISTING_TAKEN,
    422: 'Its stock is said to be of the future.',
    428: 'There is one, and If-Match does not say that it was seen.',
  },
  ifMatch: 'allowed',
  etag: true,
  audited: true,
  example: { ...example, body: DRAFT },
});

export const removeProduct = operation({
  tag: 'products',
  summary: 'Remove a product, with its listings and stock',
  description:
    'Where orders name it, it is derived of them again. To have it recommended no more, put it as `excluded`.',
  params,
  answers: { 204: { description: 'It is gone.' } },
  problems: { ...NOT_FOUND, 409: 'It was changed meanwhile.' },
  ifMatch: 'allowed',
  audited: true,
  example,
});

const Refused = { code: z.string().exactOptional(), message: z.string().exactOptional() };

export const putProducts = operation({
  tag: 'products',
  summary: 'Put many products, each by itself',
  description:
    'Each in place of what there was, whoever put that. What says nothing new is not written. In order of `index`.',
  body: z
    .strictObject({
      products: z
        .array(ProductDraft.safeExtend({ id: ProductId }))
        .min(1)
        .max(BATCH_MOST)
        .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'each id once'),
    })
    .meta({ id: 'ProductBatch' }),
  answers: {
    200: {
      description: 'What became of each.',
      schema: z
        .object({
          results: z.array(
            z.object({
              index: z.int(),
              id: z.string(),
              outcome: z.enum(['created', 'changed', 'unchanged', 'refused']),
              revision: z.int().exactOptional(),
              ...Refused,
            }),
          ),
        })
        .meta({ id: 'ProductBatchResults' }),
    },
  },
  problems: { 409: 'Too many change the same products at the same time.' },
  idempotencyKey: true,
  audited: true,
  example: { body: { products: [{ id: 'dongding', ...DRAFT }] } },
});

const StockSaid = z.strictObject({
  productId: ProductId.exactOptional(),
  listing: Listing.exactOptional().describe('how a channel calls the product, in place of productId'),
  /** The brand's, as the product has it. */
  skuId: SkuId,
  stock: z.int().min(0).max(STOCK_MOST).nullable().describe('null: it is not tracked any more'),
  at: At.describe('when that was so: of two, the later stands, whenever they come'),
});

export const putStocks = operation({
  tag: 'products',
  summary: 'Say what is in stock',
  description: 'Late and repeated messages do no harm. In order of `index`.',
  body: z
    .strictObject({
      updates: z
        .array(
          StockSaid.refine(
            ({ productId, listing }) => (productId === undefined) !== (listing === undefined),
            'productId or listing',
          ),
        )
        .min(1)
        .max(STOCKS_MOST),
    })
    .meta({ id: 'StockUpdates' }),
  answers: {
    200: {
      description: 'What became of each.',
      schema: z
        .object({
          results: z.array(
            z.object({
              index: z.int(),
              /** `known`: something later is known, or the same. */
              outcome: z.enum(['put', 'known', 'refused']),
              productId: z.string().exactOptional(),
              /** It could not be bought before, and can be now. */
              back: z.boolean().exactOptional(),
              ...Refused,
            }),
          ),
        })
        .meta({ id: 'StockResults' }),
    },
  },
  idempotencyKey: true,
  audited: true,
  example: {
    body: { updates: [{ productId: 'dongding', skuId: 'DD-100', stock: 12, at: '2026-11-25T08:00:00.000Z' }] },
  },
});
