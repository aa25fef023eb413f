/**
 * What one customer's orders prove, of all campaigns together: for which message each counts, and what the customer did after the moment
 * at which each campaign sent to, or held out, them. Pure, and whatever the order of what is given.
 */
import { type AttributableOrder, type Attribution, attribute } from '../campaigns/attribution.ts';
import { DAY_MS } from '../campaigns/past-sends.ts';
import { epochMs, type Instant } from '../time/instant.ts';
import type { Touch } from './touch.ts';

/** Whom those sent to are compared with. */
export interface Comparison {
  /**
   * `campaign`: those that it held out itself, who got the messages of all others, as those sent to did. `global`, where it holds out none:
   * those held out of everything, who got no message at all; so the others' messages are in what it seems to have sold.
   */
  readonly against: 'campaign' | 'global';
  /** Of a version of the campaign: of so many customers each was held out. */
  readonly share: (version: number) => number;
}

export interface Outcome {
  readonly campaign: string;
  readonly arm: 'sentTo' | 'heldOut';
  /** How likely it was that this customer would be held out. */
  readonly share: number;
  /** The window has not ended yet. */
  readonly isOpen: boolean;
  /** Within the window, those of which something was kept. */
  readonly orders: number;
  /** Of these: net by currency, in minor units. */
  readonly revenue: ReadonlyMap<string, number>;
}

export interface CustomerProof {
  readonly attributions: readonly Attribution[];
  /** One a campaign at most. */
  readonly outcomes: readonly Outcome[];
}

export interface ProvenCustomer {
  /** Under whichever id each was; the profiles are one by now. */
  readonly touches: readonly Touch[];
  readonly orders: readonly AttributableOrder[];
}

/** `comparisons`: by campaign. `asOf`: up to when orders are known. */
export function proofOf(
  { touches, orders }: ProvenCustomer,
  comparisons: ReadonlyMap<string, Comparison>,
  asOf: Instant,
): CustomerProof {
  const sent = touches.filter(({ kind }) => kind === 'sent');
  const firsts = firstOfEach(touches, comparisons);
  return {
    attributions: attribute(sent, orders),
    outcomes: firsts.map(({ touch, comparison }) => outcomeOf(touch, comparison, orders, asOf)),
  };
}

interface First {
  readonly touch: Touch;
  readonly comparison: Comparison;
}

/** What came first decides which arm a customer is in: later ones are what came of it, or of a share that was changed. */
function firstOfEach(touches: readonly Touch[], comparisons: ReadonlyMap<string, Comparison>): First[] {
  const firsts = new Map<string, First>();
  for (const touch of touches) {
    const comparison = comparisons.get(touch.campaign);
    if (!comparison || !isCompared(touch, comparison)) continue;
    const known = firsts.get(touch.campaign);
    if (!known || isBefore(touch, known.touch)) firsts.set(touch.campaign, { touch, comparison });
  }
  return [...firsts.values()];
}

function isCompared({ kind, version }: Touch, { against, share }: Comparison): boolean {
  if (against === 'global') return kind !== 'held_out';
  // While a version held out nobody, nobody is there that those it sent to could be compared with.
  return kind !== 'held_out_of_all' && (kind === 'held_out' || share(version) > 0);
}

const isBefore = (a: Touch, b: Touch): boolean =>
  a.decidedAt < b.decidedAt || (a.decidedAt === b.decidedAt && a.key < b.key);

function outcomeOf(
  { campaign, kind, decidedAt, attributionDays, version }: Touch,
  { share }: Comparison,
  orders: readonly AttributableOrder[],
  asOf: Instant,
): Outcome {
  const windowMs = attributionDays * DAY_MS;
  const passedMs = (at: Instant) => epochMs(at) - epochMs(decidedAt);
  const within = orders.filter(({ paidAt, net }) => net > 0 && passedMs(paidAt) > 0 && passedMs(paidAt) <= windowMs);
  const revenue = new Map<string, number>();
  for (const { currency, net } of within) revenue.set(currency, (revenue.get(currency) ?? 0) + net);
  return {
    campaign,
    arm: kind === 'sent' || kind === 'not_sent' ? 'sentTo' : 'heldOut',
    share: share(version),
    isOpen: passedMs(asOf) <= windowMs,
    orders: within.length,
    revenue,
  };
}
