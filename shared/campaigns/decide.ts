/**
 * Whether an occurrence leads to a message: pure, of what is known at this moment, so that it can be asked again (a dry run, an
 * explanation, a message that was held for the morning) and gives the same. Who is held out is asked last, so that those held out are
 * like those who were sent to.
 */
import type { PersonaId } from '../identity/persona.ts';
import { consentName } from '../profiles/marks.ts';
import type { Tier } from '../tiers/policy.ts';
import { epochMs, type Instant } from '../time/instant.ts';
import { type HeldOut, heldOut, variantFor } from './assignment.ts';
import { type Campaign, stateAt, type Variant } from './campaign.ts';
import { NEWS, type Occurrence, sendKey } from './occurrence.ts';
import { capsReached, type PastSend } from './past-sends.ts';
import type { PushPolicy } from './push-policy.ts';
import { quietUntil } from './quiet-hours.ts';
import type { Suppression } from './suppression.ts';

const HOUR_MS = 60 * 60 * 1000;
/** Of writing: the consent that is asked for. */
const CHANNEL = 'push';

/** A customer as one decision has to know them. */
export interface Recipient {
  readonly profile: PersonaId;
  /** Former ids: what was sent under these was sent to this customer. */
  readonly aliases: readonly PersonaId[];
  readonly tier: Tier;
  readonly segments: ReadonlySet<string>;
  /** By name (shared/profiles/marks.ts): given or taken back. Not there: never said. */
  readonly consents: ReadonlyMap<string, boolean>;
  /** On the list of those never written to, whatever they have consented to. */
  readonly isSuppressed: boolean;
  readonly hasEndpoint: boolean;
  readonly zone?: string;
}

export interface Situation {
  readonly campaign: Campaign;
  readonly occurrence: Occurrence;
  /** It was so when the trigger came, and is no more: the cart was ordered, emptied or told of, the product sold out again. */
  readonly lapsed?: Suppression;
  /** Of the message that it would lead to; made when the trigger came, from the id that the profile had then. */
  readonly key: string;
  readonly recipient: Recipient;
  /** Of the profile and its aliases, for as long as any cap looks back. */
  readonly sent: readonly PastSend[];
  readonly policy: PushPolicy;
  /** Of the campaign's budget; undefined: it has none. */
  readonly budgetLeft?: number;
  /** When the occurrence was first decided on; `now` unless it was held. */
  readonly firstSeenAt: Instant;
  readonly now: Instant;
}

export type PushDecision =
  | ({ readonly kind: 'send' } & Chosen)
  /** Ask again then. */
  | { readonly kind: 'hold'; readonly until: Instant }
  /** With what would have been sent: if it lacks something, nothing could have been. */
  | ({ readonly kind: 'held_out'; readonly by: HeldOut } & Chosen)
  /** All that stands against it; the first is the one that is counted. */
  | { readonly kind: 'suppress'; readonly reasons: readonly [Suppression, ...Suppression[]] };

/** Which message it is, or would have been. */
interface Chosen {
  readonly key: string;
  readonly variant: Variant;
  readonly isPersonalised: boolean;
}

export function decide(situation: Situation): PushDecision {
  const [first, ...rest] = against(situation);
  if (first !== undefined) return { kind: 'suppress', reasons: [first, ...rest] };
  const { campaign, occurrence, key, recipient, policy } = situation;
  const until = quietFor(situation);
  if (until !== undefined) {
    const lastMs = epochMs(occurrence.at) + campaign.limits.holdHours * HOUR_MS;
    return epochMs(until) > lastMs ? { kind: 'suppress', reasons: ['quiet_too_long'] } : { kind: 'hold', until };
  }
  const chosen: Chosen = {
    key,
    variant: variantFor(recipient.profile, campaign),
    isPersonalised: recipient.consents.get(consentName('personalisation', CHANNEL)) !== false,
  };
  const by = heldOut(recipient.profile, campaign, policy.holdout);
  return by === undefined ? { kind: 'send', ...chosen } : { kind: 'held_out', by, ...chosen };
}

function quietFor({ campaign, recipient, policy, now }: Situation): Instant | undefined {
  // Who waits for word of a parcel wants it at night, too.
  if (campaign.purpose !== 'marketing') return undefined;
  const hours = campaign.limits.quietHours ?? policy.quietHours;
  return hours ? quietUntil(now, hours, recipient.zone ?? policy.zone) : undefined;
}

/** In the order in which they are counted: what is of the campaign, of the moment, of the customer's will, of the customer's past. */
function* against(situation: Situation): Generator<Suppression> {
  const { campaign, occurrence, lapsed, key, recipient, sent, policy, budgetLeft, now } = situation;
  if (stateAt(campaign, now) !== 'running') yield 'not_running';
  if (!NEWS.has(occurrence.cause)) yield 'no_news';
  if (isStale(situation)) yield 'stale';
  if (lapsed && lapsed !== 'already_sent') yield lapsed;
  const { in: wanted, notIn: unwanted } = campaign.audience;
  if (!wanted.every((id) => recipient.segments.has(id))) yield 'not_in_audience';
  if (unwanted.some((id) => recipient.segments.has(id))) yield 'excluded';
  if (recipient.isSuppressed) yield 'suppression_list';
  const consent = recipient.consents.get(consentName(campaign.purpose, CHANNEL));
  // Word of one's own order needs no consent, but it can be refused.
  if (campaign.purpose === 'marketing' ? consent !== true : consent === false)
    yield consent === false ? 'consent_refused' : 'no_consent';
  if (policy.law === 'pipl' && isRefusedWithoutOther(situation)) yield 'personalisation_refused';
  if (!recipient.hasEndpoint) yield 'no_endpoint';
  const ids = [recipient.profile, ...recipient.aliases];
  const keys = new Set([key, ...ids.map((id) => sendKey(campaign.id, id, occurrence.id))]);
  if (lapsed === 'already_sent' || sent.some((send) => keys.has(send.key))) yield 'already_sent';
  yield* capsReached(sent, campaign, policy, now);
  if (budgetLeft !== undefined && budgetLeft <= 0) yield 'budget_spent';
}

/** What was held for the morning had to be fresh when it was held. */
const isStale = (situation: Situation): boolean =>
  isOlder(situation.occurrence, situation.firstSeenAt, situation.policy.freshHours) || isPast(situation);

/** However it was held, nothing can come of it any more. */
export const isPast = ({
  campaign,
  occurrence,
  policy,
  now,
}: Pick<Situation, 'campaign' | 'occurrence' | 'policy' | 'now'>): boolean =>
  isOlder(occurrence, now, policy.freshHours + campaign.limits.holdHours);

const isOlder = (occurrence: Occurrence, at: Instant, hours: number): boolean =>
  epochMs(at) - epochMs(occurrence.at) > hours * HOUR_MS;

const isRefusedWithoutOther = ({ campaign, recipient }: Situation): boolean =>
  recipient.consents.get(consentName('personalisation', CHANNEL)) === false &&
  campaign.content.nonPersonalised === undefined;
