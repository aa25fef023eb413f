/** Customers as the lake has them: rows of their places, months and marks, their orders and words spread over their personas. */
import type { Contribution } from '../../shared/profiles/contribution.ts';
import type { Month, Place } from '../../shared/profiles/customer.ts';
import { deriveFacts } from '../../shared/profiles/derive.ts';
import type { Mark, MarkKind } from '../../shared/profiles/marks.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { sumDay } from '../../shared/profiles/sums.ts';
import type { Membership } from '../../shared/segments/membership.ts';
import { markRow, monthRow, profileRow, type Rows } from '../../shared/snapshots/rows.ts';
import { type Instant, instant } from '../../shared/time/instant.ts';
import { personaId } from '../profiles/people.ts';
import { historyOf, NOON, REPORTING, type TestCustomer } from '../segments/people.ts';

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

function placeOf(
  customer: TestCustomer,
  root: Place<unknown>['root'],
  segments: readonly string[],
): Place<StoredProfile> {
  const { tier, predicted, orders } = customer;
  const at = instant(NOON);
  const facts = deriveFacts(historyOf(orders, at, []), at, REPORTING);
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
