/** What people decided stands between what happened. */
import { expect, it } from 'vitest';
import type { Decision } from '../../shared/identity/cuts.ts';
import { eventsBetween } from '../../shared/publish/events.ts';
import { rowsOf, withDecisions } from '../../shared/publish/history.ts';
import { instant } from '../../shared/time/instant.ts';
import { A, aliasOf, B, LATER, profileOf, rootOf } from './samples.ts';

it('tells who decided a cut beside what it did', () => {
  const alias = aliasOf(A, B, { profile: profileOf() });
  const parted = eventsBetween(
    alias,
    rootOf(A, { revision: 3, writtenAt: instant(Date.parse(LATER) + 5_000), cause: 'merge' }),
  );
  const entries = [...eventsBetween(rootOf(A), alias), ...parted]
    .flatMap(rowsOf)
    .filter(({ profile }) => profile === A);
  const cut: Decision = {
    kind: 'unlink',
    id: 'd1',
    at: instant(Date.parse(LATER) + 1_000),
    by: 'mei',
    reason: 'two people of one household',
    off: [A],
    kept: [B],
  };
  const told = withDecisions(
    entries.map(({ entry }) => entry),
    [cut, cut],
  );
  expect(told.map(({ type }) => type)).toEqual(['profile.split', 'tier.changed', 'decision', 'profile.merged']);
  expect(told[2]).toMatchObject({ decision: { by: 'mei', off: [A] } });
});
