/**
 * What is known of a customer's buying, derived from orders: each figure a sum over contributions, none ever incremented.
 * What counts, and in which currency, is the public contract; see docs/profiles.md.
 */
import * as z from 'zod';

const Minor = z.number().int();
const At = z.iso.datetime();

/** By name of a channel or category. */
export const Breakdown = z.object({ orders: z.number().int(), netSpend: Minor, lastPaidAt: At });
export type Breakdown = z.infer<typeof Breakdown>;

/** What tiers and segments compare: in the reporting currency, by the rate of each order's paid date. */
export const ReportingFacts = z.object({
  currency: z.string(),
  netSpend: Minor,
  netSpend365d: Minor,
  averageOrder: Minor,
  /** Orders without a rate, by currency: they are in no figure of this object. */
  unconverted: z.record(z.string(), z.number().int()),
});
export type ReportingFacts = z.infer<typeof ReportingFacts>;

/** A rolling window: orders paid in the days × 24 h up to `asOf`. Money in the reporting currency. */
export const WindowFacts = z.object({ orders: z.number().int(), netSpend: Minor });
export type WindowFacts = z.infer<typeof WindowFacts>;
export const WINDOWS = [30, 90, 180, 365] as const;
export type Window = (typeof WINDOWS)[number];

export const Facts = z.object({
  /** When they were derived; windows end here. */
  asOf: At,
  /** Of the customer's orders while they share one, else the reporting currency. */
  currency: z.string(),
  orders: z.number().int(),
  netSpend: Minor,
  netSpend365d: Minor,
  orders365d: z.number().int(),
  firstPaidAt: At.optional(),
  lastPaidAt: At.optional(),
  averageOrder: Minor,
  /** Σ refunded ÷ Σ paid over paid orders, 0 to 1. */
  refundRate: z.number(),
  channels: z.record(z.string(), Breakdown),
  categories: z.record(z.string(), Breakdown),
  /** Shipping provinces (`CN/浙江`), live hosts and stores (`channel/connection/id`): orders and money of each. */
  regions: z.record(z.string(), Breakdown),
  hosts: z.record(z.string(), Breakdown),
  stores: z.record(z.string(), Breakdown),
  reporting: ReportingFacts,
  windows: z.object({ '30': WindowFacts, '90': WindowFacts, '180': WindowFacts, '365': WindowFacts }),
  /** By month of the paid date, `2026-11`, UTC, the reporting currency: at most the last 36 that have orders. */
  months: z.record(z.string(), WindowFacts),
  /**
   * For the customer's own rhythm and predictions: days (UTC) with a counting order, as one purchase each, and the money of
   * their repeat ones. Recency and age are in days.
   */
  purchases: z.object({
    days: z.number().int(),
    firstDay: z.string().optional(),
    lastDay: z.string().optional(),
    /** Mean of net spend per repeat purchase day, reporting currency, minor units; absent without a repeat. */
    meanRepeatValue: z.number().optional(),
  }),
});
export type Facts = z.infer<typeof Facts>;

/** What a model says of the future; absent where there is no model or too little to say. */
export const Predicted = z.object({
  /** Expected net spend of the next 12 months, reporting currency, minor units. */
  clv12m: Minor.optional(),
  /** 0 to 1. */
  aliveProbability: z.number().optional(),
  nextOrderAt: At.optional(),
  modelVersion: z.string().optional(),
});
export type Predicted = z.infer<typeof Predicted>;
