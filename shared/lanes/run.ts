/**
 * What a holder of a lane does: take the lease, do what is due, give it back, have itself woken for what comes next. A
 * holder that dies leaves a lease that ends by itself, and rows that are still there.
 *
 * Who comes while the lane is held leaves a nudge: giving back fails on it, and the holder looks once more. So work that was
 * put before its wake message is never left lying until the sweep.
 */
import pMap from 'p-map';
import type { WakeMessage } from '../queues/messages.ts';
import type { Queue } from '../queues/queue.ts';
import type { Clock } from '../runtime/clock.ts';
import { Conflict } from '../runtime/errors.ts';
import { backoffMs } from './backoff.ts';
import { idleLane, type LaneHealth, type LaneState, type LaneStore, type Party, type Work } from './lane.ts';
import { type Limits, Pace } from './pace.ts';

/** How a piece of work ended. */
export type Outcome<Detail> =
  /** `covers`: whether that also does for what was asked meanwhile. */
  | { readonly kind: 'done'; readonly covers: (detail: Detail) => boolean }
  /** It is at rest elsewhere (quarantine): the row goes, unless more was asked for meanwhile. */
  | { readonly kind: 'dead'; readonly code: string }
  /** No call could be made any more in this holding: it stays as it is. */
  | { readonly kind: 'unbegun' }
  /** Not yet, for a reason of its own. */
  | { readonly kind: 'later'; readonly at: number; readonly code: string }
  /** It is at rest elsewhere and the party was not asked: the row goes, and nothing is learnt of the party. */
  | { readonly kind: 'moved' }
  /**
   * The party did not answer as it should; whether it is the party or this piece of work is seen from the others. `at`: when
   * it is tried again (epoch ms), where the errand knows better than the usual back-off; `never`: it is at rest elsewhere.
   * `tooMuch`: because it was called too often, so the whole lane waits.
   */
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly retryAfterMs?: number;
      readonly at?: number | 'never';
      readonly tooMuch?: true;
    }
  /** The party answers nobody: the whole lane waits. `tooMuch`: because it was called too often. */
  | { readonly kind: 'party_down'; readonly code: string; readonly tooMuch?: true; readonly retryAfterMs?: number };

/** What is done while the lease is held: opened once, for all the work that is due. */
export interface Errand<Detail> {
  perform(work: Work<Detail>): Promise<Outcome<Detail>>;
  /** What operators should see of the party, besides success and failure. */
  health?(): Omit<LaneHealth, 'lastSuccessAt' | 'lastFailure'>;
}

export interface Opening {
  /** Waits until the party's rate allows one more call; throws NotNow where that is not in this holding. */
  readonly pace: () => Promise<void>;
  /** Epoch ms at which nothing may be under way any more. */
  readonly deadline: number;
  /** As the last holder left it. */
  readonly health: LaneHealth;
}

export interface Runner<Detail> {
  readonly lanes: LaneStore<Detail>;
  readonly wakes: Queue<WakeMessage>;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  readonly random: () => number;
  readonly newHolder: () => string;
}

/** The lane was closed meanwhile, or the rate allows no more calls in the time that is left. */
export class NotNow extends Error {
  override readonly name = 'NotNow';
}

/** A party, and what is done for it. */
export interface LaneTask<Detail> {
  readonly party: Party;
  readonly limits: Limits & { readonly atOnce: number };
  open(opening: Opening): Promise<Errand<Detail>>;
}

/** No new work is begun after this; what is under way has the rest of the lease, which outlives the function. */
const WORKING_MS = 35_000;
const DEADLINE_MS = 50_000;
const LEASE_MS = 75_000;
/** SQS delays no longer; what is due later is found by the sweep. */
const LONGEST_DELAY_S = 900;
/** So many failures in a row, of different pieces of work, are the party's. One that always fails is its own. */
const DOUBTS = 3;
/** Whatever a party says, it is asked again after a day. */
const LONGEST_CLOSED_MS = 24 * 60 * 60_000;
const ATTEMPTS = 10;

export async function runLane<Detail>(
  task: LaneTask<Detail>,
  runner: Runner<Detail>,
): Promise<'ran' | 'held' | 'waiting' | 'lost'> {
  const { lanes, clock } = runner;
  const taken = await take(task.party, runner);
  if (typeof taken === 'string') return taken;
  const startedMs = clock().getTime();
  const run = new Run(task, runner, taken, startedMs);
  for (;;) {
    await run.work().catch(async (error: unknown) => {
      // Given back at once, so that the next try need not wait until the lease ends; if that fails too, it will.
      await lanes.putLane(run.released(undefined), run.held.revision).catch(() => undefined);
      throw error;
    });
    const next = await run.next();
    try {
      const released = run.released(next?.dueAt);
      await lanes.putLane(released, run.held.revision);
      if (next) await run.wake(released);
      return 'ran';
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      const now = await lanes.getLane(task.party);
      if (!now || now.holder?.id !== taken.holder?.id) return 'lost';
      run.nudged(now);
    }
  }
}

/** The lane as taken, or why not. */
async function take<Detail>(party: Party, runner: Runner<Detail>): Promise<LaneState | 'held' | 'waiting'> {
  const { lanes, clock, newHolder } = runner;
  for (let attempt = 1; ; attempt++) {
    const nowMs = clock().getTime();
    const known = await lanes.getLane(party);
    const state = known ?? idleLane(party);
    const isHeld = state.holder !== undefined && state.holder.until > nowMs;
    if (isHeld && state.nudged) return 'held';
    if (!isHeld && state.notBefore > nowMs && isWokenLater(state, nowMs)) return 'waiting';
    const { wakeAt, reopened: _, ...rest } = state;
    const next: LaneState = isHeld
      ? { ...state, revision: state.revision + 1, nudged: true }
      : {
          ...rest,
          ...(wakeAt !== undefined && wakeAt > nowMs && { wakeAt }),
          revision: state.revision + 1,
          nudged: false,
          holder: { id: newHolder(), until: nowMs + LEASE_MS },
        };
    try {
      await lanes.putLane(next, known?.revision ?? 0);
      return isHeld ? 'held' : next;
    } catch (error) {
      if (!(error instanceof Conflict) || attempt === ATTEMPTS) throw error;
    }
  }
}

/** A wake message is under way, or the time is so far off that only the sweep can find it. */
const isWokenLater = ({ wakeAt = 0, notBefore }: LaneState, nowMs: number): boolean =>
  wakeAt > nowMs || notBefore - nowMs > LONGEST_DELAY_S * 1000;

/** One holding of the lease. */
class Run<Detail> {
  held: LaneState;
  readonly #task: LaneTask<Detail>;
  readonly #runner: Runner<Detail>;
  readonly #startedMs: number;
  readonly #pace: Pace;
  #errand: Errand<Detail> | undefined;
  #notBefore: number;
  /** No call can be made any more in this holding. */
  #isOver = false;
  /** Nothing is asked of the party: its work only goes elsewhere. */
  #isQuiet = false;
  #failures: number;
  #failedSubjects: readonly string[];
  #health: LaneHealth;

  constructor(task: LaneTask<Detail>, runner: Runner<Detail>, held: LaneState, startedMs: number) {
    this.held = held;
    this.#task = task;
    this.#runner = runner;
    this.#startedMs = startedMs;
    this.#pace = new Pace(task.limits, held.allowance, startedMs);
    this.#notBefore = held.notBefore;
    this.#failures = held.failures;
    this.#failedSubjects = held.failedSubjects ?? [];
    this.#health = held.health;
  }

  /** All that is due, as long as there is time and the party answers. */
  async work(): Promise<void> {
    const { lanes } = this.#runner;
    const { party, limits } = this.#task;
    while (this.#mayBegin()) {
      // Who was down is asked one thing first, not many at once.
      const isDoubted = this.#failures >= DOUBTS && !this.#isQuiet;
      const due = await lanes.listDue(party, this.#nowMs(), isDoubted ? 1 : 4 * limits.atOnce);
      if (due.length === 0) return;
      this.#errand ??= await this.#task.open({
        pace: () => this.#wait(),
        deadline: this.#startedMs + DEADLINE_MS,
        health: this.#health,
      });
      const errand = this.#errand;
      await pMap(
        due,
        async (work) => {
          if (this.#mayBegin()) await this.#settle(work, await errand.perform(work));
        },
        // At a low pace the calls of one piece of work take long: many at once would share them, and none be done in time.
        { concurrency: Math.max(1, Math.floor(limits.atOnce * this.#pace.share)), stopOnError: false },
      );
    }
  }

  next = async (): Promise<Work<Detail> | undefined> =>
    (await this.#runner.lanes.listDue(this.#task.party, Number.MAX_SAFE_INTEGER, 1))[0];

  nudged(state: LaneState): void {
    this.held = state;
    if (!state.reopened) return;
    this.#errand = undefined;
    this.#health = { ...this.#health, failingSince: undefined };
    this.#isOver = false;
    this.#notBefore = 0;
    this.#succeeded();
  }

  released(nextDueAt: number | undefined): LaneState {
    const { holder: _, wakeAt: known, reopened: __, failedSubjects: ___, ...rest } = this.held;
    const nowMs = this.#nowMs();
    const wakeAt = nextDueAt === undefined ? undefined : Math.max(nowMs, nextDueAt, this.#notBefore);
    const pending = known !== undefined && known > nowMs && wakeAt !== undefined && known <= wakeAt;
    const reachable = wakeAt !== undefined && wakeAt - nowMs <= LONGEST_DELAY_S * 1000;
    return {
      ...rest,
      revision: this.held.revision + 1,
      nudged: false,
      notBefore: this.#notBefore,
      failures: this.#failures,
      ...(this.#failedSubjects.length > 0 && { failedSubjects: this.#failedSubjects }),
      allowance: this.#pace.allowance,
      health: { ...this.#health, ...this.#errand?.health?.() },
      ...(pending ? { wakeAt: known } : reachable && { wakeAt }),
    };
  }

  /** The message that was promised with the lease, unless one under way will do. */
  async wake({ party, wakeAt }: LaneState): Promise<void> {
    if (wakeAt === undefined || wakeAt === this.held.wakeAt) return;
    const delaySeconds = Math.min(LONGEST_DELAY_S, Math.max(0, Math.ceil((wakeAt - this.#nowMs()) / 1000)));
    await this.#runner.wakes.send({ wake: party }, { delaySeconds });
  }

  #nowMs = (): number => this.#runner.clock().getTime();

  #mayBegin = (): boolean =>
    !this.#isOver && this.#nowMs() < this.#startedMs + WORKING_MS && this.#notBefore <= this.#nowMs();

  async #wait(): Promise<void> {
    const nowMs = this.#nowMs();
    const waitMs = this.#notBefore > nowMs ? undefined : this.#pace.take(nowMs, this.#startedMs + WORKING_MS - nowMs);
    if (waitMs === undefined) throw new NotNow();
    if (waitMs > 0) await this.#runner.sleep(waitMs);
    // It may have said meanwhile, to another call, that it was too much.
    if (this.#notBefore > this.#nowMs()) throw new NotNow();
  }

  async #settle(work: Work<Detail>, outcome: Outcome<Detail>): Promise<void> {
    const nowMs = this.#nowMs();
    switch (outcome.kind) {
      case 'done':
        this.#succeeded();
        this.#health = { ...this.#health, lastSuccessAt: nowMs };
        this.#pace.wentWell();
        return this.#remove(work, outcome.covers);
      case 'dead':
        // It answered, if only to say no.
        this.#succeeded();
        this.#note(outcome.code);
        return this.#remove(work, (_detail, revision) => revision === work.revision);
      case 'moved':
        this.#isQuiet = true;
        return this.#remove(work, (_detail, revision) => revision === work.revision);
      case 'unbegun':
        this.#isOver = true;
        return;
      case 'later':
        this.#succeeded();
        return this.#postpone(work, outcome.code, outcome.at);
      case 'failed': {
        this.#note(outcome.code);
        const { at, retryAfterMs, tooMuch = false } = outcome;
        // Calls that were under way together when the lane was closed say it together, and it counts once.
        if (this.#notBefore <= nowMs) {
          if (tooMuch) this.#pace.tooMuch();
          this.#doubt(work.subject);
        }
        if (this.#failures >= DOUBTS || retryAfterMs !== undefined || tooMuch)
          this.#close(Math.max(0, this.#failures - DOUBTS), retryAfterMs);
        if (at === 'never') return this.#remove(work, (_detail, revision) => revision === work.revision);
        return this.#postpone(work, outcome.code, at ?? nowMs + backoffMs(work.attempts, this.#runner.random));
      }
      case 'party_down':
        this.#note(outcome.code);
        // Calls that were under way together say it together, and it counts once.
        if (this.#notBefore > nowMs) return;
        if (outcome.tooMuch) this.#pace.tooMuch();
        this.#close(this.#failures++, outcome.retryAfterMs);
    }
  }

  #succeeded(): void {
    this.#failures = 0;
    this.#failedSubjects = [];
  }

  /** Of one that fails again and again only the first failure counts, until the party itself is in doubt. */
  #doubt(subject: string): void {
    const isNew = !this.#failedSubjects.includes(subject);
    if (isNew) this.#failedSubjects = [...this.#failedSubjects, subject].slice(-DOUBTS);
    if (isNew || this.#failures >= DOUBTS) this.#failures++;
  }

  #note(code: string): void {
    this.#health = { ...this.#health, lastFailure: { at: this.#nowMs(), code } };
  }

  #close(failures: number, retryAfterMs = 0): void {
    const waitMs = Math.max(Math.min(retryAfterMs, LONGEST_CLOSED_MS), backoffMs(failures, this.#runner.random));
    this.#notBefore = Math.max(this.#notBefore, this.#nowMs() + waitMs);
  }

  /** Unless more was asked for meanwhile than what came covers: then it stays, due as it is. */
  async #remove(work: Work<Detail>, covers: (detail: Detail, revision: number) => boolean): Promise<void> {
    await this.#onceMore(work, async (current) => {
      if (covers(current.detail, current.revision)) await this.#runner.lanes.removeWork(current);
    });
  }

  async #postpone(work: Work<Detail>, code: string, at: number): Promise<void> {
    const nowMs = this.#nowMs();
    await this.#onceMore(work, (current) =>
      this.#runner.lanes.putWork(
        {
          ...current,
          revision: current.revision + 1,
          attempts: current.attempts + 1,
          dueAt: at,
          trouble: current.trouble?.code === code ? current.trouble : { code, since: nowMs },
          triedAt: current.triedAt ?? nowMs,
        },
        current.revision,
      ),
    );
  }

  /** `act` on the row as it is now, if it is still there. */
  async #onceMore(seen: Work<Detail>, act: (current: Work<Detail>) => Promise<void>): Promise<void> {
    let current: Work<Detail> | undefined = seen;
    for (let attempt = 1; current; attempt++) {
      try {
        return await act(current);
      } catch (error) {
        if (!(error instanceof Conflict) || attempt === ATTEMPTS) throw error;
        current = await this.#runner.lanes.getWork(seen.party, seen.subject);
      }
    }
  }
}
