/** Putting work into a lane. */
import { Conflict } from '../runtime/errors.ts';
import type { LaneStore, Party } from './lane.ts';

export interface Request<Detail> {
  readonly party: Party;
  readonly subject: string;
  readonly detail: Detail;
  /** Epoch ms: not to be done earlier. */
  readonly dueAt: number;
}

export interface Asked {
  /** Whether anything had to be written. */
  readonly asked: boolean;
  /** Epoch ms at which the lane is to be woken, where it would not be by then. */
  readonly wakeAt?: number;
}

const ATTEMPTS = 8;

/** However much news there is of work that fails, it is left alone for so long. */
const LEAST_PAUSE_MS = 5_000;

/** While news of a subject keeps coming, it is waited for more, but no longer than this. */
const GATHERING_MS = 5_000;

/**
 * Asks for work; what waits already is joined with the news, so ten requests for a subject are one row. `join` gives undefined
 * where the news adds nothing.
 */
export async function ask<Detail>(
  lanes: Pick<LaneStore<Detail>, 'getWork' | 'putWork'>,
  { party, subject, detail, dueAt }: Request<Detail>,
  join: (known: Detail, news: Detail) => Detail | undefined,
  nowMs: number,
): Promise<Asked> {
  for (let attempt = 1; ; attempt++) {
    const known = await lanes.getWork(party, subject);
    const joined = known ? join(known.detail, detail) : detail;
    if (joined === undefined) return { asked: false };
    const seen = known?.revision ?? 0;
    const askedAt = known?.askedAt ?? nowMs;
    // Work that failed is tried again as soon as there is news of it; work that was not tried yet gathers news for a while.
    const due = !known
      ? dueAt
      : known.attempts > 0
        ? Math.min(known.dueAt, Math.max(dueAt, nowMs + LEAST_PAUSE_MS))
        : gathering(known.dueAt, dueAt, askedAt);
    const work = {
      attempts: 0,
      ...known,
      party,
      subject,
      revision: seen + 1,
      dueAt: due,
      askedAt,
      detail: joined,
      trouble: undefined, // of older news
    };
    try {
      await lanes.putWork(work, seen);
      return { asked: true, ...(due < (known?.dueAt ?? Number.POSITIVE_INFINITY) && { wakeAt: due }) };
    } catch (error) {
      if (!(error instanceof Conflict) || attempt === ATTEMPTS) throw error;
    }
  }
}

const gathering = (knownDueAt: number, dueAt: number, askedAt: number): number =>
  Math.max(knownDueAt, Math.min(dueAt, askedAt + GATHERING_MS));
