/**
 * Cursors: opaque to clients, good for one list only. The digest tells a cursor of another list, or one that was cut off, from a good
 * one; it is no secret, as all that a cursor can do is to begin at another place of a list that its bearer may read. One that is made up
 * is refused where it is read: see storePage.
 */
import { createHash } from 'node:crypto';
import { Refusal } from './problem.ts';

const DIGEST_CHARS = 12;
const digestOf = (list: readonly string[], after: string): string =>
  createHash('sha256')
    .update(JSON.stringify([list, after]))
    .digest('base64url')
    .slice(0, DIGEST_CHARS);

/** `list`: what it is a place in: the operation and what it is asked of. */
export function writeCursor(list: readonly string[], after: string | undefined): string | null {
  if (after === undefined) return null;
  return `${digestOf(list, after)}${Buffer.from(after).toString('base64url')}`;
}

export function readCursor(list: readonly string[], cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const after = Buffer.from(cursor.slice(DIGEST_CHARS), 'base64url').toString();
  if (writeCursor(list, after) !== cursor) throw badCursor();
  return after;
}

export const badCursor = (): Refusal =>
  new Refusal(400, 'cursor_invalid', 'This cursor is none of this list. Begin again without one.', {
    problems: [{ in: 'query', at: 'cursor', message: 'the nextCursor of the page before' }],
  });
