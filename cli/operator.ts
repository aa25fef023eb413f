/** Who is at the keyboard, to be kept beside what they decide. It names a person to ask, and proves nothing. */
import { userInfo } from 'node:os';
import { UsageError } from './errors.ts';
import type { World } from './world.ts';

const LONGEST = 80;

/** As given with `--by`, else the name of the operating system's user. */
export function operatorName(given: string | undefined, { env }: Pick<World, 'env'>): string {
  const name = (given ?? env.USER ?? env.USERNAME ?? accountName() ?? '').trim();
  if (name !== '' && name.length <= LONGEST) return name;
  throw new UsageError(`Who are you? Give --by NAME, of at most ${LONGEST} characters.`, 'operator_unknown');
}

function accountName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that no account has.
    return undefined;
  }
}

/** A reason that somebody will read in a year: not blank. */
export function readWhy(text: string): string {
  const why = text.trim();
  if (why !== '') return why;
  throw new UsageError('--why is empty. Say why, for who reads it in a year.', 'why_missing');
}
