/** Revisions as HTTP has them: an edit says which one it has seen, and is refused where that is no longer the one there. */
import { Refusal } from './problem.ts';

export const etagOf = (revision: number): string => `"${revision}"`;

/** The revisions that were seen; `any` of `*`. */
export interface Seen {
  includes(revision: number): boolean;
}

const ANY: Seen = { includes: () => true };
const TAG = '(?:W/)?"[\\x21\\x23-\\x7e]{0,100}"';
const TAGS = new RegExp(`^${TAG}(?:\\s*,\\s*${TAG}){0,20}$`);

/** Weak tags are read, and match nothing. */
export function readIfMatch(header: string): Seen {
  const text = header.trim();
  if (text === '*') return ANY;
  if (!TAGS.test(text)) {
    throw new Refusal(400, 'request_invalid', 'If-Match is not as the ETag was given.', {
      problems: [{ in: 'header', at: 'if-match', message: 'an ETag, as "3"' }],
    });
  }
  const tags = new Set(text.split(',').map((tag) => tag.trim()));
  return { includes: (revision) => tags.has(etagOf(revision)) };
}

/** To be called with what is there before it is replaced. */
export function requireSeen(seen: Seen | undefined, revision: number): void {
  if (!seen || seen.includes(revision)) return;
  throw changed('It was changed since you looked. Get it again, and repeat the change.');
}

/** Where there is nothing: whoever has seen something, be it anything (`*`), means another thing than to make the first. */
export function requireNone(seen: Seen | undefined): void {
  if (seen) throw changed('There is none any more. Leave If-Match out to make the first.');
}

const changed = (detail: string): Refusal => new Refusal(412, 'revision_changed', detail);
