/** What a campaign has brought, as text. */
import type { ShownOf } from '../shared/api/route.ts';
import type { ROUTES } from '../shared/api/routes.ts';
import type { Language } from '../shared/tiers/reasons.ts';
import { formatMoney, minute, table } from './output.ts';

type Report = ShownOf<typeof ROUTES.reportCampaign>;
type Net = NonNullable<Report['attributed']>['net'];
type Order = ShownOf<typeof ROUTES.listOrdersOfCampaign>['items'][number];
type Fact = readonly [name: string, value: string | undefined];

export function proofFacts(
  { delivered, opened, openedByVariant, attributed, holdout, lift }: Report,
  language: Language,
): Fact[] {
  const facts: Fact[] = [
    ['delivered', told(delivered, NO_PROVIDER[language])],
    ['opened', told(opened, NO_APP[language])],
    ...Object.entries(openedByVariant ?? {}).map(([id, count]): Fact => [`  variant ${id}`, String(count)]),
  ];
  if (!attributed || !holdout || !lift) return facts;
  const { orders, assisted, net, variants, asOf } = attributed;
  return [
    ...facts,
    ['orders', `${orders} (${assisted} more assisted), as of ${minute(asOf)} UTC`],
    ['net revenue', moneyOf(net)],
    ...Object.entries(variants).map(([id, own]): Fact => [`  variant ${id}`, moneyOf(own)]),
    ['compared', armsOf(holdout)],
    ['holdout', balanceOf(holdout.balance)],
    ...liftFacts(lift, language),
  ];
}

/** One a line, under the facts. */
export const proofNotes = ({ notes }: Report, language: Language): string =>
  notes.map((one) => `* ${one[language]}`).join('\n');

const told = (count: number | null, words: string): string => (count === null ? words : String(count));
const NO_PROVIDER = { zh: '服务商未告知', en: 'not told by the provider' };
const NO_APP = { zh: '应用未上报', en: 'not told by any app' };

const moneyOf = (net: Net): string =>
  Object.entries(net)
    .map(
      ([currency, one]) =>
        `${formatMoney(one.net, currency)} of ${one.orders} ${one.orders === 1 ? 'order' : 'orders'}`,
    )
    .join(', ') || '0';

function armsOf({ against, sentTo, heldOut, open }: NonNullable<Report['holdout']>): string {
  const whom = against === 'campaign' ? 'held out of this one' : 'held out of all';
  const waiting = open.sentTo + open.heldOut;
  return `${sentTo} sent to, ${heldOut} ${whom}${waiting > 0 ? `; of ${waiting} the window has not ended` : ''}`;
}

function balanceOf(balance: NonNullable<Report['holdout']>['balance']): string {
  if (balance.kind === 'not_enough_data') return 'too few to tell whether it is balanced';
  const { kind, expected, found } = balance;
  return `${kind === 'balanced' ? 'balanced' : 'NOT BALANCED'}: ${percent(found)} held out, ${percent(expected)} meant`;
}

function liftFacts(lift: NonNullable<Report['lift']>, language: Language): Fact[] {
  switch (lift.kind) {
    case 'not_enough_data':
      return [['lift', { zh: '数据不足', en: 'not enough data' }[language]]];
    case 'not_comparable':
      return [['lift', { zh: '无法比较', en: 'can not be told' }[language]]];
    case 'lift': {
      const { customers, sentTo, heldOut, difference, revenue, currency, isClear } = lift;
      const interval = (show: (value: number) => string, { low, high }: typeof difference) =>
        `95 %: ${show(low)} to ${show(high)}`;
      const money = (minor: number) => formatMoney(Math.round(minor), currency);
      return [
        [
          'bought',
          `${percent(sentTo)} of ${customers.sentTo} sent to, ${percent(heldOut)} of ${customers.heldOut} held out`,
        ],
        [
          'lift',
          `${points(difference.value)} (${interval(points, difference)})${isClear ? '' : ', which may be chance'}`,
        ],
        ['  revenue a customer', `${money(revenue.value)} (${interval(money, revenue)})`],
      ];
    }
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const points = (share: number): string => `${share < 0 ? '-' : '+'}${(Math.abs(share) * 100).toFixed(2)} points`;

export function renderOrders(orders: readonly Order[]): string {
  if (orders.length === 0) return 'No order counts for it yet.';
  return table(
    ['order', 'customer', 'paid at', 'net', 'variant', 'sent at', 'assisted by'],
    orders.map(({ order, profile, paidAt, net, currency, state, variant = '-', sentAt, assisted }) => [
      ...[order, profile, minute(paidAt), state === 'taken_back' ? 'taken back' : formatMoney(net, currency), variant],
      ...[minute(sentAt), [...new Set(assisted.map(({ campaign }) => campaign))].join(', ') || '-'],
    ]),
  );
}
