/** What would change, before anything is written; and what did, for those who have to know. */
import type { Acceptance, Cut, Decision } from './cuts.ts';
import type { Persona } from './links.ts';
import type { PersonaId } from './persona.ts';
import type { LinkingRules } from './policy.ts';
import { type IdentityInput, type Resolution, resolve } from './resolve.ts';

export interface ProfileChanges {
  /** Profiles that join: their names before, and the name they have after. */
  readonly merged: readonly { readonly into: PersonaId; readonly from: readonly PersonaId[] }[];
  /** A profile that falls apart: its name before, and the names after. */
  readonly split: readonly { readonly from: PersonaId; readonly into: readonly PersonaId[] }[];
}

/** Personas that are only in one of the two merge and split nothing. */
export function changesBetween(before: Resolution, after: Resolution): ProfileChanges {
  const [was, is] = [profileNames(before), profileNames(after)];
  const spread = (from: Resolution, names: ReadonlyMap<PersonaId, PersonaId>) =>
    from.profiles.flatMap(({ id, personas }) => {
      const others = new Set(personas.flatMap((persona) => names.get(persona.id) ?? []));
      return others.size > 1 ? [{ id, others: [...others] }] : [];
    });
  return {
    merged: spread(after, was).map(({ id, others }) => ({ into: id, from: others })),
    split: spread(before, is).map(({ id, others }) => ({ from: id, into: others })),
  };
}

/** Of each persona, the profile it belongs to: aliases resolve by it. */
export const profileNames = ({ profiles }: Resolution): Map<PersonaId, PersonaId> =>
  new Map(profiles.flatMap(({ id, personas }) => personas.map((persona) => [persona.id, id] as const)));

export interface Proposal {
  /** Decisions that would be added: an acceptance, a cut, a withdrawal. */
  readonly decisions?: readonly Decision[];
  /** Rules that would hold instead. */
  readonly rules?: LinkingRules;
}

/** The profiles, by name, that a decision or other rules would join or part. */
export function previewJoin(input: IdentityInput, { decisions = [], rules = input.rules }: Proposal): ProfileChanges {
  const after = resolve({ ...input, rules, decisions: [...input.decisions, ...decisions] });
  return changesBetween(resolve(input), after);
}

export type CutResult =
  | { readonly kind: 'cut'; readonly cut: Cut }
  /** Not all of these are personas of that profile. */
  | { readonly kind: 'not_in_profile'; readonly personas: readonly PersonaId[] }
  /** All of its personas, or none: there would be no two sides. */
  | { readonly kind: 'no_two_sides' };

/**
 * The cut that takes these personas off their profile. What hung on the profile only by them goes with them, so there are
 * two sides and not crumbs of a third.
 */
export function cutOff(
  input: IdentityInput,
  profileId: PersonaId,
  off: readonly PersonaId[],
  made: Pick<Cut, 'id' | 'at' | 'by' | 'reason'>,
): CutResult {
  const profile = resolve(input).profiles.find(({ id }) => id === profileId);
  const members = profile?.personas.map(({ id }) => id) ?? [];
  const strangers = off.filter((persona) => !members.includes(persona));
  if (strangers.length > 0) return { kind: 'not_in_profile', personas: strangers };
  const rest = members.filter((persona) => !off.includes(persona));
  const [first] = rest;
  if (first === undefined || off.length === 0) return { kind: 'no_two_sides' };

  const provisional: Cut = { kind: 'unlink', ...made, off, kept: rest };
  const parted = resolve({ ...input, decisions: [...input.decisions, provisional] });
  const nameOf = profileNames(parted);
  const kept = rest.filter((persona) => nameOf.get(persona) === nameOf.get(first));
  return { kind: 'cut', cut: { ...provisional, off: members.filter((persona) => !kept.includes(persona)), kept } };
}

/** A suggestion refused, as a lasting cut between the two profiles; the one first received later is the one kept away. */
export function refuse(
  { profiles }: Resolution,
  between: readonly [PersonaId, PersonaId],
  made: Pick<Cut, 'id' | 'at' | 'by' | 'reason'>,
): Cut | undefined {
  // Profiles are sorted, the first received first.
  const [older, newer] = profiles.filter(({ id }) => between.includes(id));
  const ids = (personas: readonly Persona[]) => personas.map(({ id }) => id);
  return older && newer && { kind: 'unlink', ...made, off: ids(newer.personas), kept: ids(older.personas) };
}

/**
 * All personas that what these hold leads to, over values that are not shared, and over acceptances: resolving them alone
 * gives the same profiles for them as resolving everybody. A store reads this far: of a shared value, that it is shared.
 */
export function closureOf(input: IdentityInput, starts: readonly PersonaId[]): IdentityInput {
  const { personas, decisions, rules } = input;
  const byId = new Map(personas.map((persona) => [persona.id, persona]));
  const holders = new Map<string, PersonaId[]>();
  for (const { id, links } of personas)
    for (const { hash } of links) holders.set(hash, [...(holders.get(hash) ?? []), id]);
  const friends = new Map<PersonaId, PersonaId[]>();
  const accepted = decisions.filter((decision): decision is Acceptance => decision.kind === 'accept');
  for (const {
    between: [a, b],
  } of accepted) {
    friends.set(a, [...(friends.get(a) ?? []), b]);
    friends.set(b, [...(friends.get(b) ?? []), a]);
  }
  const found = new Set<PersonaId>();
  const shared = new Set(input.shared);
  const queue = [...starts];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const persona = byId.get(id);
    if (!persona || found.has(id)) continue;
    found.add(id);
    queue.push(...(friends.get(id) ?? []));
    for (const { type, hash } of persona.links) {
      const all = holders.get(hash) ?? [];
      if (all.length > rules.personasPerValue[type]) shared.add(hash);
      if (!shared.has(hash)) queue.push(...all);
    }
  }
  return { ...input, personas: personas.filter(({ id }) => found.has(id)), shared };
}
