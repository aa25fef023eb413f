/**
 * A product can be bought again → work of campaigns that wait for that, for the customers most likely to want it, page by page. The
 * occurrence is named by the product and the time of which its stock was said, so a page that comes twice makes no second one.
 */
import pMap from 'p-map';
import { DIRECTORY_MAX_AGE_MS } from '../catalogue/directory.ts';
import { createWaker } from '../lanes/waker.ts';
import type { RestockMessage, RunMessage, WakeMessage } from '../queues/messages.ts';
import type { Queue } from '../queues/queue.ts';
import type { AudienceStore } from '../recommendations/recommendation.ts';
import { instant } from '../time/instant.ts';
import { putPushWork, type TriggerDependencies } from './fan-out.ts';
import { pushParty } from './push-work.ts';
import { waitingCampaigns } from './running.ts';

export interface RestockDependencies extends TriggerDependencies {
  readonly audience: Pick<AudienceStore, 'listAudience'>;
  readonly wakes: Queue<WakeMessage | RunMessage | RestockMessage>;
}

const PAGE = 500;
const ROWS_AT_ONCE = 16;

export async function continueRestock(
  { product, at, after, listed = 0 }: RestockMessage['restocked'],
  its: RestockDependencies,
): Promise<void> {
  const now = instant(its.clock().getTime());
  const waiting = (await waitingCampaigns(its).waitFor(['back_in_stock'], now)).filter(
    ({ campaign: { trigger } }) => trigger.products?.includes(product) ?? true,
  );
  const most = Math.max(0, ...waiting.map(({ campaign }) => campaign.trigger.most));
  if (listed >= most) return;
  const { items, next } = await its.audience.listAudience(product, Math.min(PAGE, most - listed), after);
  const since = instant(Date.parse(at));
  const occurrence = { id: `back ${product} ${since}`, at: since, cause: 'live' as const, products: [product] };
  const work = items.flatMap(({ customer }, index) =>
    waiting
      .filter(({ campaign }) => listed + index < campaign.trigger.most)
      .map((one) => ({ ...one, detail: { profile: customer, occurrence, period: since.slice(0, 10) } })),
  );
  await pMap(
    work,
    ({ campaign, behindMs, detail }) =>
      // Whoever sends may have looked just before, when it was sold out: by then it looks anew.
      putPushWork(campaign.id, detail, its.lanes, { now, behindMs: behindMs + DIRECTORY_MAX_AGE_MS }),
    { concurrency: ROWS_AT_ONCE, stopOnError: false },
  );
  const waker = createWaker(its);
  for (const id of new Set(work.map(({ campaign }) => campaign.id))) await waker.wake(pushParty(id));
  if (next !== undefined)
    await its.wakes.send({ restocked: { product, at, after: next, listed: listed + items.length } });
}
