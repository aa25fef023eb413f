/** Who is held out, and who gets which variant. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heldOut, unitOf, variantFor } from '../../shared/campaigns/assignment.ts';
import { personaId } from '../profiles/people.ts';
import { campaign } from './spring.ts';

const CUSTOMERS = 20_000;
const customers = Array.from({ length: CUSTOMERS }, (_, index) => personaId(`shopify/shop/${index}`));
const shareOf = (is: (profile: (typeof customers)[number]) => boolean) => customers.filter(is).length / CUSTOMERS;
/** So far a share of that many may be off by chance, once in a million. */
const off = (share: number) => 5 * Math.sqrt((share * (1 - share)) / CUSTOMERS);

describe('the holdout', () => {
  it.each([0.01, 0.1, 0.5])('is a share of %d of the customers', (holdout) => {
    const own = campaign({ limits: { holdout } });
    expect(Math.abs(shareOf((one) => heldOut(one, own, 0) === 'campaign') - holdout)).toBeLessThan(off(holdout));
    expect(Math.abs(shareOf((one) => heldOut(one, own, holdout) === 'global') - holdout)).toBeLessThan(off(holdout));
  });

  it('of one campaign says nothing of another', () => {
    const [one, other] = [
      campaign({ id: 'one', limits: { holdout: 0.2 } }),
      campaign({ id: 'other', limits: { holdout: 0.2 } }),
    ];
    const both = shareOf((who) => heldOut(who, one, 0) !== undefined && heldOut(who, other, 0) !== undefined);
    expect(Math.abs(both - 0.04)).toBeLessThan(off(0.04));
  });

  it('keeps whom it has while it grows', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...customers),
        fc.double({ min: 0, max: 0.5, noNaN: true }),
        fc.double({ min: 0, max: 0.4, noNaN: true }),
        (who, share, more) => {
          const before = heldOut(who, campaign({ limits: { holdout: share } }), share);
          const after = heldOut(who, campaign({ limits: { holdout: Math.min(0.9, share + more) } }), share + more);
          if (before !== undefined) expect(after).toBeDefined();
        },
      ),
    );
  });

  it('is nobody where the share is nought', () => {
    expect(shareOf((who) => heldOut(who, campaign(), 0) !== undefined)).toBe(0);
  });
});

describe('variants', () => {
  const message = { title: 'Hello', body: 'There' };
  const split = campaign({
    content: {
      defaultLocale: 'en',
      variants: [
        { id: 'a', weight: 1, messages: { en: message } },
        { id: 'b', weight: 3, messages: { en: message } },
      ],
    },
  });

  it('are given by weight, the same to each customer every time', () => {
    expect(Math.abs(shareOf((who) => variantFor(who, split).id === 'a') - 0.25)).toBeLessThan(off(0.25));
    for (const who of customers.slice(0, 100)) expect(variantFor(who, split)).toBe(variantFor(who, split));
  });

  it('do not depend on who is held out', () => {
    const kept = customers.filter(
      (who) => heldOut(who, { ...split, limits: { ...split.limits, holdout: 0.5 } }, 0) === undefined,
    );
    const share = kept.filter((who) => variantFor(who, split).id === 'a').length / kept.length;
    expect(Math.abs(share - 0.25)).toBeLessThan(off(0.25) * 2);
  });
});

it('a unit is at least nought and less than one', () => {
  for (const who of customers) expect(unitOf('x', who)).toSatisfy((unit: number) => unit >= 0 && unit < 1);
});
