/**
 * Which personas are one customer. A function of the set of links and decisions: neither the order in which they came nor how
 * often they are told matters, so a rebuild gives the same profiles.
 *
 * Joining is greedy, over the links in one fixed order: personas that a cut took off come last; then by type, the most
 * trusted first; first seen; hash. A join that would break a rule is skipped, and becomes a suggestion. What is skipped
 * depends on the joins before it, and these on the fixed order alone. (The best partition under such constraints is
 * NP-hard: correlation clustering, Bansal, Blum, Chawla 2004, doi:10.1023/B:MACH.0000033116.57574.95. Greedy explains
 * itself.)
 */
import { type Cut, type Decision, type Standing, standing } from './cuts.ts';
import { IDENTIFIER_TYPES, type IdentifierType } from './identifiers.ts';
import { compareFirst, compareText, type Link, type Persona } from './links.ts';
import { compareNames, type NameVerdict } from './names.ts';
import type { PersonaId } from './persona.ts';
import type { LinkingRules } from './policy.ts';
import { type Suggestion, type SuggestionCode, type SuggestionReason, suggestionsOf } from './suggestions.ts';

export interface IdentityInput {
  /** One per id. */
  readonly personas: readonly Persona[];
  readonly decisions: readonly Decision[];
  readonly rules: LinkingRules;
  /** Hashes known to be shared, where not all of their holders are among the personas. */
  readonly shared?: ReadonlySet<string>;
}

/** A value that several personas of a profile hold: why they are one. */
export interface Evidence {
  readonly type: IdentifierType;
  readonly hash: string;
  /** First received first. */
  readonly holders: readonly { readonly persona: PersonaId; readonly link: Link }[];
}

export interface Profile {
  /** That of the persona first received. */
  readonly id: PersonaId;
  /** The names of its other personas: they resolve to this profile. */
  readonly aliases: readonly PersonaId[];
  /** First received first. */
  readonly personas: readonly Persona[];
  /** Most trusted first. */
  readonly evidence: readonly Evidence[];
  /** Ids of the acceptances that hold it together, too. */
  readonly accepted: readonly string[];
}

/** A value of too many personas to be one person's, and how many of those given hold it. */
export interface SharedValue {
  readonly type: IdentifierType;
  readonly hash: string;
  readonly personas: number;
}

export interface Resolution {
  /** First received first. */
  readonly profiles: readonly Profile[];
  readonly suggestions: readonly Suggestion[];
  readonly shared: readonly SharedValue[];
}

export function resolve(input: IdentityInput): Resolution {
  const { rules } = input;
  const personas = input.personas.toSorted(compareFirst);
  const decided = standing(input.decisions);
  const { live, shared } = valuesOf(personas, input);
  const joining = new Joining(personas, live, decided.cuts, rules);

  const reasons: SuggestionReason[] = [];
  const accepted = joinAccepted(joining, decided, reasons);
  for (const { persona, value } of linksInOrder(live, decided.cuts)) {
    reasons.push(...joinByValue(joining, persona, value));
  }
  reasons.push(...weakReasons(live));

  const profiles = profilesOf(joining, personas, live, accepted);
  const nameOf = new Map(profiles.flatMap(({ id, personas: all }) => all.map((persona) => [persona.id, id] as const)));
  const undecided = reasons.filter(({ personas: [a, b] }) => !joining.isCut(a, b));
  return { profiles, suggestions: suggestionsOf(undecided, (persona) => nameOf.get(persona) ?? persona), shared };
}

/** All personas that hold one value. */
interface Value {
  readonly type: IdentifierType;
  readonly hash: string;
  /** One weak holder makes it weak: it links as surely as the less sure of its two ends. */
  readonly holders: readonly { readonly persona: Persona; readonly link: Link }[];
  /** First personas of the groups that have joined by it so far, which may be several where a rule keeps them apart. */
  readonly anchors: PersonaId[];
  /** Two of its owners have contradicting names: then only an equal name links. */
  readonly contested: boolean;
}

function valuesOf(
  personas: readonly Persona[],
  { rules, shared: known }: IdentityInput,
): { readonly live: readonly Value[]; readonly shared: readonly SharedValue[] } {
  const held = new Map<string, { persona: Persona; link: Link }[]>();
  for (const persona of personas) {
    for (const link of persona.links) {
      const key = `${link.type} ${link.hash}`;
      const holders = held.get(key);
      if (holders) holders.push({ persona, link });
      else held.set(key, [{ persona, link }]);
    }
  }
  const live: Value[] = [];
  const shared: SharedValue[] = [];
  for (const holders of held.values()) {
    const [one, two] = holders;
    if (!one) continue;
    const { type, hash } = one.link;
    if (known?.has(hash) || holders.length > rules.personasPerValue[type])
      shared.push({ type, hash, personas: holders.length });
    else if (two) live.push({ type, hash, holders, anchors: [], contested: isContested(type, holders, rules) });
  }
  return { live, shared: shared.sort((a, b) => rank(a.type) - rank(b.type) || compareText(a.hash, b.hash)) };
}

const isContested = (type: IdentifierType, holders: Value['holders'], { namesAgreeOn }: LinkingRules): boolean =>
  namesAgreeOn.includes(type) &&
  holders.some((a, index) => holders.slice(index + 1).some((b) => namesOf(a.link, b.link) === 'contradicting'));

type Agreement = NameVerdict | 'unnamed';

/** Of the names that two owners gave: contradicting if any two are; the same only if all are; unnamed if one gave none. */
function namesOf(a: Link, b: Link): Agreement {
  if (a.names.length === 0 || b.names.length === 0) return 'unnamed';
  const verdicts = new Set(a.names.flatMap((name) => b.names.map((other) => compareNames(name, other))));
  return WORST_FIRST.find((verdict) => verdicts.has(verdict)) ?? 'unnamed';
}
const WORST_FIRST: readonly NameVerdict[] = ['contradicting', 'unknown', 'possible', 'same'];

interface OrderedLink {
  readonly persona: Persona;
  readonly link: Link;
  readonly value: Value;
}

function linksInOrder(values: readonly Value[], cuts: readonly Cut[]): OrderedLink[] {
  const off = new Set(cuts.flatMap((cut) => cut.off));
  const late = ({ persona }: OrderedLink) => (off.has(persona.id) ? 1 : 0);
  return values
    .flatMap((value) =>
      value.holders.flatMap(({ persona, link }) => (link.strength === 'strong' ? [{ persona, link, value }] : [])),
    )
    .sort(
      (a, b) =>
        late(a) - late(b) ||
        rank(a.link.type) - rank(b.link.type) ||
        compareText(a.link.firstSeenAt, b.link.firstSeenAt) ||
        compareText(a.link.hash, b.link.hash) ||
        compareFirst(a.persona, b.persona),
    );
}

const rank = (type: IdentifierType): number => IDENTIFIER_TYPES.indexOf(type);

type Refusal = SuggestionCode | 'cut';

/**
 * The persona joins the first of the value's groups that the rules allow; where none does, it starts one of its own, which
 * those that come after it may join.
 */
function joinByValue(joining: Joining, { id }: Persona, value: Value): SuggestionReason[] {
  const reasons: SuggestionReason[] = [];
  for (const anchor of value.anchors) {
    const refusal = joining.join(id, anchor, value);
    if (refusal === undefined) return reasons;
    if (refusal !== 'cut')
      reasons.push({ code: refusal, via: { type: value.type, hash: value.hash }, personas: [anchor, id] });
  }
  value.anchors.push(id);
  return reasons;
}

/** What a person has said goes before all links and over all rules but a cut and the limit of a profile. */
function joinAccepted(
  joining: Joining,
  { acceptances }: Standing,
  reasons: SuggestionReason[],
): Map<string, PersonaId> {
  const accepted = new Map<string, PersonaId>();
  for (const { id, between } of acceptances) {
    const [a, b] = between;
    if (!joining.has(a) || !joining.has(b)) continue;
    const refusal = joining.join(a, b);
    if (refusal === undefined) accepted.set(id, a);
    else if (refusal !== 'cut') reasons.push({ code: refusal, personas: [a, b] });
  }
  return accepted;
}

/** Each holder of a value that is weak at one end, with the first holder: enough to lead a person to all of them. */
function weakReasons(values: readonly Value[]): SuggestionReason[] {
  return values.flatMap(({ type, hash, holders: [first, ...others] }) =>
    others.flatMap((other): SuggestionReason[] =>
      first && (first.link.strength === 'weak' || other.link.strength === 'weak')
        ? [{ code: 'weak_identifier', via: { type, hash }, personas: [first.persona.id, other.persona.id] }]
        : [],
    ),
  );
}

/** Personas joined so far, with what decides whether two groups may join. */
interface Group {
  readonly members: Set<PersonaId>;
  /** Of each exclusive type and scope, the values that its members hold. */
  readonly exclusive: Map<string, Set<string>>;
  /** Of each value on which names must agree, who holds it. */
  readonly named: Map<string, Link[]>;
  /** A person said that members of it are one customer: then several names may be theirs. */
  vouched: boolean;
  /** Of each cut that has a member: 1 if on the side taken off, 2 if on the one kept. */
  readonly sides: Map<string, number>;
}

class Joining {
  readonly #groups = new Map<PersonaId, Group>();
  readonly #rules: LinkingRules;

  constructor(personas: readonly Persona[], live: readonly Value[], cuts: readonly Cut[], rules: LinkingRules) {
    this.#rules = rules;
    const sides = sidesOf(cuts);
    const liveHashes = new Set(live.map(({ hash }) => hash));
    for (const persona of personas) {
      const group: Group = {
        members: new Set([persona.id]),
        exclusive: new Map(),
        named: new Map(),
        vouched: false,
        sides: new Map(sides.get(persona.id)),
      };
      for (const link of persona.links) {
        if (rules.exclusive.includes(link.type) && link.strength === 'strong') {
          const name = `${link.type} ${link.scope}`;
          group.exclusive.set(name, new Set([...(group.exclusive.get(name) ?? []), link.hash]));
        }
        if (rules.namesAgreeOn.includes(link.type) && liveHashes.has(link.hash)) group.named.set(link.hash, [link]);
      }
      this.#groups.set(persona.id, group);
    }
  }

  has(persona: PersonaId): boolean {
    return this.#groups.has(persona);
  }

  groupOf(persona: PersonaId): Group {
    const group = this.#groups.get(persona);
    if (!group) throw new RangeError(`No persona ${persona} among those to resolve.`);
    return group;
  }

  isCut(a: PersonaId, b: PersonaId): boolean {
    return crossesCut(this.groupOf(a), this.groupOf(b));
  }

  /** Undefined once both are in one group. Without a value, it is a person who says so. */
  join(a: PersonaId, b: PersonaId, via?: Value): Refusal | undefined {
    const [group, other] = [this.groupOf(a), this.groupOf(b)];
    if (group === other) return undefined;
    const refusal = this.#refusal(group, other, via);
    if (refusal === undefined) {
      this.#merge(group, other);
      group.vouched ||= other.vouched || via === undefined;
    }
    return refusal;
  }

  #refusal(a: Group, b: Group, via: Value | undefined): Refusal | undefined {
    if (crossesCut(a, b)) return 'cut';
    if (a.members.size + b.members.size > this.#rules.componentLimit) return 'component_limit';
    if (!via) return undefined;
    const different = differingType(a, b);
    if (different !== undefined) return DIFFER[different] ?? 'values_differ';
    const verdictsOn = (hash: string) =>
      (a.named.get(hash) ?? []).flatMap((owner) => (b.named.get(hash) ?? []).map((link) => namesOf(owner, link)));
    // Who is one of the names of a customer that a person has vouched for need not be the others, too.
    const isOneOfThem = (verdicts: readonly Agreement[]) => (a.vouched || b.vouched) && verdicts.includes('same');
    const contradicts = (hash: string) => {
      const verdicts = verdictsOn(hash);
      return verdicts.includes('contradicting') && !isOneOfThem(verdicts);
    };
    if ([...a.named.keys()].some(contradicts)) return 'names_contradict';
    const unclear = via.contested ? CONTESTED_UNCLEAR : this.#rules.unnamed === 'suggest' ? STRICT_UNCLEAR : UNCLEAR;
    const verdicts = verdictsOn(via.hash);
    const isUnclear = verdicts.some((verdict) => unclear.includes(verdict)) && !isOneOfThem(verdicts);
    return isUnclear ? 'names_unclear' : undefined;
  }

  #merge(into: Group, from: Group): void {
    for (const member of from.members) {
      into.members.add(member);
      this.#groups.set(member, into);
    }
    for (const [name, hashes] of from.exclusive)
      into.exclusive.set(name, new Set([...(into.exclusive.get(name) ?? []), ...hashes]));
    for (const [hash, owners] of from.named) into.named.set(hash, [...(into.named.get(hash) ?? []), ...owners]);
    for (const [cut, side] of from.sides) into.sides.set(cut, (into.sides.get(cut) ?? 0) | side);
  }
}

/** What does not tell that two owners of a value are one: least, without a name counting for one, and where others contradict. */
const UNCLEAR: readonly Agreement[] = ['unknown'];
const STRICT_UNCLEAR: readonly Agreement[] = ['unknown', 'unnamed'];
const CONTESTED_UNCLEAR: readonly Agreement[] = ['unknown', 'unnamed', 'possible'];

const DIFFER: Readonly<Partial<Record<string, SuggestionCode>>> = {
  member_card: 'member_cards_differ',
  union_id: 'union_ids_differ',
};

/** The exclusive type of which each has a value that the other lacks. A profile whose card was replaced has two; so may another. */
function differingType(a: Group, b: Group): string | undefined {
  const includes = (all: ReadonlySet<string>, some: ReadonlySet<string>) => [...some].every((value) => all.has(value));
  const differing = [...a.exclusive].flatMap(([name, values]) => {
    const others = b.exclusive.get(name);
    return others && !includes(values, others) && !includes(others, values) ? [name] : [];
  });
  // The first by name, whichever order a persona tells its values in.
  return differing.sort()[0]?.split(' ')[0];
}

function sidesOf(cuts: readonly Cut[]): Map<PersonaId, [string, number][]> {
  const sides = new Map<PersonaId, [string, number][]>();
  for (const { id, off, kept } of cuts) {
    for (const [personas, side] of [
      [off, 1],
      [kept, 2],
    ] as const) {
      for (const persona of personas) sides.set(persona, [...(sides.get(persona) ?? []), [id, side]]);
    }
  }
  return sides;
}

const crossesCut = (a: Group, b: Group): boolean =>
  [...a.sides].some(([cut, side]) => {
    const other = b.sides.get(cut);
    return other !== undefined && (side | other) === 3;
  });

function profilesOf(
  joining: Joining,
  personas: readonly Persona[],
  values: readonly Value[],
  accepted: ReadonlyMap<string, PersonaId>,
): Profile[] {
  const members = new Map<Group, Persona[]>();
  for (const persona of personas) {
    const group = joining.groupOf(persona.id);
    members.set(group, [...(members.get(group) ?? []), persona]);
  }
  const evidence = new Map<Group, Evidence[]>();
  for (const { type, hash, holders } of values) {
    const byGroup = new Map<Group, Evidence['holders'][number][]>();
    for (const { persona, link } of holders) {
      const group = joining.groupOf(persona.id);
      byGroup.set(group, [...(byGroup.get(group) ?? []), { persona: persona.id, link }]);
    }
    for (const [group, held] of byGroup) {
      if (held.length > 1) evidence.set(group, [...(evidence.get(group) ?? []), { type, hash, holders: held }]);
    }
  }
  return [...members].map(([group, all]) => ({
    id: nameOf(all),
    aliases: all.slice(1).map(({ id }) => id),
    personas: all,
    evidence: (evidence.get(group) ?? []).sort((a, b) => rank(a.type) - rank(b.type) || compareText(a.hash, b.hash)),
    accepted: [...accepted].flatMap(([id, persona]) => (group.members.has(persona) ? [id] : [])),
  }));
}

function nameOf([first]: readonly Persona[]): PersonaId {
  if (!first) throw new RangeError('A profile has a persona.');
  return first.id;
}
