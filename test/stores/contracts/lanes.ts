/** What every store of lanes does. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { FetchDetail } from '../../../shared/hydration/fetch-detail.ts';
import { hydrationParty, idleLane, type LaneStore, type LaneUpkeep, type Work } from '../../../shared/lanes/lane.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';
import { newEnvelopeId, unique } from './samples.ts';

export function laneStoreContract(name: string, make: () => Promise<LaneStore<FetchDetail> & LaneUpkeep>): void {
  describe(`lanes: ${name}`, () => {
    let store: LaneStore<FetchDetail> & LaneUpkeep;
    beforeAll(async () => {
      store = await make();
    });

    const newParty = () => hydrationParty(`shop_${unique()}`);
    const newWork = (changes: Partial<Work<FetchDetail>> = {}): Work<FetchDetail> => ({
      party: newParty(),
      subject: 'order/6496679971677798670',
      revision: 1,
      dueAt: 1_790_000_000_000,
      askedAt: 1_789_999_999_000,
      attempts: 0,
      detail: {
        heard: { source: 1_789_999_998_000, settledAt: 0 },
        envelope: newEnvelopeId(),
        object: 'raw/channel=douyin/date=2026-11-24/hour=09/a.ndjson.gz',
        receivedAt: '2026-11-24T09:00:00.000Z',
      },
      ...changes,
    });

    it('gives back work; writes and removes only what was seen', async () => {
      const work = newWork();
      expect(await store.getWork(work.party, work.subject)).toBeUndefined();
      await store.putWork(work, 0);
      expect(await store.getWork(work.party, work.subject)).toEqual(work);
      await expect(store.putWork(work, 0)).rejects.toThrow(Conflict);
      const next = { ...work, revision: 2, attempts: 1, dueAt: work.dueAt + 1 };
      await store.putWork(next, 1);
      await expect(store.removeWork(work)).rejects.toThrow(Conflict);
      await expect(store.putWork({ ...next, revision: 3 }, 1)).rejects.toThrow(Conflict);
      await store.removeWork(next);
      expect(await store.getWork(work.party, work.subject)).toBeUndefined();
      await expect(store.removeWork(next)).rejects.toThrow(Conflict);
      await store.putWork(work, 0);
    });

    it('lists what is due of one party, the longest due first', async () => {
      const party = newParty();
      const works = [30, 10, 20].map((dueAt) => newWork({ party, subject: `order/${dueAt}`, dueAt }));
      for (const work of [...works, newWork({ dueAt: 5 })]) await store.putWork(work, 0);
      const due = async (by: number, limit = 10) => (await store.listDue(party, by, limit)).map((work) => work.dueAt);
      expect(await due(9)).toEqual([]);
      expect(await due(20)).toEqual([10, 20]);
      expect(await due(Number.MAX_SAFE_INTEGER, 2)).toEqual([10, 20]);
      const moved = { ...newWork({ party, subject: 'order/10', dueAt: 40 }), revision: 2 };
      await store.putWork(moved, 1);
      expect(await due(100)).toEqual([20, 30, 40]);
    });

    it('keeps the state of a lane under its revision', async () => {
      const party = newParty();
      expect(await store.getLane(party)).toBeUndefined();
      const held = { ...idleLane(party), revision: 1, holder: { id: 'a', until: 1_790_000_000_000 } };
      await store.putLane(held, 0);
      expect(await store.getLane(party)).toEqual(held);
      await expect(store.putLane({ ...held, holder: { id: 'b', until: 1 } }, 0)).rejects.toThrow(Conflict);
      const free = {
        ...idleLane(party),
        revision: 2,
        notBefore: 1_790_000_000_001,
        failures: 3,
        allowance: { calls: -1.5, at: 1_790_000_000_000, share: 0.25 },
        wakeAt: 1_790_000_000_002,
        health: { lastSuccessAt: 1, lastFailure: { at: 2, code: 'http_503' }, failingSince: 1, tokensExpireAt: 3 },
      };
      await store.putLane(free, 1);
      expect(await store.getLane(party)).toEqual(free);
      expect(await store.listLanes()).toContainEqual(free);
    });

    it('counts the work of one party, no further than asked', async () => {
      const party = newParty();
      expect(await store.countWork(party, 10)).toBe(0);
      for (const number of [1, 2, 3]) await store.putWork(newWork({ party, subject: `order/${number}` }), 0);
      await store.putWork(newWork(), 0);
      expect(await store.countWork(party, 10)).toBe(3);
      expect(await store.countWork(party, 2)).toBe(2);
    });

    it('forgets the state of a lane, not its work: who holds it has lost it', async () => {
      const work = newWork();
      const { party } = work;
      await store.putWork(work, 0);
      await store.putLane({ ...idleLane(party), revision: 1 }, 0);
      await store.removeLane(party);
      await store.removeLane(party);
      expect(await store.getLane(party)).toBeUndefined();
      await expect(store.putLane({ ...idleLane(party), revision: 2 }, 1)).rejects.toThrow(Conflict);
      expect(await store.countWork(party, 10)).toBe(1);
    });
  });
}
