/** The versions of the tier policy, each with who put it and why. They are only ever added: a decision names its version for good. */
import type { Instant } from '../time/instant.ts';
import type { Policy } from './policy.ts';

export interface StoredPolicy {
  readonly policy: Policy;
  /** Who put it: a person's name as they gave it, or a function's. */
  readonly by: string;
  readonly at: Instant;
  readonly why?: string;
}

export interface PolicyStore {
  /** Throws Conflict where that version exists: then another was first, and it stays as it is. */
  putPolicy(stored: StoredPolicy): Promise<void>;
  /** Newest version first, read consistently; all, or the newest so many. */
  listPolicies(limit?: number): Promise<StoredPolicy[]>;
}
