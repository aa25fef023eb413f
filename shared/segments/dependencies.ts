/** Which segments a condition asks about, and in which order they can be decided. */
import type { Condition } from './condition.ts';
import { distinct } from './reader.ts';
import { segmentsAsked } from './tree.ts';

/** Ids, each once. */
export const segmentsIn = (condition: Condition): readonly string[] =>
  distinct(segmentsAsked(condition).map(({ id }) => id));

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

/** From one to another by what each asks about, both included; undefined where it does not lead there. `asks`: by id. */
export function pathBetween(
  from: string,
  to: string,
  asks: ReadonlyMap<string, readonly string[]>,
): readonly string[] | undefined {
  const visited = new Set<string>();
  const search = (id: string): readonly string[] | undefined => {
    if (id === to) return [id];
    if (visited.has(id)) return undefined;
    visited.add(id);
    for (const other of asks.get(id) ?? []) {
      const path = search(other);
      if (path) return [id, ...path];
    }
    return undefined;
  };
  return search(from);
}

/** Those that ask about a segment and are not archived, by id: it can not go before they do. `versions`: the newest of each. */
export const dependentsOf = (id: string, versions: readonly (Defined & { readonly isArchived: boolean })[]): string[] =>
  versions
    .filter((one) => !one.isArchived && segmentsIn(one.when).includes(id))
    .map((one) => one.id)
    .sort();
