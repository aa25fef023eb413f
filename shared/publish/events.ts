/**
 * What others are told of profiles: the detail of each event on the bus, and how two states of a persona's place make events.
 * Pure, so a record of the stream that is read twice gives the same events under the same ids.
 *
 * Each revision is told whole: whoever keeps the greatest revision of each subject, and drops what is less, has the state,
 * in whatever order and however often events come. See docs/events.md.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { PersonaId } from '../identity/persona.ts';
import type { Place } from '../profiles/customer.ts';
import type { StoredProfile } from '../profiles/profile.ts';
import { Cause } from '../queues/messages.ts';
import { Defect } from '../runtime/errors.ts';
import { SegmentId } from '../segments/condition.ts';
import { LeafValue, type Membership } from '../segments/membership.ts';
import { Tier } from '../tiers/policy.ts';
import { Reason, reasonOf } from '../tiers/reasons.ts';

export const EVENT_SOURCE = 'tributary';

const At = z.iso.datetime();
const Minor = z.int();
/** Of a persona, and of the profile that is named after it. */
const Persona = z.custom<PersonaId>((value) => typeof value === 'string' && value !== '');

const Told = {
  /** Of its subject, revision and type: whatever is told again has it again. */
  id: z.string().min(1),
  /** When the subject was written. */
  occurredAt: At,
  /** Only `live` and `review` may ever lead to a message to a customer. */
  cause: Cause,
  /** Whose revision it is. */
  subject: Persona,
  revision: z.int().positive(),
  /** The profile to look at now. */
  profile: Persona,
};

/** Nothing that time alone moves, but for tier and segments: so a review that finds nothing tells nothing. */
const Figures = {
  tier: Tier,
  /** As in the profile's facts: those that count; money in minor units of `currency`. */
  orders: z.int(),
  netSpend: Minor,
  currency: z.string(),
  /** The same in the currency that tiers compare in. */
  reporting: z.object({ currency: z.string(), netSpend: Minor }),
  lastPaidAt: At.optional(),
  channels: z.array(z.string()),
  /** What the profile is made of, itself included; at most 99. */
  personas: z.array(Persona),
  /** Those it is in, sorted. */
  segments: z.array(SegmentId),
};

/** A persona of which nothing was known is a profile. */
export const ProfileCreated = z.object({ type: z.literal('profile.created'), ...Told, ...Figures });
/** Its orders, the decisions about it, the policy, its tier or its segments changed. */
export const ProfileChanged = z.object({ type: z.literal('profile.changed'), ...Told, ...Figures });
/** What belonged to another profile is one of its own, for the first time or again. */
export const ProfileSplit = z.object({ type: z.literal('profile.split'), ...Told, from: Persona, ...Figures });
/** What is or once was a profile belongs to another. */
export const ProfileMerged = z.object({
  type: z.literal('profile.merged'),
  ...Told,
  /** The subject. */
  absorbed: Persona,
  /** The profile that it belonged to just before, where it was none itself. */
  from: Persona.optional(),
});
export const TierChanged = z.object({
  type: z.literal('tier.changed'),
  ...Told,
  /** Absent where there was no profile just before: the first decision is told, too. */
  from: Tier.optional(),
  to: Tier,
  since: At,
  policyVersion: z.int(),
  reasons: z.array(Reason),
});

const OfSegment = {
  segment: SegmentId,
  /** Of the segment's definition, by which it was last found in it. */
  version: z.int().positive(),
  /** When it entered. */
  since: At,
};
export const SegmentEntered = z.object({
  type: z.literal('segment.entered'),
  ...Told,
  ...OfSegment,
  /** What was found at the leaves of the condition; `at` is the place in its tree. */
  because: z.array(LeafValue),
});
export const SegmentExited = z.object({ type: z.literal('segment.exited'), ...Told, ...OfSegment });

/** By type: what is published as JSON Schema is made of these. */
export const EVENTS = {
  'profile.created': ProfileCreated,
  'profile.changed': ProfileChanged,
  'profile.split': ProfileSplit,
  'profile.merged': ProfileMerged,
  'tier.changed': TierChanged,
  'segment.entered': SegmentEntered,
  'segment.exited': SegmentExited,
} as const;
export const ProfileEvent = z.discriminatedUnion('type', [
  ProfileCreated,
  ProfileChanged,
  ProfileSplit,
  ProfileMerged,
  TierChanged,
  SegmentEntered,
  SegmentExited,
]);
export type ProfileEvent = z.infer<typeof ProfileEvent>;
export type EventType = ProfileEvent['type'];

type StoredPlace = Place<StoredProfile>;

/** Of a place that was written: what it was (undefined: there was none) and what it is. */
export function eventsBetween(before: StoredPlace | undefined, now: StoredPlace): ProfileEvent[] {
  const { persona, root, profile } = now;
  const held = before?.root === persona ? (before.profile?.segments ?? []) : [];
  if (persona !== root) return [...absorption(before, now), ...segmentEvents(held, [], now)];
  if (!profile) throw new Defect('root_without_profile', `The root ${persona} has no profile.`);
  const known = before?.root === persona ? before : undefined;
  return [
    ...stateEvents(before, known, now, profile),
    ...tierEvents(known?.profile, now, profile),
    ...segmentEvents(held, profile.segments ?? [], now),
  ];
}

/** Who is absorbed leaves its segments: the one it belongs to now is in them by itself, or is not. */
function segmentEvents(
  held: readonly Membership[],
  holds: readonly Membership[],
  now: StoredPlace,
): (z.infer<typeof SegmentEntered> | z.infer<typeof SegmentExited>)[] {
  const idsOf = (memberships: readonly Membership[]) => new Set(memberships.map(({ id }) => id));
  const [before, after] = [idsOf(held), idsOf(holds)];
  const of = ({ id, version, since }: Membership) => ({ segment: id, version, since });
  return [
    ...holds
      .filter(({ id }) => !before.has(id))
      .map((one) => ({ ...told('segment.entered', now, one.id), ...of(one), because: one.because })),
    ...held.filter(({ id }) => !after.has(id)).map((one) => ({ ...told('segment.exited', now, one.id), ...of(one) })),
  ];
}

/** Who never was a profile is known to nobody by that name; a profile's personas tell of it. */
function absorption(before: StoredPlace | undefined, now: StoredPlace): ProfileEvent[] {
  const { persona, root, profile } = now;
  if (!profile || before?.root === root) return [];
  const from = before && before.root !== persona ? { from: before.root } : {};
  return [{ ...told('profile.merged', now), absorbed: persona, ...from }];
}

function stateEvents(
  before: StoredPlace | undefined,
  /** `before`, where it was a root, too. */
  known: StoredPlace | undefined,
  now: StoredPlace,
  profile: StoredProfile,
): ProfileEvent[] {
  const figures = figuresOf(now, profile);
  if (!before) return [{ ...told('profile.created', now), ...figures }];
  if (!known) return [{ ...told('profile.split', now), from: before.root, ...figures }];
  const isSame =
    known.derivedFrom === now.derivedFrom &&
    known.profile !== undefined &&
    JSON.stringify(figuresOf(known, known.profile)) === JSON.stringify(figures);
  return isSame ? [] : [{ ...told('profile.changed', now), ...figures }];
}

function tierEvents(known: StoredProfile | undefined, now: StoredPlace, { tier }: StoredProfile): ProfileEvent[] {
  const { value: to, since, policyVersion, reasons } = tier;
  const from = known?.tier.value;
  if (from === to) return [];
  const changed = { ...(from !== undefined && { from }), to, since, policyVersion, reasons: reasons.map(reasonOf) };
  return [{ ...told('tier.changed', now), ...changed }];
}

/** `about`: what else names it, where a revision tells several of a type. */
const told = <Type extends EventType>(
  type: Type,
  { persona, revision, root, cause, writtenAt }: StoredPlace,
  ...about: readonly string[]
) => ({
  type,
  id: createHash('sha256')
    .update(JSON.stringify([persona, revision, type, ...about]))
    .digest('base64url')
    .slice(0, 22),
  occurredAt: writtenAt,
  cause,
  subject: persona,
  revision,
  profile: root,
});

function figuresOf({ members }: StoredPlace, { facts, tier, segments = [] }: StoredProfile) {
  const { orders, netSpend, currency, reporting, lastPaidAt, channels } = facts;
  return {
    tier: tier.value,
    orders,
    netSpend,
    currency,
    reporting: { currency: reporting.currency, netSpend: reporting.netSpend },
    ...(lastPaidAt !== undefined && { lastPaidAt }),
    channels: Object.keys(channels).sort(),
    personas: [...members],
    segments: segments.map(({ id }) => id),
  };
}
