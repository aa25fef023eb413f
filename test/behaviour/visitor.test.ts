/** A visitor is a function of the set of its events: any order, any repetition, any grouping, and two writers at once. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { cartSignalOf } from '../../shared/behaviour/cart-signal.ts';
import { BEHAVIOUR_KINDS, type BehaviourEvent, type BehaviourKind } from '../../shared/behaviour/event.ts';
import { recentBehaviour } from '../../shared/behaviour/recent.ts';
import { updateVisitor, visitorsFrom } from '../../shared/behaviour/update-visitors.ts';
import { cartOf, mergeVisitors, VIEWS_KEPT, type Visitor, visitorFrom } from '../../shared/behaviour/visitor.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import { type Instant, instant } from '../../shared/time/instant.ts';
import { KEYS } from '../profiles/people.ts';
import { memoryVisitors } from '../simulation/models/visitors.ts';

const START_MS = Date.UTC(2026, 10, 25, 9);
const second = (number: number): Instant => instant(START_MS + number * 1000);

const newEvent = (change: Partial<BehaviourEvent> = {}): BehaviourEvent => ({
  messageId: 'm',
  source: 'web-shop',
  kind: 'product_viewed',
  at: second(0),
  receivedAt: second(100),
  anonymousId: 'a',
  products: [],
  bot: false,
  test: false,
  ...change,
});
const product = (productId: string, quantity = 1) => ({ productId, quantity });

/** Few products, times and names, so that they meet; and more products than are kept. */
const anEvent = (products: number): fc.Arbitrary<BehaviourEvent> =>
  fc
    .record({
      messageId: fc.constantFrom('m1', 'm2', 'm3', 'm4'),
      kind:
        products > 100
          ? fc.constantFrom('product_viewed', 'product_added', 'product_removed')
          : fc.constantFrom(...BEHAVIOUR_KINDS),
      at: fc.nat(6).map(second),
      products: fc.array(
        fc.record({ productId: fc.nat(products).map((n) => `p${n}`), quantity: fc.integer({ min: 1, max: 3 }) }),
        // Of many products so many that not all of them are kept.
        products > 100 ? { minLength: 20, maxLength: 60 } : { maxLength: 8 },
      ),
      zone: fc.constantFrom('Asia/Shanghai', 'Europe/Berlin'),
    })
    .map(newEvent);
const persona = fc.constantFrom(undefined, 'web/web-shop/u1', 'web/web-shop/u2').map(
  // The cast: names as the product makes them.
  (id) => id as PersonaId | undefined,
);
const aVisitor = (products: number): fc.Arbitrary<Visitor> =>
  fc
    .array(fc.tuple(anEvent(products), persona), { minLength: 1, maxLength: 12, size: 'max' })
    .map((all) => all.map(([event, who]) => visitorFrom(event, who)).reduce(mergeVisitors));

describe.each([3, 300])('of %i products', (products) => {
  const often = { numRuns: products > 100 ? 30 : 200 };
  it('is the same in any order', () => {
    fc.assert(
      fc.property(aVisitor(products), aVisitor(products), (a, b) => {
        expect(mergeVisitors(a, b)).toEqual(mergeVisitors(b, a));
      }),
      often,
    );
  });
  it('is the same in any grouping', () => {
    fc.assert(
      fc.property(aVisitor(products), aVisitor(products), aVisitor(products), (a, b, c) => {
        expect(mergeVisitors(mergeVisitors(a, b), c)).toEqual(mergeVisitors(a, mergeVisitors(b, c)));
      }),
      often,
    );
  });
  it('is the same however often it is told', () => {
    fc.assert(
      fc.property(aVisitor(products), aVisitor(products), (a, b) => {
        const both = mergeVisitors(a, b);
        expect(mergeVisitors(a, a)).toEqual(a);
        expect(mergeVisitors(both, b)).toEqual(both);
      }),
      often,
    );
  });
});

it('is the same as stored, whatever the batches, by two writers at once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anEvent(30), { minLength: 1, maxLength: 30 }),
      fc.array(fc.nat(1000), { minLength: 40, maxLength: 40 }),
      async (events, dice) => {
        const twice = [...events, ...events];
        const shuffled = twice
          .map((event, index) => ({ event, by: dice[index % dice.length] ?? 0 }))
          .sort((a, b) => a.by - b.by)
          .map(({ event }) => event);
        const [expected] = visitorsFrom(events, KEYS.guest).values();
        const store = memoryVisitors();
        const batches = shuffled.map((event) => visitorsFrom([event], KEYS.guest));
        // Each two at once: both read, and one of them is too late.
        for (let from = 0; from < batches.length; from += 2)
          await Promise.all(
            batches
              .slice(from, from + 2)
              .flatMap((batch) => [...batch].map(([key, said]) => updateVisitor(key, said, store))),
          );
        expect(store.all().map(({ visitor }) => visitor)).toEqual([expected]);
      },
    ),
    { numRuns: 50 },
  );
});

it('keeps the newest views, and no more', () => {
  const events = Array.from({ length: 120 }, (_, index) =>
    newEvent({ messageId: `m${index}`, at: second(index), products: [product(`p${index}`)] }),
  );
  const [visitor] = visitorsFrom(events, KEYS.guest).values();
  expect(visitor?.views).toHaveLength(VIEWS_KEPT);
  expect(visitor?.views[0]?.product.productId).toBe('p119');
  expect(visitor?.views.at(-1)?.product.productId).toBe('p70');
});

describe('a cart', () => {
  const play = (...told: readonly (readonly [BehaviourKind, ...(readonly string[])])[]) => {
    const events = told.map(([kind, ...products], index) =>
      newEvent({ messageId: `m${index}`, kind, at: second(index), products: products.map((name) => product(name)) }),
    );
    const [visitor] = visitorsFrom(events.toReversed(), KEYS.guest).values();
    return visitor ? cartOf(visitor).items.map(({ productId }) => productId) : [];
  };
  test.each<[string, readonly (readonly [BehaviourKind, ...(readonly string[])])[], readonly string[]]>([
    [
      'has what was put in, the last first',
      [
        ['product_added', 'a'],
        ['product_added', 'b'],
      ],
      ['b', 'a'],
    ],
    [
      'has not what was taken out',
      [
        ['product_added', 'a'],
        ['product_added', 'b'],
        ['product_removed', 'a'],
      ],
      ['b'],
    ],
    [
      'has it again',
      [
        ['product_added', 'a'],
        ['product_removed', 'a'],
        ['product_added', 'a'],
      ],
      ['a'],
    ],
    [
      'is what was seen of it',
      [
        ['product_added', 'a'],
        ['cart_viewed', 'b', 'c'],
      ],
      ['c', 'b'],
    ],
    [
      'and what came to it since',
      [
        ['cart_viewed', 'b', 'c'],
        ['product_added', 'a'],
        ['product_removed', 'b'],
      ],
      ['a', 'c'],
    ],
    ['is empty after an order', [['product_added', 'a'], ['checkout_started', 'a'], ['order_completed']], []],
    [
      'is none of views',
      [
        ['product_viewed', 'a'],
        ['list_viewed', 'b'],
      ],
      [],
    ],
    ['a view of it that names nothing empties nothing', [['product_added', 'a'], ['cart_viewed']], ['a']],
  ])('%s', (_, told, items) => {
    expect(play(...told)).toEqual(items);
  });
});

it('machines and tests are nobody', () => {
  expect(visitorsFrom([newEvent({ bot: true }), newEvent({ test: true })], KEYS.guest).size).toBe(0);
  expect(cartSignalOf(newEvent({ kind: 'product_added', bot: true }), KEYS.guest)).toBeUndefined();
});

it('a user that nobody vouches for is nobody either, unless their browser is known', () => {
  const { anonymousId: _, ...server } = newEvent({ userId: 'u1' });
  expect(visitorsFrom([server], KEYS.guest).size).toBe(0);
  expect(visitorsFrom([{ ...server, proof: 'server' }], KEYS.guest).size).toBe(1);
  const [visitor] = visitorsFrom([newEvent({ userId: 'u1' })], KEYS.guest).values();
  expect(visitor?.user).toBeUndefined();
});

it('signals of carts name what they are of, and nobody', () => {
  const signal = cartSignalOf(newEvent({ kind: 'checkout_started', userId: 'u1', proof: 'user' }), KEYS.guest);
  expect(signal).toEqual({
    visitor: expect.stringMatching(/^web-shop#[\w-]{22}$/),
    persona: 'web/web-shop/u1',
    kind: 'checkout_started',
    at: second(0),
  });
  expect(cartSignalOf(newEvent({ kind: 'page' }), KEYS.guest)).toBeUndefined();
});

describe('recent behaviour', () => {
  // The casts: likewise.
  const U1 = 'web/web-shop/u1' as PersonaId;
  const U2 = 'web/web-shop/u2' as PersonaId;
  async function told(...events: readonly BehaviourEvent[]) {
    const store = memoryVisitors();
    for (const [index, event] of events.entries())
      for (const [key, said] of visitorsFrom([{ ...event, messageId: `m${index}` }], KEYS.guest))
        await updateVisitor(key, said, store);
    return store;
  }

  it('is of all devices of all personas, once they are proven', async () => {
    const store = await told(
      newEvent({ anonymousId: 'phone', products: [product('a')], zone: 'Asia/Shanghai' }),
      newEvent({ anonymousId: 'phone', kind: 'identify', userId: 'u1', proof: 'user', at: second(1) }),
      newEvent({ anonymousId: 'laptop', kind: 'product_added', products: [product('b')], at: second(2) }),
      newEvent({ anonymousId: 'laptop', userId: 'u2', proof: 'server', kind: 'page', at: second(3) }),
      newEvent({ anonymousId: 'stranger', products: [product('z')], userId: 'u1', at: second(4) }),
    );
    const both = await recentBehaviour([U1, U2], store);
    expect(both?.views.map((view) => view.product.productId)).toEqual(['a']);
    expect(both?.cart.items.map(({ productId }) => productId)).toEqual(['b']);
    expect(both?.zone).toBe('Asia/Shanghai');
    expect((await recentBehaviour([U1], store))?.cart.items).toEqual([]);
    expect(await recentBehaviour([], store)).toBeUndefined();
  });

  it('of a browser that another has signed in to is that one’s', async () => {
    const store = await told(
      newEvent({ userId: 'u1', proof: 'user', products: [product('a')] }),
      newEvent({ userId: 'u2', proof: 'user', kind: 'identify', at: second(1) }),
    );
    expect(await recentBehaviour([U1], store)).toBeUndefined();
    expect((await recentBehaviour([U2], store))?.views).toHaveLength(1);
  });

  it('an alias joins the browser that it names, if it is proven', async () => {
    const alias = { kind: 'alias' as const, userId: 'u1', previousId: 'before', at: second(1) };
    const browse = newEvent({ anonymousId: 'before', products: [product('a')] });
    const { anonymousId: _, ...bare } = newEvent(alias);
    expect(await recentBehaviour([U1], await told(browse, bare))).toBeUndefined();
    const joined = await recentBehaviour([U1], await told(browse, { ...bare, proof: 'server' }));
    expect(joined?.views.map((view) => view.product.productId)).toEqual(['a']);
  });
});
