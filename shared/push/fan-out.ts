/** Events → a row in the lane of each campaign whose trigger they are. Telling again what still waits changes nothing. */
import pMap from 'p-map';
import type { Campaign } from '../campaigns/campaign.ts';
import type { CampaignStore } from '../campaigns/campaign-store.ts';
import { NEWS, sendKey } from '../campaigns/occurrence.ts';
import type { LaneStore } from '../lanes/lane.ts';
import { createWaker } from '../lanes/waker.ts';
import type { Deliveries } from '../publish/deliveries.ts';
import type { ProfileEvent } from '../publish/events.ts';
import type { WakeMessage } from '../queues/messages.ts';
import type { Queue } from '../queues/queue.ts';
import type { Clock } from '../runtime/clock.ts';
import { Conflict } from '../runtime/errors.ts';
import { type Instant, instant } from '../time/instant.ts';
import { type PushWork, pushParty } from './push-work.ts';
import { waitingCampaigns } from './running.ts';

export interface TriggerDependencies {
  readonly campaigns: Pick<CampaignStore, 'listCampaigns'>;
  readonly lanes: Pick<LaneStore<PushWork>, 'putWork'>;
  readonly wakes: Queue<WakeMessage>;
  readonly clock: Clock;
}

const ROWS_AT_ONCE = 16;
const TOLD_BY_EVENTS = ['segment_entered', 'segment_exited', 'tier_changed'] as const;

export function createTriggers(dependencies: TriggerDependencies): Deliveries {
  const { lanes, wakes, clock } = dependencies;
  const waiting = waitingCampaigns(dependencies);
  const waker = createWaker({ wakes, clock });
  return {
    async tell(events) {
      const news = events.filter(({ cause }) => NEWS.has(cause));
      if (news.length === 0) return;
      const now = instant(clock().getTime());
      const work = (await waiting.waitFor(TOLD_BY_EVENTS, now)).flatMap(({ campaign, behindMs }) =>
        news.filter((event) => isTriggeredBy(campaign, event)).map((event) => ({ campaign, behindMs, event })),
      );
      await pMap(
        work,
        async ({ campaign, behindMs, event }) => {
          await putPushWork(campaign.id, workOf(event), lanes, { now, behindMs });
          await waker.wake(pushParty(campaign.id));
        },
        { concurrency: ROWS_AT_ONCE, stopOnError: false },
      );
    },
  };
}

export function isTriggeredBy({ trigger }: Pick<Campaign, 'trigger'>, event: ProfileEvent): boolean {
  switch (trigger.on) {
    case 'segment_entered':
      return event.type === 'segment.entered' && event.segment === trigger.segment;
    case 'segment_exited':
      return event.type === 'segment.exited' && event.segment === trigger.segment;
    case 'tier_changed':
      // A first tier is no change that anybody would be told of.
      return (
        event.type === 'tier.changed' &&
        event.from !== undefined &&
        (trigger.from?.includes(event.from) ?? true) &&
        (trigger.to?.includes(event.to) ?? true)
      );
    default:
      return false;
  }
}

function workOf({ id, occurredAt, cause, profile }: ProfileEvent): PushWork {
  const at = instant(Date.parse(occurredAt));
  return { profile, occurrence: { id, at, cause }, period: at.slice(0, 10) };
}

/** In one write and no read: whatever is there already is the same occurrence. */
export async function putPushWork(
  campaign: string,
  detail: PushWork,
  lanes: Pick<LaneStore<PushWork>, 'putWork'>,
  /** `behindMs`: campaigns of a higher priority go first (priority.ts). */
  { now, behindMs = 0 }: { readonly now: Instant; readonly behindMs?: number },
): Promise<void> {
  const nowMs = Date.parse(now);
  const subject = sendKey(campaign, detail.profile, detail.occurrence.id);
  const party = pushParty(campaign);
  try {
    const dueAt = nowMs + behindMs;
    await lanes.putWork({ party, subject, revision: 1, dueAt, askedAt: nowMs, attempts: 0, detail }, 0);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
  }
}
