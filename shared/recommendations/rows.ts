/** What is kept of a build for whoever asks about one customer, product or kind of customer: one row each, read with one query. */
import * as z from 'zod';
import { type Reason, readReason } from '../recommend/reasons.ts';
import { epochMs, type Instant } from '../time/instant.ts';
import type { LikelyCustomer, RecommendedItem } from './recommendation.ts';

/** `customer` by profile, `similar` and `audience` by product, `popular` by scope (`all`, `tier:growth` …). */
export const ROW_KINDS = ['customer', 'similar', 'popular', 'audience'] as const;
export type RowKind = (typeof ROW_KINDS)[number];

export interface Row {
  readonly kind: RowKind;
  readonly of: string;
  /** JSON, as small as it goes: rows of all customers are written every day. */
  readonly content: string;
}

/** Products with the code and the values of a reason, whose days count up to `day`. */
const CustomerContent = z.object({
  day: z.iso.date(),
  items: z.array(z.tuple([z.string(), z.string(), z.string()])),
});
const Products = z.array(z.string());
const Customers = z.array(z.tuple([z.string(), z.number()]));

export function readCustomer(content: string, now: Instant): readonly RecommendedItem[] {
  const { day, items } = CustomerContent.parse(JSON.parse(content));
  const passed = Math.max(0, Math.floor((epochMs(now) - Date.parse(day)) / DAY_MS));
  return items.map(([product, code, values]) => ({ product, reason: later(readReason(code, values), passed) }));
}

export const readProducts = (content: string): readonly string[] => Products.parse(JSON.parse(content));

export const readAudience = (content: string): readonly LikelyCustomer[] =>
  Customers.parse(JSON.parse(content)).map(([customer, score]) => ({
    // The cast: written by a build, of profiles.
    customer: customer as LikelyCustomer['customer'],
    score,
  }));

const DAY_MS = 24 * 60 * 60_000;

const later = (reason: Reason, days: number): Reason =>
  'lastDays' in reason ? { ...reason, lastDays: reason.lastDays + days } : reason;
