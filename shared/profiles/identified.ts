/**
 * What identifies a persona without an order: the brand's own word that a user of its shop has this email or that member card. It
 * says nothing that could be counted, and lasts; what has changed since then joins as an old order's phone does.
 */
import type { KeyedIdentifier } from '../identity/identifiers.ts';
import type { IdentityContribution } from '../identity/links.ts';
import type { Instant } from '../time/instant.ts';

export interface Identified {
  readonly identifier: KeyedIdentifier;
  /** Readable. Personal: stored sealed only. */
  readonly value: string;
  /** When it was first said. */
  readonly receivedAt: Instant;
  /** Number of the lookup key that it is hashed by. */
  readonly reading: number;
}

/** As an order would say it. */
export const saidBy = ({ identifier, receivedAt }: Identified): Omit<IdentityContribution, 'persona' | 'order'> => ({
  identifiers: [identifier],
  receivedAt,
});
