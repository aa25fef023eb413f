/**
 * Why these personas are one customer, and why in this tier: each statement as data, and as a sentence in Chinese and English.
 * Derived anew from what is stored, by the very functions that made the profile, so it cannot tell another story.
 */
import pMap from 'p-map';
import { type Acceptance, type Cut, standing } from '../identity/cuts.ts';
import type { IdentifierType, RejectedIdentifier } from '../identity/identifiers.ts';
import { compareFirst } from '../identity/links.ts';
import { compareNames } from '../identity/names.ts';
import type { PersonaId } from '../identity/persona.ts';
import { DEFAULT_RULES, type LinkingRules } from '../identity/policy.ts';
import { type Evidence, type Profile, type Resolution, resolve, type SharedValue } from '../identity/resolve.ts';
import type { Suggestion, SuggestionCode } from '../identity/suggestions.ts';
import type { Rejection } from '../identity/unlinkable.ts';
import { type Decision, summarise } from '../tiers/reasons.ts';
import type { Instant } from '../time/instant.ts';
import { type CustomerStore, NEVER, type Place } from './customer.ts';
import {
  type Agreement,
  ALONE,
  acceptanceWords,
  cutWords,
  evidenceWords,
  OVERSIZED,
  rejectionWords,
  sharedWords,
  suggestionWords,
  UNSETTLED,
  type Words,
} from './explain-words.ts';
import { rootOf } from './find.ts';
import { READS_AT_ONCE } from './holders.ts';
import { type Neighbourhood, readNeighbourhood } from './neighbourhood.ts';
import type { StoredProfile } from './profile.ts';
import { MASKED, type Reveal } from './reveal.ts';
import { decisionOf, describePersona, type UnifiedPersona } from './unified.ts';
import { FOLLOWED } from './update.ts';

export interface ExplainedPersona extends UnifiedPersona {
  /** When its first order came; absent once no order is left. */
  readonly firstReceivedAt?: Instant;
  /** As buyers gave them, masked unless revealed. */
  readonly names: readonly string[];
}

export interface ExplainedEvidence extends Words {
  readonly type: IdentifierType;
  readonly value?: string;
  readonly verified: boolean;
  readonly weak: boolean;
  readonly names: Agreement;
  readonly personas: readonly {
    readonly id: PersonaId;
    readonly orders: number;
    readonly firstSeenAt: Instant;
    readonly lastSeenAt: Instant;
    readonly names: readonly string[];
  }[];
}

interface Made {
  readonly id: string;
  readonly at: Instant;
  readonly by: string;
  readonly why: string;
}

export interface ExplainedReason extends Words {
  readonly code: SuggestionCode;
  readonly personas: readonly [PersonaId, PersonaId];
}

export interface Explanation {
  readonly id: PersonaId;
  readonly aliases: readonly PersonaId[];
  /** First received first. */
  readonly personas: readonly ExplainedPersona[];
  /** Values that several of them hold, most trusted first. */
  readonly evidence: readonly ExplainedEvidence[];
  readonly acceptances: readonly (Made &
    Words & { readonly between: readonly [PersonaId, PersonaId]; readonly holds: boolean })[];
  readonly cuts: readonly (Made & Words & Pick<Cut, 'off' | 'kept'>)[];
  readonly suggestions: readonly { readonly with: PersonaId; readonly reasons: readonly ExplainedReason[] }[];
  /** Theirs, and of too many others: at least so many. */
  readonly shared: readonly (Words & {
    readonly type: IdentifierType;
    readonly value?: string;
    readonly personas: number;
  })[];
  /** Of their latest orders: what looked like an identifier, and is none. */
  readonly rejected: readonly (Words & {
    readonly type: IdentifierType;
    readonly value: string;
    readonly reason: Rejection;
    readonly persona: PersonaId;
  })[];
  /** What else is to be known: that it is one persona, that links have just changed. */
  readonly remarks: readonly Words[];
  readonly tier: Decision & Words;
}

export interface ExplainOptions {
  readonly rules?: LinkingRules;
  readonly reveal?: Reveal;
  /** What the persona's latest orders gave that never links. */
  readonly rejectedOf?: (persona: PersonaId) => Promise<readonly RejectedIdentifier[]>;
}

export async function explainProfile(
  id: PersonaId,
  store: CustomerStore<StoredProfile>,
  { rules = DEFAULT_RULES, reveal = MASKED, rejectedOf = async () => [] }: ExplainOptions = {},
): Promise<Explanation | undefined> {
  const root = await rootOf(id, store);
  if (!root?.profile) return undefined;
  const { persona, members, profile, suggestions = [] } = root;
  const around = await readNeighbourhood([persona], store, rules);
  const { resolved, resolution } = resolveFor(root, around);
  const decided = standing(around.input.decisions);
  const names = (cut: Cut | Acceptance) => (cut.kind === 'unlink' ? [...cut.off, ...cut.kept] : cut.between);
  const isOurs = (decision: Cut | Acceptance) => names(decision).some((one) => members.includes(one));
  const rejected = await pMap(members, async (one) => ({ one, all: await rejectedOf(one) }), {
    concurrency: READS_AT_ONCE,
  });
  const decision = decisionOf(profile.tier);
  const shown = show(around, reveal);
  return {
    id: persona,
    aliases: members.filter((member) => member !== persona),
    personas: personasOf(root, around, reveal),
    evidence: (resolved?.evidence ?? []).map((evidence) => explainEvidence(evidence, around, reveal)),
    acceptances: decided.acceptances.filter(isOurs).map((acceptance) => {
      const holds = resolved?.accepted.includes(acceptance.id) ?? false;
      const told = madeOf(acceptance);
      return { ...told, between: acceptance.between, holds, ...acceptanceWords(acceptance.between, holds, told) };
    }),
    cuts: decided.cuts.filter(isOurs).map(({ off, kept, ...cut }) => {
      const told = madeOf(cut);
      return { ...told, off, kept, ...cutWords(off, kept, told) };
    }),
    suggestions: suggestions.map((suggestion) => ({
      with: otherOf(suggestion, persona),
      reasons: explainSuggestion(suggestion, around, reveal),
    })),
    shared: sharedOf(members, resolution, around).map(({ type, hash, personas }) => {
      const value = shown(type, hash);
      return { type, ...(value !== undefined && { value }), personas, ...sharedWords(type, value, personas) };
    }),
    rejected: rejected.flatMap(({ one, all }) =>
      distinct(all).map(({ type, value, reason }) => {
        const masked = reveal.value(type, value);
        return { type, value: masked, reason, persona: one, ...rejectionWords(type, masked, reason) };
      }),
    ),
    remarks: [
      ...(members.length === 1 ? [ALONE] : []),
      ...(around.isWhole ? [] : [OVERSIZED]),
      ...(around.isWhole && !isSettled(root, resolved) ? [UNSETTLED] : []),
    ],
    tier: { ...decision, ...summarise(decision) },
  };
}

const otherOf = ({ between: [a, b] }: Pick<Suggestion, 'between'>, one: PersonaId): PersonaId => (a === one ? b : a);

/** The reasons of a suggestion in words. */
export function explainSuggestion(
  { reasons }: Suggestion,
  around: Pick<Neighbourhood, 'values'>,
  reveal: Reveal,
): ExplainedReason[] {
  const shown = show(around, reveal);
  return reasons.map(({ code, via, personas }) => ({
    code,
    personas,
    ...suggestionWords(code, via && { type: via.type, value: shown(via.type, via.hash) }),
  }));
}

const show =
  ({ values }: Pick<Neighbourhood, 'values'>, reveal: Reveal) =>
  (type: IdentifierType, hash: string): string | undefined => {
    const value = values.get(hash);
    return value === undefined ? undefined : reveal.value(type, value);
  };

/** Where not all could be read, the members alone: what joins them is still told, and what is around them is not. */
function resolveFor(
  { persona, members }: Place<unknown>,
  { input, isWhole }: Neighbourhood,
): { readonly resolution: Resolution; readonly resolved: Profile | undefined } {
  const known = isWhole ? input.personas : input.personas.filter(({ id }) => members.includes(id));
  const resolution = resolve({ ...input, personas: known });
  const resolved = resolution.profiles.find(({ personas }) => personas.some(({ id }) => id === persona));
  return { resolution, resolved };
}

function isSettled({ members }: Place<unknown>, resolved: Profile | undefined): boolean {
  const ids = new Set(resolved?.personas.map(({ id }) => id));
  return ids.size === members.length && members.every((member) => ids.has(member));
}

function personasOf({ members }: Place<unknown>, { input }: Neighbourhood, reveal: Reveal): ExplainedPersona[] {
  return input.personas
    .filter(({ id }) => members.includes(id))
    .sort(compareFirst)
    .map(({ id, firstReceivedAt, links }) => ({
      ...describePersona(id),
      ...(firstReceivedAt !== NEVER && { firstReceivedAt }),
      names: [...new Set(links.flatMap(({ names }) => names))].sort().map(reveal.name),
    }));
}

function explainEvidence({ type, hash, holders }: Evidence, around: Neighbourhood, reveal: Reveal): ExplainedEvidence {
  const value = show(around, reveal)(type, hash);
  const links = holders.map(({ link }) => link);
  const weak = links.some(({ strength }) => strength === 'weak');
  const names = agreementOf(links.map((link) => link.names));
  const [first, last] = [
    links.map((link) => link.firstSeenAt).sort()[0],
    links
      .map((link) => link.lastSeenAt)
      .sort()
      .at(-1),
  ];
  return {
    type,
    ...(value !== undefined && { value }),
    verified: links.some(({ verified }) => verified),
    weak,
    names,
    personas: holders.map(({ persona, link: { orders, firstSeenAt, lastSeenAt, names: given } }) => ({
      id: persona,
      orders,
      firstSeenAt,
      lastSeenAt,
      names: given.map(reveal.name),
    })),
    ...evidenceWords({
      type,
      value,
      personas: holders.length,
      orders: links.reduce((sum, { orders }) => sum + orders, 0),
      firstSeenAt: first ?? NEVER,
      lastSeenAt: last ?? NEVER,
      names,
      weak,
    }),
  };
}

const WORST_FIRST: readonly Agreement[] = ['contradicting', 'unknown', 'unnamed', 'possible', 'same'];

/** Of any two owners the least agreement. */
function agreementOf(owners: readonly (readonly string[])[]): Agreement {
  const found = new Set(
    owners.flatMap((mine, index) =>
      owners.slice(index + 1).flatMap((theirs): Agreement[] => {
        if (mine.length === 0 || theirs.length === 0) return ['unnamed'];
        return mine.flatMap((name) => theirs.map((other) => compareNames(name, other)));
      }),
    ),
  );
  return WORST_FIRST.find((one) => found.has(one)) ?? 'unnamed';
}

function sharedOf(members: readonly PersonaId[], { shared }: Resolution, { input }: Neighbourhood) {
  const held = new Set(
    input.personas.flatMap(({ id, links }) => (members.includes(id) ? links.map(({ hash }) => hash) : [])),
  );
  // Of one that has more holders than are followed, those met are no count.
  const atLeast = ({ type, hash, personas }: SharedValue) =>
    input.shared?.has(hash) ? FOLLOWED * input.rules.personasPerValue[type] + 1 : personas;
  return shared.flatMap((value) => (held.has(value.hash) ? [{ ...value, personas: atLeast(value) }] : []));
}

function distinct(rejected: readonly RejectedIdentifier[]): RejectedIdentifier[] {
  return [...new Map(rejected.map((one) => [JSON.stringify([one.type, one.value, one.reason]), one])).values()];
}

const madeOf = ({ id, at, by, reason }: Pick<Cut, 'id' | 'at' | 'by' | 'reason'>): Made => ({
  id,
  at,
  by,
  why: reason,
});
