/** What holds for all campaigns together. Versioned like the tier policy: the newest is in force. */
import * as z from 'zod';
import { HourSpan, ZoneName } from './hours.ts';

export const PushPolicy = z.strictObject({
  /** Marketing messages to one customer, over all campaigns, in any 24 hours and any 7 × 24 hours. */
  perDay: z.int().min(1).max(50).default(2),
  perWeek: z.int().min(1).max(200).default(5),
  quietHours: HourSpan.nullable().default({ from: '21:30', to: '08:30' }),
  /** Of customers whose own is not known. */
  zone: ZoneName.default('Asia/Shanghai'),
  /** Customers that no campaign sends to. Changing it changes who is held out: those already in stay in while it grows. */
  holdout: z.number().min(0).max(0.5).default(0.05),
  /**
   * `pipl`: each campaign has a variant for those who refuse to be told by what is known of them, and offers by tier are signed off.
   * See docs/push.md.
   */
  law: z.enum(['pipl', 'none']).default('pipl'),
  /** A trigger older than this leads to nothing: what was late is not news any more. */
  freshHours: z.int().min(1).max(168).default(6),
});
export type PushPolicy = z.infer<typeof PushPolicy>;

export const DEFAULT_PUSH_POLICY: PushPolicy = PushPolicy.parse({});
