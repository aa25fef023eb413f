/** What the daily look puts, when, and what it leaves alone. */
import { describe, expect, test } from 'vitest';
import { createPopulation } from '../../functions/population/handler.ts';
import type { Facts } from '../../shared/profiles/facts.ts';
import { FALLBACK, type Model } from '../../shared/tiers/clv/model.ts';
import { defaultPolicy } from '../../shared/tiers/default-policy.ts';
import type { Policy } from '../../shared/tiers/policy.ts';
import type { StoredPolicy } from '../../shared/tiers/policy-store.ts';
import { instant } from '../../shared/time/instant.ts';
import { memoryModels, memoryPolicies } from '../simulation/models/tiers.ts';
import { bought, DAY, NOON } from '../tiers/people.ts';
import { type Customers, derived, listen, shopOf, simulatedFacts } from './shop.ts';

const FACTS = simulatedFacts(700, NOON);
const MINUTES_MS = 60_000;
const POLICY = defaultPolicy({ currency: 'CNY' });

async function world(facts: readonly Facts[] = FACTS, reportingCurrency = 'CNY') {
  const [policies, models, told] = [memoryPolicies(), memoryModels(), listen()];
  const time = { nowMs: NOON, leftMs: 15 * MINUTES_MS };
  let customers = await shopOf(facts);
  let reads = 0;
  const counted: Pick<Customers, 'listRoots' | 'getProfiles'> = {
    listRoots: (...asked) => customers.listRoots(...asked),
    getProfiles: (personas) => {
      reads++;
      return customers.getProfiles(personas);
    },
  };
  const dependencies = {
    customers: counted,
    policies,
    models,
    reportingCurrency,
    clock: () => new Date(time.nowMs),
    telemetry: told.telemetry,
  };
  return {
    ...{ policies, models, told, time, dependencies },
    reads: () => reads,
    replaceCustomers: async (all: readonly Facts[]) => {
      customers = await shopOf(all);
    },
    run: (event: unknown = {}, changed: Partial<typeof dependencies> = {}) =>
      createPopulation({ ...dependencies, ...changed })(event, { getRemainingTimeInMillis: () => time.leftMs }),
    put: (policy: Policy, more: Partial<StoredPolicy> = {}) =>
      policies.putPolicy({ policy, by: 'ye', at: instant(time.nowMs), ...more }),
  };
}

describe('of enough customers', () => {
  test('a model and a version of the policy are put, once, with who and why', async () => {
    const { run, policies, models, told, time, reads } = await world();
    expect(await run()).toEqual({ surveyed: 700, model: { put: 'fit-2026-11-24' }, policy: { put: '2' } });
    const model = await models.latestModel();
    expect(model).toMatchObject({ kind: 'fitted', currency: 'CNY', customers: 700, fittedAt: instant(NOON) });
    const [stored, ...others] = await policies.listPolicies();
    expect(others).toEqual([]);
    expect(stored).toMatchObject({
      by: 'schedule',
      at: instant(NOON),
      why: 'percentiles of 700 customers, 2026-11-24',
      policy: { version: 2, population: { asOf: instant(NOON), customers: 700 } },
    });
    // Of the spending, and of what the model that was fitted in the same run says.
    const resolved = stored?.policy.rules.flatMap(({ all, any = [] }) => [...all, ...any]).filter((it) => it.resolved);
    expect(resolved?.map(({ measure }) => measure)).toEqual(['netSpend365d', 'clv12m', 'clv12m']);
    expect(Object.fromEntries(told.counts)).toEqual({
      'surveyed survey': 700,
      'renewed model': 1,
      'renewed policy': 1,
    });

    const before = reads();
    time.nowMs += DAY;
    expect(await run()).toEqual({ surveyed: 0, model: { kept: 'recent' }, policy: { kept: 'recent' } });
    expect(reads()).toBe(before);
    expect(await policies.listPolicies()).toHaveLength(1);
  });

  test('the next ones come a week later, though the schedule is a little early', async () => {
    const { run, policies, models, time, replaceCustomers } = await world();
    await run();
    time.nowMs += 7 * DAY - 20 * MINUTES_MS;
    await replaceCustomers(simulatedFacts(800, time.nowMs, 2));
    expect(await run()).toEqual({ surveyed: 800, model: { put: 'fit-2026-12-01' }, policy: { put: '3' } });
    expect((await policies.listPolicies()).map(({ policy }) => policy.version)).toEqual([3, 2]);
    expect(await models.listModels()).toHaveLength(2);
  });

  test('the same again, on demand, is no other version: nobody would be decided otherwise', async () => {
    const { run, policies, models, told, time } = await world();
    await run();
    time.nowMs += 10 * MINUTES_MS;
    expect(await run({ force: true })).toEqual({
      surveyed: 700,
      model: { kept: 'same_parameters' },
      policy: { kept: 'same_numbers' },
    });
    expect([await policies.listPolicies(), await models.listModels()].map((all) => all.length)).toEqual([1, 1]);
    expect(told.counts.get('renewed model')).toBe(1);
  });

  test('two models of a day have two names', async () => {
    const { run, models, time, replaceCustomers } = await world();
    await run();
    time.nowMs += 90 * MINUTES_MS;
    await replaceCustomers(simulatedFacts(750, time.nowMs, 3));
    await run({ force: true });
    const versions = (await models.listModels()).map(({ version }) => version);
    expect(versions).toEqual(['fit-2026-11-24T13:30', 'fit-2026-11-24']);
  });

  test('a model whose values are in another currency is replaced at once', async () => {
    const { run, models } = await world();
    const other: Model = { ...FALLBACK, version: 'fit-2026-11-23', kind: 'fitted', fittedAt: instant(NOON - DAY) };
    await models.putModel(other);
    expect(await run()).toMatchObject({ model: { put: 'fit-2026-11-24' } });
  });
});

describe('the policy', () => {
  test('of a person is resolved at the next run, and one that has the numbers of a population after a week', async () => {
    const { run, put, policies, time, replaceCustomers } = await world();
    await run();
    await put({ ...POLICY, version: 3, name: 'mine' });
    time.nowMs += DAY;
    expect(await run()).toMatchObject({ model: { kept: 'recent' }, policy: { put: '4' } });
    const [four, , two] = await policies.listPolicies();
    expect(four?.policy).toMatchObject({ name: 'mine', version: 4 });
    if (!two) throw new Error('Expected version 2.');
    // Gone back to: it stands for a week, whenever its numbers are of.
    await put({ ...two.policy, version: 5 });
    await replaceCustomers(simulatedFacts(720, time.nowMs, 4));
    time.nowMs += 6 * DAY;
    expect((await run()).policy).toEqual({ kept: 'recent' });
    time.nowMs += DAY;
    expect((await run()).policy).toEqual({ put: '6' });
  });

  test('that waits for its day is not overtaken', async () => {
    const { run, put, time } = await world();
    const effectiveFrom = instant(NOON + 3 * DAY);
    await put({ ...POLICY, version: 2, effectiveFrom });
    expect((await run()).policy).toEqual({ kept: 'version_waits' });
    time.nowMs += 4 * DAY;
    expect((await run()).policy).toEqual({ put: '3' });
  });

  test('without percentiles is nobody’s business', async () => {
    const { run, put } = await world();
    const rules = POLICY.rules.map(({ any: _, ...rule }) => ({
      ...rule,
      all: rule.all.map(({ percentile: __, ...one }) => one),
    }));
    await put({ ...POLICY, version: 2, rules });
    expect((await run()).policy).toEqual({ kept: 'no_percentiles' });
  });

  test('that another put meanwhile stays', async () => {
    const { run, put, policies, dependencies } = await world();
    const overtaken = {
      ...dependencies.policies,
      async putPolicy(stored: StoredPolicy) {
        await put({ ...POLICY, version: 2, name: 'theirs' });
        return policies.putPolicy(stored);
      },
    };
    expect((await run({}, { policies: overtaken })).policy).toEqual({ kept: 'policy_version_taken' });
    expect((await policies.listPolicies()).map(({ policy }) => policy.name)).toEqual(['theirs']);
    const broken = {
      ...dependencies.policies,
      putPolicy: async () => {
        throw new Error('unreachable');
      },
    };
    await expect(run({ force: true }, { policies: broken })).rejects.toThrow('unreachable');
  });

  test('that the numbers would make contradict itself stays, and somebody is told', async () => {
    const { run, put, told, policies } = await world();
    const [first, ...others] = POLICY.rules;
    if (!first) throw new Error('Expected a rule.');
    const all = [
      { measure: 'orders' as const, atLeast: 40 },
      { measure: 'orders' as const, atMost: 900, percentile: 20 },
    ];
    await put({ ...POLICY, version: 2, rules: [{ ...first, all }, ...others.slice(1)] });
    expect((await run()).policy).toEqual({ kept: 'policy_refused' });
    expect(told.warnings.map(({ code }) => code)).toEqual(['policy_refused']);
    expect(told.counts.get('notRenewed policy')).toBe(1);
    expect(await policies.listPolicies()).toHaveLength(1);
  });
});

describe('what is in use stays', () => {
  test('of too few customers', async () => {
    const { run, policies, models, told } = await world(FACTS.slice(0, 300));
    expect(await run()).toEqual({
      surveyed: 300,
      model: { kept: 'too_few_customers' },
      policy: { kept: 'small_population' },
    });
    expect([...(await policies.listPolicies()), ...(await models.listModels())]).toEqual([]);
    expect(told.warnings).toEqual([]);
  });

  test('where there is nobody yet, nothing sealed is asked for', async () => {
    const { run, reads } = await world([]);
    expect(await run()).toMatchObject({ surveyed: 0, model: { kept: 'too_few_customers' } });
    expect(reads()).toBe(0);
  });

  test('when there is no time to read even a part, and somebody is told', async () => {
    const { run, policies, models, told, time } = await world();
    time.leftMs = MINUTES_MS;
    expect(await run()).toEqual({
      surveyed: 0,
      model: { kept: 'not_surveyed' },
      policy: { kept: 'not_surveyed' },
    });
    expect([...(await policies.listPolicies()), ...(await models.listModels())]).toEqual([]);
    expect(told.counts.get('notRenewed survey')).toBe(1);
  });

  test('rather than that every customer loses the predicted value', async () => {
    const { run, models, told } = await world();
    await run();
    const once = (facts: Facts): Facts => {
      const { meanRepeatValue: _, ...purchases } = facts.purchases;
      return { ...facts, purchases };
    };
    const { run: again, models: others, told: alarmed } = await world(FACTS.map(once));
    const [model] = await models.listModels();
    if (!model) throw new Error('Expected a model.');
    await others.putModel({ ...model, fittedAt: instant(NOON - 8 * DAY) });
    expect((await again()).model).toEqual({ kept: 'no_values' });
    expect(await others.listModels()).toHaveLength(1);
    expect([told, alarmed].map(({ counts }) => counts.get('notRenewed model'))).toEqual([undefined, 1]);
  });

  test('of customers who bought once: there is nothing to learn, and percentiles are taken all the same', async () => {
    const once = Array.from({ length: 600 }, (_, index) => derived([bought(10 + (index % 50), 100 + index)], NOON));
    const { run, policies } = await world(once);
    expect(await run()).toMatchObject({ model: { kept: 'no_repeat_purchases' }, policy: { put: '2' } });
    const [stored] = await policies.listPolicies();
    expect(stored?.policy.rules[0]?.all[0]).toMatchObject({ measure: 'netSpend365d', resolved: true });
    expect(stored?.policy.rules[1]?.all[0]).toEqual(POLICY.rules[1]?.all[0]);
  });
});

test('what calls it says it in one form', async () => {
  const { run } = await world([]);
  await expect(run({ force: 'yes' })).rejects.toThrow();
  await expect(run(undefined)).resolves.toMatchObject({ surveyed: 0 });
});
