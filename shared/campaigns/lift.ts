/**
 * What a campaign sold that would not have been sold without: those sent to against those held out, who are like them. With an interval,
 * and nothing where there is too little to say anything.
 */

export interface Arm {
  readonly customers: number;
  /** Of these, those who ordered within the window. */
  readonly buyers: number;
  /** Net revenue of the window in minor units of one currency: its sum, and the sum of each customer's squared. */
  readonly revenue: number;
  readonly revenueSquared: number;
}

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export type Lift =
  | { readonly kind: 'not_enough_data'; readonly why: 'few_customers' | 'few_buyers' }
  | {
      readonly kind: 'lift';
      /** Shares of 1: of those sent to, of those held out, and the difference with its 95 % interval. */
      readonly sentTo: number;
      readonly heldOut: number;
      readonly difference: Interval;
      /** Minor units a customer. */
      readonly revenue: Interval;
      /** The interval of the difference lies on one side of nought. */
      readonly isClear: boolean;
    };

/** Of the normal distribution, for 95 %. */
const Z = 1.959964;
const CUSTOMERS_LEAST = 50;
const BUYERS_LEAST = 10;

export function liftOf(sent: Arm, held: Arm): Lift {
  if (Math.min(sent.customers, held.customers) < CUSTOMERS_LEAST)
    return { kind: 'not_enough_data', why: 'few_customers' };
  if (sent.buyers + held.buyers < BUYERS_LEAST) return { kind: 'not_enough_data', why: 'few_buyers' };
  const difference = newcombe(sent, held);
  return {
    kind: 'lift',
    sentTo: sent.buyers / sent.customers,
    heldOut: held.buyers / held.customers,
    difference,
    revenue: welch(sent, held),
    isClear: difference.low > 0 || difference.high < 0,
  };
}

/**
 * The difference of two shares, by Newcombe's hybrid of Wilson's score intervals: it keeps its 95 % where shares are small, as those of
 * buyers are. (Newcombe 1998, Statistics in Medicine 17, method 10.)
 */
function newcombe(a: Arm, b: Arm): Interval {
  const [pa, pb] = [a.buyers / a.customers, b.buyers / b.customers];
  const [wa, wb] = [wilson(a), wilson(b)];
  const value = pa - pb;
  return {
    value,
    low: value - Math.hypot(pa - wa.low, wb.high - pb),
    high: value + Math.hypot(wa.high - pa, pb - wb.low),
  };
}

function wilson({ buyers, customers: n }: Arm): { readonly low: number; readonly high: number } {
  const p = buyers / n;
  const middle = p + (Z * Z) / (2 * n);
  const half = Z * Math.sqrt((p * (1 - p)) / n + (Z * Z) / (4 * n * n));
  const whole = 1 + (Z * Z) / n;
  return { low: Math.max(0, (middle - half) / whole), high: Math.min(1, (middle + half) / whole) };
}

/** The difference of two means whose variances differ (Welch 1947); customers are many, so by the normal distribution. */
function welch(a: Arm, b: Arm): Interval {
  const [ma, mb] = [a.revenue / a.customers, b.revenue / b.customers];
  const half = Z * Math.sqrt(varianceOfMean(a, ma) + varianceOfMean(b, mb));
  const value = ma - mb;
  return { value, low: value - half, high: value + half };
}

const varianceOfMean = ({ revenueSquared, customers: n }: Arm, mean: number): number =>
  Math.max(0, revenueSquared / n - mean * mean) / (n - 1);

export type Balance =
  | { readonly kind: 'balanced' | 'not_balanced'; readonly expected: number; readonly found: number }
  | { readonly kind: 'not_enough_data' };

/** Beyond this a share differs from what was meant by more than chance in a thousand. */
const Z_OF_A_THOUSANDTH = 3.2905;

/** Whether as many were held out as should have been: if not, something kept one arm's customers away, and no lift can be told. */
export function balanceOf(sentTo: number, heldOut: number, share: number): Balance {
  const total = sentTo + heldOut;
  const spread = Math.sqrt(total * share * (1 - share));
  // Below this the normal distribution says nothing of a count.
  if (total * Math.min(share, 1 - share) < 5) return { kind: 'not_enough_data' };
  const isOff = Math.abs(heldOut - total * share) > Z_OF_A_THOUSANDTH * spread;
  return { kind: isOff ? 'not_balanced' : 'balanced', expected: share, found: heldOut / total };
}
