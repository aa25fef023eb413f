/** The demo's history is what it says: signed webhooks of a year, of which the pipeline makes the customers that the cast describes. */
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { PlannedDelivery } from '../../demo/day.ts';
import { accountsOf, DEMOTES_IN_MS, planHistory } from '../../demo/history.ts';
import { demoPolicy } from '../../demo/policy.ts';
import { demoRates } from '../../demo/rates.ts';
import { type Part, playing, REGULARS, type Regular, type ShopChannel } from '../../demo/regulars.ts';
import { demoShops, planDays } from '../../local/demo-shops.ts';
import { contributionOf } from '../../shared/profiles/contribution.ts';
import { readPolicy, TIERS } from '../../shared/tiers/policy.ts';
import { instant } from '../../shared/time/instant.ts';
import { type Customer, type Customers, ratesOf, readCustomers, readShop, tierAt } from './reading.ts';

/** Of no round figure, as a demo starts at any moment. */
const NOW_MS = Date.parse('2026-11-25T03:56:13.417Z');
const YEAR_MS = 365 * 24 * 60 * 60 * 1000;
const webhookUrlOf = (channel: string, connection: string) =>
  `https://hooks.example.com/webhooks/${channel}/${connection}`;

const shops = demoShops();
const plan = (options: { seed?: number; nowMs?: number; demotesInMs?: number } = {}) =>
  planHistory(shops, { seed: 1, nowMs: NOW_MS, webhookUrlOf, ...options });
const policy = demoPolicy();

function fingerprint(deliveries: readonly PlannedDelivery[]): string {
  const hash = createHash('sha256');
  for (const { request, ...delivery } of deliveries)
    hash.update(JSON.stringify([delivery, request.url, request.headers])).update(request.body);
  return hash.digest('hex');
}

let known: Customers;

beforeAll(async () => {
  known = await readCustomers(shops, plan(), NOW_MS);
});

function personaOf(regular: Regular, on: ShopChannel): string {
  const account = accountsOf(regular, shops).find((account) => account.on === on);
  if (!account) throw new Error(`${regular.name} has no account at ${on}`);
  return account.persona;
}

function customerWith(persona: string): Customer {
  const customer = known.customers.find(({ profile }) => profile.personas.some(({ id }) => id === persona));
  if (!customer) throw new Error(`nobody is ${persona}`);
  return customer;
}

function only(part: Part): Regular {
  const [regular, ...others] = playing(part);
  if (!regular || others.length > 0) throw new Error(`${part} is not the part of one`);
  return regular;
}

/** The account that a regular is known by; of the one whom nothing links everywhere, the rest. */
function customerOf(regular: Regular): Customer {
  const account = accountsOf(regular, shops).find(({ on }) => on !== regular.apart?.on);
  if (!account) throw new Error(`${regular.name} has no account`);
  return customerWith(account.persona);
}

const suggested = (a: string, b: string) =>
  known.resolution.suggestions.find(({ between }) => [a, b].every((id) => between.some((one) => one === id)));

describe('the webhooks', () => {
  test('are a year of some hundreds, in the order of their sending', () => {
    const deliveries = plan();
    expect(deliveries.length).toBeGreaterThan(250);
    expect(deliveries.length).toBeLessThan(400);
    const times = deliveries.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.at(-1)).toBeLessThanOrEqual(NOW_MS);
    expect(times[0]).toBeLessThan(NOW_MS - YEAR_MS);
  });

  test('the same seed and time give the same; another seed gives other ones, and the same customers', async () => {
    expect(fingerprint(plan())).toBe(fingerprint(plan()));
    const other = plan({ seed: 2 });
    expect(fingerprint(other)).not.toBe(fingerprint(plan()));
    const { customers } = await readCustomers(demoShops(), other, NOW_MS);
    const tiers = (all: readonly Customer[]) =>
      all.map((customer) => `${customer.profile.id} ${tierAt(customer, { atMs: NOW_MS, policy }).value}`).sort();
    expect(tiers(customers)).toEqual(tiers(known.customers));
  });

  test('no order of theirs is one of the day', async () => {
    const days = planDays(demoShops(), { seed: 1, count: 1_000, webhookUrlOf }).filter(({ kind }) => kind === 'order');
    for (const shop of demoShops()) {
      const ofShop = days.filter(({ connection }) => connection === shop.options.connection);
      const { orders } = await readShop(shop, ofShop, NOW_MS);
      const keys = new Set(orders.map(({ key }) => key));
      expect(keys.size).toBeGreaterThan(10);
      const buyers = new Set(orders.flatMap(({ buyer }) => buyer.buyerId ?? []));
      const own = known.orders.filter(({ connection }) => connection === shop.options.connection);
      expect(own.filter(({ key }) => keys.has(key))).toEqual([]);
      expect(own.filter(({ buyer }) => buyers.has(buyer.buyerId ?? ''))).toEqual([]);
    }
  });

  test('every order comes out whole, of the money that the cast spends', () => {
    const purchases = REGULARS.flatMap((regular) => regular.purchases);
    expect(known.orders).toHaveLength(purchases.length);
    const rates = ratesOf(NOW_MS);
    for (const order of known.orders) {
      expect(order.flags, order.key).toEqual([]);
      expect(order.paidAt, order.key).toBeDefined();
      // Every currency has a rate on every day.
      expect(contributionOf(order, rates)?.reporting, order.key).toBeDefined();
    }
    expect(
      known.orders
        .filter(({ payment }) => payment !== 'paid')
        .map(({ payment }) => payment)
        .sort(),
    ).toEqual(['partially_refunded', 'partially_refunded', 'refunded']);
  });
});

describe('the customers', () => {
  test.each(REGULARS.map((regular) => [regular.name, regular] as const))('%s', (_, regular) => {
    const customer = customerOf(regular);
    expect(tierAt(customer, { atMs: NOW_MS, policy }).value).toBe(regular.expectedTier);
    const expected = accountsOf(regular, shops).filter(({ on }) => on !== regular.apart?.on);
    expect(customer.profile.personas.map(({ id }) => id)).toEqual(
      expect.arrayContaining(expected.map(({ persona }) => persona)),
    );
    if (!regular.apart) return;
    const apart = customerWith(personaOf(regular, regular.apart.on));
    expect(apart).not.toBe(customer);
    expect(tierAt(apart, { atMs: NOW_MS, policy }).value).toBe(regular.apart.expectedTier);
  });

  test('nobody else is there, and each tier has several', () => {
    expect(known.customers).toHaveLength(REGULARS.length + REGULARS.filter(({ apart }) => apart).length);
    for (const tier of TIERS)
      expect(REGULARS.filter(({ expectedTier }) => expectedTier === tier).length, tier).toBeGreaterThanOrEqual(3);
  });

  test('one spans all channels: three by what they gave, the fourth as a suggestion', () => {
    const regular = only('four_channels');
    const customer = customerOf(regular);
    expect(new Set(customer.contributions.map(({ channel }) => channel))).toEqual(
      new Set(['shopify', 'douyin', 'square']),
    );
    const evidence = customer.profile.evidence.map(({ type, holders }) => [
      type,
      holders.map(({ persona }) => persona.split('/')[0]).sort(),
    ]);
    expect(evidence).toContainEqual(['phone', ['douyin', 'shopify']]);
    expect(evidence).toContainEqual(['email', ['shopify', 'square']]);
    const atShopee = customerWith(personaOf(regular, 'shopee'));
    expect(
      suggested(customer.profile.id, atShopee.profile.id)?.reasons.map(({ code, via }) => [code, via?.type]),
    ).toEqual([['weak_identifier', 'name_address']]);
  });

  test('a family of one phone is two, and a suggestion says why', () => {
    const [one, other] = playing('family').map(customerOf);
    expect(one).toBeDefined();
    expect(one).not.toBe(other);
    const reasons = suggested(one?.profile.id ?? '', other?.profile.id ?? '')?.reasons;
    expect(reasons?.map(({ code, via }) => [code, via?.type])).toEqual([['names_contradict', 'phone']]);
  });

  test('those are all suggestions there are', () => {
    expect(known.resolution.suggestions).toHaveLength(2);
    expect(known.resolution.shared).toEqual([]);
  });

  test('a guest who later has an account is one', () => {
    const { personas } = customerOf(only('guest_then_account')).profile;
    expect(personas.map(({ id }) => /\/guest:/.test(id)).sort()).toEqual([false, true]);
  });

  test('a masked phone is none', () => {
    const links = customerOf(only('masked_phone')).profile.personas.flatMap((persona) => persona.links);
    expect(links.map(({ type }) => type)).toEqual(['buyer_id']);
  });

  test('a big refund that comes late takes high value away, at once', () => {
    const customer = customerOf(only('late_refund'));
    const unrefunded: Customer = {
      ...customer,
      contributions: customer.contributions.map((of) => ({
        ...of,
        ...(of.reporting && { reporting: { ...of.reporting, net: of.reporting.paid } }),
      })),
    };
    const before = tierAt(unrefunded, { atMs: NOW_MS, policy });
    expect(before.value).toBe('high_value');
    const after = tierAt(customer, { atMs: NOW_MS, policy, previous: before });
    expect(after.value).toBe('base');
  });
});

describe('time alone', () => {
  test.each([DEMOTES_IN_MS, 12_345])('takes high value from one, %i ms later', async (demotesInMs) => {
    const { customers } = await readCustomers(demoShops(), plan({ demotesInMs }), NOW_MS);
    const regular = only('demoted_by_time');
    const persona = personaOf(regular, 'square');
    const customer = customers.find(({ profile }) => profile.personas.some(({ id }) => id === persona));
    if (!customer) throw new Error('nobody is demoted');
    const demotedAtMs = NOW_MS + demotesInMs;

    const now = tierAt(customer, { atMs: NOW_MS, policy });
    expect(now.value).toBe('high_value');
    expect(now.reviewAt).toBe(instant(demotedAtMs));
    const justBefore = tierAt(customer, { atMs: demotedAtMs - 1, policy, previous: now });
    expect(justBefore.value).toBe('high_value');
    const then = tierAt(customer, { atMs: demotedAtMs + 1, policy, previous: now });
    expect(then.value).toBe(regular.laterTier);
    expect(then.since).toBe(instant(demotedAtMs + 1));
    // Clearly below the margin, whatever the rates.
    const spent = then.reasons.find(({ measure }) => measure === 'netSpend365d')?.value ?? Number.POSITIVE_INFINITY;
    expect(spent).toBeLessThan(200_000);
  });

  test('takes nothing from any other, in the hour of a demo', () => {
    const [demoted] = playing('demoted_by_time').map(customerOf);
    for (const customer of known.customers) {
      if (customer === demoted) continue;
      const now = tierAt(customer, { atMs: NOW_MS, policy });
      expect(tierAt(customer, { atMs: NOW_MS + 60 * 60 * 1000, policy, previous: now }).value).toBe(now.value);
    }
  });
});

test('the policy of the demo is one, and its rates are daily, close, and above zero', () => {
  expect(readPolicy(JSON.parse(JSON.stringify(policy)))).toMatchObject({ kind: 'policy' });
  const rates = demoRates(NOW_MS);
  expect(new Set(rates.map(({ currency, day }) => `${currency} ${day}`)).size).toBe(2 * 401);
  expect(
    rates
      .map(({ day }) => day)
      .toSorted()
      .at(0),
  ).toBe(instant(NOW_MS - 400 * 24 * 60 * 60 * 1000).slice(0, 10));
  expect(rates.at(-1)?.day).toBe('2026-11-25');
});
