/** Whom other linking rules would join or part, over all customers of a deployment: one group of linked personas at a time. */
import { type ProfileChanges, previewJoin } from '../shared/identity/changes.ts';
import { IDENTIFIER_TYPES } from '../shared/identity/identifiers.ts';
import type { PersonaId } from '../shared/identity/persona.ts';
import type { LinkingRules } from '../shared/identity/policy.ts';
import { INDEX_SHARDS } from '../shared/profiles/customer.ts';
import { readNeighbourhood } from '../shared/profiles/neighbourhood.ts';
import type { Customers } from './world.ts';

interface Shown<Item> {
  readonly count: number;
  readonly shown: readonly Item[];
}

export interface LinkingPreview {
  readonly profiles: number;
  /** Profiles after, each of several before. */
  readonly merged: Shown<ProfileChanges['merged'][number]>;
  /** Profiles before, each several after. */
  readonly split: Shown<ProfileChanges['split'][number]>;
  /** Linked with more personas than can be resolved together. */
  readonly skipped: number;
}

export interface LinkingQuestion {
  readonly before: LinkingRules;
  readonly after: LinkingRules;
  /** Of each kind of change, show so many. */
  readonly limit: number;
}

const PAGE = 200;
const TOLD_EVERY = 1_000;

/** Holds the names of all personas that were met, so that nobody is told twice: some 100 bytes each. */
export async function previewLinking(
  { before, after, limit }: LinkingQuestion,
  customers: Customers,
  onProgress: (profiles: number) => void,
): Promise<LinkingPreview> {
  const met = new Set<PersonaId>();
  const [merged, split] = [
    new Shelf<ProfileChanges['merged'][number]>(limit),
    new Shelf<ProfileChanges['split'][number]>(limit),
  ];
  let [profiles, skipped] = [0, 0];
  for await (const root of roots(customers)) {
    if (++profiles % TOLD_EVERY === 0) onProgress(profiles);
    if (met.has(root)) continue;
    // As far as either of the two would look.
    const { input, isWhole } = await readNeighbourhood([root], customers, wider(before, after));
    for (const { id } of input.personas) met.add(id);
    if (!isWhole) {
      skipped++;
      continue;
    }
    const changes = previewJoin({ ...input, rules: before }, { rules: after });
    for (const one of changes.merged) merged.add(one);
    for (const one of changes.split) split.add(one);
  }
  return { profiles, merged: merged.all, split: split.all, skipped };
}

async function* roots(customers: Pick<Customers, 'listRoots'>): AsyncGenerator<PersonaId> {
  for (let shard = 0; shard < INDEX_SHARDS; shard++) {
    let after: string | undefined;
    do {
      const { items, next } = await customers.listRoots(shard, PAGE, after);
      yield* items;
      after = next;
    } while (after !== undefined);
  }
}

function wider(a: LinkingRules, b: LinkingRules): LinkingRules {
  const personasPerValue = { ...a.personasPerValue };
  for (const type of IDENTIFIER_TYPES)
    personasPerValue[type] = Math.max(a.personasPerValue[type], b.personasPerValue[type]);
  return { ...a, personasPerValue };
}

/** Counts all, keeps the first. */
class Shelf<Item> {
  readonly #most: number;
  readonly #shown: Item[] = [];
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(item: Item): void {
    this.#count++;
    if (this.#shown.length < this.#most) this.#shown.push(item);
  }

  get all(): Shown<Item> {
    return { count: this.#count, shown: this.#shown };
  }
}
