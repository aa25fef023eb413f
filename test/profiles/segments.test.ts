/** Membership where profiles are derived: found with each change, at its review, and by filling when a segment is put. */
import { describe, expect, it } from 'vitest';
import type { PersonaId } from '../../shared/identity/persona.ts';
import { markCustomer } from '../../shared/profiles/mark-customer.ts';
import { readProfile } from '../../shared/profiles/unified.ts';
import { eventsBetween } from '../../shared/publish/events.ts';
import type { ProfilesMessage } from '../../shared/queues/messages.ts';
import type { Condition } from '../../shared/segments/condition.ts';
import { fillOf } from '../../shared/segments/fill.ts';
import { type Instant, instant } from '../../shared/time/instant.ts';
import { toyOrder } from '../simulation/toy-orders.ts';
import { openStage, START_MS, type Stage } from './stage.ts';

const DAY_MS = 24 * 60 * 60_000;
const daysAgo = (days: number): Instant => instant(START_MS - days * DAY_MS);
// The cast is the constructor of the brand.
const ANNE = 'toy/north/anne' as PersonaId;

const order = (number: number, version: Partial<Parameters<typeof toyOrder>[1][number]> = {}, shop = 'north') =>
  toyOrder({ shop, number }, [{ paidAt: daysAgo(3), total: 1_000, account: 'anne', ...version }]);

async function put(stage: Stage, id: string, when: Condition, isArchived = false) {
  const { revision, segments } = await stage.segments.listSegments();
  const version = (segments.find((segment) => segment.id === id)?.version ?? 0) + 1;
  const segment = {
    id,
    name: id,
    when,
    version,
    revision: revision + 1,
    isArchived,
    by: 'a marketer',
    at: stage.now(),
  };
  await stage.segments.putSegment(segment);
  return segment;
}

const segmentsOf = async ({ customers }: Stage, persona: PersonaId) =>
  (await customers.getPlace(persona))?.profile?.segments?.map(({ id }) => id) ?? [];

/** As the clock goes: whatever is due is swept, as the schedule does. */
async function passDays(stage: Stage, days: number): Promise<void> {
  stage.pass(days * DAY_MS);
  await stage.handle({ sweep: true });
  await stage.drain();
}

describe('membership', () => {
  it('follows orders at once and time at its instant, and remembers since when', async () => {
    const stage = openStage();
    await put(stage, 'recent', { field: 'orders', withinDays: 30, atLeast: 1 });
    await put(stage, 'sleeping', { field: 'lastPaidAt', atLeastDaysAgo: 60 });
    await put(stage, 'either', { any: [{ segment: 'recent' }, { segment: 'sleeping' }] });
    await stage.put(order(1));
    const place = await stage.customers.getPlace(ANNE);
    expect(place?.profile?.segments).toEqual([
      { id: 'either', version: 1, since: stage.now(), because: expect.any(Array) },
      { id: 'recent', version: 1, since: stage.now(), because: [{ at: '', value: 1 }] },
    ]);
    expect(place?.lookAt).toBe(instant(START_MS + 27 * DAY_MS));
    const entered = stage.now();
    await passDays(stage, 27);
    expect(await segmentsOf(stage, ANNE)).toEqual([]);
    await passDays(stage, 29);
    expect(await segmentsOf(stage, ANNE)).toEqual([]);
    await passDays(stage, 1);
    expect(await segmentsOf(stage, ANNE)).toEqual(['either', 'sleeping']);
    const asleep = stage.now();
    await stage.put(order(2, { paidAt: stage.now() }));
    const now = (await stage.customers.getPlace(ANNE))?.profile?.segments;
    expect(now?.map(({ id, since }) => `${id} ${since}`)).toEqual([`either ${asleep}`, `recent ${stage.now()}`]);
    expect(asleep > entered).toBe(true);
    expect(await readProfile(ANNE, stage.customers)).toMatchObject({ segments: [{ id: 'either' }, { id: 'recent' }] });
  });

  it('fills a segment that is put, and says that it is complete only when all are found', async () => {
    const stage = openStage();
    for (let number = 1; number <= 60; number++) await stage.put(order(number, { account: `buyer ${number}` }));
    await stage.handle({ sweep: true });
    await stage.drain();
    const known = await stage.derivations.getDerivation();
    const segment = await put(stage, 'all', { field: 'orders', atLeast: 1 });
    const fill = async () => {
      const derivation = await stage.derivations.getDerivation();
      const progress = derivation?.run === undefined ? [] : await stage.derivations.listProgress(derivation.run);
      return fillOf(segment, derivation, progress);
    };
    expect(fillOf(segment, known, [])).toEqual({ state: 'waiting' });
    await stage.handle({ sweep: true });
    // Every cache of the segments has expired before the first is looked at.
    expect(new Set(stage.sent.map(({ delaySeconds }) => delaySeconds))).toEqual(new Set([20]));
    expect(await fill()).toMatchObject({ state: 'filling', profilesSeen: 0, partsDone: 0 });
    stage.pass(20_000);
    // The pages first, then all groups but one, and that one in the end.
    const messages: (typeof stage.sent)[number]['message'][] = [];
    for (let next = stage.sent.shift(); next; next = stage.sent.shift())
      if ('personas' in next.message) messages.push(next.message);
      else await stage.handle(next.message);
    expect(await fill()).toMatchObject({ state: 'filling', profilesSeen: 60, partsDone: 16 });
    const [last, ...others] = messages;
    await stage.handle(...others, ...others);
    expect(await fill()).toMatchObject({ state: 'filling' });
    await stage.handle(...(last ? [last] : []));
    expect(await fill()).toEqual({ state: 'current', finishedAt: stage.now() });
    const found = stage.customers.places().filter(({ profile }) => profile?.segments?.length === 1);
    expect(found).toHaveLength(60);
    expect(new Set(found.map(({ cause }) => cause))).toEqual(new Set(['policy']));

    const archived = await put(stage, 'all', { field: 'orders', atLeast: 1 }, true);
    await stage.handle({ sweep: true });
    stage.pass(20_000);
    await stage.drain();
    expect(fillOf(archived, await stage.derivations.getDerivation(), [])).toMatchObject({ state: 'archived' });
    expect(stage.customers.places().every(({ profile }) => profile?.segments === undefined)).toBe(true);
  });

  it('put while another put is being swept is filled all the same', async () => {
    const stage = openStage();
    await stage.put(order(1));
    await stage.handle({ sweep: true });
    await stage.drain();
    await put(stage, 'first', { field: 'orders', atLeast: 1 });
    // The sweep of the first has read the segments, and is overtaken by all of the second's.
    const putDerivation = stage.derivations.putDerivation;
    let isOvertaken = false;
    Object.assign(stage.dependencies.derivations, {
      putDerivation: async (derivation: Parameters<typeof putDerivation>[0]) => {
        if (!isOvertaken) {
          isOvertaken = true;
          await put(stage, 'second', { field: 'orders', atLeast: 1 });
          await putDerivation(derivation);
        }
        return putDerivation(derivation);
      },
    });
    await stage.handle({ sweep: true });
    stage.pass(20_000);
    await stage.drain();
    expect(await segmentsOf(stage, ANNE)).toEqual(['first', 'second']);
    expect((await stage.derivations.getDerivation())?.finished?.segments).toBe(2);
  });

  it('that one profile keeps from its end tells so, until it is derived', async () => {
    const stage = openStage();
    for (let number = 1; number <= 5; number++) await stage.put(order(number, { account: `buyer ${number}` }));
    await stage.handle({ sweep: true });
    await stage.drain();
    const segment = await put(stage, 'all', { field: 'orders', atLeast: 1 });
    await stage.handle({ sweep: true });
    stage.pass(20_000);
    const getPlace = stage.customers.getPlace;
    let isBroken = true;
    Object.assign(stage.dependencies.customers, {
      getPlace: (persona: PersonaId) =>
        isBroken && persona === 'toy/north/buyer 3'
          ? Promise.reject(new Error('nobody can read it'))
          : getPlace(persona),
    });
    const failed: ProfilesMessage[] = [];
    for (let next = stage.sent.shift(); next; next = stage.sent.shift()) {
      const { batchItemFailures } = await stage.handle(next.message);
      if (batchItemFailures.length > 0) failed.push(next.message);
    }
    const derivation = await stage.derivations.getDerivation();
    expect(fillOf(segment, derivation, []).state).toBe('filling');
    isBroken = false;
    // Out of the dead letters.
    await stage.handle(...failed);
    await stage.drain();
    expect(fillOf(segment, await stage.derivations.getDerivation(), []).state).toBe('current');
  });

  it('is left by who is absorbed, and got back, since when it was, by who parts again', async () => {
    const stage = openStage();
    await put(stage, 'all', { field: 'orders', atLeast: 1 });
    const email = 'anne@example.com';
    const lists: string[][] = [];
    const places = stage.customers.putPlaces;
    Object.assign(stage.dependencies.customers, {
      putPlaces: async (writes: Parameters<typeof places>[0]) => {
        const before = await Promise.all(writes.map(({ place }) => stage.customers.getPlace(place.persona)));
        await places(writes);
        lists.push(
          writes.flatMap(({ place }, index) =>
            eventsBetween(before[index], place).flatMap((event) =>
              'segment' in event ? [`${event.type} ${event.subject}`] : [],
            ),
          ),
        );
      },
    });
    await stage.put(order(1, { email }));
    stage.pass(1_000);
    const second = order(2, { account: 'other', email: 'other@example.com' }, 'south');
    await stage.put(second);
    const since = stage.now();
    stage.pass(1_000);
    await stage.put(order(3, { account: 'other', email }, 'south'));
    expect((await stage.customers.getPlace('toy/south/other' as PersonaId))?.root).toBe(ANNE);
    stage.pass(1_000);
    // It was not hers: the email leaves.
    await stage.put(order(3, { account: 'other', email: 'other@example.com' }, 'south'));
    await stage.drain();
    expect(lists.flat()).toEqual([
      `segment.entered ${ANNE}`,
      'segment.entered toy/south/other',
      'segment.exited toy/south/other',
      'segment.entered toy/south/other',
    ]);
    const back = await stage.customers.getPlace('toy/south/other' as PersonaId);
    expect(back?.profile?.segments?.[0]?.since).toBe(since);
  });

  it('looks at tags and consents, which stay with the persona that they were said of', async () => {
    const stage = openStage();
    await put(stage, 'reachable', {
      all: [
        { field: 'consents', includes: 'push' },
        { field: 'tags', includes: '老客户' },
      ],
    });
    await stage.put(order(1));
    const { customers, clock } = stage.dependencies;
    const dependencies = { customers, clock, queue: stage.dependencies.queue };
    const push = { kind: 'consent', name: 'push', on: true } as const;
    await markCustomer(ANNE, [push, { kind: 'tag', name: '老客户', on: true }], 'the app', dependencies);
    await stage.drain();
    expect(await segmentsOf(stage, ANNE)).toEqual(['reachable']);
    expect(await readProfile(ANNE, stage.customers)).toMatchObject({
      tags: ['老客户'],
      consent: { push: { given: true, at: stage.now() } },
    });
    stage.pass(1_000);
    await markCustomer(ANNE, [{ ...push, on: false }], 'the app', dependencies);
    await stage.drain();
    expect(await segmentsOf(stage, ANNE)).toEqual([]);
    await expect(markCustomer('toy/north/nobody' as PersonaId, [push], 'the app', dependencies)).rejects.toMatchObject({
      code: 'profile_not_found',
    });
  });

  it('of newer segments than a function knows is left to them: it reads anew', async () => {
    const stage = openStage();
    await stage.put(order(1));
    await stage.handle({ sweep: true });
    await stage.drain();
    await put(stage, 'all', { field: 'orders', atLeast: 1 });
    const place = await stage.customers.getPlace(ANNE);
    if (!place?.profile) throw new Error('no profile');
    // Another instance was first.
    const write = { ...place, revision: place.revision + 1, profile: { ...place.profile, segmentsRevision: 1 } };
    await stage.customers.putPlaces([{ place: write, seenRevision: place.revision }]);
    await stage.put(order(2));
    expect(await segmentsOf(stage, ANNE)).toEqual(['all']);
  });
});
