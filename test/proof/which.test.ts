/** Which campaigns are looked at: none that could still change is left out, and none whose messages could take an order. */
import { expect, it } from 'vitest';
import type { Campaign } from '../../shared/campaigns/campaign.ts';
import { whichToRead } from '../../shared/proof/which.ts';
import { campaign } from '../campaigns/spring.ts';
import { day } from './shop.ts';

const NOW = day(400);
const sent = (first: number, last: number) => ({ sent: { first: day(first), last: day(last) } });
const ids = (all: readonly Campaign[]) => all.map(({ id }) => id);
const ask = (campaigns: readonly Campaign[], results: Record<string, ReturnType<typeof sent>> = {}) => {
  const { open, read } = whichToRead(campaigns, new Map(Object.entries(results)), NOW);
  return [ids(open), ids(read)];
};
const done = (id: string) => campaign({ id, wanted: 'paused' });

it('a draft is not, what runs is, however long ago it sent', () => {
  expect(ask([campaign({ id: 'draft', wanted: 'draft' }), campaign({ id: 'old' })], { old: sent(1, 2) })).toEqual([
    ['old'],
    ['old'],
  ]);
});

it('what has ended is, until the window and the time for returns are past', () => {
  expect(ask([done('a'), done('b'), done('c')], { a: sent(100, 250), b: sent(100, 249.9) })).toEqual([
    ['a', 'c'],
    ['a', 'c', 'b'],
  ]);
});

it('what is closed is read where its messages may be before orders of what is open', () => {
  const results = { open: sent(300, 390), near: sent(100, 211), far: sent(100, 209) };
  expect(ask([campaign({ id: 'open' }), done('near'), done('far')], results)).toEqual([['open'], ['open', 'near']]);
});
