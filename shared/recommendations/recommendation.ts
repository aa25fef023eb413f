/** What is kept and read of a build of recommendations (shared/recommend), and who hears of it. */
import type { PersonaId } from '../identity/persona.ts';
import type { Place } from '../profiles/customer.ts';
import type { StoredProfile } from '../profiles/profile.ts';
import type { Reason } from '../recommend/reasons.ts';
import type { Instant } from '../time/instant.ts';

export interface RecommendedItem {
  readonly product: string;
  /** Its days count up to now. */
  readonly reason: Reason;
}

export interface Recommendations {
  /** Best first. Empty where nothing can be recommended, as in a shop without products. */
  readonly items: readonly RecommendedItem[];
  /** Of the build; absent: nothing was built yet. */
  readonly builtAt?: Instant;
}

export interface Recommender {
  /** For a profile, also one that the last build did not know. `limit`: 20 at most. */
  recommend(root: Place<StoredProfile>, limit: number): Promise<Recommendations>;
}

/** A customer is about to run out of a product. */
export interface DueProduct {
  readonly customer: PersonaId;
  readonly product: string;
  /** When they last bought it, UTC, `2026-11-25`. */
  readonly lastDay: string;
  /** When they would usually buy it again, UTC. */
  readonly dueDay: string;
  /** The build before had it, too, with the same `lastDay`. */
  readonly wasKnown: boolean;
}

/** All that are due soon, as a build finds them. */
export interface DueProducts {
  /** The day (UTC) of the build, and that of the one before; absent: there was none. */
  readonly day: string;
  readonly dayBefore?: string;
  /** Those of a customer one after the other, the likeliest first. Read only by who wants them, once. */
  readonly rows: AsyncIterable<DueProduct>;
}

/** Who wants to know what is due: campaigns about replenishment. */
export interface DueListener {
  tell(due: DueProducts): Promise<void>;
}

export interface LikelyCustomer {
  readonly customer: PersonaId;
  /** 0 to 1 */
  readonly score: number;
}

export interface AudienceStore {
  /** The customers most likely to want a product, the likeliest first; none for a product that no build knows. */
  listAudience(
    product: string,
    limit: number,
    after?: string,
  ): Promise<{
    readonly items: readonly LikelyCustomer[];
    readonly next?: string;
  }>;
}
