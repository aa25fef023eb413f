/** Customers' proofs, added up by campaign: little however many customers there are. */
import { type Arm, balanceOf, liftOf } from '../campaigns/lift.ts';
import type { Comparison, CustomerProof, Outcome } from './customer-proof.ts';
import type { CampaignResult, LiftTold, NetByCurrency } from './result.ts';

export interface Tally {
  /** `variantOf`: of a message by its key. */
  add(proof: CustomerProof, variantOf: (send: string) => string | undefined): void;
  resultOf(campaign: string): Pick<CampaignResult, 'attributed' | 'holdout' | 'lift'>;
}

interface Sums {
  orders: number;
  assisted: number;
  readonly net: NetByCurrency;
  readonly variants: Record<string, NetByCurrency>;
  readonly arms: Readonly<Record<Outcome['arm'], ArmSums>>;
  /** Customers of both arms, by the share of which they were held out: one, unless a version changed it. */
  readonly shares: Map<number, number>;
}

interface ArmSums {
  customers: number;
  open: number;
  buyers: number;
  /** By currency: the sum over customers, and that of their squares. */
  readonly revenue: Map<string, { sum: number; squared: number }>;
}

export function createTally(comparisons: ReadonlyMap<string, Comparison>): Tally {
  const sums = new Map<string, Sums>();
  const of = (campaign: string): Sums => {
    const known = sums.get(campaign) ?? none();
    sums.set(campaign, known);
    return known;
  };
  return {
    add({ attributions, outcomes }, variantOf) {
      for (const { order, last, assisted } of attributions) {
        const own = of(last.campaign);
        own.orders++;
        addNet(own.net, order.currency, order.net);
        const variant = variantOf(last.key);
        if (variant !== undefined) {
          const ofVariant = own.variants[variant] ?? {};
          own.variants[variant] = ofVariant;
          addNet(ofVariant, order.currency, order.net);
        }
        for (const campaign of new Set(assisted.map((send) => send.campaign)))
          if (campaign !== last.campaign) of(campaign).assisted++;
      }
      for (const outcome of outcomes) addOutcome(of(outcome.campaign), outcome);
    },

    resultOf(campaign) {
      const { orders, assisted, net, variants, arms, shares } = of(campaign);
      const { sentTo, heldOut } = arms;
      const total = sentTo.customers + heldOut.customers;
      const expected = [...shares].reduce((sum, [share, customers]) => sum + share * customers, 0);
      const balance = balanceOf(sentTo.customers, heldOut.customers, total > 0 ? expected / total : 0);
      const { against = 'global' } = comparisons.get(campaign) ?? {};
      return {
        attributed: { orders, assisted, net: sorted(net), variants: sorted(variants) },
        holdout: {
          against,
          ...{ sentTo: sentTo.customers, heldOut: heldOut.customers },
          open: { sentTo: sentTo.open, heldOut: heldOut.open },
          balance,
        },
        lift: liftTold(arms, expected, balance.kind),
      };
    },
  };
}

const noArm = (): ArmSums => ({ customers: 0, open: 0, buyers: 0, revenue: new Map() });
const none = (): Sums => ({
  ...{ orders: 0, assisted: 0, net: {}, variants: {} },
  arms: { sentTo: noArm(), heldOut: noArm() },
  shares: new Map(),
});

function addNet(nets: NetByCurrency, currency: string, net: number): void {
  const known = nets[currency] ?? { orders: 0, net: 0 };
  nets[currency] = { orders: known.orders + 1, net: known.net + net };
}

function addOutcome(sums: Sums, { arm, share, isOpen, orders, revenue }: Outcome): void {
  const own = sums.arms[arm];
  own.customers++;
  sums.shares.set(share, (sums.shares.get(share) ?? 0) + 1);
  if (isOpen) {
    own.open++;
    return;
  }
  if (orders > 0) own.buyers++;
  for (const [currency, net] of revenue) {
    const { sum, squared } = own.revenue.get(currency) ?? { sum: 0, squared: 0 };
    own.revenue.set(currency, { sum: sum + net, squared: squared + net * net });
  }
}

function liftTold(
  { sentTo, heldOut }: Sums['arms'],
  expected: number,
  balance: CampaignResult['holdout']['balance']['kind'],
): LiftTold {
  if (heldOut.customers === 0 && expected === 0) return { kind: 'not_enough_data', why: 'no_holdout' };
  if (balance === 'not_balanced') return { kind: 'not_comparable', why: 'not_balanced' };
  const currency = mostPaid([sentTo, heldOut]) ?? '';
  const [a, b] = [armOf(sentTo, currency), armOf(heldOut, currency)];
  const lift = liftOf(a, b);
  if (lift.kind === 'not_enough_data') return lift;
  return { ...lift, customers: { sentTo: a.customers, heldOut: b.customers }, currency };
}

function armOf({ customers, open, buyers, revenue }: ArmSums, currency: string): Arm {
  const { sum, squared } = revenue.get(currency) ?? { sum: 0, squared: 0 };
  return { customers: customers - open, buyers, revenue: sum, revenueSquared: squared };
}

/** Revenue of several currencies can't be added up without rates: the others' is left out. Buyers are of all. */
function mostPaid(arms: readonly ArmSums[]): string | undefined {
  const sums = new Map<string, number>();
  for (const { revenue } of arms)
    for (const [currency, { sum }] of revenue) sums.set(currency, (sums.get(currency) ?? 0) + sum);
  const [most] = [...sums].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return most?.[0];
}

/** The same text whatever order customers came in. */
const sorted = <Value>(record: Readonly<Record<string, Value>>): Record<string, Value> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
