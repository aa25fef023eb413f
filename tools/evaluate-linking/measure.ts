/** How well profiles agree with the truth, by pairs of records: of all pairs put together, how many belong; of all that belong, how many are. */
import type { IdentityContribution } from '../../shared/identity/links.ts';
import { personasOf } from '../../shared/identity/links.ts';
import type { LinkingRules } from '../../shared/identity/policy.ts';
import { resolve } from '../../shared/identity/resolve.ts';

/** A record: what it contributes, and whose it really is. */
export interface Labelled {
  readonly contribution: IdentityContribution;
  readonly person: string;
}

export interface Quality {
  readonly records: number;
  readonly people: number;
  /** Pairs of records that are one person's. */
  readonly truePairs: number;
  readonly linkedPairs: number;
  readonly wrongPairs: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Profiles that hold records of more than one person. */
  readonly wrongProfiles: number;
  readonly suggestions: number;
  /** Where every suggestion is accepted as if it were a link: what an operator is shown. */
  readonly withSuggestions: { readonly precision: number; readonly recall: number; readonly f1: number };
  readonly shared: number;
}

export function measure(records: readonly Labelled[], rules: LinkingRules): Quality {
  const personas = personasOf(records.map(({ contribution }) => contribution));
  const { profiles, suggestions, shared } = resolve({ personas, decisions: [], rules });
  const profileOf = new Map(profiles.flatMap(({ id, personas: all }) => all.map((one) => [one.id, id] as const)));
  // Records of each person in each profile.
  const cells = new Map<string, Map<string, number>>();
  for (const { contribution, person } of records) {
    const profile = profileOf.get(contribution.persona) ?? contribution.persona;
    const cell = cells.get(profile) ?? new Map<string, number>();
    cells.set(profile, cell.set(person, (cell.get(person) ?? 0) + 1));
  }
  const people = count(records.map(({ person }) => person));
  const truePairs = sum([...people.values()].map(pairs));
  const linkedPairs = sum([...cells.values()].map((cell) => pairs(sum([...cell.values()]))));
  const rightPairs = sum([...cells.values()].map((cell) => sum([...cell.values()].map(pairs))));

  let suggestedPairs = 0;
  let rightSuggested = 0;
  for (const { between } of suggestions) {
    const [a, b] = between.map((profile) => cells.get(profile) ?? new Map<string, number>());
    if (!a || !b) continue;
    suggestedPairs += sum([...a.values()]) * sum([...b.values()]);
    rightSuggested += sum([...a].map(([person, number]) => number * (b.get(person) ?? 0)));
  }
  return {
    records: records.length,
    people: people.size,
    truePairs,
    linkedPairs,
    wrongPairs: linkedPairs - rightPairs,
    ...scores(rightPairs, linkedPairs, truePairs),
    wrongProfiles: [...cells.values()].filter((cell) => cell.size > 1).length,
    suggestions: suggestions.length,
    withSuggestions: scores(rightPairs + rightSuggested, linkedPairs + suggestedPairs, truePairs),
    shared: shared.length,
  };
}

function scores(right: number, found: number, all: number) {
  const precision = found === 0 ? 1 : right / found;
  const recall = all === 0 ? 1 : right / all;
  return { precision, recall, f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall) };
}

const pairs = (number: number): number => (number * (number - 1)) / 2;
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

function count<T>(values: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
