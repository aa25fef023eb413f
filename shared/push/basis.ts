/** What of a customer a decision rests on, kept with what came of it: who asks later is told what held then, whatever holds now. */
import { consentName, type Mark, REFUSES_ALL } from '../profiles/marks.ts';
import type { Tier } from '../tiers/policy.ts';
import type { Instant } from '../time/instant.ts';

/** The words of the customer that stood, of those that a push message asks for. */
export interface ConsentOnRecord {
  /** As `consentName` makes it; `*`: of everything. */
  readonly name: string;
  readonly given: boolean;
  readonly at: Instant;
  readonly source?: string;
  readonly wording?: string;
}

export interface Basis {
  readonly tier: Tier;
  readonly consents: readonly ConsentOnRecord[];
  /** A phone or email of theirs is on the suppression list. */
  readonly isListed?: true;
}

const ASKED: ReadonlySet<string> = new Set([
  consentName('marketing', 'push'),
  consentName('service', 'push'),
  consentName('personalisation', 'push'),
  REFUSES_ALL,
]);

/** `marks`: standing. */
export function basisOf({
  tier,
  marks,
  isListed,
}: {
  readonly tier: Tier;
  readonly marks: readonly Mark[];
  readonly isListed: boolean;
}): Basis {
  const consents = marks.flatMap(({ kind, name, on: given, at, source, wording }): ConsentOnRecord[] =>
    kind === 'consent' && ASKED.has(name)
      ? [{ name, given, at, ...(source !== undefined && { source }), ...(wording !== undefined && { wording }) }]
      : [],
  );
  return { tier, consents, ...(isListed && { isListed }) };
}
