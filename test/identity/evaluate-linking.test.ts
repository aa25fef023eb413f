/** The evaluation's generated shoppers: linking makes no wrong merge among them, and they are hard enough for that to mean something. */
import { describe, expect, test } from 'vitest';
import { type CompoundKey, compoundIdentifiers } from '../../shared/identity/compound.ts';
import { DEFAULT_RULES, LinkingRules } from '../../shared/identity/policy.ts';
import { measure } from '../../tools/evaluate-linking/measure.ts';
import { contributionsOf, makeOrders } from '../../tools/evaluate-linking/world.ts';

const world = (seed: number) => makeOrders({ seed, people: 800, unnamed: 0, familyEmails: 0 });

describe('generated shoppers', () => {
  test.each([1, 2, 3, 4])('seed %i: no wrong merge, families and recycled numbers included', (seed) => {
    const quality = measure(contributionsOf(world(seed)), DEFAULT_RULES);
    expect(quality.wrongPairs).toBe(0);
    expect(quality.linkedPairs).toBeGreaterThan(1000);
  });

  test.each([
    ['names', { namesAgreeOn: [] }, {}],
    ['limits of a value', { personasPerValue: { ...DEFAULT_RULES.personasPerValue, email: 50 } }, {}],
    ['refusing masked, virtual and placeholder values', {}, { rejectedLink: true as const }],
    ['linking paid orders only', {}, { unpaidLink: true as const }],
  ])('without %s there would be some', (_, rules, reading) => {
    const quality = measure(contributionsOf(world(1), reading), { ...DEFAULT_RULES, ...rules });
    expect(quality.wrongPairs).toBeGreaterThan(0);
  });

  test('the same seed gives the same orders', () => {
    expect(world(7)).toEqual(world(7));
    expect(world(8)).not.toEqual(world(7));
  });

  test('the default rules are rules', () => {
    expect(LinkingRules.parse(DEFAULT_RULES)).toEqual(DEFAULT_RULES);
    expect(LinkingRules.safeParse({ ...DEFAULT_RULES, componentLimit: 51 }).success).toBe(false);
  });
});

describe('compound keys', () => {
  const key = (...parts: CompoundKey['parts']): CompoundKey => ({ name: 'k', strength: 'strong', parts });
  const keyOf = (record: Record<string, string>, made: CompoundKey) => compoundIdentifiers(record, [made])[0]?.value;

  test.each([
    ['exact', "O'Brien", 'obrien'],
    ['start', 'Katherine', 'kath'],
    ['letters', 'hannah88', '8ahn'],
    ['sound', 'Robert', 'r163'],
    ['sound', 'Rupert', 'r163'],
    ['sound', 'Ashcraft', 'a261'],
    ['sound', 'Tymczak', 't522'],
    ['sound', 'Lee', 'l000'],
  ] as const)('%s of %s is %s', (form, text, value) => {
    expect(keyOf({ name: text }, key({ fields: ['name'], form }))).toBe(value);
  });

  test('two fields as a set are the same in either order', () => {
    const made = key({ fields: ['given', 'family'], form: 'exact' });
    expect(keyOf({ given: 'Noah', family: 'Watson' }, made)).toBe(keyOf({ given: 'Watson', family: 'Noah' }, made));
  });

  test('none where a field is missing', () => {
    const made = key({ fields: ['given'], form: 'exact' }, { fields: ['born'], form: 'exact' });
    expect(keyOf({ given: 'Noah', born: '' }, made)).toBeUndefined();
    expect(keyOf({ given: 'Noah' }, made)).toBeUndefined();
  });
});
