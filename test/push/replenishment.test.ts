/** What a build finds due becomes one occurrence a customer, a build and a purchase, for the campaigns that want it. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { Campaign } from '../../shared/campaigns/campaign.ts';
import type { PushWork } from '../../shared/push/push-work.ts';
import { pushParty } from '../../shared/push/push-work.ts';
import { createReplenishments } from '../../shared/push/replenishment.ts';
import type { WakeMessage } from '../../shared/queues/messages.ts';
import type { DueProduct, DueProducts } from '../../shared/recommendations/recommendation.ts';
import { epochMs, instant } from '../../shared/time/instant.ts';
import { campaign, NOON } from '../campaigns/spring.ts';
import { personaId } from '../profiles/people.ts';
import { memoryLanes } from '../simulation/models/lanes.ts';
import { memoryCampaigns } from '../simulation/models/push.ts';

const DAY_MS = 86_400_000;
const ANNE = personaId('shopify/shop/anne');
const PETER = personaId('shopify/shop/peter');
/** Of the days around that of NOON, 2026-11-25. */
const day = (number: number): string => instant(epochMs(NOON) + number * DAY_MS).slice(0, 10);

type Trigger = Extract<Campaign['trigger'], { readonly on: 'replenishment_due' }>;
const wanting = (changes: Partial<Trigger> = {}, others: Partial<Omit<Campaign, 'limits'>> = {}) =>
  campaign({
    trigger: { on: 'replenishment_due', daysBefore: 0, ...changes },
    // Before all builds of these tests.
    at: instant(epochMs(NOON) - 9 * DAY_MS),
    ...others,
  });

const due = (product: string, changes: Partial<DueProduct> = {}): DueProduct => ({
  ...{ customer: ANNE, product, lastDay: day(-30), dueDay: day(0), wasKnown: true },
  ...changes,
});

async function open(...campaigns: Campaign[]) {
  let nowMs = epochMs(NOON);
  const store = memoryCampaigns();
  for (const one of campaigns) await store.putCampaign(one);
  const lanes = memoryLanes<PushWork>();
  const sent: WakeMessage[] = [];
  const listener = createReplenishments({
    campaigns: store,
    lanes,
    wakes: { send: async (message) => void sent.push(message) },
    clock: () => new Date(nowMs),
  });
  const read: DueProduct[] = [];
  /** A build of that day, and when the one before was. */
  const build = (number: number, rows: readonly DueProduct[], dayBefore?: string) => {
    const due: DueProducts = {
      day: day(number),
      rows: (async function* () {
        for (const row of rows) {
          read.push(row);
          yield row;
        }
      })(),
    };
    return listener.tell(dayBefore === undefined ? due : { ...due, dayBefore });
  };
  return {
    ...{ lanes, sent, build, read },
    later: (ms: number) => (nowMs += ms),
    told: () => lanes.waiting().map(({ detail }) => detail),
  };
}

describe('what is due', () => {
  it('is one occurrence of a customer, with all of it in order, and wakes the lane', async () => {
    const stage = await open(wanting());
    await stage.build(0, [due('tea'), due('honey'), due('tea', { customer: PETER })], day(-1));
    expect(stage.told()).toMatchObject([
      {
        profile: ANNE,
        occurrence: { id: `due honey ${day(-30)}`, at: NOON, cause: 'review', products: ['tea', 'honey'] },
        period: day(0),
      },
      { profile: PETER, occurrence: { products: ['tea'] } },
    ]);
    expect(stage.sent[0]).toEqual({ wake: 'push/spring' });
  });

  test.each<[string, Partial<Trigger>, Partial<DueProduct>, string | undefined, boolean]>([
    ['on its day', {}, {}, day(-1), true],
    ['before its day', {}, { dueDay: day(1) }, day(-1), false],
    ['known since yesterday', {}, { dueDay: day(-1) }, day(-1), false],
    ['since yesterday, when the build failed', {}, { dueDay: day(-1) }, day(-2), true],
    ['since long, and newly known', {}, { dueDay: day(-9), wasKnown: false }, day(-1), true],
    ['since long, in the first build', {}, { dueDay: day(-9) }, undefined, true],
    ['in the second build of a day', {}, {}, day(0), false],
    ['some days before', { daysBefore: 3 }, { dueDay: day(3) }, day(-1), true],
    ['more days before', { daysBefore: 3 }, { dueDay: day(4) }, day(-1), false],
    ['fewer days before', { daysBefore: 3 }, { dueDay: day(2) }, day(-1), false],
    ['of a product that is meant', { products: ['honey', 'tea'] }, {}, day(-1), true],
    ['of another product', { products: ['honey'] }, {}, day(-1), false],
  ])('%s: is it news?', async (_, trigger, row, dayBefore, is) => {
    const stage = await open(wanting(trigger));
    await stage.build(0, [due('tea', row)], dayBefore);
    expect(stage.told()).toHaveLength(is ? 1 : 0);
  });

  it('is all news to a campaign that was started since the build before, or on its day', async () => {
    const rows = [due('tea', { dueDay: day(-9) })];
    for (const [at, count] of [
      [day(0), 1],
      [day(-1), 1],
      [day(-2), 0],
    ] as const) {
      const stage = await open(wanting({}, { at: instant(Date.parse(at)) }));
      await stage.build(0, rows, day(-1));
      expect(stage.told()).toHaveLength(count);
    }
  });

  it('is not even read where no running campaign waits for it', async () => {
    const stage = await open(campaign(), wanting({}, { id: 'paused', wanted: 'paused' }));
    await stage.build(0, [due('tea')]);
    expect([stage.read, stage.told(), stage.sent]).toEqual([[], [], []]);
  });

  it('of more customers than are put at once is read as it is put', async () => {
    const stage = await open(wanting());
    const rows = Array.from({ length: 1_200 }, (_, n) => due('tea', { customer: personaId(`shopify/shop/${n}`) }));
    let [put, mostUnput] = [0, 0];
    const putWork = stage.lanes.putWork;
    stage.lanes.putWork = async (...work) => {
      await putWork(...work);
      mostUnput = Math.max(mostUnput, stage.read.length - ++put);
    };
    await stage.build(0, rows);
    expect(new Set(stage.told().map(({ profile }) => profile)).size).toBe(1_200);
    expect(mostUnput).toBeLessThan(600);
  });
});

it('a campaign of low priority waits a little while a higher one runs', async () => {
  const stage = await open(
    wanting(),
    wanting({}, { id: 'low', priority: 'low' }),
    wanting({}, { id: 'high', priority: 'high' }),
  );
  await stage.build(0, [due('tea')]);
  const dueIn = async (id: string) => {
    const [work] = await stage.lanes.listDue(pushParty(id), Number.MAX_SAFE_INTEGER, 1);
    return (work?.dueAt ?? 0) - epochMs(NOON);
  };
  expect([await dueIn('high'), await dueIn('spring'), await dueIn('low')]).toEqual([0, 20_000, 40_000]);
});

test('whatever builds come, in whatever order of rows, a purchase of a product leads to one occurrence of it at most', async () => {
  const purchase = fc.record({
    product: fc.constantFrom('honey', 'tea', 'rice'),
    bought: fc.integer({ min: -20, max: 9 }),
    cycle: fc.integer({ min: 1, max: 8 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(purchase, { maxLength: 8 }),
      fc.array(fc.record({ skip: fc.boolean(), twice: fc.boolean(), flip: fc.boolean() }), {
        minLength: 14,
        maxLength: 14,
      }),
      fc.nat(3),
      async (purchases, builds, daysBefore) => {
        const stage = await open(wanting({ daysBefore }));
        let before: { readonly number: number; readonly known: ReadonlySet<string> } | undefined;
        const told: string[] = [];
        for (const [number, { skip, twice, flip }] of builds.entries()) {
          if (skip) continue;
          // The last purchase of each that was made by then.
          const last = new Map<string, (typeof purchases)[number]>();
          for (const one of purchases)
            if (one.bought <= number && one.bought >= (last.get(one.product)?.bought ?? -99))
              last.set(one.product, one);
          const rows = [...last.values()].map((one) => {
            const name = `${one.product} ${day(one.bought)}`;
            const wasKnown = before?.known.has(name) ?? false;
            return due(one.product, { lastDay: day(one.bought), dueDay: day(one.bought + one.cycle), wasKnown });
          });
          const dayBefore = before && day(before.number);
          for (let time = 0; time < (twice ? 2 : 1); time++) {
            // The second is the same build, tried again: with rows in another order.
            await stage.build(number, flip && time === 1 ? rows.toReversed() : rows, dayBefore);
            stage.later(1_000);
          }
          before = { number, known: new Set(rows.map((row) => `${row.product} ${row.lastDay}`)) };
          stage.later(DAY_MS);
        }
        for (const { occurrence } of stage.told())
          for (const product of occurrence.products ?? []) told.push(`${product} of ${occurrence.id}`);
        // One row a key, and no product twice for one purchase: each purchase is told of by the build that first finds it due.
        expect(new Set(told).size).toBe(told.length);
        const rounds = new Map<string, number>();
        for (const { occurrence } of stage.told())
          for (const product of occurrence.products ?? []) rounds.set(product, (rounds.get(product) ?? 0) + 1);
        for (const [product, count] of rounds)
          expect(count).toBeLessThanOrEqual(
            new Set(purchases.filter((one) => one.product === product).map((one) => one.bought)).size,
          );
      },
    ),
    { numRuns: 150 },
  );
});
