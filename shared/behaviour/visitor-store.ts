/** Where visitors are kept, and which of them are whose. */
import type { PersonaId } from '../identity/persona.ts';
import type { Instant } from '../time/instant.ts';
import type { VisitorKey } from './names.ts';
import type { Visitor } from './visitor.ts';

export interface StoredVisitor {
  readonly key: VisitorKey;
  /** Grows by one with each put. */
  readonly revision: number;
  readonly visitor: Visitor;
}

export interface VisitorStore {
  getVisitor(key: VisitorKey): Promise<StoredVisitor | undefined>;
  /** Throws Conflict unless its revision is the next (1: there was none). */
  putVisitor(stored: StoredVisitor): Promise<void>;
  /** That it may be this persona's: the visitor itself says whether it still is. Idempotent. `seenAt`: of what it is kept by. */
  putVisitorOf(persona: PersonaId, key: VisitorKey, seenAt: Instant): Promise<void>;
  listVisitorsOf(persona: PersonaId, limit: number): Promise<VisitorKey[]>;
}

/** Since it was last seen. */
export const VISITOR_KEPT_DAYS = 400;
