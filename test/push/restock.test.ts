/** A product that can be bought again, from the word about its stock to the customers who are likely to want it. */
import { describe, expect, it, test } from 'vitest';
import type { Campaign } from '../../shared/campaigns/campaign.ts';
import { type PushWork, pushParty } from '../../shared/push/push-work.ts';
import { continueRestock, type RestockDependencies } from '../../shared/push/restock.ts';
import type { RestockMessage, RunMessage, WakeMessage } from '../../shared/queues/messages.ts';
import { epochMs, instant } from '../../shared/time/instant.ts';
import { campaign, NOON } from '../campaigns/spring.ts';
import { personaId } from '../profiles/people.ts';
import { memoryLanes } from '../simulation/models/lanes.ts';
import { memoryCampaigns } from '../simulation/models/push.ts';
import { ANNE, openStage } from './stage.ts';

const MINUTE_MS = 60_000;
type Trigger = Extract<Campaign['trigger'], { readonly on: 'back_in_stock' }>;
const BACK: Trigger = { on: 'back_in_stock', most: 1_000 };

async function open(count: number, ...campaigns: Campaign[]) {
  const store = memoryCampaigns();
  for (const one of campaigns) await store.putCampaign(one);
  const lanes = memoryLanes<PushWork>();
  const sent: (WakeMessage | RunMessage | RestockMessage)[] = [];
  const asked: string[] = [];
  const likely = Array.from({ length: count }, (_, n) => ({ customer: personaId(`shopify/shop/${n}`), score: 1 / n }));
  const its: RestockDependencies = {
    campaigns: store,
    lanes,
    wakes: { send: async (message) => void sent.push(message) },
    audience: {
      async listAudience(product, limit, after = '0') {
        asked.push(product);
        const start = Number(after);
        const items = product === 'tea' ? likely.slice(start, start + limit) : [];
        return { items, ...(start + limit < likely.length && { next: String(start + limit) }) };
      },
    },
    clock: () => new Date(NOON),
  };
  return {
    ...{ lanes, sent, asked },
    /** The message and all pages that follow upon it. */
    async say(product: string, at: string = NOON) {
      const messages: RestockMessage[] = [{ restocked: { product, at } }];
      for (let message = messages.shift(); message; message = messages.shift()) {
        await continueRestock(message.restocked, its);
        for (const one of sent.splice(0)) if ('restocked' in one) messages.push(one);
      }
    },
    told: (id = 'spring') => lanes.listDue(pushParty(id), Number.MAX_SAFE_INTEGER, 99_999),
  };
}

describe('a product that is back', () => {
  it('is told to all who are likely to want it, page by page, once', async () => {
    const stage = await open(1_234, campaign({ trigger: { ...BACK, most: 2_000 } }));
    await stage.say('tea');
    await stage.say('tea');
    const told = await stage.told();
    expect(new Set(told.map(({ detail }) => detail.profile)).size).toBe(1_234);
    expect(told).toHaveLength(1_234);
    expect(told[0]).toMatchObject({
      // Until nobody has an older word of its stock.
      dueAt: epochMs(NOON) + MINUTE_MS,
      detail: {
        occurrence: { id: `back tea ${NOON}`, at: NOON, cause: 'live', products: ['tea'] },
        period: '2026-11-25',
      },
    });
  });

  it('is told to so many as each campaign wants, the likeliest', async () => {
    const stage = await open(
      1_234,
      campaign({ trigger: { ...BACK, most: 700 } }),
      campaign({ id: 'few', trigger: { ...BACK, most: 2 } }),
    );
    await stage.say('tea');
    expect(await stage.told()).toHaveLength(700);
    expect((await stage.told('few')).map(({ detail }) => detail.profile)).toEqual(['shopify/shop/0', 'shopify/shop/1']);
    // No page more than is wanted.
    expect(stage.asked).toHaveLength(2);
  });

  test.each<[string, Partial<Campaign>]>([
    ['another trigger', { trigger: { on: 'tier_changed' } }],
    ['other products', { trigger: { ...BACK, products: ['honey'] } }],
    ['a paused campaign', { trigger: BACK, wanted: 'paused' }],
  ])('is nothing to %s, and nobody is asked for', async (_, { limits: __, ...changes }) => {
    const stage = await open(3, campaign(changes));
    await stage.say('tea');
    expect([await stage.told(), stage.asked]).toEqual([[], []]);
  });

  it('is told again when it is back again', async () => {
    const stage = await open(1, campaign({ trigger: { ...BACK, products: ['tea'] } }));
    await stage.say('tea');
    await stage.say('tea', instant(epochMs(NOON) + MINUTE_MS));
    expect(await stage.told()).toHaveLength(2);
  });
});

describe('when the message is due', () => {
  const content = {
    defaultLocale: 'zh',
    variants: [{ id: 'a', weight: 1, messages: { zh: { title: '到货', body: '{{ product.title }}又有货了' } } }],
  };
  const tea = (stock: number | null) => ({ title: { zh: '春茶' }, variants: [{ skuId: 'a', stock }] });

  test.each([
    ['can be bought', tea(3), 'sent'],
    ['sold out again', tea(0), 'sold_out'],
    ['may not be recommended any more', { ...tea(3), excluded: true }, 'sold_out'],
    ['is not on sale any more', { ...tea(3), availableUntil: '2026-11-25T00:00:00Z' }, 'sold_out'],
  ])('it is for a product that %s', async (_, product, became) => {
    const stage = await openStage({ trigger: BACK, content });
    await stage.putProduct('tea', product);
    const work = stage.work(`back tea ${NOON}`, ANNE, { products: ['tea'] });
    await stage.perform(work);
    const record = await stage.recordOf(work);
    expect(record?.reasons?.join() ?? record?.state).toBe(became);
    expect(stage.fcm.taken.map((one) => one.content.body)).toEqual(became === 'sent' ? ['春茶又有货了'] : []);
  });

  test('it is not for one that is gone from the catalogue', async () => {
    const stage = await openStage({ trigger: BACK, content });
    const work = stage.work(`back tea ${NOON}`, ANNE, { products: ['tea'] });
    await stage.perform(work);
    expect(await stage.recordOf(work)).toMatchObject({ state: 'suppressed', reasons: ['sold_out'] });
  });
});
