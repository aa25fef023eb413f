/** Which message an order counts for. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AttributableOrder, type AttributableSend, attribute } from '../../shared/campaigns/attribution.ts';
import { epochMs, instant } from '../../shared/time/instant.ts';
import { NOON } from './spring.ts';

const DAY_MS = 86_400_000;
const day = (days: number) => instant(epochMs(NOON) + days * DAY_MS);
const send = (key: string, days: number, attributionDays = 7): AttributableSend => ({
  ...{ key, campaign: `campaign of ${key}`, at: day(days), attributionDays },
});
const order = (key: string, days: number, net = 100): AttributableOrder => ({
  ...{ key, paidAt: day(days), net, currency: 'CNY' },
});

const told = (sends: AttributableSend[], orders: AttributableOrder[]) =>
  attribute(sends, orders).map(({ order: { key }, last, assisted }) => [key, last.key, assisted.map((one) => one.key)]);

describe('an order', () => {
  it('counts for the last message before it; those before that assisted', () => {
    expect(told([send('a', 0), send('b', 2), send('c', 4)], [order('x', 3)])).toEqual([['x', 'b', ['a']]]);
  });

  it('of the very end of the window counts, a moment later not', () => {
    expect(told([send('a', 0)], [order('x', 7)])).toEqual([['x', 'a', []]]);
    expect(told([send('a', 0)], [order('x', 7 + 1 / DAY_MS)])).toEqual([]);
  });

  it('of the very instant, or before, does not', () => {
    expect(told([send('a', 0)], [order('x', 0), order('y', -1)])).toEqual([]);
  });

  it('that was returned is taken back', () => {
    expect(told([send('a', 0)], [order('x', 1, 0), order('y', 2)])).toEqual([['y', 'a', []]]);
  });

  it('counts by each message’s own window', () => {
    expect(told([send('long', 0, 30), send('short', 5, 1)], [order('x', 10)])).toEqual([['x', 'long', []]]);
  });
});

it('the order in which things are told makes no difference, and no order counts twice', () => {
  const sends = fc.array(fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 20 })), { maxLength: 8 });
  const orders = fc.array(fc.tuple(fc.nat(30), fc.integer({ min: -5, max: 50 })), { maxLength: 8 });
  fc.assert(
    fc.property(sends, orders, fc.nat(7), (some, bought, turn) => {
      const sent = some.map(([days, window], index) => send(`s${index}`, days, window));
      const paid = bought.map(([days, net], index) => order(`o${index}`, days, net));
      const turned = <One>(all: One[]): One[] => [...all.slice(turn), ...all.slice(0, turn)].reverse();
      const found = attribute(sent, paid);
      expect(attribute(turned(sent), turned(paid))).toEqual(found);
      expect(new Set(found.map((one) => one.order.key)).size).toBe(found.length);
      for (const { last, assisted, order: counted } of found) {
        expect(counted.net).toBeGreaterThan(0);
        for (const earlier of assisted) expect(earlier.at <= last.at && earlier.key !== last.key).toBe(true);
      }
    }),
  );
});
