/** What a segment would look like, before it is saved: counted over a snapshot of all profiles, so as fresh as that is. */
import * as z from 'zod';
import { Condition, SegmentId } from '../segments/condition.ts';
import { Tier } from '../tiers/policy.ts';

export const PreviewQuestion = z.strictObject({
  when: Condition,
  /** Overlap with these; absent: with the largest. */
  compareWith: z.array(SegmentId).max(50).optional(),
});
export type PreviewQuestion = z.infer<typeof PreviewQuestion>;

const Count = z.int().min(0);
export const Preview = z.object({
  /** Of the snapshot: changes since then, and those of two minutes before, may not be in it. Windows of time end now. */
  snapshotAt: z.iso.datetime(),
  /** All that are in the snapshot. */
  profiles: Count,
  size: Count,
  tiers: z.record(Tier, Count),
  /** Who bought on several counts for each. */
  channels: z.record(z.string(), Count),
  overlaps: z.array(z.object({ segment: SegmentId, size: Count, both: Count })),
  /** Some of them, the same at each asking of one snapshot. Nothing personal: ids are masked where they hold any. */
  sample: z.array(
    z.object({
      id: z.string(),
      tier: Tier,
      orders: z.int(),
      /** Minor units of the reporting currency. */
      netSpend: z.int(),
      lastPaidAt: z.iso.datetime().optional(),
      channels: z.array(z.string()),
    }),
  ),
  tookMs: z.number(),
});
export type Preview = z.infer<typeof Preview>;

export interface Previewer {
  /** Throws NoSnapshot before there is one, and Busy where too many ask at once or the answer is long in coming. */
  preview(question: PreviewQuestion): Promise<Preview>;
}

export class NoSnapshot extends Error {
  override readonly name = 'NoSnapshot';
}
export class TookTooLong extends Error {
  override readonly name = 'TookTooLong';
}
export class Busy extends Error {
  override readonly name = 'Busy';
}
