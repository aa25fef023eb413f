/**
 * What people decide about links. Decisions are only ever added (they are the history), and what stands is a function of
 * the set of them: an `unlink` or `accept` stands until a `withdraw` names it. So taking one back gives what was before.
 */
import type { Instant } from '../time/instant.ts';
import type { PersonaId } from './persona.ts';

interface Made {
  readonly id: string;
  readonly at: Instant;
  readonly by: string;
  readonly reason: string;
}

/** "Not the same customer": lasts between these two sides, whatever later orders say. Also a suggestion refused. */
export interface Cut extends Made {
  readonly kind: 'unlink';
  /** The side that was taken off: where a persona could go to either side, it goes to the other one. */
  readonly off: readonly PersonaId[];
  readonly kept: readonly PersonaId[];
}

/** "The same customer", where the rules would not say so: a suggestion accepted. A cut between them is stronger. */
export interface Acceptance extends Made {
  readonly kind: 'accept';
  readonly between: readonly [PersonaId, PersonaId];
}

/** Takes back an earlier decision (`relink` is the withdrawal of a cut). */
export interface Withdrawal extends Made {
  readonly kind: 'withdraw';
  readonly of: string;
}

export type Decision = Cut | Acceptance | Withdrawal;

export interface Standing {
  readonly cuts: readonly Cut[];
  readonly acceptances: readonly Acceptance[];
}

/** The decisions in force, sorted by time, then id. */
export function standing(decisions: Iterable<Decision>): Standing {
  const byId = new Map<string, Decision>();
  for (const decision of decisions) byId.set(decision.id, decision);
  const all = [...byId.values()].sort((a, b) => (`${a.at} ${a.id}` < `${b.at} ${b.id}` ? -1 : 1));
  const withdrawn = new Set(all.flatMap((decision) => (decision.kind === 'withdraw' ? [decision.of] : [])));
  const left = all.filter(({ id }) => !withdrawn.has(id));
  return {
    cuts: left.filter((decision) => decision.kind === 'unlink'),
    acceptances: left.filter((decision) => decision.kind === 'accept'),
  };
}

/** Whether two groups of personas lie on the two sides of a cut. */
export function isCut(cuts: readonly Cut[], a: ReadonlySet<PersonaId>, b: ReadonlySet<PersonaId>): boolean {
  const meets = (side: readonly PersonaId[], group: ReadonlySet<PersonaId>) =>
    side.some((persona) => group.has(persona));
  return cuts.some(({ off, kept }) => (meets(off, a) && meets(kept, b)) || (meets(off, b) && meets(kept, a)));
}
