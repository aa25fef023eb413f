/**
 * A visitor: what one browser, app or signed-in user did of late. Events come twice, late and in any order, so nothing is counted
 * and nothing is replaced for having come later: each part is the greatest of what was said of it, or a set of such parts, of which
 * the newest are kept. `mergeVisitors` is commutative, associative and idempotent, whatever it is given.
 */
import type { PersonaId } from '../identity/persona.ts';
import type { Instant } from '../time/instant.ts';
import type { BehaviourEvent, BehaviourProduct } from './event.ts';

export const VIEWS_KEPT = 50;
const CART_LINES_KEPT = 100;

/** What was said last stands; said at one instant, that of the greater message and content. */
interface Said {
  readonly at: Instant;
  /** Of the message. */
  readonly id: string;
}

export interface View extends Said {
  readonly product: BehaviourProduct;
}

/** Of one product: put into the cart, or taken out of it. */
export interface CartLine extends Said {
  readonly product: BehaviourProduct;
  readonly isIn: boolean;
}

/** All that was in the cart at that moment; empty after an order. */
export interface CartState extends Said {
  readonly products: readonly BehaviourProduct[];
}

export interface Visitor {
  /** The last of each product, newest first. */
  readonly views: readonly View[];
  readonly cart: {
    readonly state?: CartState;
    /** The last of each product since then, newest first. */
    readonly lines: readonly CartLine[];
  };
  readonly checkout?: Said;
  readonly ordered?: Said;
  readonly lastSeenAt: Instant;
  /** Proven to be this user, last. */
  readonly user?: Said & { readonly persona: PersonaId };
  readonly zone?: Said & { readonly value: string };
  /** Supposed, where none was ever said. */
  readonly sourceZone?: Said & { readonly value: string };
  readonly locale?: Said & { readonly value: string };
}

/** What one event says of its visitor. `persona`: of the user that the event is proven to be of. */
export function visitorFrom(event: BehaviourEvent, persona?: PersonaId): Visitor {
  const { at, messageId: id, kind, products, zone, sourceZone, locale } = event;
  const said = { at, id };
  const isWholeCart = kind === 'cart_viewed' || kind === 'checkout_started';
  const state: CartState | undefined =
    kind === 'order_completed'
      ? { ...said, products: [] }
      : // A cart that is said to be viewed, and not what is in it, is news of nothing.
        isWholeCart && products.length > 0
        ? { ...said, products: distinct(products) }
        : undefined;
  const isIn = kind === 'product_added';
  const lines =
    isIn || kind === 'product_removed' ? distinct(products).map((product) => ({ ...said, product, isIn })) : [];
  return normal({
    views: kind === 'product_viewed' ? distinct(products).map((product) => ({ ...said, product })) : [],
    cart: { ...(state && { state }), lines },
    ...(kind === 'checkout_started' && { checkout: said }),
    ...(kind === 'order_completed' && { ordered: said }),
    lastSeenAt: at,
    ...(persona !== undefined && { user: { ...said, persona } }),
    ...(zone !== undefined && { zone: { ...said, value: zone } }),
    ...(sourceZone !== undefined && { sourceZone: { ...said, value: sourceZone } }),
    ...(locale !== undefined && { locale: { ...said, value: locale } }),
  });
}

export function mergeVisitors(a: Visitor, b: Visitor): Visitor {
  const state = greatest(a.cart.state, b.cart.state);
  const checkout = greatest(a.checkout, b.checkout);
  const ordered = greatest(a.ordered, b.ordered);
  const user = greatest(a.user, b.user);
  const zone = greatest(a.zone, b.zone);
  const sourceZone = greatest(a.sourceZone, b.sourceZone);
  const locale = greatest(a.locale, b.locale);
  return normal({
    views: [...a.views, ...b.views],
    cart: { ...(state && { state }), lines: [...a.cart.lines, ...b.cart.lines] },
    ...(checkout && { checkout }),
    ...(ordered && { ordered }),
    lastSeenAt: compareText(a.lastSeenAt, b.lastSeenAt) > 0 ? a.lastSeenAt : b.lastSeenAt,
    ...(user && { user }),
    ...(zone && { zone }),
    ...(sourceZone && { sourceZone }),
    ...(locale && { locale }),
  });
}

/**
 * Only what is least is ever left out, and by one order throughout: lines of before the state of the cart, then all but so many of
 * the newest. So it is the same whether it is left out now or after another merge.
 */
function normal({ views, cart: { state, lines }, ...rest }: Visitor): Visitor {
  const since = state === undefined ? lines : lines.filter(({ at }) => at > state.at);
  return {
    ...rest,
    views: newest(views, VIEWS_KEPT),
    cart: { ...(state && { state }), lines: newest(since, CART_LINES_KEPT) },
  };
}

/** The greatest of each product, the greatest first. */
function newest<Item extends Said & { readonly product: BehaviourProduct }>(
  items: readonly Item[],
  most: number,
): readonly Item[] {
  const byProduct = new Map<string, Item>();
  for (const item of items) {
    const name = nameOf(item.product);
    const known = byProduct.get(name);
    byProduct.set(name, known ? greatest(known, item) : item);
  }
  return [...byProduct.values()].sort((a, b) => compare(b, a)).slice(0, most);
}

/** A product and its variant together; the length parts them, whatever is in them. */
const nameOf = ({ productId, skuId = '' }: BehaviourProduct): string => `${productId.length} ${productId} ${skuId}`;

/** The last that an event says of each. */
const distinct = (products: readonly BehaviourProduct[]): BehaviourProduct[] => [
  ...new Map(products.map((product) => [nameOf(product), product])).values(),
];

function greatest<Item extends Said>(a: Item, b: Item): Item;
function greatest<Item extends Said>(a: Item | undefined, b: Item | undefined): Item | undefined;
function greatest<Item extends Said>(a: Item | undefined, b: Item | undefined): Item | undefined {
  if (!a || !b) return a ?? b;
  return compare(a, b) < 0 ? b : a;
}

/** A total order: of two that it calls equal, all is equal. */
function compare(a: Said, b: Said): number {
  return compareText(a.at, b.at) || compareText(a.id, b.id) || compareText(JSON.stringify(a), JSON.stringify(b));
}
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export interface Cart {
  /** Newest first. */
  readonly items: readonly BehaviourProduct[];
  /** When it was last heard of; undefined: never. */
  readonly at?: Instant;
}

/** What is in it by all that was said: the last time that all of it was seen, and what was put in and taken out since. */
export function cartOf({ cart: { state, lines } }: Pick<Visitor, 'cart'>): Cart {
  const items = new Map((state?.products ?? []).map((product) => [nameOf(product), product]));
  for (const { product, isIn } of lines.toReversed()) {
    items.delete(nameOf(product));
    if (isIn) items.set(nameOf(product), product);
    // Who takes out a product without its variant takes out all of it.
    else if (product.skuId === undefined)
      for (const [name, { productId }] of items) if (productId === product.productId) items.delete(name);
  }
  const at = lines[0]?.at ?? state?.at;
  return { items: [...items.values()].reverse(), ...(at !== undefined && { at }) };
}
