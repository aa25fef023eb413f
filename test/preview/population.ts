/** Customers as the lake has them: rows of their places, months and marks, their orders and words spread over their personas. */
import type { Contribution } from '../../shared/profiles/contribution.ts';
import type { Month, Place } from '../../shared/profiles/customer.ts';
import { deriveFacts } from '../../shared/profiles/derive.ts';
import type { Facts } from '../../shared/profiles/facts.ts';
import type { Mark, MarkKind } from '../../shared/profiles/marks.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { sumDay } from '../../shared/profiles/sums.ts';
import { compileCatalogue } from '../../shared/segments/compile.ts';
import type { SegmentVersion } from '../../shared/segments/definition.ts';
import type { Membership } from '../../shared/segments/membership.ts';
import { markRow, monthRow, profileRow, type Rows } from '../../shared/snapshots/rows.ts';
import { type Instant, instant } from '../../shared/time/instant.ts';
import { personaId } from '../profiles/people.ts';
import { CHANNEL_CATEGORIES, historyOf, NOON, REPORTING, subjectAt, type TestCustomer } from '../segments/people.ts';

export interface Placed {
  /** Of the profile. */
  readonly id: string;
  readonly customer: TestCustomer;
}

/** Different people, though tests give many the same names: the first persona is the root. */
export const placed = (customers: readonly TestCustomer[]): Placed[] =>
  customers.map((customer, index) => {
    const personas = customer.personas.map((persona) => `${persona}-${index}`);
    return { id: personas[0] ?? '', customer: { ...customer, personas } };
  });

export interface RowOptions {
  readonly revision?: number;
  readonly segments?: readonly string[];
}

export function rowsOf({ id, customer }: Placed, { revision = 1, segments = [] }: RowOptions = {}): Rows {
  const members = customer.personas.map(personaId).toSorted();
  const ordersOf = (index: number) => customer.orders.filter((_, order) => order % members.length === index);
  return {
    profiles: members.map((persona) =>
      profileRow({
        ...placeOf(customer, personaId(id), segments),
        persona,
        revision,
      }),
    ),
    months: members.flatMap((persona, index) => monthsOf(persona, ordersOf(index), revision).map(monthRow)),
    marks: [...marksOf('tag', customer.tags), ...marksOf('consent', customer.consents)].map((mark, index) =>
      markRow(members[index % members.length] ?? id, mark),
    ),
  };
}

/** As of noon. */
export function factsOf({ orders }: TestCustomer): Facts {
  const at = instant(NOON);
  return deriveFacts(historyOf(orders, at, []), at, REPORTING);
}

function placeOf(
  customer: TestCustomer,
  root: Place<unknown>['root'],
  segments: readonly string[],
): Place<StoredProfile> {
  const { tier, predicted } = customer;
  const at = instant(NOON);
  const facts = factsOf(customer);
  return {
    persona: root,
    root,
    revision: 1,
    members: customer.personas.map(personaId).toSorted(),
    cause: 'live',
    writtenAt: at,
    profile: {
      facts,
      predicted,
      tier: { ...tier, policyVersion: 1, reasons: [] },
      ...(segments.length > 0 && { segments: segments.map(membership) }),
    },
  };
}

const membership = (id: string): Membership => ({ id, version: 1, since: instant(NOON), because: [] });

/** Of one persona. */
export function monthsOf(persona: string, orders: readonly Contribution[], revision: number): Month[] {
  const days = grouped(orders, ({ paidAt }) => paidAt.slice(0, 10));
  const months = grouped([...days], ([day]) => day.slice(0, 7));
  return [...months].map(([month, ofMonth]) => ({
    persona: personaId(persona),
    month,
    revision,
    days: Object.fromEntries(
      ofMonth.map(([day, of]) => [day, { sums: sumDay(day, of), receivedAt: instant(NOON), links: [], values: {} }]),
    ),
  }));
}

function grouped<T>(all: readonly T[], by: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) groups.set(by(one), [...(groups.get(by(one)) ?? []), one]);
  return groups;
}

const marksOf = (kind: MarkKind, names: readonly string[]): Mark[] =>
  names.map((name) => ({ kind, name, on: true, at: instant(NOON) as Instant, by: 'tests' }));

export const together = (all: readonly Rows[]): Rows => ({
  profiles: all.flatMap(({ profiles }) => profiles),
  months: all.flatMap(({ months }) => months),
  marks: all.flatMap(({ marks }) => marks),
});

/** Brute force: ids of the members of each segment that stands, as the compiled conditions decide of one after the other. */
export function decided(
  versions: readonly SegmentVersion[],
  people: readonly Placed[],
  atMs: number,
): Record<string, string[]> {
  const catalogue = compileCatalogue(versions, 1, { channelCategories: CHANNEL_CATEGORIES });
  const memberOf = people.map(({ id, customer }) => {
    const { segments } = catalogue.decide(subjectAt(customer, atMs, catalogue.windows), []);
    return { id, in: new Set(segments.map((one) => one.id)) };
  });
  const standing = versions.filter(({ isArchived }) => !isArchived);
  const membersOf = (segment: string) => memberOf.flatMap((one) => (one.in.has(segment) ? [one.id] : []));
  return Object.fromEntries(standing.map(({ id }) => [id, membersOf(id).sort()]));
}
