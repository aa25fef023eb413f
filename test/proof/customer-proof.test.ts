/** What one customer's orders prove: pure, and whatever the order of what is given. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttributableOrder } from '../../shared/campaigns/attribution.ts';
import { attributedEvent } from '../../shared/proof/attributed-event.ts';
import { claimOf, claimText, nextOrder, readClaim } from '../../shared/proof/attributed-order.ts';
import { type Comparison, proofOf } from '../../shared/proof/customer-proof.ts';
import { createTally } from '../../shared/proof/tally.ts';
import { type Touch, type TouchKind, touchOf } from '../../shared/proof/touch.ts';
import type { SendRecord } from '../../shared/push/send-record.ts';
import { personaId } from '../profiles/people.ts';
import { day } from './shop.ts';

const ANNE = personaId('shopify/shop/anne');
const touch = (campaign: string, days: number, kind: TouchKind = 'sent', changes: Partial<Touch> = {}): Touch => ({
  ...{ campaign, key: `${campaign} ${days}`, profile: ANNE, kind, decidedAt: day(days), at: day(days) },
  ...{ attributionDays: 7, version: 1, variant: 'a' },
  ...changes,
});
const order = (key: string, days: number, net = 100, currency = 'CNY'): AttributableOrder => ({
  ...{ key, paidAt: day(days), net, currency },
});
const OWN: Comparison = { against: 'campaign', share: (version) => (version === 1 ? 0.1 : 0) };
const GLOBAL: Comparison = { against: 'global', share: () => 0.05 };
const outcomes = (touches: Touch[], orders: AttributableOrder[], comparison = OWN, asOf = day(30)) =>
  proofOf({ touches, orders }, new Map([['spring', comparison]]), asOf).outcomes;

describe('the arm of a customer', () => {
  it('is that of the first record: who was held out and then sent to stays held out', () => {
    const touches = [touch('spring', 3), touch('spring', 1, 'held_out'), touch('spring', 2, 'not_sent')];
    expect(outcomes(touches, [order('x', 2), order('y', 9)])).toEqual([
      { campaign: 'spring', arm: 'heldOut', share: 0.1, isOpen: false, orders: 1, revenue: new Map([['CNY', 100]]) },
    ]);
  });

  it('takes in those whose message failed, of whom there are as many among those held out', () => {
    expect(outcomes([touch('spring', 1, 'not_sent')], [])).toMatchObject([{ arm: 'sentTo', orders: 0 }]);
  });

  it('is none against the campaign’s own holdout for who is held out of everything; against these, for who it holds out', () => {
    expect(outcomes([touch('spring', 1, 'held_out_of_all')], [])).toEqual([]);
    expect(outcomes([touch('spring', 1, 'held_out_of_all')], [], GLOBAL)).toMatchObject([{ arm: 'heldOut' }]);
    expect(outcomes([touch('spring', 1, 'held_out')], [], GLOBAL)).toEqual([]);
  });

  it('is none of a version that held out nobody', () => {
    expect(outcomes([touch('spring', 1, 'sent', { version: 2 })], [])).toEqual([]);
    expect(outcomes([touch('spring', 1, 'sent', { version: 2 }), touch('spring', 2)], [])).toMatchObject([
      { share: 0.1 },
    ]);
  });
});

describe('the window', () => {
  it('begins when it was decided, in both arms, and is open until it is past', () => {
    const sentLate = touch('spring', 1, 'sent', { at: day(1.25) });
    expect(outcomes([sentLate], [order('x', 1.1)])).toMatchObject([{ orders: 1 }]);
    expect(proofOf({ touches: [sentLate], orders: [order('x', 1.1)] }, new Map(), day(30)).attributions).toEqual([]);
    for (const [asOf, isOpen] of [
      [7, true],
      [8, true],
      [8.01, false],
    ] as const)
      expect(outcomes([sentLate], [], OWN, day(asOf))).toMatchObject([{ isOpen }]);
  });

  it('counts what was kept, by currency', () => {
    const orders = [order('a', 2), order('b', 3, 50), order('c', 3, 7, 'USD'), order('d', 4, 0), order('e', 9)];
    expect(outcomes([touch('spring', 1)], orders)).toMatchObject([
      {
        orders: 3,
        revenue: new Map([
          ['CNY', 150],
          ['USD', 7],
        ]),
      },
    ]);
  });
});

const KINDS: TouchKind[] = ['sent', 'not_sent', 'held_out', 'held_out_of_all'];
const touches = fc
  .array(fc.tuple(fc.constantFrom('spring', 'summer', 'autumn'), fc.nat(20), fc.constantFrom(...KINDS)), {
    maxLength: 10,
  })
  .map((all) => all.map(([campaign, days, kind], index) => touch(campaign, days, kind, { key: `m${index}` })));
const orders = fc
  .array(fc.tuple(fc.nat(30), fc.integer({ min: -5, max: 50 })), { maxLength: 8 })
  .map((all) => all.map(([days, net], index) => order(`o${index}`, days, net)));
const ALL = new Map(['spring', 'summer', 'autumn'].map((id) => [id, OWN]));

function tallied(parts: { touches: Touch[]; orders: AttributableOrder[] }) {
  const tally = createTally(ALL);
  tally.add(proofOf(parts, ALL, day(20)), () => 'a');
  return [...ALL.keys()].map((id) => tally.resultOf(id));
}

describe('whatever happens', () => {
  it('the order of what is given changes nothing', () => {
    fc.assert(
      fc.property(touches, orders, fc.nat(9), (sent, paid, turn) => {
        const turned = <One>(all: One[]): One[] => [...all.slice(turn), ...all.slice(0, turn)].reverse();
        expect(tallied({ touches: turned(sent), orders: turned(paid) })).toEqual(
          tallied({ touches: sent, orders: paid }),
        );
      }),
    );
  });

  it('over all campaigns no order counts twice, and none counts more than it is worth', () => {
    fc.assert(
      fc.property(touches, orders, (sent, paid) => {
        const results = tallied({ touches: sent, orders: paid }).map(({ attributed }) => attributed);
        const kept = paid.filter(({ net }) => net > 0);
        const total = (of: (one: (typeof results)[number]) => number) => results.reduce((sum, one) => sum + of(one), 0);
        expect(total((one) => one.orders)).toBeLessThanOrEqual(kept.length);
        expect(total((one) => one.net.CNY?.net ?? 0)).toBeLessThanOrEqual(kept.reduce((sum, { net }) => sum + net, 0));
        for (const one of results) expect(one.variants.a?.CNY?.orders ?? 0).toBe(one.orders);
      }),
    );
  });

  it('a full refund takes an order back, and moves no other', () => {
    fc.assert(
      fc.property(touches, orders, fc.nat(7), (sent, paid, which) => {
        const claims = (all: AttributableOrder[]) =>
          proofOf({ touches: sent, orders: all }, ALL, day(20)).attributions.map((one) => [
            one.order.key,
            one.last.key,
          ]);
        const back = `o${which}`;
        const refunded = paid.map((one) => (one.key === back ? { ...one, net: 0 } : one));
        expect(claims(refunded)).toEqual(claims(paid).filter(([key]) => key !== back));
      }),
    );
  });
});

describe('what is told', () => {
  const [attribution] = proofOf({ touches: [touch('spring', 1)], orders: [order('x', 2)] }, ALL, day(9)).attributions;
  if (!attribution) throw new Error('It counts.');
  const claim = claimOf(attribution, ANNE, 'a');
  const of = { campaign: 'spring', order: 'x' };
  const first = nextOrder(of, undefined, claim, day(3));

  it('is the same under the same id, and another under another', () => {
    if (!first) throw new Error('It is new.');
    const later = nextOrder(of, undefined, readClaim(claimText(claim)), day(4));
    expect(attributedEvent(later ?? first).id).toBe(attributedEvent(first).id);
    const changed = nextOrder(of, undefined, { ...claim, net: 50 }, day(3));
    expect(attributedEvent(changed ?? first).id).not.toBe(attributedEvent(first).id);
  });

  it('is nothing of an order that neither counts nor did', () => {
    expect(nextOrder(of, undefined, undefined, day(3))).toBeUndefined();
  });

  it('keeps, of one that was taken back, what it was', () => {
    expect(nextOrder(of, { revision: 4, claim }, undefined, day(5))).toEqual({
      ...{ ...of, ...claim, revision: 5, state: 'taken_back', changedAt: day(5), net: 0 },
    });
  });
});

it.each<[Partial<SendRecord>, TouchKind | undefined]>([
  [{ state: 'sent' }, 'sent'],
  [{ state: 'failed' }, 'not_sent'],
  [{ state: 'unknown' }, 'not_sent'],
  [{ state: 'held_out', heldOut: 'campaign' }, 'held_out'],
  [{ state: 'held_out', heldOut: 'global' }, 'held_out_of_all'],
  [{ state: 'suppressed' }, undefined],
  [{ state: 'claimed' }, undefined],
  [{ state: 'sending' }, undefined],
])('a record %o is %s', (changes, kind) => {
  const record: SendRecord = {
    ...{ campaign: 'spring', key: 'k', version: 3, profile: ANNE, occurrence: 'o', at: day(2), claimedAt: day(1) },
    ...{ state: 'sent', attributionDays: 5 },
    ...changes,
  };
  const found = touchOf(record);
  expect(found?.kind).toBe(kind);
  if (found) expect(found).toMatchObject({ decidedAt: day(1), at: day(2), version: 3, attributionDays: 5 });
});
