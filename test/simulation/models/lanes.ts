/** Lanes in memory, as `shared/lanes/store.ts` keeps them. */
import type { LaneState, LaneStore, LaneUpkeep, Party, Work } from '../../../shared/lanes/lane.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';

export interface MemoryLanes<Detail> extends LaneStore<Detail>, LaneUpkeep {
  /** All work there is, in all lanes. */
  waiting(): Work<Detail>[];
}

export function memoryLanes<Detail>(): MemoryLanes<Detail> {
  // As JSON, so that nobody holds on to what is stored.
  const works = new Map<string, string>();
  const lanes = new Map<Party, string>();
  // The casts: only this file writes what it reads.
  const readWork = (json: string) => JSON.parse(json) as Work<Detail>;
  const readLane = (json: string) => JSON.parse(json) as LaneState;
  const workKey = (party: Party, subject: string) => `${party}#${subject}`;
  const workAt = (party: Party, subject: string) => {
    const json = works.get(workKey(party, subject));
    return json === undefined ? undefined : readWork(json);
  };
  const laneAt = (party: Party) => {
    const json = lanes.get(party);
    return json === undefined ? undefined : readLane(json);
  };
  const expect = (stored: { readonly revision: number } | undefined, seen: number) => {
    if ((stored?.revision ?? 0) !== seen) throw new Conflict('lane_changed', 'The lane or its work moved on.');
  };
  return {
    waiting: () => [...works.values()].map(readWork),
    getWork: async (party, subject) => workAt(party, subject),
    async putWork(work, seen) {
      expect(workAt(work.party, work.subject), seen);
      works.set(workKey(work.party, work.subject), JSON.stringify(work));
    },
    async removeWork({ party, subject, revision }) {
      expect(workAt(party, subject), revision);
      works.delete(workKey(party, subject));
    },
    async listDue(party, dueBy, limit) {
      return [...works.values()]
        .map(readWork)
        .filter((work) => work.party === party && work.dueAt <= dueBy)
        .sort((a, b) => a.dueAt - b.dueAt)
        .slice(0, limit);
    },
    getLane: async (party) => laneAt(party),
    async putLane(state, seen) {
      expect(laneAt(state.party), seen);
      lanes.set(state.party, JSON.stringify(state));
    },
    async countWork(party, most) {
      return Math.min(most, [...works.values()].map(readWork).filter((work) => work.party === party).length);
    },
    async removeLane(party) {
      lanes.delete(party);
    },
    async listLanes() {
      return [...lanes.values()].map(readLane).sort((a, b) => (a.party < b.party ? -1 : 1));
    },
  };
}
