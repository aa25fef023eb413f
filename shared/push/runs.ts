/** Runs of scheduled campaigns: each goes over the members of a segment, page by page, and puts each into the campaign's lane. */
import pMap from 'p-map';
import { type Campaign, stateAt } from '../campaigns/campaign.ts';
import type { CampaignStore } from '../campaigns/campaign-store.ts';
import { behindMs, EVENT_STEP_MS } from '../campaigns/priority.ts';
import { lastRun } from '../campaigns/schedule.ts';
import type { LaneStore } from '../lanes/lane.ts';
import { createWaker } from '../lanes/waker.ts';
import type { RunMessage, WakeMessage } from '../queues/messages.ts';
import type { Queue } from '../queues/queue.ts';
import type { Clock } from '../runtime/clock.ts';
import type { MembershipStore } from '../segments/segment-store.ts';
import { type Instant, instant } from '../time/instant.ts';
import { putPushWork } from './fan-out.ts';
import { type PushWork, pushParty } from './push-work.ts';

export interface RunStore {
  /** By campaign: when its last run was due. */
  listRuns(): Promise<ReadonlyMap<string, Instant>>;
  /** Whether that run is to begin now: false where it, or a later one, has. */
  putRun(campaign: string, at: Instant): Promise<boolean>;
}

export interface RunDependencies {
  readonly campaigns: Pick<CampaignStore, 'listCampaigns' | 'getCampaign'>;
  readonly runs: RunStore;
  readonly memberships: Pick<MembershipStore, 'listMembers'>;
  readonly lanes: Pick<LaneStore<PushWork>, 'putWork'>;
  readonly wakes: Queue<WakeMessage | RunMessage>;
  readonly clock: Clock;
}

const PAGE = 500;
const ROWS_AT_ONCE = 16;

/** Begins the runs that are due: those that were missed while nobody looked are one. */
export async function beginRuns(its: RunDependencies): Promise<void> {
  const now = instant(its.clock().getTime());
  const scheduled = (await its.campaigns.listCampaigns()).filter(
    (campaign) => campaign.trigger.on === 'schedule' && stateAt(campaign, now) === 'running',
  );
  if (scheduled.length === 0) return;
  const last = await its.runs.listRuns();
  for (const campaign of scheduled) {
    const due = dueRun(campaign, last.get(campaign.id), now);
    if (due === undefined) continue;
    // First the message: who dies in between begins it again, which changes nothing.
    await its.wakes.send({ run: { campaign: campaign.id, at: due } });
    await its.runs.putRun(campaign.id, due);
  }
}

/** Not one that was due before the campaign was started, nor one that is too old to be of use. */
function dueRun({ trigger, at, startsAt }: Campaign, last: Instant | undefined, now: Instant): Instant | undefined {
  if (trigger.on !== 'schedule') return undefined;
  const started = startsAt !== undefined && startsAt > at ? instant(Date.parse(startsAt) - 1) : at;
  return lastRun(trigger.cron, trigger.zone, last !== undefined && last > started ? last : started, now);
}

/** A page of the members; the next is another message. */
export async function continueRun({ campaign: id, at, after }: RunMessage['run'], its: RunDependencies): Promise<void> {
  const campaign = await its.campaigns.getCampaign(id);
  const [segment] = campaign?.audience.in ?? [];
  if (!campaign || segment === undefined) return;
  const now = instant(its.clock().getTime());
  const behind = behindMs(campaign, await its.campaigns.listCampaigns(), now, EVENT_STEP_MS);
  const { items, next } = await its.memberships.listMembers(segment, PAGE, after);
  const due = instant(Date.parse(at));
  await pMap(
    items,
    ({ profile }) =>
      putPushWork(id, { profile, occurrence: { id: `run ${due}`, at: due, cause: 'live' }, period: due }, its.lanes, {
        now,
        behindMs: behind,
      }),
    { concurrency: ROWS_AT_ONCE, stopOnError: false },
  );
  if (items.length > 0) await createWaker(its).wake(pushParty(id));
  if (next !== undefined) await its.wakes.send({ run: { campaign: id, at, after: next } });
}
