/** The follower of the orders stream and the handler of the profiles queue: poison, deaths, moves of orders, races, sweeps and runs. */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../demo/random.ts';
import { createFollower, createQueueHandler, type OrderRecord } from '../../functions/profiles/handler.ts';
import { rederivePage, sweep } from '../../shared/derivations/sweep.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import { DEFAULT_RULES } from '../../shared/identity/policy.ts';
import type { Content, Place } from '../../shared/profiles/customer.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { shardOf } from '../../shared/profiles/shard.ts';
import type { ProfilesMessage } from '../../shared/queues/messages.ts';
import { importRates } from '../../shared/rates/import-rates.ts';
import { parseRates } from '../../shared/rates/rate-table.ts';
import { defaultPolicy } from '../../shared/tiers/default-policy.ts';
import { type Instant, instant } from '../../shared/time/instant.ts';
import { pollQueue } from '../simulation/models/event-source.ts';
import { memoryQueue, withDepth } from '../simulation/models/queue.ts';
import { memoryStream } from '../simulation/models/stream.ts';
import { Scheduler } from '../simulation/scheduler.ts';
import { toyOrder } from '../simulation/toy-orders.ts';
import { type Customers, openStage, REPORTING_CURRENCY, START_MS, type Stage } from './stage.ts';

const DAY_MS = 24 * 60 * 60_000;
const daysAgo = (days: number): Instant => instant(START_MS - days * DAY_MS);
const PHONE = '+4915123570007';
// The cast is the constructor of the brand.
const personaId = (text: string): PersonaId => text as PersonaId;
const NORTH = personaId('toy/north/anne');
const SOUTH = personaId('toy/south/anne');

/** Paid three days ago unless said otherwise. */
const order = (shop: string, number: number, ...versions: readonly Partial<Parameters<typeof toyOrder>[1][number]>[]) =>
  toyOrder(
    { shop, number },
    versions.map((version) => ({ paidAt: daysAgo(3), total: 1_000, account: 'anne', ...version })),
  );

const profileOf = async ({ customers }: Pick<Stage, 'customers'>, persona: PersonaId) => {
  const place = await customers.getPlace(persona);
  return (place && (await customers.getPlace(place.root)))?.profile;
};

describe('a record that would hold up its shard', () => {
  /** Orders in one shard, followed as the stream and the queue have them, until both rest. */
  async function play(poison: (stage: Stage) => Promise<OrderRecord>) {
    const stage = openStage();
    const scheduler = new Scheduler(createRandom(1), START_MS);
    const queue = memoryQueue<ProfilesMessage>({
      name: 'profiles',
      time: scheduler,
      visibilityTimeoutMs: 1_000,
      maxReceiveCount: 3,
    });
    const dependencies = { ...stage.dependencies, queue: withDepth(queue) };
    const follow = createFollower(dependencies);
    const lost: unknown[] = [];
    const stream = memoryStream<OrderRecord>({
      time: scheduler,
      shards: 1,
      batchSize: 4,
      windowMs: 10,
      retryDelayMs: 100,
      retries: 20,
      bisect: true,
      invoke: (records) => follow(records.map(({ change }) => change)),
      onFailure: (range) => lost.push(range),
    });
    const handle = createQueueHandler(dependencies);
    pollQueue({ queue, time: scheduler, batchSize: 10, windowMs: 0, concurrency: 2, invoke: handle });
    const records = [await poison(stage)];
    for (let number = 1; number <= 10; number++)
      records.push(await stage.stored(order('north', number, { account: `buyer ${number}` })));
    for (const record of records) stream.append(record.key, record);
    await scheduler.run();
    const followed = stage.customers.places().filter(({ profile }) => profile?.facts.orders === 1).length;
    const dead = queue.deadLetters().map((body) => JSON.parse(body));
    return { followed, dead, lost, pending: stream.pending(), left: queue.waiting() };
  }

  it('as its connection is unknown goes to the queue, and rests among its dead letters; all others are followed', async () => {
    const ends = await play((stage) => stage.stored(order('nowhere', 1, {})));
    expect(ends).toEqual({
      followed: 10,
      dead: [{ order: 'toy/nowhere/1', left: [], cause: 'live' }],
      lost: [],
      pending: 0,
      left: 0,
    });
  });

  it('as it can’t be read likewise', async () => {
    const ends = await play(async (stage) => {
      const { key } = order('north', 99, {});
      stage.orders.getOrder = () => Promise.reject(new Error('not what was packed'));
      return { key, read: () => Promise.reject(new Error('not what was packed')) };
    });
    expect(ends).toEqual({
      followed: 10,
      dead: [{ order: 'toy/north/99', left: [], cause: 'live' }],
      lost: [],
      pending: 0,
      left: 0,
    });
  });

  it('for want of AWS comes again with its whole batch, and nothing goes to the queue', async () => {
    const stage = openStage();
    const record = await stage.stored(order('north', 1, {}));
    const throttled = Object.assign(new Error('slow down'), { $metadata: {} });
    await expect(stage.follow([{ ...record, read: () => Promise.reject(throttled) }])).rejects.toThrow('slow down');
    expect(stage.sent).toEqual([]);
    await stage.follow([record]);
    expect((await profileOf(stage, NORTH))?.facts.orders).toBe(1);
  });
});

describe('a follower that dies', () => {
  /** Nothing of AWS answers from its n-th write on: not the table, not the queue. */
  function dyingAt(write: number) {
    let writes = 0;
    let isDead = true;
    const stage: Stage = openStage({
      wrap: (customers) =>
        new Proxy(customers, {
          get(target, key) {
            const member: unknown = Reflect.get(target, key);
            if (typeof member !== 'function' || !String(key).startsWith('put')) return member;
            return (...args: unknown[]) =>
              isDead && ++writes >= write ? Promise.reject(new Error('died')) : member.apply(target, args);
          },
        }),
    });
    const follow = createFollower({
      ...stage.dependencies,
      queue: {
        ...stage.dependencies.queue,
        send: async () => {
          throw new Error('died');
        },
      },
    });
    return {
      stage,
      follow,
      revive: () => {
        isDead = false;
      },
    };
  }

  it('between an order’s entry and its month is repeated, and ends right', async () => {
    const { stage, follow, revive } = dyingAt(2);
    const records = [await stage.stored(order('north', 1, {}))];
    await expect(follow(records)).rejects.toThrow('died');
    expect(await stage.customers.listEntries(NORTH, daysAgo(3).slice(0, 10), 10)).toHaveLength(1);
    expect(await stage.customers.getContent(NORTH)).toEqual({ months: [], decisions: [], marks: [] });
    revive();
    await follow(records);
    expect((await profileOf(stage, NORTH))?.facts).toMatchObject({ orders: 1, netSpend: 1_000 });
  });

  it('anywhere is repeated, and ends as if it had not died', async () => {
    const calm = openStage();
    const orders = [order('north', 1, { phone: PHONE }), order('south', 2, { phone: PHONE, total: 500 })];
    for (const one of orders) await calm.put(one);
    const essence = ({ customers }: Stage) =>
      customers.places().map(({ persona, root, members, profile }) => ({ persona, root, members, profile }));
    for (let write = 1; write <= 8; write++) {
      const { stage, follow, revive } = dyingAt(write);
      const records = [];
      for (const one of orders) records.push(await stage.stored(one));
      await expect(follow(records)).rejects.toThrow('died');
      revive();
      await follow(records);
      expect(essence(stage)).toEqual(essence(calm));
    }
  });
});

describe('an order', () => {
  it('whose paid day changes leaves the old one', async () => {
    const stage = openStage();
    const [first, last] = [{ paidAt: daysAgo(3) }, { paidAt: daysAgo(40), total: 700 }];
    await stage.put(order('north', 1, first));
    await stage.put(order('north', 1, first, last));
    const [gone] = await stage.customers.listEntries(NORTH, daysAgo(3).slice(0, 10), 10);
    expect(gone).toMatchObject({ revision: 2 });
    expect(gone).not.toHaveProperty('content');
    const { months } = await stage.customers.getContent(NORTH);
    expect(months.flatMap(({ days }) => Object.keys(days))).toEqual([daysAgo(40).slice(0, 10)]);
    expect((await profileOf(stage, NORTH))?.facts).toMatchObject({
      orders: 1,
      netSpend: 700,
      firstPaidAt: daysAgo(40),
      lastPaidAt: daysAgo(40),
      windows: { '30': { orders: 0 }, '90': { orders: 1 } },
    });
  });

  it('that comes to be of an account leaves the guest, who is then nobody’s customer', async () => {
    const stage = openStage();
    const guest = { account: undefined, phone: PHONE };
    // The cast: a guest has no account, which Partial does not say.
    const versions = [guest, { phone: PHONE }] as Parameters<typeof order>[2][];
    await stage.put(order('north', 1, ...versions.slice(0, 1)));
    const [asGuest] = stage.customers.places();
    expect(asGuest?.persona).toContain('guest:phone');
    await stage.put(order('north', 1, ...versions));
    expect((await profileOf(stage, NORTH))?.facts.orders).toBe(1);
    expect(await stage.customers.getPlace(asGuest?.persona ?? NORTH)).toMatchObject({
      root: asGuest?.persona,
      members: [asGuest?.persona],
      profile: { facts: { orders: 0 } },
    });
  });

  it('left for the queue is read as it is by then, and leaves where it was', async () => {
    const stage = openStage();
    const first = { paidAt: daysAgo(3) };
    await stage.put(order('north', 1, first));
    const missed = order('north', 1, first, { paidAt: daysAgo(5), total: 300 });
    await stage.stored(missed);
    const left = [{ persona: NORTH, day: daysAgo(3).slice(0, 10), revision: 2 }];
    await stage.handle({ order: missed.key, left, cause: 'live' });
    expect((await profileOf(stage, NORTH))?.facts).toMatchObject({ orders: 1, netSpend: 300 });
  });
});

describe('a change in any gap between the calls of another', () => {
  const NO_CALL = 1_000;

  /** One follows its change; before its n-th call another follows from end to end. Answers how many calls there were. */
  async function followAround(
    gap: number,
    stage: Stage,
    { mine, other }: { readonly mine: OrderRecord; readonly other: OrderRecord },
    wrap = (customers: Customers): Customers => customers,
  ) {
    let calls = 0;
    const customers = new Proxy(stage.customers, {
      get(target, key) {
        const member: unknown = Reflect.get(target, key);
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]) => {
          if (++calls === gap) await stage.follow([other]);
          return member.apply(target, args);
        };
      },
    });
    await createFollower({ ...stage.dependencies, customers: wrap(customers) })([mine]);
    if (gap > calls) await stage.follow([other]);
    return { calls, facts: (await profileOf(stage, NORTH))?.facts };
  }

  /** Orders of one customer, who has two already. */
  async function interleave(gap: number, shop: string, wrap?: (customers: Customers) => Customers) {
    const stage = openStage();
    await stage.put(order('north', 1, { phone: PHONE, total: 100 }));
    await stage.put(order('south', 2, { phone: PHONE, total: 200 }));
    const mine = await stage.stored(order('north', 3, { phone: PHONE, total: 1_000 }));
    const other = await stage.stored(order(shop, 4, { phone: PHONE, total: 10_000, paidAt: daysAgo(5) }));
    return followAround(gap, stage, { mine, other }, wrap);
  }

  it.each(['north', 'south'])('is in the profile: whoever finds its guard moved begins again (%s)', async (shop) => {
    const { calls } = await interleave(NO_CALL, shop);
    expect(calls).toBeGreaterThan(8);
    for (let gap = 1; gap <= calls; gap++) {
      const { facts } = await interleave(gap, shop);
      expect(facts, `before call ${gap}`).toMatchObject({ orders: 4, netSpend: 11_300 });
    }
  });

  it.each([5, 9, 40])('of the same order stands, though the older one is followed last (%i days ago)', async (days) => {
    const versions = [{ paidAt: daysAgo(9) }, { paidAt: daysAgo(5), total: 70 }, { paidAt: daysAgo(days), total: 500 }];
    const play = async (gap: number) => {
      const stage = openStage();
      await stage.put(order('north', 1, ...versions.slice(0, 1)));
      const mine = await stage.stored(order('north', 1, ...versions.slice(0, 2)));
      const other = await stage.stored(order('north', 1, ...versions));
      return followAround(gap, stage, { mine, other });
    };
    const { calls } = await play(NO_CALL);
    for (let gap = 1; gap <= calls; gap++) {
      const { facts } = await play(gap);
      expect(facts, `before call ${gap}`).toMatchObject({ orders: 1, netSpend: 500, lastPaidAt: daysAgo(days) });
    }
  });

  it('is lost to one who reads content before its guard', async () => {
    const contentFirst = (customers: Customers): Customers => {
      const read = new Map<PersonaId, Content>();
      return {
        ...customers,
        async getPlace(persona) {
          read.set(persona, await customers.getContent(persona));
          return customers.getPlace(persona);
        },
        getContent: async (persona) => read.get(persona) ?? customers.getContent(persona),
      };
    };
    const { calls } = await interleave(NO_CALL, 'north', contentFirst);
    const lost: number[] = [];
    for (let gap = 1; gap <= calls; gap++) {
      const { facts } = await interleave(gap, 'north', contentFirst);
      if (facts?.orders !== 4) lost.push(gap);
    }
    expect(lost.length).toBeGreaterThan(0);
  });
});

describe('a sweep', () => {
  /** Version 1 is the one that is built in, and all profiles are derived by it. */
  async function settled(stage: Stage): Promise<void> {
    await stage.handle({ sweep: true });
    await stage.drain();
    stage.calls.length = 0;
  }
  const putPolicy = ({ policies, now }: Stage, version: number) =>
    policies.putPolicy({
      policy: { ...defaultPolicy({ currency: REPORTING_CURRENCY }), version },
      by: 'tests',
      at: now(),
    });
  const ofReviews = ({ sent }: Stage) =>
    sent.flatMap(({ message }) => ('personas' in message && message.cause === 'review' ? message.personas : []));

  async function withDue(count: number): Promise<Stage> {
    const stage = openStage();
    for (let number = 1; number <= count; number++)
      await stage.put(order('north', number, { account: `buyer ${number}` }));
    await settled(stage);
    stage.pass(400 * DAY_MS);
    return stage;
  }

  it('that starts with a backlog sends nothing, and the next one catches up', async () => {
    const stage = await withDue(30);
    stage.setWaiting(201);
    await stage.handle({ sweep: true });
    expect(stage.sent).toEqual([]);
    stage.setWaiting(200);
    await stage.handle({ sweep: true });
    expect(new Set(ofReviews(stage)).size).toBe(30);
    expect(stage.sent.every(({ message }) => 'personas' in message && message.personas.length <= 25)).toBe(true);
  });

  it('finds nobody once all who were due were looked at', async () => {
    const stage = await withDue(5);
    await stage.handle({ sweep: true });
    await stage.drain();
    await stage.handle({ sweep: true });
    expect(stage.sent).toEqual([]);
    const [place] = stage.customers.places();
    expect(place?.profile?.facts).toMatchObject({ asOf: stage.now(), orders: 1, orders365d: 0 });
    expect(place?.cause).toBe('review');
  });

  it('asks for a review that is due no more, and nothing is written', async () => {
    const stage = await withDue(1);
    const due: ProfilesMessage = { personas: ['toy/north/buyer 1'], cause: 'review' };
    await stage.handle(due);
    expect(stage.writes()).toHaveLength(1);
    stage.calls.length = 0;
    await stage.handle(due);
    expect(stage.writes()).toEqual([]);
  });

  it('makes as many calls whatever the number of customers that nothing is due of', async () => {
    const counts: number[] = [];
    for (const customers of [0, 10, 300]) {
      const stage = openStage();
      for (let number = 1; number <= customers; number++)
        await stage.put(order('north', number, { account: `buyer ${number}` }));
      await settled(stage);
      await stage.handle({ sweep: true });
      expect(stage.sent).toEqual([]);
      counts.push(stage.calls.length);
    }
    expect(new Set(counts).size).toBe(1);
  });

  it('at once with another starts the same run, once', async () => {
    const stage = openStage();
    await stage.put(order('north', 1, {}));
    await settled(stage);
    const before = await stage.derivations.getDerivation();
    await putPolicy(stage, 2);
    const swept = await Promise.all([sweep(stage.dependencies), sweep(stage.dependencies)]);
    expect(swept.map(({ started }) => started)).toEqual([
      ['policy-2-model-fallback-1-linking-1'],
      ['policy-2-model-fallback-1-linking-1'],
    ]);
    expect(await stage.derivations.getDerivation()).toMatchObject({
      revision: (before?.revision ?? 0) + 1,
      policy: 2,
      run: 'policy-2-model-fallback-1-linking-1',
    });
    // What both have sent does twice what is done once.
    await stage.drain();
    const place = await stage.customers.getPlace(NORTH);
    expect(place).toMatchObject({ revision: 2, cause: 'policy', profile: { tier: { policyVersion: 2 } } });
    expect((await sweep(stage.dependencies)).started).toEqual([]);
  });

  it('that is the first, after a policy that came before it, has it reach whom it missed', async () => {
    const stage = openStage();
    await stage.put(order('north', 1, {}));
    await putPolicy(stage, 2);
    await stage.handle({ sweep: true });
    stage.pass(2 * 60_000);
    await stage.drain();
    expect((await profileOf(stage, NORTH))?.tier.policyVersion).toBe(2);
  });
});

describe('a run over all profiles', () => {
  const RUN = 'policy-2-model-fallback-1-linking-1';
  const SHARD = 3;
  const COUNT = 250;

  /** So many that it takes three pages. */
  async function withShard(): Promise<{ stage: Stage; roots: PersonaId[] }> {
    const stage = openStage();
    const roots: PersonaId[] = [];
    for (let number = 1; roots.length < COUNT; number++) {
      const persona = personaId(`toy/north/buyer ${number}`);
      if (shardOf(persona) === SHARD) roots.push(persona);
    }
    const writes = roots.map((persona, index) => {
      const place: Place<StoredProfile> = {
        persona,
        revision: 1,
        root: persona,
        members: [persona],
        cause: 'live',
        writtenAt: stage.now(),
        lookAt: instant(START_MS + index * 60_000),
      };
      return { place, seenRevision: 0 };
    });
    for (const write of writes) await stage.customers.putPlaces([write]);
    await stage.derivations.putDerivation({ revision: 1, policy: 2, model: 'fallback-1', rates: 0, run: RUN });
    return { stage, roots };
  }
  const page = (stage: Stage, message: Parameters<typeof rederivePage>[0]) => rederivePage(message, stage.dependencies);
  const personasIn = ({ sent }: Stage) =>
    sent.flatMap(({ message }) => ('personas' in message ? message.personas : []));
  const nextIn = ({ sent }: Stage) =>
    sent.flatMap(({ message }) => ('rederive' in message ? [message.rederive] : []))[0];

  it('goes page by page, each telling of the next, and tells how far it has come', async () => {
    const { stage, roots } = await withShard();
    const met: string[] = [];
    const seen: number[] = [];
    for (let next: ReturnType<typeof nextIn> = { run: RUN, shard: SHARD }; next; next = nextIn(stage)) {
      stage.sent.length = 0;
      await page(stage, next);
      met.push(...personasIn(stage));
      seen.push((await stage.derivations.listProgress(RUN))[0]?.seen ?? 0);
    }
    expect(met.toSorted()).toEqual(roots.toSorted());
    expect(seen).toEqual([100, 200, 250]);
    expect(await stage.derivations.listProgress(RUN)).toEqual([
      { part: SHARD, seen: COUNT, step: 3, finishedAt: stage.now() },
    ]);
  });

  it('resumes from its cursor, whoever moves meanwhile', async () => {
    const { stage, roots } = await withShard();
    await page(stage, { run: RUN, shard: SHARD });
    const first = personasIn(stage);
    const next = nextIn(stage);
    // One that was met is derived meanwhile, and is looked at late: it moves to the end.
    const [moved = NORTH] = roots;
    const place = await stage.customers.getPlace(moved);
    if (place)
      await stage.customers.putPlaces([{ place: { ...place, revision: 2, lookAt: daysAgo(-900) }, seenRevision: 1 }]);
    stage.sent.length = 0;
    if (next) await page(stage, next);
    expect(new Set([...first, ...personasIn(stage)]).size).toBe(200);
  });

  it('told of a page twice goes on once, be it that the page waits', async () => {
    const { stage } = await withShard();
    for (const waiting of [0, 1_000]) {
      stage.setWaiting(waiting);
      const next = nextIn(stage) ?? { run: RUN, shard: SHARD };
      stage.sent.length = 0;
      for (let time = 0; time < 3; time++) await page(stage, next);
      expect(stage.sent.filter(({ message }) => 'rederive' in message)).toHaveLength(1);
    }
    expect((await stage.derivations.listProgress(RUN))[0]).toEqual({ part: SHARD, seen: 100, step: 2 });
  });

  it('that dies before it notes how far it has come takes the page again', async () => {
    const { stage } = await withShard();
    const dying = { ...stage.derivations, putProgress: () => Promise.reject(new Error('died')) };
    const start = { run: RUN, shard: SHARD };
    await expect(rederivePage(start, { ...stage.dependencies, derivations: dying })).rejects.toThrow('died');
    await page(stage, start);
    expect(stage.sent.filter(({ message }) => 'rederive' in message)).toHaveLength(2);
    const next = nextIn(stage);
    stage.sent.length = 0;
    for (let time = 0; next && time < 2; time++) await page(stage, next);
    expect(stage.sent.filter(({ message }) => 'rederive' in message)).toHaveLength(1);
  });

  it('ends where a newer one has superseded it', async () => {
    const { stage } = await withShard();
    await page(stage, { run: 'policy-1-model-fallback-1', shard: SHARD });
    expect(stage.sent).toEqual([]);
    expect(await stage.derivations.listProgress('policy-1-model-fallback-1')).toEqual([]);
  });

  it('waits while enough is waiting, longer each time, and not for ever', async () => {
    const { stage } = await withShard();
    stage.setWaiting(1_000);
    const delays: number[] = [];
    for (let next: ReturnType<typeof nextIn> = { run: RUN, shard: SHARD }; next && personasIn(stage).length === 0; ) {
      stage.sent.length = 0;
      await page(stage, next);
      next = nextIn(stage);
      if (personasIn(stage).length === 0) delays.push(stage.sent[0]?.delaySeconds ?? 0);
    }
    expect(delays).toEqual([30, 60, 120, 240, 480, 900, 900, 900]);
    expect(personasIn(stage)).toHaveLength(100);
    expect(nextIn(stage)).not.toHaveProperty('waits');
  });
});

describe('rates that come late', () => {
  const rates = (rate: string) => parseRates(`${daysAgo(3).slice(0, 10)},USD,${rate}`).rates;

  async function withForeign(): Promise<Stage> {
    const stage = openStage();
    await stage.put(order('north', 1, { currency: 'USD', total: 1_000 }));
    await stage.put(order('south', 2, { account: 'bea', total: 1_000 }));
    await stage.handle({ sweep: true });
    await stage.drain();
    return stage;
  }

  async function bring(stage: Stage, rate: string): Promise<void> {
    await importRates(rates(rate), stage.rates);
    await stage.handle({ sweep: true });
    expect(stage.sent.every(({ delaySeconds }) => delaySeconds >= 120)).toBe(true);
    stage.pass(2 * 60_000);
    await stage.drain();
  }

  it('convert anew what they are of, and change nothing else', async () => {
    const stage = await withForeign();
    const ofBea = personaId('toy/south/bea');
    expect((await profileOf(stage, NORTH))?.facts.reporting).toMatchObject({ netSpend: 0, unconverted: { USD: 1 } });
    const before = await stage.customers.getPlace(ofBea);
    await bring(stage, '0.5');
    expect((await profileOf(stage, NORTH))?.facts.reporting).toMatchObject({ netSpend: 500, unconverted: {} });
    expect(await stage.customers.getPlace(NORTH)).toMatchObject({ cause: 'backfill' });
    expect(await stage.customers.getPlace(ofBea)).toEqual(before);
    await bring(stage, '0.7');
    expect((await profileOf(stage, NORTH))?.facts.reporting).toMatchObject({ netSpend: 700 });
  });

  it('that say what is known already move no profile', async () => {
    const stage = await withForeign();
    await bring(stage, '0.5');
    const before = stage.customers.places();
    await bring(stage, '0.5');
    expect(stage.customers.places()).toEqual(before);
  });

  it('of other days and currencies write nothing, however many orders there are', async () => {
    const stage = await withForeign();
    await bring(stage, '0.5');
    for (const csv of [`${daysAgo(60).slice(0, 10)},USD,0.6`, `${daysAgo(3).slice(0, 10)},JPY,0.05`]) {
      const before = stage.writes().length;
      await importRates(parseRates(csv).rates, stage.rates);
      await stage.handle({ sweep: true });
      expect(stage.sent).not.toEqual([]);
      await stage.drain();
      expect(stage.writes()).toHaveLength(before);
    }
    // The day before, which had none: it held for the order's day until that had one of its own.
    await importRates(parseRates(`${daysAgo(4).slice(0, 10)},USD,0.6`).rates, stage.rates);
    await stage.handle({ sweep: true });
    await stage.drain();
    expect((await profileOf(stage, NORTH))?.facts.reporting.netSpend).toBe(500);
  });

  it('reach the others of a page in which one order can’t be read', async () => {
    const stage = await withForeign();
    await stage.stored(order('nowhere', 1, { currency: 'USD' }));
    await stage.rates.putRates(rates('0.5'));
    await stage.handle({ sweep: true });
    stage.pass(2 * 60_000);
    const failed: ProfilesMessage[] = [];
    for (let next = stage.sent.shift(); next; next = stage.sent.shift())
      if ((await stage.handle(next.message)).batchItemFailures.length > 0) failed.push(next.message);
    expect(failed).toEqual([{ order: 'toy/nowhere/1', left: [], cause: 'backfill' }]);
    expect((await profileOf(stage, NORTH))?.facts.reporting.netSpend).toBe(500);
  });
});

describe('a message of several profiles', () => {
  it('derives the others where one of them can’t be derived, and has that one come again by itself', async () => {
    const stage = openStage({
      wrap: (customers) => ({
        ...customers,
        getContent: (persona) =>
          persona === SOUTH ? Promise.reject(new Error('not what was sealed')) : customers.getContent(persona),
      }),
    });
    await stage.put(order('north', 1, {}));
    stage.pass(400 * DAY_MS);
    const answer = await stage.handle({ personas: [SOUTH, NORTH], cause: 'review' });
    expect(answer.batchItemFailures).toEqual([]);
    expect((await profileOf(stage, NORTH))?.facts.asOf).toBe(stage.now());
    expect(stage.sent.map(({ message }) => message)).toEqual([{ personas: [SOUTH], cause: 'review' }]);
    const again = await stage.handle({ personas: [SOUTH], cause: 'review' });
    expect(again.batchItemFailures).toHaveLength(1);
  });
});

describe('a new lookup key', () => {
  it('has every order hashed anew, and ends with the same customers', async () => {
    const stage = openStage();
    await stage.put(order('north', 1, { phone: PHONE }));
    await stage.put(order('south', 2, { phone: PHONE }));
    await stage.put(order('outlet', 3, { account: 'bea' }));
    await stage.handle({ sweep: true });
    await stage.drain();
    const hashes = async () => {
      const { months } = await stage.customers.getContent(SOUTH);
      return months.flatMap(({ days }) => Object.values(days).flatMap(({ links }) => links.map(({ hash }) => hash)));
    };
    const essence = () => stage.customers.places().map(({ persona, root, members }) => ({ persona, root, members }));
    const [before, places] = [await hashes(), essence()];
    expect((await stage.customers.getPlace(SOUTH))?.root).toBe(NORTH);

    stage.replaceLookupKey();
    // One that comes before the run is hashed by the new key already, and does not meet the old ones.
    await stage.put(order('north', 4, { phone: PHONE }));
    await stage.handle({ sweep: true });
    expect(stage.sent.filter(({ message }) => 'recount' in message)).not.toEqual([]);
    expect(stage.sent.every(({ delaySeconds }) => delaySeconds >= 600)).toBe(true);
    stage.pass(11 * 60_000);
    await stage.drain();
    const after = await hashes();
    expect(after).toHaveLength(before.length);
    for (const hash of after) expect(before).not.toContain(hash);
    expect(essence()).toEqual(places);
    expect((await profileOf(stage, SOUTH))?.facts.orders).toBe(3);

    await stage.handle({ sweep: true });
    expect(stage.sent).toEqual([]);
  });
});

describe('other linking rules', () => {
  it('have all profiles derived anew by them', async () => {
    const stage = openStage();
    await stage.put(order('north', 1, { phone: PHONE }));
    await stage.put(order('south', 2, { phone: PHONE }));
    await stage.handle({ sweep: true });
    await stage.drain();
    expect((await stage.customers.getPlace(SOUTH))?.root).toBe(NORTH);
    const rules = { ...DEFAULT_RULES, personasPerValue: { ...DEFAULT_RULES.personasPerValue, phone: 1 } };
    await stage.linking.putLinking({ version: 2, rules, put: { by: 'test', at: stage.now(), why: 'shared phones' } });
    await stage.handle({ sweep: true });
    stage.pass(3 * 60_000);
    await stage.drain();
    expect((await stage.customers.getPlace(SOUTH))?.root).toBe(SOUTH);
    expect((await profileOf(stage, NORTH))?.facts.orders).toBe(1);
  });
});
