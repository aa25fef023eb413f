/** A cart that is left: one row a person, which moves with each word of it, and one message a cart, unless it was ordered or emptied. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { cartHeard, cartsConcerned } from '../../shared/behaviour/cart-signal.ts';
import type { BehaviourEvent, BehaviourKind } from '../../shared/behaviour/event.ts';
import { updateVisitor, visitorsFrom } from '../../shared/behaviour/update-visitors.ts';
import type { Work } from '../../shared/lanes/lane.ts';
import { runLane } from '../../shared/lanes/run.ts';
import { createCarts } from '../../shared/push/carts.ts';
import { openPush, PUSH_LIMITS } from '../../shared/push/errand.ts';
import { leftCart, ONE_CART_MS } from '../../shared/push/left-cart.ts';
import { pushEventOf } from '../../shared/push/push-event.ts';
import { type PushWork, pushParty } from '../../shared/push/push-work.ts';
import { epochMs, type Instant, instant } from '../../shared/time/instant.ts';
import { NOON } from '../campaigns/spring.ts';
import { KEYS, personaId } from '../profiles/people.ts';
import { createMortal, type Death } from './mortal.ts';
import { openStage } from './stage.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const LEFT = { on: 'cart_left', afterMinutes: 60 } as const;
/** Anne's user of the shop's site, as an identify made her one with who bought. */
const USER = personaId('web/web-shop/anne');
const minute = (number: number): Instant => instant(epochMs(NOON) + number * MINUTE_MS);

/** The stages of behaviour and push, over the same lanes: Anne signed in on a browser. */
async function open(changes: Parameters<typeof openStage>[0] = {}) {
  const stage = await openStage({
    trigger: LEFT,
    content: {
      defaultLocale: 'zh',
      variants: [{ id: 'a', weight: 1, messages: { zh: { title: '购物车', body: '{{ product.title }}还在等您' } } }],
    },
    ...changes,
  });
  const { customers, visitors, dependencies, lanes, own, now } = stage;
  // The place of her user is that of the profile: as if both had given one phone.
  const { getPlace } = customers;
  customers.getPlace = async (persona) => {
    const place = await getPlace(persona === USER ? ANNE : persona);
    return place && { ...place, members: [...new Set([...place.members, USER])] };
  };
  await stage.putProduct('tea', { title: { zh: '春茶' } });
  await stage.putProduct('honey', { title: { zh: '蜂蜜' } });
  const carts = createCarts({ campaigns: stage.campaigns, lanes, clock: dependencies.clock });
  let number = 0;

  async function take(events: readonly BehaviourEvent[]): Promise<void> {
    const isConcerned = cartsConcerned(events, KEYS.guest);
    for (const [visitor, said] of visitorsFrom(events, KEYS.guest)) {
      const updated = await updateVisitor(visitor, said, visitors);
      const heard = isConcerned(visitor, said) ? cartHeard(updated) : undefined;
      if (heard) await carts.heard(heard.persona, heard.at);
    }
  }

  const event = (kind: BehaviourKind, product?: string, changed: Partial<BehaviourEvent> = {}): BehaviourEvent => ({
    ...{ messageId: `m${number++}`, source: 'web-shop', kind, at: now(), receivedAt: now() },
    ...{ anonymousId: 'laptop', userId: 'anne', proof: 'user', bot: false, test: false },
    products: product === undefined ? [] : [{ productId: product, quantity: 1 }],
    ...changed,
  });

  const wakes = { send: async () => undefined };
  const runner = { lanes, wakes, sleep: async () => undefined, random: () => 0, newHolder: () => `${number++}` };
  return {
    ...{ ...stage, carts, take, event },
    say: (kind: BehaviourKind, product?: string, changed?: Partial<BehaviourEvent>) =>
      take([event(kind, product, changed)]),
    run: (death?: Death) => {
      const mortal = createMortal(death);
      const { records, logs, devices, teller, clock } = dependencies;
      const its = {
        ...{ ...dependencies, records: mortal(records), logs: mortal(logs), devices: mortal(devices) },
        ...{ teller: mortal(teller), lanes: mortal(lanes) },
      };
      return runLane(
        { party: pushParty(own.id), limits: PUSH_LIMITS, open: (opening) => openPush(own.id, opening, its) },
        { ...runner, lanes: its.lanes, clock },
      );
    },
    rows: (): Work<PushWork>[] => lanes.waiting(),
    outcomes: async () =>
      (await stage.records.listRecords(own.id, 99)).items
        .toSorted((a, b) => (a.at < b.at ? -1 : 1))
        .map(({ state, reasons }) => reasons?.join() ?? state),
    bodies: () => stage.fcm.taken.map(({ content }) => content.body),
  };
}
const ANNE = personaId('shopify/shop/anne');

describe('a cart', () => {
  it('that was left for an hour is told of, once', async () => {
    const stage = await open();
    await stage.say('product_added', 'honey');
    stage.later(10 * MINUTE_MS);
    await stage.say('product_added', 'tea');
    expect(stage.rows()).toMatchObject([
      { dueAt: epochMs(minute(70)), detail: { profile: USER, occurrence: { at: minute(70) }, period: '2026-11-25' } },
    ]);
    stage.later(59 * MINUTE_MS);
    await stage.run();
    expect(await stage.outcomes()).toEqual([]);
    stage.later(MINUTE_MS);
    await stage.run();
    // What was put in last.
    expect([stage.bodies(), await stage.outcomes(), stage.rows()]).toEqual([['春茶还在等您'], ['sent'], []]);
    stage.later(DAY_MS);
    await stage.run();
    expect(stage.bodies()).toHaveLength(1);
  });

  test.each<[string, (stage: Awaited<ReturnType<typeof open>>) => Promise<unknown>, string]>([
    ['was ordered', (stage) => stage.say('order_completed'), 'cart_ordered'],
    ['was ordered elsewhere', (stage) => payFor(stage), 'cart_ordered'],
    ['was emptied', (stage) => stage.say('product_removed', 'tea'), 'cart_empty'],
    ['was ordered on another device', (stage) => stage.say('order_completed', undefined, PHONE), 'cart_ordered'],
  ])('that %s is not', async (_, act, reason) => {
    const stage = await open();
    await stage.say('product_added', 'tea');
    stage.later(30 * MINUTE_MS);
    await act(stage);
    stage.later(30 * MINUTE_MS);
    await stage.run();
    expect([stage.bodies(), await stage.outcomes(), stage.rows()]).toEqual([[], [reason], []]);
  });

  it('in use on another device waits for that', async () => {
    const stage = await open();
    await stage.say('product_added', 'tea');
    stage.later(50 * MINUTE_MS);
    // As if that word had reached the visitor, and the function had died before the row was moved.
    stage.carts.heard = async () => undefined;
    await stage.say('product_added', 'honey', PHONE);
    stage.later(20 * MINUTE_MS);
    await stage.run();
    expect([await stage.outcomes(), stage.rows()]).toMatchObject([[], [{ dueAt: epochMs(minute(110)) }]]);
  });

  it('of a day before yesterday is told of again after an order, or a week, and not before', async () => {
    const stage = await open();
    const leave = async (product: string) => {
      await stage.say('product_added', product);
      stage.later(HOUR_MS);
      await stage.run();
    };
    await leave('tea');
    stage.later(DAY_MS);
    await leave('honey');
    expect(await stage.outcomes()).toEqual(['sent', 'already_sent']);
    await stage.say('order_completed');
    stage.later(DAY_MS);
    await leave('tea');
    stage.later(ONE_CART_MS);
    await leave('honey');
    expect(await stage.outcomes()).toEqual(['sent', 'already_sent', 'sent', 'sent']);
    expect(stage.bodies()).toEqual(['春茶还在等您', '春茶还在等您', '蜂蜜还在等您']);
  });

  it('whose row moves while it is decided on keeps the row', async () => {
    const stage = await open();
    await stage.say('product_added', 'tea');
    stage.later(HOUR_MS);
    const { putRecord } = stage.records;
    stage.records.putRecord = async (record) => {
      if (record.state === 'sent') await stage.say('product_added', 'honey');
      return putRecord(record);
    };
    await stage.run();
    expect([await stage.outcomes(), stage.rows()]).toMatchObject([['sent'], [{ dueAt: epochMs(minute(120)) }]]);
  });

  it('whose message the provider has put off is told of, though something was put in meanwhile', async () => {
    const stage = await open();
    await stage.say('product_added', 'tea');
    stage.later(HOUR_MS);
    stage.fcm.next.push({ kind: 'later', code: 'http_503' });
    await stage.run();
    expect([stage.bodies(), await stage.outcomes()]).toEqual([[], ['claimed']]);
    await stage.say('product_added', 'honey');
    for (let minutes = 0; minutes < 130; minutes++) {
      stage.later(MINUTE_MS);
      await stage.run();
    }
    expect([stage.bodies(), (await stage.outcomes()).sort()]).toEqual([['蜂蜜还在等您'], ['already_sent', 'sent']]);
    expect(stage.rows()).toEqual([]);
  });

  it('of which the bus has not taken word is told there, though something was put in meanwhile', async () => {
    const stage = await open();
    await stage.say('product_added', 'tea');
    stage.later(HOUR_MS);
    stage.world.isBusDead = true;
    await stage.run();
    await stage.say('product_added', 'honey');
    stage.world.isBusDead = false;
    stage.later(MINUTE_MS);
    await stage.run();
    expect(stage.told.map(({ type }) => type)).toEqual(['push.sent']);
  });

  it('is held for the morning, and looked at again then', async () => {
    const stage = await open();
    stage.later(10 * HOUR_MS); // 22:00 in Shanghai
    await stage.say('product_added', 'tea');
    stage.later(HOUR_MS);
    await stage.run();
    expect(stage.rows()).toMatchObject([{ dueAt: Date.parse('2026-11-26T00:30:00Z') }]);
    stage.later(8 * HOUR_MS);
    await stage.say('order_completed');
    stage.later(2 * HOUR_MS);
    await stage.run();
    expect(await stage.outcomes()).toEqual(['cart_ordered']);
  });
});

const PHONE = { anonymousId: 'phone' };

async function payFor({ customers, now }: Awaited<ReturnType<typeof open>>): Promise<void> {
  const { getPlace } = customers;
  const at = now();
  customers.getPlace = async (persona) => {
    const place = await getPlace(persona);
    if (!place?.profile) return place;
    return { ...place, profile: { ...place.profile, facts: { ...place.profile.facts, lastPaidAt: at } } };
  };
}

describe('nothing waits', () => {
  test.each<[string, Partial<BehaviourEvent>]>([
    ['of a machine', { bot: true }],
    ['of a test', { test: true }],
    ['that is half a year old', { at: instant(epochMs(NOON) - 180 * DAY_MS) }],
  ])('for a cart %s', async (_, changed) => {
    const stage = await open();
    await stage.say('product_added', 'tea', changed);
    expect(stage.rows()).toEqual([]);
  });

  it('for a cart of a user whom nobody vouches for', async () => {
    const stage = await open();
    const { proof: _, ...event } = stage.event('product_added', 'tea');
    await stage.take([event]);
    expect(stage.rows()).toEqual([]);
  });

  it('where no campaign that runs asks for carts', async () => {
    const stage = await open({ wanted: 'paused' });
    await stage.say('product_added', 'tea');
    expect(stage.rows()).toEqual([]);
  });
});

it('a cart that was filled before its owner signed in is theirs from then on', async () => {
  const stage = await open();
  const { proof: _, userId: __, ...anonymous } = stage.event('product_added', 'tea');
  await stage.take([anonymous]);
  expect(stage.rows()).toEqual([]);
  stage.later(5 * MINUTE_MS);
  await stage.say('identify');
  expect(stage.rows()).toMatchObject([{ dueAt: epochMs(minute(60)) }]);
});

test('whatever comes how often and in which order, there is one row, due an hour after the last word of the cart', async () => {
  const word = fc.record({
    at: fc.nat(30),
    product: fc.constantFrom('tea', 'honey'),
    device: fc.constantFrom('laptop', 'phone'),
  });
  // Each twice, shuffled.
  const words = fc.array(word, { minLength: 1, maxLength: 6 }).chain((all) => {
    const twice = [...all.keys(), ...all.keys()];
    const order = fc.shuffledSubarray(twice, { minLength: twice.length, maxLength: twice.length });
    return fc.tuple(fc.constant(all), order);
  });
  await fc.assert(
    fc.asyncProperty(words, async ([all, order]) => {
      const stage = await open();
      const events = all.map(({ at, product, device }) =>
        stage.event('product_added', product, { at: minute(at), anonymousId: device }),
      );
      for (const index of order) await stage.take(events.slice(index, index + 1));
      const last = Math.max(...all.map(({ at }) => at));
      expect(stage.rows()).toMatchObject([{ dueAt: epochMs(minute(last + 60)) }]);
      stage.later((last + 60) * MINUTE_MS);
      await stage.run();
      // Once more, after it was settled.
      await stage.take(events);
      await stage.run();
      expect([await stage.outcomes(), stage.bodies().length, stage.rows()]).toEqual([['sent'], 1, []]);
    }),
    { numRuns: 60 },
  );
});

test('whatever dies at whichever call, while words of the cart come, it is told of once at most, and nothing is lost', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('word' as const), device: fc.constantFrom('laptop', 'phone') }),
    fc.record({ kind: fc.constant('run' as const), after: fc.nat(30), isDone: fc.boolean() }),
    fc.record({ kind: fc.constant('wait' as const), minutes: fc.constantFrom(1, 30, 60) }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 12 }),
      fc.array(fc.constantFrom('sent', 'later', 'die', 'unknown'), { maxLength: 3 }),
      async (steps, answers) => {
        const stage = await open();
        await stage.setPolicy({ quietHours: null });
        for (const answer of answers)
          stage.fcm.next.push(
            answer === 'die' ? 'die' : answer === 'sent' ? { kind: 'sent' } : { kind: answer, code: 'x' },
          );
        await stage.say('product_added', 'tea');
        for (const one of steps) {
          if (one.kind === 'word') await stage.say('product_added', 'honey', { anonymousId: one.device });
          else if (one.kind === 'wait') stage.later(one.minutes * MINUTE_MS);
          else await stage.run(one).catch(() => undefined);
        }
        // As the sweep does, until all leases, pauses and carts are over.
        for (let times = 0; times < 40; times++) {
          stage.later(5 * MINUTE_MS);
          await stage.run().catch(() => undefined);
        }
        expect(stage.rows()).toEqual([]);
        expect(stage.fcm.taken.length).toBeLessThanOrEqual(1);
        const { items } = await stage.records.listRecords(stage.own.id, 99);
        const states = items.map(({ state }) => state);
        // Of one cart: sent, or perhaps; never that it was sent already, where it was not.
        expect(states.filter((state) => state === 'sent' || state === 'unknown')).toHaveLength(1);
        expect(states.filter((state) => state === 'claimed' || state === 'sending')).toEqual([]);
        const settled = items.flatMap((record) => pushEventOf(record)?.id ?? []);
        expect(new Set(stage.told.map(({ id }) => id))).toEqual(new Set(settled));
      },
    ),
    { numRuns: 150 },
  );
});

test('two rows of one customer, of two shops, make one message', async () => {
  const stage = await open();
  await stage.carts.heard(USER, NOON);
  await stage.say('product_added', 'tea');
  await stage.carts.heard(ANNE, NOON);
  expect(stage.rows()).toHaveLength(2);
  stage.later(HOUR_MS);
  await stage.run();
  expect([stage.bodies().length, (await stage.outcomes()).sort()]).toEqual([1, ['already_sent', 'sent']]);
});

test('a cart of nobody who was seen is empty', () => {
  expect(leftCart({ recent: undefined, sent: [], afterMinutes: 60, now: NOON })).toEqual({
    kind: 'lapsed',
    why: 'cart_empty',
  });
});
