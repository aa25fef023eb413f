/** The look at all customers: who is in it, what is kept of them, and that a part of them is a fair one. */
import { describe, expect, test } from 'vitest';
import { type Survey, type SurveyQuestion, survey } from '../../shared/population/survey.ts';
import { INDEX_SHARDS } from '../../shared/profiles/customer.ts';
import type { Facts } from '../../shared/profiles/facts.ts';
import { shardOf } from '../../shared/profiles/shard.ts';
import { fitModel } from '../../shared/tiers/clv/fit.ts';
import { FALLBACK, type Model } from '../../shared/tiers/clv/model.ts';
import { Population } from '../../shared/tiers/clv/population.ts';
import { daysOf, predict } from '../../shared/tiers/clv/predict.ts';
import { defaultPolicy } from '../../shared/tiers/default-policy.ts';
import { measurePopulation } from '../../shared/tiers/percentiles.ts';
import { AT, bought, DAY, NOON } from '../tiers/people.ts';
import { type Customers, derived, persona, profileOf, putProfile, shopOf, simulatedFacts } from './shop.ts';

const POLICY = defaultPolicy({ currency: 'CNY' });
const MODEL: Model = { ...FALLBACK, currency: 'CNY', gammaGamma: { p: 5, q: 4, v: 9_000, customers: 900 } };
const clock = () => new Date(NOON);

const look = (customers: Customers, more: Partial<SurveyQuestion> = {}, at: () => Date = clock): Promise<Survey> =>
  survey(
    { policy: POLICY, at: AT, reportingCurrency: 'CNY', deadlineMs: Number.POSITIVE_INFINITY, ...more },
    { customers, clock: at },
  );

function sampleOf({ sample }: Survey) {
  if (!sample) throw new Error('Expected a sample.');
  return sample;
}

const FACTS = simulatedFacts(3_000, NOON);
const shop = await shopOf(FACTS);
const inShard = (shard: number) => FACTS.filter((_, index) => shardOf(persona(String(index))) === shard);
const inShards = (count: number) => Array.from({ length: count }, (_, shard) => inShard(shard)).flat();

const direct = (all: readonly Facts[], model = MODEL) =>
  measurePopulation(
    POLICY,
    all.map((facts) => ({ facts, predicted: predict(facts.purchases, model, AT) })),
    AT,
  );

describe('a survey of all', () => {
  test('has the percentiles that one has who holds all profiles', async () => {
    const found = await look(shop);
    expect(found).toMatchObject({ shards: INDEX_SHARDS, read: 3_000, ranOutOfTime: false });
    const statistics = sampleOf(found).statistics(MODEL);
    expect(statistics).toEqual(direct(FACTS));
    expect(Object.keys(statistics.values).sort()).toEqual(['clv12m', 'netSpend365d']);
    // Asked for again, with another model, nothing is counted twice.
    expect(sampleOf(found).statistics(FALLBACK)).toEqual(direct(FACTS, FALLBACK));
  });

  test('leads to the model that follows from them', async () => {
    const options = { version: 'fit-1', fittedAt: AT, currency: 'CNY' };
    const fit = fitModel(sampleOf(await look(shop)).population(), options);
    const observed = FACTS.flatMap(({ purchases }) => {
      const { meanRepeatValue } = purchases;
      const days = daysOf(purchases, AT);
      return days ? [{ ...days, ...(meanRepeatValue !== undefined && { meanRepeatValue }) }] : [];
    });
    const expected = fitModel(Population.of(observed), options);
    if (fit.kind !== 'fitted' || expected.kind !== 'fitted') throw new Error('Expected models.');
    for (const name of ['r', 'alpha', 'a', 'b'] as const)
      expect(fit.model.bgNbd[name] / expected.model.bgNbd[name], name).toBeCloseTo(1, 5);
    expect(fit.model).toMatchObject({ customers: 3_000, repeaters: expected.model.repeaters });
    expect(fit.model.gammaGamma?.customers).toBe(expected.model.gammaGamma?.customers);
  });

  test('counts who bought, once, where the profile is', async () => {
    const customers = await shopOf([
      derived([bought(10, 50)], NOON),
      derived([], NOON),
      derived([bought(9, 70)], NOON),
    ]);
    const alias = { persona: persona('alias'), root: persona('0'), members: [persona('0'), persona('alias')] };
    await customers.putPlaces([
      {
        place: { ...alias, revision: 1, cause: 'merge', writtenAt: AT, profile: profileOf(derived([], NOON)) },
        seenRevision: 0,
      },
    ]);
    // As an index has them whose profiles move: some twice, and one that is another's by now.
    const moving: Customers = {
      ...customers,
      async listRoots(shard, limit, after) {
        const page = await customers.listRoots(shard, limit, after);
        return { ...page, items: [...page.items, ...page.items, persona('alias')] };
      },
    };
    const found = await look(moving);
    expect(sampleOf(found).customers).toBe(2);
    expect(found.read).toBe(3);
    expect(sampleOf(found).statistics(MODEL).customers).toBe(2);
    expect(sampleOf(found).population().customers).toBe(2);
  });
});

test('who is met twice, pages apart, is read once', async () => {
  const customers = await shopOf([]);
  const names = Array.from({ length: 1_020 }, (_, index) => `moving-${index}`);
  for (const name of names) await putProfile(customers, name, derived([bought(10, 50)], NOON));
  const all = names.map(persona);
  const moving: Customers = {
    ...customers,
    async listRoots(shard, _, after) {
      if (shard > 0) return { items: [] };
      return after === undefined ? { items: all, next: 'more' } : { items: all.slice(0, 30) };
    },
  };
  const found = await look(moving);
  expect([found.read, sampleOf(found).customers]).toEqual([1_020, 1_020]);
});

describe('of a population that is larger than is asked for', () => {
  test('whole shards are read, the first ones, whichever the order within', async () => {
    const found = await look(shop, { most: 700 });
    const { shards } = found;
    expect(found.read).toBeLessThanOrEqual(700);
    expect(inShards(shards + 1).length).toBeGreaterThan(700);
    expect(found).toMatchObject({ ranOutOfTime: false, read: inShards(shards).length });
    expect(sampleOf(found).statistics(MODEL)).toEqual(direct(inShards(shards)));
    expect((await look(shop, { most: 1 })).shards).toBe(1);
  });

  test('a part says what all say: the top tenth of it is a tenth of all', async () => {
    const { values } = sampleOf(await look(shop, { most: 1_000 })).statistics(MODEL);
    const threshold = values.netSpend365d?.['90'] ?? 0;
    const above = FACTS.filter(({ windows }) => windows['365'].netSpend > threshold).length / FACTS.length;
    expect(Math.abs(above - 0.1)).toBeLessThan(0.025);
  });
});

describe('when time runs out', () => {
  /** A second passes with each read of profiles. */
  const slow = (customers: Customers) => {
    let nowMs = NOON;
    const slowly: Customers = {
      ...customers,
      async getProfiles(personas) {
        nowMs += 1_000;
        return customers.getProfiles(personas);
      },
    };
    return { slowly, now: () => new Date(nowMs) };
  };

  test('what was begun is left out, and the rest is whole', async () => {
    const { slowly, now } = slow(shop);
    const found = await look(slowly, { deadlineMs: NOON + 2_500 }, now);
    expect(found).toMatchObject({ shards: 3, ranOutOfTime: true });
    expect(sampleOf(found).statistics(MODEL)).toEqual(direct(inShards(3)));
  });

  test('nothing is said of a population of which not even a part was read', async () => {
    const one = inShard(0).slice(0, 1);
    const many = Array.from({ length: 1_100 }, (_, index) => `first-${index}`);
    const customers = await shopOf(one);
    const [facts] = one;
    if (!facts) throw new Error('Expected facts.');
    for (const name of many) await putProfile(customers, name, facts);
    const crowded: Customers = { ...customers, listRoots: async () => ({ items: many.map(persona) }) };
    const { slowly, now } = slow(crowded);
    const found = await look(slowly, { deadlineMs: NOON + 500 }, now);
    expect(found).toEqual({ shards: 0, read: 1_000, ranOutOfTime: true });
  });
});

describe('what a profile said when it was derived', () => {
  const one = async (facts: Facts) => sampleOf(await look(await shopOf([facts])));

  test('is aged: what was spent a year and a day ago is not of this year', async () => {
    const daysAgo = (days: number) => [derived([bought(days, 80)], NOON - (days - 1) * DAY)] as const;
    for (const [days, spent] of [
      [366, 0],
      [364, 8_000],
    ] as const) {
      const [facts] = daysAgo(days);
      expect(facts.windows['365'].netSpend).toBe(8_000);
      expect((await one(facts)).statistics(MODEL).values.netSpend365d).toEqual({ '90': spent });
    }
  });

  test('an order that is alone in the last month has its day', async () => {
    const facts = derived([bought(500, 80), bought(360, 80)], NOON - 300 * DAY);
    expect(facts.lastPaidAt?.slice(0, 10)).toBe('2025-11-29');
    expect((await one(facts)).statistics(MODEL).values.netSpend365d).toEqual({ '90': 8_000 });
  });

  test('is right to within half a month where several orders of a month are at the edge', async () => {
    const purchases = [400, 372, 371, 100, 20].map((days) => bought(days, 100));
    const { values } = (await one(derived(purchases, NOON - 15 * DAY))).statistics(MODEL);
    expect(values.netSpend365d?.['90']).toBe(20_000);
  });

  test('of another currency counts as a customer, not as an amount', async () => {
    const facts = derived([bought(40, 80), bought(20, 80)], NOON, 'USD');
    const sample = await one(facts);
    expect(sample.population()).toMatchObject({ customers: 1, repeaters: 1 });
    expect(sample.population().spending.customers).toBe(0);
    expect(sample.statistics(MODEL)).toEqual({ asOf: AT, customers: 1, values: {} });
  });
});
