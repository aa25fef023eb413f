/** What people ask for of sources, and what the API answers. A server key is shown once, when it is made. */
import * as z from 'zod';
import { LONGEST_OVERLAP_MS } from './keys.ts';
import { SOURCE_ID, SOURCE_KINDS, type Source } from './source.ts';

export const SourceId = z
  .string()
  .regex(SOURCE_ID, 'letters, digits, - and _, at most 64, the first a letter or digit');

const isZone = (text: string): boolean => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
};

const wishes = {
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .refine((name) => !/\p{Cc}/u.test(name), 'no control characters')
    .describe('for people'),
  kind: z.enum(SOURCE_KINDS),
  zone: z
    .string()
    .max(64)
    .refine(isZone, 'a zone such as Asia/Shanghai')
    .optional()
    .describe('of visitors whose events say none'),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'an ISO 4217 code such as CNY')
    .optional()
    .describe('of prices whose events say none'),
  region: z
    .string()
    .regex(/^[A-Z]{2}$/, 'an ISO 3166-1 code such as CN')
    .optional()
    .describe('of phones that are written without a country code'),
};

export const NewSource = z.strictObject({ id: SourceId.optional().describe('absent: one is made up'), ...wishes });
export const SourceEdit = z.strictObject({
  ...wishes,
  disabled: z.boolean().default(false).describe('nothing is taken from it'),
});

const At = z.iso.datetime();

export const SourceView = z.object({
  id: SourceId,
  name: z.string(),
  kind: z.enum(SOURCE_KINDS),
  zone: z.string().optional(),
  currency: z.string().optional(),
  region: z.string().optional(),
  /** Publishable: it stands in pages and apps. */
  writeKey: z.string(),
  /** Taken as well, until then. */
  previousWriteKey: z.object({ key: z.string(), until: At }).optional(),
  previousServerKeyUntil: At.optional(),
  revision: z.int().positive(),
  createdAt: At,
  by: z.string(),
  disabledAt: At.optional(),
});
export type SourceView = z.infer<typeof SourceView>;

/** Without what its server key is known by. */
export function viewOf({ serverKeyHash: _, previousServerKeyHash: old, ...source }: Source): SourceView {
  return { ...source, ...(old && { previousServerKeyUntil: old.until }) };
}

/** `serverKey`: for the brand's servers alone. It can not be shown again. */
export const AddedSource = SourceView.extend({ serverKey: z.string() });

export const KeyRotation = z.strictObject({
  key: z.enum(['write', 'server']),
  overlapMs: z
    .int()
    .min(0)
    .max(LONGEST_OVERLAP_MS)
    .optional()
    .describe('how long the key before is taken as well; absent: a week for a write key, a day for a server key'),
});

export const RotatedKey = z.object({
  key: z.string(),
  /** Absent: the key before is taken no more. */
  previousValidUntil: At.optional(),
});
