/** The public form of an explanation: see shared/profiles/explain.ts, which makes it. */
import * as z from 'zod';
import { IDENTIFIER_TYPES } from '../identity/identifiers.ts';
import { UnifiedPersona } from '../profiles/unified.ts';
import { SegmentId } from '../segments/condition.ts';
import { Decision, Finding } from '../tiers/reasons.ts';
import { Sentence } from './words.ts';

const At = z.iso.datetime();
const IdentifierType = z.enum(IDENTIFIER_TYPES);
/** Masked for readers. */
const Value = z.string().optional();
const Pair = z.array(z.string()).length(2);
const Made = { id: z.string(), at: At, by: z.string(), why: z.string() };

const Persona = UnifiedPersona.extend({
  /** When its first order came; absent once no order is left. */
  firstReceivedAt: At.optional(),
  names: z.array(z.string()),
});

const Evidence = z.object({
  type: IdentifierType,
  value: Value,
  verified: z.boolean(),
  /** Alone it would not join them. */
  weak: z.boolean(),
  /** Whether those who gave the value gave one name with it. */
  names: z.enum(['same', 'possible', 'unknown', 'contradicting', 'unnamed']),
  personas: z.array(
    z.object({
      id: z.string(),
      orders: z.int(),
      firstSeenAt: At,
      lastSeenAt: At,
      names: z.array(z.string()),
    }),
  ),
  ...Sentence,
});

const Suggestion = z.object({
  with: z.string(),
  reasons: z.array(z.object({ code: z.string(), personas: Pair, ...Sentence })),
});

export const Explanation = z
  .object({
    id: z.string(),
    aliases: z.array(z.string()),
    /** First received first. */
    personas: z.array(Persona),
    /** Values that several of them hold, most trusted first. */
    evidence: z.array(Evidence),
    /** What people decided: that two are one, and that some are not. */
    acceptances: z.array(z.object({ ...Made, between: Pair, holds: z.boolean(), ...Sentence })),
    cuts: z.array(z.object({ ...Made, off: z.array(z.string()), kept: z.array(z.string()), ...Sentence })),
    suggestions: z.array(Suggestion),
    /** Theirs, and of too many others: at least so many. */
    shared: z.array(z.object({ type: IdentifierType, value: Value, personas: z.int(), ...Sentence })),
    /** What looked like an identifier in their latest orders, and is none. */
    rejected: z.array(
      z.object({ type: IdentifierType, value: z.string(), reason: z.string(), persona: z.string(), ...Sentence }),
    ),
    remarks: z.array(z.object(Sentence)),
    tier: Decision.omit({ reasons: true }).extend({
      reasons: z.array(Finding.extend(Sentence)),
      ...Sentence,
    }),
    segments: z.array(
      z.object({
        id: SegmentId,
        name: z.string(),
        /** Of the definition, by which it was decided last. */
        version: z.int(),
        since: At,
        /** Each leaf of its condition, in order: what was found beside what was asked. `at`: the place in its tree. */
        because: z.array(z.object({ at: z.string(), ...Sentence })),
      }),
    ),
  })
  .meta({ id: 'Explanation' });
export type Explanation = z.infer<typeof Explanation>;
