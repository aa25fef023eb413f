/** What the function that has the snapshot says to the one that asks. */
import * as z from 'zod';
import { Preview } from './preview.ts';

export const PreviewReply = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('preview'), preview: Preview }),
  /** None was taken yet. */
  z.object({ kind: z.literal('no_snapshot') }),
  /** Counting was given up. */
  z.object({ kind: z.literal('took_too_long') }),
  /** The question is none: whoever asks has another version of it, and should have checked. */
  z.object({ kind: z.literal('question_invalid') }),
]);
export type PreviewReply = z.infer<typeof PreviewReply>;
