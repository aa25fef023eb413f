/** Which segments a condition asks about, and in which order they can be decided. */
import type { Condition } from './condition.ts';

/** Ids, each once. */
export function segmentsIn(condition: Condition): readonly string[] {
  return [...new Set(referencesIn(condition))];
}

function referencesIn(condition: Condition): readonly string[] {
  if ('all' in condition) return condition.all.flatMap(referencesIn);
  if ('any' in condition) return condition.any.flatMap(referencesIn);
  if ('not' in condition) return referencesIn(condition.not);
  return 'segment' in condition ? [condition.segment] : [];
}

interface Defined {
  readonly id: string;
  readonly when: Condition;
}

/** Each after those that it asks about, else by id. Where a circle was put all the same, one of it comes before what it asks about. */
export function inDependencyOrder<T extends Defined>(definitions: readonly T[]): readonly T[] {
  const byId = new Map(definitions.map((one) => [one.id, one]));
  const ordered = new Map<string, T>();
  const visited = new Set<string>();
  const visit = (id: string): void => {
    const one = byId.get(id);
    if (!one || visited.has(id)) return;
    visited.add(id);
    for (const other of segmentsIn(one.when)) visit(other);
    ordered.set(id, one);
  };
  for (const id of [...byId.keys()].sort()) visit(id);
  return [...ordered.values()];
}
