/** What another policy would move, before it is put: counts, moves and a sample by id, so that nothing personal is in it. */
import type { Instant } from '../time/instant.ts';
import { tierOf } from './decide.ts';
import type { Subject } from './measures.ts';
import { type Policy, TIERS, type Tier } from './policy.ts';
import type { Held } from './reasons.ts';

export interface PreviewProfile extends Subject {
  readonly id: string;
  /** The tier it is in now. */
  readonly tier?: Held | undefined;
}

export interface Move {
  readonly from: Tier;
  readonly to: Tier;
  readonly count: number;
  /** Ids, the same ones whatever the order of the profiles. */
  readonly sample: readonly string[];
}

export interface Comparison {
  readonly before: Readonly<Record<Tier, number>>;
  readonly after: Readonly<Record<Tier, number>>;
  readonly moved: number;
  /** From the highest tier down; pairs that nobody moves between are left out. */
  readonly moves: readonly Move[];
}

export interface Preview {
  readonly profiles: number;
  /** On the day of the change: tiers that are held by margin or dwell time stay. */
  readonly atOnce: Comparison;
  /** By the rules alone, so where it settles if nobody buys or ages. */
  readonly settled: Comparison;
}

export interface PreviewQuestion {
  readonly before: Policy;
  readonly after: Policy;
  /** Read one by one, so as many as there are; without their timelines, windows are as of each one's `facts.asOf`. */
  readonly profiles: Iterable<PreviewProfile> | AsyncIterable<PreviewProfile>;
  readonly at: Instant;
  readonly sampleSize?: number;
}

export async function preview({ before, after, profiles, at, sampleSize = 10 }: PreviewQuestion): Promise<Preview> {
  const atOnce = new Tally(sampleSize);
  const settled = new Tally(sampleSize);
  let count = 0;
  for await (const { id, facts, predicted, timeline, tier } of profiles) {
    count++;
    const subject = { facts, predicted, timeline, at };
    const [from, to] = [tierOf({ ...subject, policy: before }), tierOf({ ...subject, policy: after })];
    settled.add(id, from, to);
    const held = (policy: Policy) => tierOf({ ...subject, policy, previous: tier });
    if (tier) atOnce.add(id, held(before), held(after));
    else atOnce.add(id, from, to);
  }
  return { profiles: count, atOnce: atOnce.comparison(), settled: settled.comparison() };
}

class Tally {
  readonly #sampleSize: number;
  readonly #before = zeros();
  readonly #after = zeros();
  readonly #moves = new Map<string, { count: number; sample: { readonly id: string; readonly lot: number }[] }>();

  constructor(sampleSize: number) {
    this.#sampleSize = sampleSize;
  }

  add(id: string, from: Tier, to: Tier): void {
    this.#before[from]++;
    this.#after[to]++;
    if (from === to) return;
    const key = `${from} ${to}`;
    const move = this.#moves.get(key) ?? { count: 0, sample: [] };
    this.#moves.set(key, move);
    move.count++;
    const drawn = { id, lot: lotOf(id) };
    const last = move.sample.at(-1);
    if (move.sample.length < this.#sampleSize || (last && compare(drawn, last) < 0)) {
      move.sample = [...move.sample, drawn].sort(compare).slice(0, this.#sampleSize);
    }
  }

  comparison(): Comparison {
    const moves = TIERS.flatMap((from) =>
      TIERS.flatMap((to): Move[] => {
        const move = this.#moves.get(`${from} ${to}`);
        return move ? [{ from, to, count: move.count, sample: move.sample.map(({ id }) => id) }] : [];
      }),
    );
    const moved = moves.reduce((sum, { count }) => sum + count, 0);
    return { before: this.#before, after: this.#after, moved, moves };
  }
}

const zeros = (): Record<Tier, number> => ({ high_value: 0, growth: 0, stable: 0, base: 0 });

interface Lot {
  readonly id: string;
  readonly lot: number;
}

const compare = (a: Lot, b: Lot): number => a.lot - b.lot || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** FNV-1a: ids that were given in sequence are drawn as by chance, and each time the same. */
function lotOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index++) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
