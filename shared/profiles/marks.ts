/**
 * What people and their systems say of a customer, beside orders: tags, and consent to be written to. Said of a persona, so that
 * it stays with it whoever it joins; a profile has what the newest word of any of its personas says.
 */
import * as z from 'zod';
import type { Instant } from '../time/instant.ts';

export const MARK_KINDS = ['tag', 'consent'] as const;
export type MarkKind = (typeof MARK_KINDS)[number];

/** Of a tag: whatever the brand calls its customers. Of a consent: as `consentName` makes it. */
export const MarkName = z
  .string()
  .trim()
  .min(1)
  .max(64)
  .refine((name) => !/\p{Cc}/u.test(name), 'no control characters');

export interface Mark {
  readonly kind: MarkKind;
  readonly name: string;
  /** Given, or taken back. */
  readonly on: boolean;
  /** When it was said: of two, the later stands; of one instant, the one that takes back. */
  readonly at: Instant;
  readonly by: string;
  /** Of a consent: where it was said, `checkout`, `app settings`, `phone call` … */
  readonly source?: string;
  /** Of a consent: which version of the wording was shown. */
  readonly wording?: string;
}

/** What customers are written to about, or their data used for. */
export const PURPOSES = ['marketing', 'service', 'personalisation'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** `push` is consent to marketing by push; of another purpose, `service/push`. */
export const consentName = (purpose: Purpose, channel: string): string =>
  purpose === 'marketing' ? channel : `${purpose}/${channel}`;

/** Tags that recommendations give and take away (shared/recommendations/likely.ts): not for people to say. */
export const LIKELY_PREFIX = 'likely:';

/** Refusing this refuses everything: whoever has said so is written to about nothing, whatever else was said. */
export const REFUSES_ALL = '*';

/** Whether what they did may not choose what they are shown, on any channel. */
export const refusesPersonalisation = (marks: readonly Mark[]): boolean =>
  standingMarks(marks).some(
    ({ kind, name, on }) =>
      kind === 'consent' && !on && (name === REFUSES_ALL || name.startsWith(consentName('personalisation', ''))),
  );

/** Different tags and consents that a persona may have: with each, all that is read of it grows. */
export const MARKS_MOST = 200;

export interface Marks {
  /** Sorted. */
  readonly tags: readonly string[];
  readonly consents: readonly string[];
}

/** In force, whatever the order of what is given. */
export function standingMarks(marks: readonly Mark[]): Mark[] {
  const newest = new Map<string, Mark>();
  for (const mark of marks) {
    const name = `${mark.kind} ${mark.name}`;
    const known = newest.get(name);
    if (!known || mark.at > known.at || (mark.at === known.at && !mark.on)) newest.set(name, mark);
  }
  return [...newest.values()].sort((a, b) => (`${a.kind} ${a.name}` < `${b.kind} ${b.name}` ? -1 : 1));
}

export function marksOf(marks: readonly Mark[]): Marks {
  const given = standingMarks(marks).filter(({ on }) => on);
  const named = (kind: MarkKind) => given.filter((mark) => mark.kind === kind).map(({ name }) => name);
  return { tags: named('tag'), consents: named('consent') };
}
