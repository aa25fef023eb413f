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
  /** The buyer's, as given. Personal: stored encrypted, and used only to be compared with another. */
  readonly name?: string;
}

/** An identifier that a persona holds, with its evidence. */
export interface Link extends KeyedIdentifier {
  /** Sorted; absent where a reader has only the sums of days, for they decide nothing. */
  readonly orders?: readonly OrderKey[];
  readonly firstSeenAt: Instant;
  readonly lastSeenAt: Instant;
  /** Given in those orders, sorted. */
  readonly names: readonly string[];
}

export interface Persona {
  readonly id: PersonaId;
  readonly firstReceivedAt: Instant;
  /** Sorted by hash, one per value. */
  readonly links: readonly Link[];
}

/** A function of the set of contributions: neither order nor repetition matters. Sorted by `compareFirst`. */
export function personasOf(contributions: Iterable<IdentityContribution>): Persona[] {
  const byPersona = new Map<PersonaId, IdentityContribution[]>();
  for (const contribution of contributions) {
    const known = byPersona.get(contribution.persona);
    if (known) known.push(contribution);
    else byPersona.set(contribution.persona, [contribution]);
  }
  return [...byPersona].map(([id, all]) => personaFrom(id, all)).sort(compareFirst);
}

function personaFrom(id: PersonaId, contributions: readonly IdentityContribution[]): Persona {
  const holders = new Map<string, { identifier: KeyedIdentifier; in: IdentityContribution[] }>();
  for (const contribution of contributions) {
    for (const identifier of contribution.identifiers) {
      const known = holders.get(identifier.hash);
      if (!known) holders.set(identifier.hash, { identifier, in: [contribution] });
      else {
        known.in.push(contribution);
        known.identifier = stronger(known.identifier, identifier);
      }
    }
  }
  const links = [...holders.values()].map(({ identifier, in: carriers }): Link => {
    const times = carriers.map(({ receivedAt }) => receivedAt).sort();
    return {
      ...identifier,
      orders: distinct(carriers.map(({ order }) => order)),
      firstSeenAt: first(times),
      lastSeenAt: first(times.toReversed()),
      names: distinct(carriers.flatMap(({ name }) => (name === undefined ? [] : [name]))),
    };
  });
  return {
    id,
    firstReceivedAt: first(contributions.map(({ receivedAt }) => receivedAt).sort()),
    links: links.sort((a, b) => compareText(a.hash, b.hash)),
  };
}

/** Of one value said more and less surely, the surer. */
function stronger(a: KeyedIdentifier, b: KeyedIdentifier): KeyedIdentifier {
  return {
    ...a,
    strength: a.strength === 'strong' || b.strength === 'strong' ? 'strong' : 'weak',
    verified: a.verified || b.verified,
  };
}

const distinct = <T extends string>(values: readonly T[]): T[] => [...new Set(values)].sort();

function first<T>(values: readonly T[]): T {
  const [value] = values;
  if (value === undefined) throw new RangeError('no contribution');
  return value;
}

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
