/** When a message is tried again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextTryAt, PATIENCE_MS } from '../../shared/subscribers/retries.ts';
import { HOUR, SECOND } from './samples.ts';

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** All tries of a message that is never taken, ms after the first; `lateMs`: of each, after it was due. */
function triesOf(random: () => number, lateMs: () => number): number[] {
  const tries = [0];
  for (let nowMs = 0; ; ) {
    const at = nextTryAt({ failures: tries.length - 1, firstTriedAt: 0 }, nowMs, random);
    if (at === undefined) return tries;
    nowMs = at + lateMs();
    tries.push(nowMs);
  }
}

describe('tries', () => {
  it('are over a day, always later, never further apart than five hours, the last when the day ends', () => {
    fc.assert(
      fc.property(fc.infiniteStream(chance), fc.nat({ max: 61 * SECOND }), (luck, lateMs) => {
        const tries = triesOf(
          () => luck.next().value,
          () => lateMs,
        );
        const gaps = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
        expect(Math.min(...gaps)).toBeGreaterThan(0);
        expect(gaps[0]).toBeLessThanOrEqual(6 * SECOND + lateMs);
        expect(Math.max(...gaps)).toBeLessThanOrEqual(5 * HOUR);
        expect(tries.at(-1)).toBeGreaterThanOrEqual(PATIENCE_MS);
        expect(tries.at(-1)).toBeLessThanOrEqual(PATIENCE_MS + lateMs);
        expect(tries.length).toBeGreaterThanOrEqual(12);
        expect(tries.length).toBeLessThanOrEqual(16);
      }),
    );
  });

  it('of many messages that failed together are spread', () => {
    fc.assert(
      fc.property(chance, chance, fc.nat({ max: 7 }), (random, other, failures) => {
        fc.pre(Math.abs(random - other) > 0.01);
        const at = (luck: number) => nextTryAt({ failures, firstTriedAt: 0 }, 0, () => luck);
        expect(at(random)).not.toBe(at(other));
      }),
    );
  });
});
