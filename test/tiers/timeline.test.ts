/** Of a day known by its sums alone, the orders were paid between its first millisecond and its last, both included. */
import { expect, test } from 'vitest';
import { type DayGrain, dayStartMs, ledgerOf, paidBetween } from '../../shared/tiers/timeline.ts';
import { DAY } from './people.ts';

const MIDNIGHT = dayStartMs('2026-11-24');
const sums = { day: '2026-11-24', orders: 2, netSpend: 500 };
const PAID = { orders: 2, netSpend: 500 };
const NOTHING = { orders: 0, netSpend: 0 };

test.each<[DayGrain, number]>([
  ['first', MIDNIGHT],
  ['last', MIDNIGHT + DAY - 1],
])('at its %s millisecond, and at no other', (grain, paidMs) => {
  const ledger = ledgerOf([sums], grain);
  expect(paidBetween(ledger, paidMs - 1, paidMs)).toEqual(PAID);
  expect(paidBetween(ledger, 0, paidMs - 1)).toEqual(NOTHING);
  expect(paidBetween(ledger, paidMs, Number.MAX_SAFE_INTEGER)).toEqual(NOTHING);
});

test.each<DayGrain>(['first', 'last'])('taken as the %s one, a day with instants keeps them', (grain) => {
  const exact = [MIDNIGHT + 1, MIDNIGHT + DAY - 2].map((paidAtMs) => ({ paidAtMs, netSpend: 250 }));
  expect(ledgerOf([{ ...sums, exact }], grain).timesMs).toEqual(exact.map(({ paidAtMs }) => paidAtMs));
});
