/**
 * A campaign: when (trigger) whom (audience) what (content), and how much of it at most (limits). Like segments, campaigns are written
 * by people as JSON; every edit is a version.
 */
import * as z from 'zod';
import { ProductId } from '../catalogue/product.ts';
import { PURPOSES } from '../profiles/marks.ts';
import { SegmentId } from '../segments/condition.ts';
import { Tier } from '../tiers/policy.ts';
import type { Instant } from '../time/instant.ts';
import { HourSpan, ZoneName } from './hours.ts';

export const CampaignId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'letters, digits, - and _, at most 64, the first a letter or digit');

const SHARE_MOST = 0.9;
const PRODUCTS_MOST = 500;
const Products = z.array(ProductId).min(1).max(PRODUCTS_MOST);

/** What makes an occurrence: something that became of a customer, or a time that came. */
export const Trigger = z.discriminatedUnion('on', [
  z.strictObject({ on: z.literal('segment_entered'), segment: SegmentId }),
  z.strictObject({ on: z.literal('segment_exited'), segment: SegmentId }),
  z.strictObject({
    on: z.literal('tier_changed'),
    from: z.array(Tier).min(1).optional(),
    to: z.array(Tier).min(1).optional(),
  }),
  z.strictObject({
    on: z.literal('schedule'),
    /** Five fields, as cron has them: minute, hour, day of the month, month, day of the week. */
    cron: z.string().min(9).max(100),
    zone: ZoneName,
  }),
  z.strictObject({
    on: z.literal('replenishment_due'),
    /** Before the day on which the customer would usually buy it again. */
    daysBefore: z.int().min(0).max(30).default(0),
    /** Only of these; absent: whatever runs out. */
    products: Products.optional(),
  }),
  z.strictObject({
    on: z.literal('cart_left'),
    /** After the cart was last heard of: a quarter of an hour to a week. */
    afterMinutes: z.int().min(15).max(10_080).default(60),
  }),
  z.strictObject({
    on: z.literal('back_in_stock'),
    /** Only of these; absent: any. */
    products: Products.optional(),
    /** Customers that a product is offered to at most: those most likely to want it. */
    most: z.int().min(1).max(100_000).default(1_000),
  }),
]);
export type Trigger = z.infer<typeof Trigger>;

/** Triggers whose occurrences are about something that can be bought: templates may name it as `product`. */
export const ABOUT_PRODUCTS: ReadonlySet<Trigger['on']> = new Set<Trigger['on']>([
  'replenishment_due',
  'cart_left',
  'back_in_stock',
]);

/** The highest first. */
export const PRIORITIES = ['high', 'normal', 'low'] as const;

/** Liquid templates (template.ts). */
export const Message = z.strictObject({
  title: z.string().trim().min(1).max(400),
  body: z.string().trim().min(1).max(4000),
  url: z.string().trim().min(1).max(2000).optional(),
  imageUrl: z.string().trim().min(1).max(2000).optional(),
  /** Of a WeChat subscribe message: the template, and what goes into its fields. */
  wechat: z
    .strictObject({
      template: z.string().min(1).max(100),
      values: z.record(z.string().min(1).max(40), z.string().min(1).max(400)),
    })
    .optional(),
});
export type Message = z.infer<typeof Message>;

/** By locale, `zh-CN`, `zh`, `en` …: the nearest is taken, else that of `defaultLocale`. */
const Messages = z
  .record(z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'a locale, as zh, zh-CN or en'), Message)
  .refine((all) => Object.keys(all).length > 0, 'at least one locale');

export const Variant = z.strictObject({
  id: z.string().regex(/^[a-z0-9_-]{1,32}$/, 'small letters, digits, - and _, at most 32'),
  /** Of the customers that are sent to, in relation to those of the other variants. */
  weight: z.int().min(1).max(1000).default(1),
  messages: Messages,
});
export type Variant = z.infer<typeof Variant>;

export const Content = z.strictObject({
  defaultLocale: z.string().min(2).max(35),
  variants: z
    .array(Variant)
    .min(1)
    .max(10)
    .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'each variant has an id of its own'),
  /** For those who have refused to be told by what is known of them (PIPL, article 24). */
  nonPersonalised: Messages.optional(),
  /** So many of the products that are recommended to the customer are there for templates, as `items`. */
  recommended: z.strictObject({ items: z.int().min(1).max(10) }).optional(),
});
export type Content = z.infer<typeof Content>;

/** Goods at another price, or a coupon, by tier. Somebody has to answer for it (PIPL, article 24). */
export const TierOffer = z.strictObject({
  /** As templates name it: `{{ offer }}`. */
  byTier: z.partialRecord(Tier, z.string().trim().min(1).max(200)),
  signOff: z.strictObject({ by: z.string().trim().min(1).max(100), why: z.string().trim().min(1).max(500) }).optional(),
});

export const Limits = z.strictObject({
  /** To one customer. */
  perCustomer: z.strictObject({ times: z.int().min(1).max(100), days: z.int().min(1).max(365) }).optional(),
  /** Absent: those of the push policy. */
  quietHours: HourSpan.optional(),
  /** What is held for the morning is dropped when it is older than this. */
  holdHours: z.int().min(1).max(72).default(12),
  /** Customers that are not sent to, to see what would have been without. */
  holdout: z.number().min(0).max(SHARE_MOST).default(0),
  /** Messages of one run of a schedule, or of a day of another trigger, at most. */
  budget: z.int().min(1).max(100_000_000).optional(),
  /** An order so long after a message counts as brought by it. */
  attributionDays: z.int().min(1).max(90).default(7),
});

/** What people write. */
export const CampaignDefinition = z.strictObject({
  id: CampaignId,
  name: z.string().trim().min(1).max(100),
  description: z.string().trim().max(1000).optional(),
  trigger: Trigger,
  audience: z
    .strictObject({ in: z.array(SegmentId).max(50).default([]), notIn: z.array(SegmentId).max(50).default([]) })
    .default({ in: [], notIn: [] })
    .describe('members of all of the first, and of none of the second'),
  purpose: z.enum(PURPOSES).exclude(['personalisation']).default('marketing'),
  /** Of campaigns that want a customer at once, the higher one claims what the caps leave first (priority.ts). */
  priority: z.enum(PRIORITIES).default('normal'),
  content: Content,
  offer: TierOffer.optional(),
  limits: Limits.default(() => Limits.parse({})),
  startsAt: z.iso.datetime().optional(),
  endsAt: z.iso.datetime().optional(),
});
export type CampaignDefinition = z.infer<typeof CampaignDefinition>;

export const CAMPAIGN_STATES = ['draft', 'scheduled', 'running', 'paused', 'done'] as const;
export type CampaignState = (typeof CAMPAIGN_STATES)[number];

/** One version of a campaign. */
export interface Campaign extends CampaignDefinition {
  readonly version: number;
  /** What a person has said; `stateAt` has what time makes of it. */
  readonly wanted: 'draft' | 'started' | 'paused';
  readonly by: string;
  readonly at: Instant;
}

/** A started campaign is scheduled until it begins, and done when it has ended. */
export function stateAt({ wanted, startsAt, endsAt }: Campaign, now: Instant): CampaignState {
  if (wanted !== 'started') return wanted;
  if (endsAt !== undefined && endsAt <= now) return 'done';
  return startsAt !== undefined && now < startsAt ? 'scheduled' : 'running';
}
