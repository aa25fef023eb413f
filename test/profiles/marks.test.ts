/** Tags and consents: what stands of what was said, in whatever order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MARK_KINDS, type Mark, marksOf, standingMarks } from '../../shared/profiles/marks.ts';
import { instant } from '../../shared/time/instant.ts';

const mark: fc.Arbitrary<Mark> = fc.record({
  kind: fc.constantFrom(...MARK_KINDS),
  name: fc.constantFrom('vip', 'push', '__proto__'),
  on: fc.boolean(),
  at: fc.nat(3).map((seconds) => instant(seconds * 1000)),
  by: fc.constant('a marketer'),
});

describe('marks', () => {
  it('are the newest word of each, whatever the order and repetition', () => {
    fc.assert(
      fc.property(fc.array(mark, { maxLength: 12 }), fc.nat(), (marks, turn) => {
        const turned = [...marks.slice(turn % (marks.length + 1)), ...marks, ...marks.slice(0, turn % 3)].reverse();
        expect(marksOf(turned)).toEqual(marksOf(marks));
        // By persona first, then together, as a profile has it.
        const parts = [marks.filter((_, index) => index % 2), marks.filter((_, index) => index % 2 === 0)];
        expect(marksOf(parts.flatMap(standingMarks))).toEqual(marksOf(marks));
      }),
    );
  });

  it('of one instant yield to the one that takes back', () => {
    const said = { kind: 'consent', name: 'push', at: instant(0), by: 'a shop' } as const;
    for (const order of [
      [true, false],
      [false, true],
    ])
      expect(marksOf(order.map((on) => ({ ...said, on })))).toEqual({ tags: [], consents: [] });
  });
});
