/** Two profiles that may be one customer, for a person to decide: what speaks for it, and what kept the rules from doing it. */
import type { IdentifierType } from './identifiers.ts';
import { compareText } from './links.ts';
import type { PersonaId } from './persona.ts';

export type SuggestionCode =
  /** Two owners of one phone with names that contradict: a family's, or a number given to the next. */
  | 'names_contradict'
  /**
   * The names do not tell: they are in other letters (张伟, Zhang Wei); or others with this phone contradict each other, and
   * this owner's name fits more than one.
   */
  | 'names_unclear'
  | 'member_cards_differ'
  | 'union_ids_differ'
  /** Different values of another type that the rules hold to be exclusive. */
  | 'values_differ'
  | 'component_limit'
  /** The same name at the same address, or another identifier that is too weak to link. */
  | 'weak_identifier';

export interface SuggestionReason {
  readonly code: SuggestionCode;
  /** The identifier that both hold; absent where a person had said they are one. */
  readonly via?: { readonly type: IdentifierType; readonly hash: string };
  /** Who holds it, one of each profile. */
  readonly personas: readonly [PersonaId, PersonaId];
}

export interface Suggestion {
  /** Names of the two profiles, sorted. */
  readonly between: readonly [PersonaId, PersonaId];
  /** Sorted; each once. */
  readonly reasons: readonly SuggestionReason[];
}

/** One suggestion per pair of profiles, whatever number of reasons; none within a profile. */
export function suggestionsOf(
  reasons: Iterable<SuggestionReason>,
  profileOf: (persona: PersonaId) => PersonaId,
): Suggestion[] {
  const byPair = new Map<string, { between: [PersonaId, PersonaId]; reasons: Map<string, SuggestionReason> }>();
  for (const reason of reasons) {
    const [p, q] = reason.personas;
    const [a, b] = [profileOf(p), profileOf(q)];
    if (a === b) continue;
    const ordered: SuggestionReason = { ...reason, personas: a < b ? [p, q] : [q, p] };
    const between: [PersonaId, PersonaId] = a < b ? [a, b] : [b, a];
    const pair = JSON.stringify(between);
    const known = byPair.get(pair) ?? { between, reasons: new Map() };
    known.reasons.set(JSON.stringify([ordered.code, ordered.via?.type, ordered.via?.hash, ordered.personas]), ordered);
    byPair.set(pair, known);
  }
  return [...byPair]
    .sort(([a], [b]) => compareText(a, b))
    .map(([, { between, reasons: found }]) => ({
      between,
      reasons: [...found].sort(([a], [b]) => compareText(a, b)).map(([, reason]) => reason),
    }));
}
