/** Decisions about messages, and the messages: of one core, by this process's own processor time, in turns (measure.ts). */
import { decide, type Situation } from '../../shared/campaigns/decide.ts';
import { capsReached } from '../../shared/campaigns/past-sends.ts';
import { DEFAULT_PUSH_POLICY } from '../../shared/campaigns/push-policy.ts';
import { quietUntil } from '../../shared/campaigns/quiet-hours.ts';
import type { ProductInStock } from '../../shared/catalogue/stock.ts';
import type { MessageProducts } from '../../shared/push/products.ts';
import { contentFor } from '../../shared/push/render.ts';
import { epochMs, instant } from '../../shared/time/instant.ts';
import { campaign, NOON, recipient, situation } from '../campaigns/spring.ts';
import { personaId } from '../profiles/people.ts';
import { profileOf } from '../publish/samples.ts';
import { compareMs, cpuMs, type Row } from './measure.ts';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
/** Eleven in the evening in Shanghai. */
const NIGHT = instant(epochMs(NOON) + 11 * HOUR_MS);
const SENT = 40;
const ROUNDS = 15;

const OWN = campaign({
  audience: { in: ['tea-lovers', 'bought-twice'], notIn: ['staff'] },
  limits: { holdout: 0.1, perCustomer: { times: 3, days: 30 }, budget: 10_000 },
  content: {
    defaultLocale: 'zh',
    variants: [
      {
        id: 'a',
        weight: 1,
        messages: {
          zh: {
            title: '{{ customer.tier }}，春茶上市',
            body: '距上次下单已 {{ customer.daysSinceLastOrder }} 天：{% for item in items %}{{ item.title }} {{ item.price }}，{{ item.reason | default: "新品" }} {% endfor %}',
            url: '{{ items[0].url | default: "https://shop.example/new" }}',
          },
        },
      },
      {
        id: 'b',
        weight: 1,
        messages: { zh: { title: '春茶上市', body: '{% for item in items %}{{ item.title }} {% endfor %}' } },
      },
    ],
    nonPersonalised: { zh: { title: '新品上市', body: '新品已到，欢迎选购' } },
    recommended: { items: 2 },
  },
});

/** As a customer of some years: five segments, twelve consents, two former ids, forty messages of fourteen months. */
const REALISTIC: Situation = situation({
  campaign: OWN,
  recipient: recipient({
    aliases: [personaId('douyin/live/dy-7'), personaId('square/tills/c-9')],
    segments: new Set(['tea-lovers', 'bought-twice', 'sleeping', 'city', 'members']),
    consents: new Map([
      ['push', true],
      ['service/push', true],
      ['personalisation/push', true],
      ...['email', 'sms', 'wechat', 'phone', 'post', 'service/email', 'service/sms', 'analytics', 'profiling'].map(
        (name) => [name, true] as const,
      ),
    ]),
    zone: 'America/Los_Angeles',
  }),
  sent: Array.from({ length: SENT }, (_, nth) => ({
    ...{ key: `${nth}`.padStart(40, '0'), campaign: nth % 8 === 0 ? OWN.id : `c${nth % 8}`, isMarketing: nth % 5 > 0 },
    at: instant(epochMs(NOON) - (SENT - nth) * 10.5 * DAY_MS),
  })),
  policy: { ...DEFAULT_PUSH_POLICY, holdout: 0 },
  budgetLeft: 500,
});
const inZone = (zone: string, now: typeof NOON): Situation => ({
  ...REALISTIC,
  ...{ now, firstSeenAt: now, occurrence: { ...REALISTIC.occurrence, at: now } },
  recipient: { ...REALISTIC.recipient, zone },
});

const product = (id: string, title: string): ProductInStock => ({
  ...{ id, revision: 1, title: { zh: title, en: id }, url: `https://shop.example/${id}`, listings: [] },
  ...{ by: 'a marketer', updatedAt: NOON },
  variants: [12_800, 16_800].map((amount, nth) => ({
    skuId: `${id}-${nth}`,
    price: { amount, currency: 'CNY' },
    stock: 9,
  })),
});
const PRODUCTS: MessageProducts = {
  items: [
    { product: product('dongding', '冻顶乌龙'), reason: { code: 'repurchase_due', lastDays: 32, cycleDays: 30 } },
    {
      product: product('pot', '紫砂壶'),
      reason: { code: 'bought_together', with: 'dongding' },
      named: product('dongding', '冻顶乌龙'),
    },
  ],
};
const PROFILE = profileOf({ lastPaidAt: instant(epochMs(NOON) - 20 * DAY_MS) }, { value: 'growth' });

export function benchPushDecision(): Row[] {
  const [day, night] = [inZone('Asia/Shanghai', NOON), inZone('Asia/Shanghai', NIGHT)];
  const render = () => {
    const decision = decide(day);
    if (decision.kind !== 'send') throw new Error(`It is decided: ${JSON.stringify(decision)}.`);
    const { variant, isPersonalised } = decision;
    const wording = { campaign: OWN, variant, isPersonalised, products: PRODUCTS, now: NOON };
    if (!contentFor(wording, PROFILE, 'zh-CN')) throw new Error('A value is missing.');
  };
  if (decide(night).kind !== 'hold') throw new Error('It is not held for the morning.');
  render();
  const quietHours = DEFAULT_PUSH_POLICY.quietHours;
  if (!quietHours) throw new Error('There are no quiet hours.');
  const steps = [
    ['decided, to be sent', () => decide(day)],
    ['decided, to be held until the morning', () => decide(night)],
    ['decided and rendered, two products', render],
    ['of it, quiet hours by day', () => quietUntil(NOON, quietHours, 'Asia/Shanghai')],
    ['of it, quiet hours by night', () => quietUntil(NIGHT, quietHours, 'Asia/Shanghai')],
    ['of it, caps over forty messages', () => capsReached(REALISTIC.sent, OWN, REALISTIC.policy, NOON)],
  ] as const;
  const times = compareMs(steps, ROUNDS, cpuMs);
  const first = times[0]?.ms ?? Number.NaN;
  return times.map(({ name, ms }) => ({ name, value: Math.round(ms * 10_000) / 10, unit: 'µs', ratio: ms / first }));
}
