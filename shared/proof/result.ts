/** What a campaign has brought, as it is kept for its report. Money is minor units, by currency. */
import * as z from 'zod';

const Count = z.int().min(0);
const At = z.iso.datetime();

export const NetByCurrency = z.record(z.string(), z.object({ orders: Count, net: z.int() }));
export type NetByCurrency = z.infer<typeof NetByCurrency>;

export const Attributed = z.object({
  /** That its message was the last before. */
  orders: Count,
  /** That a message of it came before another campaign's, within the window, too. */
  assisted: Count,
  net: NetByCurrency,
  variants: z.record(z.string(), NetByCurrency),
});
export type Attributed = z.infer<typeof Attributed>;

const Interval = z.object({ value: z.number(), low: z.number(), high: z.number() });

const Balance = z.discriminatedUnion('kind', [
  /** Shares of 1: what was meant, and what came of it. */
  z.object({ kind: z.literal(['balanced', 'not_balanced']), expected: z.number(), found: z.number() }),
  z.object({ kind: z.literal('not_enough_data') }),
]);

const Arms = z.object({ sentTo: Count, heldOut: Count });

export const Holdout = z.object({
  /** With whom those sent to are compared: those that the campaign held out, or those held out of everything. */
  against: z.enum(['campaign', 'global']),
  /** Customers. */
  ...Arms.shape,
  /** Of these, those whose window has not ended: they count in no lift yet. */
  open: Arms,
  balance: Balance,
});

const LIFT_NOT_TOLD = ['no_holdout', 'few_customers', 'few_buyers'] as const;
export const LiftTold = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('lift'),
    customers: Arms,
    /** Shares of 1 that bought: of those sent to, of those held out, and the difference with its 95 % interval. */
    sentTo: z.number(),
    heldOut: z.number(),
    difference: Interval,
    /** What a customer more brought, in minor units of the currency that most was paid in. */
    revenue: Interval,
    currency: z.string(),
    /** The interval of the difference lies on one side of nought. */
    isClear: z.boolean(),
  }),
  z.object({ kind: z.literal('not_enough_data'), why: z.enum(LIFT_NOT_TOLD) }),
  z.object({ kind: z.literal('not_comparable'), why: z.literal('not_balanced') }),
]);
export type LiftTold = z.infer<typeof LiftTold>;

/** Messages that somebody opened, as the brand's apps tell: at most those that were sent. */
export const Opened = z.object({ messages: Count, variants: z.record(z.string(), Count) });
export type Opened = z.infer<typeof Opened>;

export const CampaignResult = z.object({
  campaign: z.string(),
  /** Orders that were paid, or returned, later are not in it. */
  asOf: At,
  /** When the first and the last message was sent; absent: none was. */
  sent: z.object({ first: At, last: At }).exactOptional(),
  /** Absent: no app has told of any. */
  opened: Opened.exactOptional(),
  attributed: Attributed,
  holdout: Holdout,
  lift: LiftTold,
  /** Of the orders in the lake's file: where it is the same, the file is not written again. */
  digest: z.string(),
});
export type CampaignResult = z.infer<typeof CampaignResult>;

export interface ResultStore {
  /** Of all campaigns that have one. */
  listResults(): Promise<CampaignResult[]>;
  getResult(campaign: string): Promise<CampaignResult | undefined>;
  /** Unless what is there is of a later time. */
  putResult(result: CampaignResult): Promise<void>;
}
