/**
 * From what orders contribute to what links personas. Derived, never counted: a link lives while a contribution carries its
 * identifier, and its evidence is those contributions.
 */
import type { OrderKey } from '../orders/order-key.ts';
import type { Instant } from '../time/instant.ts';
import type { KeyedIdentifier } from './identifiers.ts';
import type { PersonaId } from './persona.ts';

/** What one order says of the persona it is of. Without identifiers where it may not link (never paid). */
export interface IdentityContribution {
  readonly persona: PersonaId;
  readonly order: OrderKey;
  /** When the order was first received. */
  readonly receivedAt: Instant;
  readonly identifiers: readonly KeyedIdentifier[];
  /** The buyer's, as given. Personal: stored sealed, and used only to be compared with another. */
  readonly name?: string;
}

/** An identifier that a persona holds, with its evidence. */
export interface Link extends KeyedIdentifier {
  /** How many orders carry it. */
  readonly orders: number;
  /** When the first and the last of them were first received. */
  readonly firstSeenAt: Instant;
  readonly lastSeenAt: Instant;
  /** Given in those orders, sorted, at most `NAMES_KEPT`. */
  readonly names: readonly string[];
}

export interface Persona {
  readonly id: PersonaId;
  readonly firstReceivedAt: Instant;
  /** Sorted by hash, one per value. */
  readonly links: readonly Link[];
}

/** A person has a few spellings; more are a till's customers. The first by code unit, so that they are a function of the set. */
const NAMES_KEPT = 8;

/** A function of the set of contributions: neither order nor repetition matters. Sorted by `compareFirst`. */
export function personasOf(contributions: Iterable<IdentityContribution>): Persona[] {
  const byOrder = new Map<string, IdentityContribution>();
  for (const contribution of contributions) byOrder.set(`${contribution.persona} ${contribution.order}`, contribution);
  const personas = new Map<PersonaId, Persona>();
  for (const contribution of byOrder.values()) {
    const { persona: id, receivedAt } = contribution;
    const known = personas.get(id);
    personas.set(id, {
      id,
      firstReceivedAt: known ? earlier(known.firstReceivedAt, receivedAt) : receivedAt,
      links: addLinks(known?.links ?? [], linksOf(contribution)),
    });
  }
  return [...personas.values()].sort(compareFirst);
}

/** Those of one order. */
export function linksOf({ identifiers, receivedAt, name }: Omit<IdentityContribution, 'persona' | 'order'>): Link[] {
  const names = name === undefined ? [] : [name];
  const evidence = { orders: 1, firstSeenAt: receivedAt, lastSeenAt: receivedAt, names };
  const carried = identifiers.map((identifier) => ({ ...identifier, ...evidence }));
  // One order, even where it says a value twice.
  return addLinks([], carried).map((link) => ({ ...link, orders: 1 }));
}

/** Of two sets of orders with none in common: commutative and associative, so it is the same whatever is added up first. */
export function addLinks(a: readonly Link[], b: readonly Link[]): Link[] {
  const byHash = new Map(a.map((link) => [link.hash, link]));
  for (const link of b) {
    const known = byHash.get(link.hash);
    byHash.set(link.hash, known ? addLink(known, link) : link);
  }
  return [...byHash.values()].sort((x, y) => compareText(x.hash, y.hash));
}

/** Of one value said more and less surely, the surer. */
const addLink = (a: Link, b: Link): Link => ({
  ...a,
  strength: a.strength === 'strong' || b.strength === 'strong' ? 'strong' : 'weak',
  verified: a.verified || b.verified,
  orders: a.orders + b.orders,
  firstSeenAt: earlier(a.firstSeenAt, b.firstSeenAt),
  lastSeenAt: later(a.lastSeenAt, b.lastSeenAt),
  names: [...new Set([...a.names, ...b.names])].sort().slice(0, NAMES_KEPT),
});

export const earlier = (a: Instant, b: Instant): Instant => (compareText(a, b) < 0 ? a : b);
const later = (a: Instant, b: Instant): Instant => (compareText(a, b) < 0 ? b : a);

/** The first received comes first; by id, where two were received at once. A profile is named after its first. */
export const compareFirst = (
  a: Pick<Persona, 'id' | 'firstReceivedAt'>,
  b: Pick<Persona, 'id' | 'firstReceivedAt'>,
): number => compareText(a.firstReceivedAt, b.firstReceivedAt) || compareText(a.id, b.id);

/** By code unit: the same on every machine. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
