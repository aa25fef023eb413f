/**
 * Carts of people who are known → work of campaigns about carts that were left, due when nothing was heard of the cart for so long.
 *
 * A row of a campaign and a person stands for their cart; each later word of the cart moves it. It is not named by the cart but by whose
 * it is, so that there is one; what it leads to is named by when the cart was last heard of. That is the same however often and in
 * whatever order events come, and another one for the next cart. When it is due it becomes a row of that message (errand.ts), which no
 * later word moves: so what was claimed, or is to be told, is never forgotten. That of one cart no second message is sent, though
 * something is put into it day after day, is decided when the message is due (left-cart.ts).
 *
 * Nobody is woken: what is due in a quarter of an hour at the earliest is found by the sweep, within a minute.
 */
import pMap from 'p-map';
import { sendKey } from '../campaigns/occurrence.ts';
import type { PersonaId } from '../identity/persona.ts';
import type { LaneStore } from '../lanes/lane.ts';
import { Conflict } from '../runtime/errors.ts';
import { epochMs, type Instant, instant } from '../time/instant.ts';
import type { TriggerDependencies } from './fan-out.ts';
import { type PushWork, pushParty } from './push-work.ts';
import { type WaitingCampaign, waitingCampaigns } from './running.ts';

export interface CartDependencies extends Pick<TriggerDependencies, 'campaigns' | 'clock'> {
  readonly lanes: Pick<LaneStore<PushWork>, 'getWork' | 'putWork'>;
}

/** Who wants to know of carts with something in them. */
export interface CartListener {
  /** `at`: when the person's cart was last heard of. Said again, or of an earlier time, it changes nothing. */
  heard(persona: PersonaId, at: Instant): Promise<void>;
}

const MINUTE_MS = 60_000;
const ATTEMPTS = 8;
/** No policy calls fresh what is older (push-policy.ts): events of months ago that are imported need no rows. */
const OF_USE_MS = 168 * 60 * MINUTE_MS;
const ROWS_AT_ONCE = 8;

export function createCarts(its: CartDependencies): CartListener {
  const waiting = waitingCampaigns(its);
  return {
    async heard(persona, at) {
      const nowMs = its.clock().getTime();
      const all = await waiting.waitFor(['cart_left'], instant(nowMs));
      await pMap(all, (one) => move(persona, at, { ...one, nowMs, lanes: its.lanes }), {
        concurrency: ROWS_AT_ONCE,
        stopOnError: false,
      });
    },
  };
}

interface Moving extends WaitingCampaign<'cart_left'> {
  readonly lanes: CartDependencies['lanes'];
  readonly nowMs: number;
}

async function move(persona: PersonaId, heardAt: Instant, its: Moving): Promise<void> {
  const { lanes, nowMs, campaign, behindMs } = its;
  const leftMs = epochMs(heardAt) + campaign.trigger.afterMinutes * MINUTE_MS;
  if (nowMs - leftMs > OF_USE_MS) return;
  const party = pushParty(campaign.id);
  const subject = sendKey(campaign.id, persona, CART);
  const detail = cartWork(persona, heardAt, instant(leftMs));
  for (let attempt = 1; ; attempt++) {
    const known = await lanes.getWork(party, subject);
    if (known && (known.detail.heardAt ?? '') >= heardAt) return;
    const revision = (known?.revision ?? 0) + 1;
    const dueAt = Math.max(nowMs, leftMs) + behindMs;
    try {
      const work = { party, subject, revision, dueAt, askedAt: nowMs, attempts: 0, detail };
      return await lanes.putWork(work, revision - 1);
    } catch (error) {
      if (!(error instanceof Conflict) || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Names the row of a person's cart; no occurrence is called so. */
const CART = 'cart';

const cartWork = (profile: PersonaId, heardAt: Instant, left: Instant): PushWork => ({
  profile,
  // It comes true when the cart has been left for so long: before, there was no news that could grow old.
  occurrence: { id: `cart ${heardAt}`, at: left, cause: 'live' },
  period: left.slice(0, 10),
  heardAt,
});
