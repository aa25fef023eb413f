/** What a customer looked at and left in the cart of late, on all their devices: for recommendations, and for carts that are left. */
import pMap from 'p-map';
import type { PersonaId } from '../identity/persona.ts';
import type { Instant } from '../time/instant.ts';
import { type Cart, cartOf, mergeVisitors, type View, type Visitor } from './visitor.ts';
import type { VisitorStore } from './visitor-store.ts';

export interface RecentBehaviour {
  /** The last of each product, newest first. */
  readonly views: readonly View[];
  readonly cart: Cart;
  readonly checkoutAt?: Instant;
  /** By what the shop's pages or server told, not by its webhooks. */
  readonly orderedAt?: Instant;
  readonly lastSeenAt: Instant;
  readonly zone?: string;
  readonly locale?: string;
}

/** Of one persona, the newest are not told apart from others: who has more devices is a shop's own terminal. */
const VISITORS_READ = 20;
const AT_ONCE = 8;

/**
 * `personas`: all of the profile. Undefined where none of them was ever seen. Carts of several devices are one, in which what was
 * said last of a product stands.
 */
export async function recentBehaviour(
  personas: readonly PersonaId[],
  store: Pick<VisitorStore, 'getVisitor' | 'listVisitorsOf'>,
): Promise<RecentBehaviour | undefined> {
  const keys = await pMap(
    personas,
    async (persona) => (await store.listVisitorsOf(persona, VISITORS_READ)).map((key) => ({ persona, key })),
    { concurrency: AT_ONCE },
  );
  // Once, though two personas name it: it is the one's by now.
  const distinct = new Map(keys.flat().map(({ key }) => [key, key]));
  const found = await pMap([...distinct.keys()], (key) => store.getVisitor(key), { concurrency: AT_ONCE });
  const own = found.flatMap((one) => {
    const persona = one?.visitor.user?.persona;
    return one && persona !== undefined && personas.includes(persona) ? [one.visitor] : [];
  });
  const [firstOne, ...others] = own;
  return firstOne && describe(others.reduce<Visitor>(mergeVisitors, firstOne));
}

function describe(visitor: Visitor): RecentBehaviour {
  const { views, checkout, ordered, lastSeenAt, zone = visitor.sourceZone, locale } = visitor;
  return {
    views,
    cart: cartOf(visitor),
    ...(checkout && { checkoutAt: checkout.at }),
    ...(ordered && { orderedAt: ordered.at }),
    lastSeenAt,
    ...(zone && { zone: zone.value }),
    ...(locale && { locale: locale.value }),
  };
}
