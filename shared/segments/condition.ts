/**
 * The condition of a segment as people write it: a tree over what is known of a customer. Money is in minor units of the
 * reporting currency, a day is 24 h, instants are UTC. What is not known (a prediction that cannot be made, the last order of
 * who never bought) satisfies no condition about it, so under `not` it does.
 */
import * as z from 'zod';
import { TIERS } from '../tiers/policy.ts';

const Name = z.string().trim().min(1).max(200);
const Names = z.union([Name, z.array(Name).min(1).max(50)]);

/**
 * Part of the buying: orders of these channels, or goods of these category paths, whole (`服饰/女装`). Where several are named,
 * any of them; an order with goods of two categories is one order of each.
 */
export const PARTS = ['channel', 'channelCategory', 'category', 'region', 'store', 'host'] as const;
export type PartKind = (typeof PARTS)[number];
export const Part = z.union([
  z.strictObject({ channel: Names }),
  z.strictObject({ channelCategory: Names }),
  z.strictObject({ category: Names }),
  z.strictObject({ region: Names }),
  z.strictObject({ store: Names }),
  z.strictObject({ host: Names }),
]);
export type Part = z.infer<typeof Part>;

/** `of`: of a part of the buying. `withinDays`: of what was paid in the days × 24 h up to now. */
export const NUMBER_FIELDS = {
  orders: { of: true, withinDays: true },
  netSpend: { of: true, withinDays: true },
  /** Whole days since. */
  daysSinceLastOrder: { of: true, withinDays: false },
  daysSinceFirstOrder: { of: false, withinDays: false },
  /** Whole days until the order that the model expects next; negative once it is overdue. */
  daysUntilNextOrder: { of: false, withinDays: false },
  averageOrder: { of: false, withinDays: false },
  /** 0 to 1 */
  refundRate: { of: false, withinDays: false },
  /** Days (UTC) with an order. */
  purchaseDays: { of: false, withinDays: false },
  /** Days since the last purchase day over the customer's mean days between purchase days. */
  rhythm: { of: false, withinDays: false },
  clv12m: { of: false, withinDays: false },
  /** 0 to 1 */
  aliveProbability: { of: false, withinDays: false },
  personas: { of: false, withinDays: false },
} as const;
export type NumberField = keyof typeof NUMBER_FIELDS;
// The cast: Object.keys forgets that these are the keys of the table.
export const NUMBER_FIELD_NAMES = Object.keys(NUMBER_FIELDS) as [NumberField, ...NumberField[]];

export const LONGEST_WINDOW_DAYS = 1095;
const WindowDays = z.int().min(1).max(LONGEST_WINDOW_DAYS);

/** A number of a customer; as the other side of a comparison it may be taken so many times. */
const measure = {
  field: z.enum(NUMBER_FIELD_NAMES),
  of: Part.optional(),
  withinDays: WindowDays.optional(),
};
export const Measure = z.strictObject({ ...measure, times: z.number().positive().max(1000).optional() });
export type Measure = z.infer<typeof Measure>;

const Amount = z.union([z.number().min(-1e15).max(1e15), Measure]);
export const NUMBER_OPERATORS = ['atLeast', 'atMost', 'moreThan', 'lessThan', 'equals'] as const;
export type NumberOperator = (typeof NUMBER_OPERATORS)[number];
export const NumberCondition = z.strictObject({
  ...measure,
  atLeast: Amount.optional(),
  atMost: Amount.optional(),
  moreThan: Amount.optional(),
  lessThan: Amount.optional(),
  equals: Amount.optional(),
});
export type NumberCondition = z.infer<typeof NumberCondition>;

export const DATE_FIELDS = {
  firstPaidAt: { of: false },
  lastPaidAt: { of: true },
  nextOrderAt: { of: false },
  tierSince: { of: false },
} as const;
export type DateField = keyof typeof DATE_FIELDS;
// The cast: as above.
export const DATE_FIELD_NAMES = Object.keys(DATE_FIELDS) as [DateField, ...DateField[]];
const Days = z.int().min(0).max(36_500);
export const DATE_OPERATORS = [
  'before',
  'after',
  'atLeastDaysAgo',
  'withinLastDays',
  'withinNextDays',
  'exists',
] as const;
export const DateCondition = z.strictObject({
  field: z.enum(DATE_FIELD_NAMES),
  of: Part.optional(),
  before: z.iso.datetime().optional(),
  /** Then or later. */
  after: z.iso.datetime().optional(),
  /** The days × 24 h have passed since then. */
  atLeastDaysAgo: Days.optional(),
  /** Past, and fewer than the days × 24 h have passed. */
  withinLastDays: Days.optional(),
  /** Future, and at most the days × 24 h away. */
  withinNextDays: Days.optional(),
  exists: z.boolean().optional(),
});
export type DateCondition = z.infer<typeof DateCondition>;

export const TierCondition = z.strictObject({
  field: z.literal('tier'),
  is: z.enum(TIERS).optional(),
  isOneOf: z.array(z.enum(TIERS)).min(1).optional(),
});
export type TierCondition = z.infer<typeof TierCondition>;

/** Names: those that a customer has bought by, and what people gave them. `connections`: `channel/connection`. */
export const SET_FIELDS = [
  'channels',
  'channelCategories',
  'connections',
  'categories',
  'regions',
  'stores',
  'hosts',
  'tags',
  /** Of those given: `push`, `sms`, `email` … */
  'consents',
] as const;
export type SetField = (typeof SET_FIELDS)[number];
export const SET_OPERATORS = [
  'includes',
  'includesAny',
  'includesAll',
  'includesNone',
  'anyStartsWith',
  'anyContains',
  'sizeAtLeast',
  'sizeAtMost',
] as const;
const List = z.array(Name).min(1).max(50);
export const SetCondition = z.strictObject({
  field: z.enum(SET_FIELDS),
  includes: Name.optional(),
  includesAny: List.optional(),
  includesAll: List.optional(),
  includesNone: List.optional(),
  anyStartsWith: Name.optional(),
  anyContains: Name.optional(),
  sizeAtLeast: z.int().min(0).max(1000).optional(),
  sizeAtMost: z.int().min(0).max(1000).optional(),
});
export type SetCondition = z.infer<typeof SetCondition>;

export const SegmentId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'letters, digits, - and _, at most 64, the first a letter or digit');

/** Being a member of another segment, which must not lead back here. */
export const SegmentCondition = z.strictObject({ segment: SegmentId });
export type SegmentCondition = z.infer<typeof SegmentCondition>;

export type Leaf = NumberCondition | DateCondition | TierCondition | SetCondition | SegmentCondition;
/** All of several operators on a leaf must hold. */
export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition }
  | Leaf;

export const MOST_LEAVES = 64;
export const DEEPEST = 8;

export const Condition: z.ZodType<Condition> = z.lazy(() =>
  z.union([
    z.strictObject({ all: z.array(Condition).min(1).max(MOST_LEAVES) }),
    z.strictObject({ any: z.array(Condition).min(1).max(MOST_LEAVES) }),
    z.strictObject({ not: Condition }),
    SegmentCondition,
    TierCondition,
    NumberCondition,
    DateCondition,
    SetCondition,
  ]),
);
