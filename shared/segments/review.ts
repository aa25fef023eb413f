/**
 * When time alone may change what was decided. The instants at which a leaf may turn are tried in order, and the first at which
 * the condition as a whole comes out otherwise is the answer: never late, and rarely for nothing.
 */
import { type CompiledLeaf, type Test, WHENEVER } from './leaves.ts';
import type { Reader } from './reader.ts';

export interface Reviewed {
  readonly test: Test;
  /** Those that time alone changes. */
  readonly timed: readonly Pick<Required<CompiledLeaf>, 'turns'>[];
}

/** Past so many instants that change nothing it is looked at again. */
const TRIES_MOST = 1000;

/** The first instant after now, and not after `untilMs`, at which it may be otherwise. Undefined: there is none. */
export function turnOf(
  { test, timed }: Reviewed,
  reader: Reader,
  isMember: boolean,
  untilMs: number,
): number | undefined {
  if (timed.length === 0) return undefined;
  const isOtherwise = (ms: number) => (isMember ? !test(reader, ms, true) : test(reader, ms, false));
  if (!isOtherwise(WHENEVER)) return undefined;
  const ahead: number[] = [];
  let lastMs = untilMs;
  for (const { turns } of timed) {
    const { instants, untilMs: toldUntilMs = untilMs } = turns(reader);
    for (const ms of instants) if (ms > reader.atMs && ms <= lastMs) ahead.push(ms);
    lastMs = Math.min(lastMs, toldUntilMs);
  }
  let [tries, triedMs] = [0, Number.NaN];
  for (const ms of ahead.sort((a, b) => a - b)) {
    if (ms === triedMs) continue;
    if (ms > lastMs) break;
    if (isOtherwise(ms) || ++tries === TRIES_MOST) return ms;
    triedMs = ms;
  }
  // Beyond, nobody has told.
  return lastMs < untilMs ? lastMs : undefined;
}
