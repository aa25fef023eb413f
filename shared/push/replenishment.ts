/**
 * What a build of recommendations finds to be due → work of campaigns about replenishment. All that is news of one customer in one
 * build is one occurrence, named by the least of its products and the day on which that was last bought: told again, in whatever order,
 * it is the same, and the next is that of the next purchase.
 */
import pMap from 'p-map';
import { createWaker, type Waker } from '../lanes/waker.ts';
import type { DueListener, DueProduct, DueProducts } from '../recommendations/recommendation.ts';
import { type Instant, instant } from '../time/instant.ts';
import { putPushWork, type TriggerDependencies } from './fan-out.ts';
import { type PushWork, pushParty } from './push-work.ts';
import { type WaitingCampaign, waitingCampaigns, waitsSince } from './running.ts';

type Waiting = WaitingCampaign<'replenishment_due'>;

const DAY_MS = 24 * 60 * 60 * 1000;
const CUSTOMERS_AT_ONCE = 500;
const ROWS_AT_ONCE = 16;
/** A message names one, and few templates more than some. */
const PRODUCTS_MOST = 20;

export function createReplenishments(dependencies: TriggerDependencies): DueListener {
  const { lanes, wakes, clock } = dependencies;
  const campaigns = waitingCampaigns(dependencies);
  const waker = createWaker({ wakes, clock });
  return {
    async tell(due) {
      const now = instant(clock().getTime());
      const waiting = await campaigns.waitFor(['replenishment_due'], now);
      // Rows are read by whoever wants them, and cost a query.
      if (waiting.length === 0) return;
      for await (const customers of inPages(byCustomer(due.rows), CUSTOMERS_AT_ONCE)) {
        const work = customers.flatMap((rows) => waiting.flatMap((one) => workOf(rows, one, due, now)));
        await put(work, lanes, waker, now);
      }
    },
  };
}

interface Due {
  readonly waiting: Waiting;
  readonly detail: PushWork;
}

function put(work: readonly Due[], lanes: TriggerDependencies['lanes'], waker: Waker, now: Instant) {
  return pMap(
    work,
    async ({ waiting: { campaign, behindMs }, detail }) => {
      await putPushWork(campaign.id, detail, lanes, { now, behindMs });
      await waker.wake(pushParty(campaign.id));
    },
    { concurrency: ROWS_AT_ONCE, stopOnError: false },
  );
}

function workOf(rows: readonly DueProduct[], waiting: Waiting, due: DueProducts, now: Instant): Due[] {
  const news = rows.filter((row) => isNews(row, waiting.campaign, due));
  const least = news.reduce<DueProduct | undefined>((a, b) => (a && a.product <= b.product ? a : b), undefined);
  if (!least) return [];
  const occurrence = {
    id: `due ${least.product} ${least.lastDay}`,
    at: now,
    cause: 'review' as const,
    products: news.slice(0, PRODUCTS_MOST).map(({ product }) => product),
  };
  return [{ waiting, detail: { profile: least.customer, occurrence, period: due.day } }];
}

/** It is due to this campaign, and the build before could not have told it so. */
function isNews(
  { product, dueDay, wasKnown }: Pick<DueProduct, 'product' | 'dueDay' | 'wasKnown'>,
  campaign: Waiting['campaign'],
  { day, dayBefore }: Pick<DueProducts, 'day' | 'dayBefore'>,
): boolean {
  const { daysBefore, products } = campaign.trigger;
  if (products && !products.includes(product)) return false;
  const from = dayOf(Date.parse(dueDay) - daysBefore * DAY_MS);
  if (from > day) return false;
  if (dayBefore === undefined || !wasKnown || from > dayBefore) return true;
  // Started on the day of the build before, or later: all that is due is news to it. What it was told of already is the same again.
  return waitsSince(campaign).slice(0, dayBefore.length) >= dayBefore;
}

const dayOf = (ms: number): string => instant(ms).slice(0, 10);

/** Rows of a customer come one after the other. */
async function* byCustomer(rows: AsyncIterable<DueProduct>): AsyncGenerator<readonly DueProduct[]> {
  let own: DueProduct[] = [];
  for await (const row of rows) {
    if (own[0] && own[0].customer !== row.customer) {
      yield own;
      own = [];
    }
    own.push(row);
  }
  if (own.length > 0) yield own;
}

async function* inPages<Item>(items: AsyncIterable<Item>, most: number): AsyncGenerator<readonly Item[]> {
  let page: Item[] = [];
  for await (const item of items) {
    page.push(item);
    if (page.length < most) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
