import type { ProductAnswer } from '../../shared/api/products.ts';
import * as manage from '../../shared/catalogue/manage.ts';
import type { Product } from '../../shared/catalogue/product.ts';
import { asInstant, type ProductInStock } from '../../shared/catalogue/stock.ts';
import { Defect, NotFound } from '../../shared/runtime/errors.ts';
import { requireNone, requireSeen, type Seen } from './etag.ts';
import { storePage } from './pages.ts';
import { Refusal } from './problem.ts';
import type { Handlers } from './serve.ts';

type ProductHandlers = Pick<
  Handlers,
  'listProducts' | 'getProduct' | 'putProduct' | 'removeProduct' | 'putProducts' | 'putStocks'
>;

export const productHandlers = (its: manage.CatalogueManagement): ProductHandlers => ({
  async listProducts({ query: { category, ...page } }) {
    const { items, nextCursor } = await storePage(['products', category ?? ''], page, (limit, after) =>
      its.products.listProducts({ limit, after, category }),
    );
    return { status: 200, body: { items: items.map(shown), nextCursor } };
  },

  async getProduct({ params: { id } }) {
    const product = await manage.getProduct(id, its);
    if (!product) throw notFound(id);
    return { status: 200, body: shown(product), revision: product.revision };
  },

  async putProduct({ params: { id }, body: draft, seen, caller }) {
    const outcome = await manage.putProduct(
      { id, draft, by: caller.id, check: (known) => requireKnown(known, seen) },
      its,
    );
    if (outcome.kind === 'refused') throw refused(outcome);
    const product = await manage.getProduct(id, its);
    if (!product) throw new Defect('product_lost', 'A product was put, and is not there.');
    const status = outcome.kind === 'created' ? 201 : 200;
    return { status, body: shown(product), revision: product.revision };
  },

  async removeProduct({ params: { id }, seen }) {
    const isGone = await manage.removeProduct(id, ({ revision }) => requireSeen(seen, revision), its);
    if (!isGone) throw notFound(id);
    return { status: 204 };
  },

  async putProducts({ body: { products }, caller }) {
    const puts = products.map(({ id, ...draft }) => ({ id, draft, by: caller.id }));
    const outcomes = await manage.putProducts(puts, its);
    const results = outcomes.map((outcome, index) => {
      const id = products[index]?.id ?? '';
      if (outcome.kind === 'refused')
        return { index, id, outcome: outcome.kind, code: outcome.code, message: outcome.message };
      return { index, id, outcome: outcome.kind, revision: outcome.product.revision };
    });
    return { status: 200, body: { results } };
  },

  async putStocks({ body: { updates } }) {
    const outcomes = await manage.putStocks(
      updates.map(({ productId = '', listing, skuId, stock, at }) => ({
        ...(listing ? { listing } : { productId }),
        skuId,
        stock: { count: stock, at: asInstant(at) },
      })),
      its,
    );
    const results = outcomes.map(({ kind: outcome, ...rest }, index) => {
      if (!('isBack' in rest)) return { index, outcome, ...rest };
      const { isBack: back, ...others } = rest;
      return { index, outcome, ...others, back };
    });
    return { status: 200, body: { results } };
  },
});

const notFound = (id: string): NotFound => new NotFound('product_not_found', `There is no product ${id}.`);

/** Who puts the first has seen none; who changes one says that they have. */
function requireKnown(known: Product | undefined, seen: Seen | undefined): void {
  if (known) requireSeen(seen, known.revision);
  else requireNone(seen);
  if (seen || !known) return;
  throw new Refusal(
    428,
    'if_match_missing',
    'There is a product of that id. Get it, and send its ETag as If-Match to put another in its place.',
  );
}

function refused({ code, message }: Extract<manage.Outcome, { kind: 'refused' }>): Refusal {
  return new Refusal(code === 'listing_taken' ? 409 : 422, code, message);
}

const shown = (product: ProductInStock): ProductAnswer => ({
  ...product,
  // The answer's types are those of JSON, which may be written to.
  variants: product.variants.map((variant) => ({ ...variant })),
  listings: product.listings.map((listing) => ({ ...listing })),
});
