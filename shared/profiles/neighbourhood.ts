/**
 * All that decides whom some personas are one with, as stored now: what `resolve` and the previews of identity/changes.ts ask
 * for. Read only, by the walk that derives profiles.
 */
import type { Decision } from '../identity/cuts.ts';
import type { PersonaId } from '../identity/persona.ts';
import type { LinkingRules } from '../identity/policy.ts';
import type { IdentityInput } from '../identity/resolve.ts';
import type { Content, CustomerStore } from './customer.ts';
import { valuesFrom } from './persona-content.ts';
import { MET_MOST, type Met, meet } from './update.ts';

export interface Neighbourhood {
  readonly input: IdentityInput;
  readonly contents: ReadonlyMap<PersonaId, Content>;
  /** Readable values by hash. Personal. */
  readonly values: ReadonlyMap<string, string>;
  /** False where more personas are linked than can be resolved together: then it is a part, and decides nothing. */
  readonly isWhole: boolean;
}

export async function readNeighbourhood(
  starts: readonly PersonaId[],
  store: CustomerStore<unknown>,
  rules: LinkingRules,
): Promise<Neighbourhood> {
  const met = new Map<PersonaId, Met>();
  const shared = new Set<string>();
  let isWhole = true;
  for (const start of starts) {
    if (met.has(start)) continue;
    const found = await meet(start, store, { holdersMost: (type) => rules.personasPerValue[type] });
    for (const [id, one] of found.met) met.set(id, one);
    for (const hash of found.shared) shared.add(hash);
    isWhole &&= found.isWhole;
  }
  const decisions = new Map<string, Decision>();
  for (const one of met.values()) for (const decision of one.decisions) decisions.set(decision.id, decision);
  return {
    input: {
      personas: [...met.values()].map(({ persona }) => persona),
      decisions: [...decisions.values()],
      rules,
      shared,
    },
    contents: met,
    values: new Map([...met.values()].flatMap((one) => [...valuesFrom(one)])),
    // What a decision joins is derived together, too.
    isWhole: isWhole && met.size <= MET_MOST,
  };
}
