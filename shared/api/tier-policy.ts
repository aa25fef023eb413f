import * as z from 'zod';
import { Policy, Tier } from '../tiers/policy.ts';
import { operation } from './route.ts';

const At = z.iso.datetime();
const Words = z.object({ zh: z.string(), en: z.string() });

// A schema with checks across its fields can not be taken apart, so these are of its shape; the checks are made by readPolicy.
const { version: _, population: __, ...given } = Policy.shape;
/** What people write: a version is numbered when it is put. */
export const PolicyDraft = z.strictObject(given).meta({ id: 'PolicyDraft' });
export type PolicyDraft = z.infer<typeof PolicyDraft>;

const RuleInWords = z.object({ tier: Tier, name: Words, all: z.array(Words), any: z.array(Words) });

export const PolicyAnswer = z
  .object({
    version: z.int(),
    name: z.string(),
    state: z.enum(['waiting', 'in_force', 'past', 'skipped']),
    /** Absent of the built-in one, like the next three. */
    from: At.optional(),
    by: z.string().optional(),
    at: At.optional(),
    why: z.string().optional(),
    policy: z.object(Policy.shape),
    rules: z.array(RuleInWords),
    /** Of all versions: what a change says to have seen (If-Match). */
    newest: z.int(),
  })
  .meta({ id: 'TierPolicy' });

export const getTierPolicy = operation({
  tag: 'tier policy',
  summary: 'The policy in force, its rules also in words',
  answers: { 200: { description: 'Its ETag is the number of the newest version.', schema: PolicyAnswer } },
  etag: true,
});

const Why = z.string().trim().min(1).max(500).describe('kept with the version');
const RULES = [
  {
    tier: 'high_value',
    name: { zh: '近一年高消费', en: 'top spender of the last year' },
    all: [{ measure: 'netSpend365d', atLeast: 300_000 }],
  },
  { tier: 'growth', name: { zh: '近期活跃', en: 'active lately' }, all: [{ measure: 'orders90d', atLeast: 2 }] },
  { tier: 'stable', name: { zh: '老客户', en: 'buys again' }, all: [{ measure: 'purchaseDays', atLeast: 3 }] },
];
const DRAFT = { name: 'simple', currency: 'CNY', rules: RULES, hysteresis: { margin: 0.1, dwellDays: 30 } };
const REFUSED = { 422: 'It is no policy that can be meant: each contradiction is named with its place.' };

export const putTierPolicy = operation({
  tag: 'tier policy',
  summary: 'Put a policy as the next version',
  description:
    'In force at once, or from its effectiveFrom on; then every profile is decided anew. Versions are only ever added.',
  body: z.strictObject({ policy: PolicyDraft, why: Why }),
  answers: { 200: { description: 'The version that was put.', schema: PolicyAnswer } },
  problems: REFUSED,
  etag: true,
  ifMatch: 'required',
  audited: true,
  example: { body: { policy: DRAFT, why: 'three rules that everybody can remember' } },
});

const Counts = z.record(Tier, z.int());
const Comparison = z.object({
  before: Counts,
  after: Counts,
  moved: z.int(),
  moves: z.array(
    z.object({
      from: Tier,
      to: Tier,
      count: z.int(),
      /** Some of them, by id, each with a masked name where an order gave one. */
      sample: z.array(z.object({ id: z.string(), name: z.string().optional() })),
    }),
  ),
});
const Named = z.object({ version: z.int(), name: z.string() });

export const previewTierPolicy = operation({
  tag: 'tier policy',
  summary: 'Who would move by another policy; changes nothing',
  description:
    'Reads profiles for as long as a request may take: all of them, or so many sixteenths of all as `shards` says, drawn by hash.',
  body: z.strictObject({ policy: PolicyDraft, sampleSize: z.int().min(0).max(100).default(5) }),
  answers: {
    200: {
      description: 'Counts and moves.',
      schema: z
        .object({
          at: At,
          before: Named,
          after: Named,
          profiles: z.int(),
          shards: z.object({ read: z.int(), of: z.int() }),
          /** On the day of the change: tiers that are held by margin or dwell time stay. */
          atOnce: Comparison,
          /** By the rules alone, so where it settles if nobody buys or ages. */
          settled: Comparison,
        })
        .meta({ id: 'TierPolicyPreview' }),
    },
  },
  problems: REFUSED,
  example: { body: { policy: DRAFT } },
});
