/** What a marketer is told who wrote what cannot be meant: the exact place, and what would be valid there. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileCatalogue } from '../../shared/segments/compile.ts';
import { Condition, DEEPEST, MOST_LEAVES } from '../../shared/segments/condition.ts';
import { LARGEST_DEFINITION_BYTES, SegmentDefinition, type SegmentVersion } from '../../shared/segments/definition.ts';
import { dependentsOf } from '../../shared/segments/dependencies.ts';
import type { Problem } from '../../shared/segments/problem.ts';
import { readDefinition } from '../../shared/segments/read-definition.ts';
import { condition, customer, leafOf, segments } from './arbitraries.ts';
import { CHANNEL_CATEGORIES, NOON, segmentOf, subjectAt } from './people.ts';

const ORDERED: Condition = { field: 'orders', atLeast: 1 };
const OTHERS: readonly SegmentVersion[] = [
  segmentOf('regulars', { field: 'orders', atLeast: 5 }),
  segmentOf('gone', ORDERED, { isArchived: true }),
  segmentOf('first', { segment: 'second' }),
  segmentOf('second', { all: [ORDERED, { not: { segment: 'mine' } }] }),
];
const CONTEXT = { others: OTHERS, channels: [...CHANNEL_CATEGORIES.keys(), 'constructor'], reportingCurrency: 'CNY' };

const read = (json: unknown) => readDefinition(json, CONTEXT);
const definition = (when: unknown, more: object = {}) => ({ id: 'mine', name: '我的分群', when, ...more });

function problemsOf(json: unknown): readonly Problem[] {
  const reading = read(json);
  return reading.kind === 'refused' ? reading.problems : [];
}

interface Case {
  readonly wrong: string;
  readonly when?: unknown;
  readonly json?: unknown;
  readonly at: string;
  readonly says: RegExp;
  /** The first of what would be valid. */
  readonly valid?: string;
}

const leaves = (count: number) => Array.from({ length: count }, () => ORDERED);
const nested = (levels: number): unknown => (levels === 1 ? ORDERED : { not: nested(levels - 1) });

const CASES: readonly Case[] = [
  { wrong: 'no object', json: 'all customers', at: '', says: /an object of id, name and when/, valid: 'id' },
  { wrong: 'a list', json: [], at: '', says: /an object/ },
  { wrong: 'a property with a slip', json: definition(ORDERED, { descripton: 'x' }), at: '/descripton', says: /did you mean description\?/, valid: 'description' },
  { wrong: 'no id', json: { name: 'x', when: ORDERED }, at: '/id', says: /Letters, digits/ },
  { wrong: 'an id in Chinese', json: { id: '沉睡', name: 'x', when: ORDERED }, at: '/id', says: /Letters, digits/ },
  { wrong: 'an empty name', json: { id: 'a', name: ' ', when: ORDERED }, at: '/name', says: /1 to 100/ },
  { wrong: 'a description that is none', json: definition(ORDERED, { description: 1 }), at: '/description', says: /at most 1000/ },
  { wrong: 'no condition', json: { id: 'a', name: 'b' }, at: '/when', says: /A condition, as/, valid: 'all' },
  { wrong: 'too large', json: definition(ORDERED, { description: 'x'.repeat(LARGEST_DEFINITION_BYTES) }), at: '', says: /16\d{3} bytes, and may have 16384/ },

  { wrong: 'an empty condition', when: {}, at: '/when', says: /one of all, any, not, field, segment/, valid: 'all' },
  { wrong: 'and for all', when: { and: [ORDERED] }, at: '/when/and', says: /did you mean all\?/, valid: 'all' },
  { wrong: 'all and any at once', when: { all: [ORDERED], any: [ORDERED] }, at: '/when', says: /One of all, any only/ },
  { wrong: 'something beside all', when: { all: [ORDERED], note: 'x' }, at: '/when/note', says: /beside all/, valid: 'all' },
  { wrong: 'an empty all', when: { all: [] }, at: '/when/all', says: /1 to 64 conditions/ },
  { wrong: 'all of no list', when: { all: ORDERED }, at: '/when/all', says: /list of 1 to 64/ },
  { wrong: 'a list after not', when: { not: [ORDERED] }, at: '/when/not', says: /A condition, as/ },
  { wrong: 'too many leaves', when: { all: [{ all: leaves(40) }, { any: leaves(40) }] }, at: '/when', says: /80 conditions, and may have 64/ },
  { wrong: 'too deep', when: nested(DEEPEST + 1), at: `/when${'/not'.repeat(DEEPEST)}`, says: /Deeper than 8 levels/ },

  { wrong: 'a field with a slip', when: { all: [ORDERED, { field: 'netSpent', atLeast: 1 }] }, at: '/when/all/1/field', says: /did you mean netSpend\?/, valid: 'netSpend' },
  { wrong: 'an unknown field', when: { field: 'zodiac', is: 'x' }, at: '/when/field', says: /no field “zodiac”. Valid: orders, netSpend, /, valid: 'orders' },
  { wrong: 'the beginning of a field', when: { field: 'days', atLeast: 1 }, at: '/when/field', says: /did you mean daysSinceLastOrder\?/ },
  { wrong: 'the constructor', when: { field: 'constructor', atLeast: 1 }, at: '/when/field', says: /no field “constructor”/ },
  { wrong: 'no operator', when: { not: { field: 'orders', withinDays: 30 } }, at: '/when/not', says: /orders is asked nothing: give one of atLeast, atMost, moreThan, lessThan, equals/, valid: 'atLeast' },
  { wrong: 'an operator of sets', when: { field: 'netSpend', includes: 'x' }, at: '/when/includes', says: /includes is not for netSpend, which is a number/, valid: 'atLeast' },
  { wrong: 'an operator of numbers', when: { field: 'lastPaidAt', atLeast: 3 }, at: '/when/atLeast', says: /not for lastPaidAt, which is a date/, valid: 'atLeastDaysAgo' },
  { wrong: 'gte', when: { field: 'orders', gte: 3 }, at: '/when/gte', says: /did you mean atLeast\?/, valid: 'atLeast' },
  { wrong: 'equals of a tier', when: { field: 'tier', equals: 'growth' }, at: '/when/equals', says: /not for tier/, valid: 'is' },

  { wrong: 'withinDays of a rate', when: { field: 'refundRate', withinDays: 30, atLeast: 0.1 }, at: '/when/withinDays', says: /withinDays can not be said of refundRate, only of orders, netSpend\./, valid: 'orders' },
  { wrong: 'of on an average', when: { field: 'averageOrder', of: { channel: 'douyin' }, atLeast: 1 }, at: '/when/of', says: /of can not be said of averageOrder, only of orders, netSpend, daysSinceLastOrder, lastPaidAt/, valid: 'orders' },
  { wrong: 'withinDays of a date', when: { field: 'lastPaidAt', withinDays: 30, exists: true }, at: '/when/withinDays', says: /only of orders, netSpend/ },
  { wrong: 'withinDays too long', when: { all: [ORDERED, ORDERED, { field: 'orders', withinDays: 2000, atLeast: 1 }] }, at: '/when/all/2/withinDays', says: /whole number of days from 1 to 1095/ },
  { wrong: 'withinDays in quotes', when: { field: 'orders', withinDays: '30', atLeast: 1 }, at: '/when/withinDays', says: /, without quotes/ },
  { wrong: 'two parts', when: { field: 'orders', of: { channel: 'douyin', category: 'tea' }, atLeast: 1 }, at: '/when/of', says: /One part only/ },
  { wrong: 'an empty part', when: { field: 'orders', of: {}, atLeast: 1 }, at: '/when/of', says: /one of channel, channelCategory/, valid: 'channel' },
  { wrong: 'a part with a slip', when: { field: 'orders', of: { chanel: 'douyin' }, atLeast: 1 }, at: '/when/of/chanel', says: /did you mean channel\?/, valid: 'channel' },
  { wrong: 'an unknown channel', when: { field: 'orders', of: { channel: ['douyin', 'shopfy'] }, atLeast: 1 }, at: '/when/of/channel/1', says: /did you mean shopify\?/, valid: 'shopify' },
  { wrong: 'an unknown kind of channel', when: { field: 'orders', of: { channelCategory: 'stream' }, atLeast: 1 }, at: '/when/of/channelCategory', says: /Valid: ecommerce, live, pos, cross_border/, valid: 'ecommerce' },

  { wrong: 'a number in quotes', when: { field: 'orders', atLeast: '5' }, at: '/when/atLeast', says: /A number, without quotes/ },
  { wrong: 'half an order', when: { field: 'orders', atLeast: 2.5 }, at: '/when/atLeast', says: /has no fractions/ },
  { wrong: 'half a cent', when: { field: 'netSpend', atLeast: 19.99 }, at: '/when/atLeast', says: /minor units of CNY: CNY 2,000.00 is 200000/ },
  { wrong: 'percents', when: { field: 'refundRate', atLeast: 30 }, at: '/when/atLeast', says: /share from 0 to 1: 30 % is 0.3/ },
  { wrong: 'another unit', when: { field: 'netSpend', moreThan: { field: 'orders' } }, at: '/when/moreThan/field', says: /netSpend compares with netSpend, averageOrder, clv12m; orders is in another unit/, valid: 'netSpend' },
  { wrong: 'compared with a date', when: { field: 'orders', moreThan: { field: 'lastPaidAt' } }, at: '/when/moreThan/field', says: /no number “lastPaidAt”/ },
  { wrong: 'times on the wrong side', when: { field: 'netSpend', times: 2, moreThan: { field: 'netSpend', of: { channel: 'douyin' } } }, at: '/when/times', says: /belongs to what is compared with/ },
  { wrong: 'no times', when: { field: 'netSpend', moreThan: { field: 'netSpend', times: 0 } }, at: '/when/moreThan/times', says: /above 0, at most 1000/ },
  { wrong: 'a window of the other side', when: { field: 'netSpend', moreThan: { field: 'averageOrder', withinDays: 30 } }, at: '/when/moreThan/withinDays', says: /only of orders, netSpend/ },
  { wrong: 'something in the other side', when: { field: 'netSpend', moreThan: { field: 'netSpend', time: 2 } }, at: '/when/moreThan/time', says: /did you mean times\?/, valid: 'times' },

  { wrong: 'a day for an instant', when: { field: 'lastPaidAt', before: '2026-11-24' }, at: '/when/before', says: /in UTC, as 2026-11-24T00:00:00.000Z/, valid: '2026-11-24T00:00:00.000Z' },
  { wrong: 'an instant of another zone', when: { field: 'lastPaidAt', after: '2026-11-24T00:00:00+08:00' }, at: '/when/after', says: /in UTC/ },
  { wrong: 'no day of the calendar', when: { field: 'lastPaidAt', after: '2026-02-31T00:00:00.000Z' }, at: '/when/after', says: /in UTC/ },
  { wrong: 'no days', when: { field: 'lastPaidAt', withinLastDays: 0 }, at: '/when/withinLastDays', says: /from 1 to 36500/ },
  { wrong: 'exists in quotes', when: { field: 'lastPaidAt', exists: 'true' }, at: '/when/exists', says: /true or false/, valid: 'true' },

  { wrong: 'a tier with a slip', when: { field: 'tier', is: 'high-value' }, at: '/when/is', says: /did you mean high_value\?/, valid: 'high_value' },
  { wrong: 'a tier in Chinese', when: { field: 'tier', isOneOf: ['growth', '高价值'] }, at: '/when/isOneOf/1', says: /is written high_value/, valid: 'high_value' },
  { wrong: 'no tier', when: { field: 'tier', isOneOf: [] }, at: '/when/isOneOf', says: /list of 1 to 50/ },

  { wrong: 'a set with an unknown channel', when: { field: 'channels', includesAny: ['douyin', 'tiktok'] }, at: '/when/includesAny/1', says: /no name “tiktok”. Valid: shopify, douyin/, valid: 'shopify' },
  { wrong: 'a connection without its channel', when: { field: 'connections', includes: 'shop' }, at: '/when/includes', says: /as shopify\/my-shop/ },
  { wrong: 'a connection of an unknown channel', when: { field: 'connections', includes: 'shopfy/shop' }, at: '/when/includes', says: /did you mean shopify\?/, valid: 'shopify' },
  { wrong: 'an empty name', when: { field: 'tags', includes: '  ' }, at: '/when/includes', says: /name of 1 to 200/ },
  { wrong: 'half a name', when: { field: 'tags', sizeAtLeast: 0.5 }, at: '/when/sizeAtLeast', says: /from 0 to 1000/ },
  { wrong: 'names without a list', when: { field: 'tags', includesAny: 'vip' }, at: '/when/includesAny', says: /A list of 1 to 50/ },

  { wrong: 'no id of a segment', when: { segment: '' }, at: '/when/segment', says: /id of a segment/ },
  { wrong: 'an unknown segment', when: { any: [{ segment: 'regular' }] }, at: '/when/any/0/segment', says: /did you mean regulars\?/, valid: 'regulars' },
  { wrong: 'an archived segment', when: { segment: 'gone' }, at: '/when/segment', says: /“gone” is archived/ },
  { wrong: 'itself', when: { not: { segment: 'mine' } }, at: '/when/not/segment', says: /asks about itself/ },
  { wrong: 'a circle', when: { all: [ORDERED, { segment: 'first' }] }, at: '/when/all/1/segment', says: /leads back here: mine → first → second → mine/ },

  { wrong: 'more than less', when: { field: 'orders', atLeast: 5, atMost: 3 }, at: '/when', says: /contradicts itself/ },
  { wrong: 'nothing between', when: { field: 'orders', moreThan: 2, lessThan: 3 }, at: '/when', says: /contradicts itself/ },
  { wrong: 'less than nothing', when: { field: 'orders', lessThan: 0 }, at: '/when', says: /contradicts itself/ },
  { wrong: 'both of two', when: { all: [{ field: 'orders', atLeast: 5 }, ORDERED, { all: [{ field: 'orders', atMost: 3 }] }] }, at: '/when/all/2/all/0', says: /together with \/when\/all\/0/ },
  { wrong: 'more of late than in all', when: { all: [{ field: 'orders', withinDays: 30, atLeast: 5 }, { field: 'orders', withinDays: 90, atMost: 4 }] }, at: '/when/all/1', says: /together with/ },
  { wrong: 'two tiers', when: { all: [{ field: 'tier', is: 'growth' }, { field: 'tier', isOneOf: ['base', 'stable'] }] }, at: '/when/all/1', says: /together with/ },
  { wrong: 'long ago and of late', when: { field: 'lastPaidAt', atLeastDaysAgo: 60, withinLastDays: 60 }, at: '/when', says: /contradicts itself/ },
  { wrong: 'past and ahead', when: { field: 'nextOrderAt', withinLastDays: 3, withinNextDays: 3 }, at: '/when', says: /contradicts itself/ },
  { wrong: 'after and before', when: { field: 'lastPaidAt', after: '2026-02-01T00:00:00.000Z', before: '2026-01-01T00:00:00.000Z' }, at: '/when', says: /contradicts itself/ },
  { wrong: 'no instant between', when: { field: 'tierSince', after: '2026-01-01T00:00:00.000Z', before: '2026-01-01T00:00:00.000Z' }, at: '/when', says: /contradicts itself/ },
  { wrong: 'missing and of late', when: { field: 'lastPaidAt', exists: false, withinLastDays: 3 }, at: '/when', says: /contradicts itself/ },
  { wrong: 'with and without', when: { field: 'tags', includes: 'vip', includesNone: ['vip', 'staff'] }, at: '/when', says: /contradicts itself/ },
  { wrong: 'two names in a set of one', when: { field: 'tags', includesAll: ['vip', 'staff'], sizeAtMost: 1 }, at: '/when', says: /contradicts itself/ },
]; // biome-ignore format: a table

describe('what is refused', () => {
  test.each(CASES)('$wrong', ({ json, when, at, says, valid }) => {
    const problems = problemsOf(json ?? definition(when));
    expect(problems.map((problem) => problem.at)).toEqual([at]);
    const [problem] = problems;
    expect(problem?.says).toMatch(says);
    expect(problem?.zh).toMatch(/\p{Script=Han}/u);
    if (valid !== undefined) expect(problem?.valid?.[0]).toBe(valid);
  });

  test('all of it at once, each with its place', () => {
    const when = { all: [{ field: 'order', atLeast: 1 }, { field: 'orders' }, { segment: '?' }], any: [] };
    expect(problemsOf(definition(when)).map(({ at }) => at)).toEqual(['/when']);
    expect(problemsOf(definition({ all: when.all })).map(({ at }) => at)).toEqual([
      '/when/all/0/field',
      '/when/all/1',
      '/when/all/2/segment',
    ]);
  });

  test('a name that JSON can have, as __proto__, and one that a pointer must escape', () => {
    const json: unknown = JSON.parse(
      '{"id":"a","name":"b","when":{"field":"orders","atLeast":1,"__proto__":1,"a/b~c":2}}',
    );
    expect(problemsOf(json).map(({ at }) => at)).toEqual(['/when/__proto__', '/when/a~1b~0c']);
  });
});

describe('what is read', () => {
  test.each<Condition>([
    { field: 'orders', moreThan: 2, lessThan: 4 },
    { field: 'orders', atLeast: 3, atMost: 3, equals: 3 },
    { field: 'refundRate', moreThan: 0.3, atMost: 0.31 },
    { field: 'refundRate', atLeast: 1 },
    { field: 'netSpend', lessThan: 0 },
    { all: [{ field: 'orders', withinDays: 30, atMost: 4 }, { field: 'orders', withinDays: 90, atLeast: 5 }] },
    { all: [{ field: 'netSpend', withinDays: 30, atLeast: 5 }, { field: 'netSpend', withinDays: 90, atMost: 4 }] },
    { all: [{ field: 'orders', of: { channel: 'douyin' }, atMost: 4 }, { field: 'orders', atLeast: 5 }] },
    { any: [{ field: 'orders', atMost: 4 }, { field: 'orders', atLeast: 5 }] },
    { all: [{ field: 'tier', isOneOf: ['growth', 'base'] }, { field: 'tier', isOneOf: ['base', 'stable'] }] },
    { field: 'lastPaidAt', atLeastDaysAgo: 59, withinLastDays: 60 },
    { field: 'lastPaidAt', after: '2026-01-01T00:00:00.000Z', before: '2026-01-01T00:00:00.001Z' },
    { field: 'tags', includes: 'vip', includesNone: ['staff'], sizeAtMost: 1 },
  ])('what somebody can meet: %j', (when) => {
    expect(problemsOf(definition(when))).toEqual([]);
  }); // biome-ignore format: a table

  test('names without the space about them', () => {
    const reading = read({ id: 'mine', name: ' 老客 ', when: { field: 'tags', includes: ' vip ' } });
    expect(reading).toEqual({
      kind: 'definition',
      definition: { id: 'mine', name: '老客', when: { field: 'tags', includes: 'vip' } },
    });
  });

  test('the next version of one that is there, whatever others ask of it', () => {
    expect(read({ id: 'second', name: 'x', when: { segment: 'regulars' } }).kind).toBe('definition');
  });

  test('as many leaves and levels as may be', () => {
    expect(read(definition({ all: leaves(MOST_LEAVES) })).kind).toBe('definition');
    expect(read(definition(nested(DEEPEST))).kind).toBe('definition');
  });
});

/** Anything at all in the place of anything in a definition, or nothing. */
const spoiled = fc
  .tuple(condition, fc.nat(), fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>({}, [], undefined, 'orders', -1, 0.5)))
  .map(([when, place, value]) => {
    const nodes: { readonly parent: Record<string, unknown>; readonly name: string }[] = [];
    const copy: unknown = JSON.parse(JSON.stringify(definition(when)));
    const visit = (node: unknown) => {
      if (typeof node !== 'object' || node === null) return;
      // The cast: what JSON gives, lists too, has its children by name.
      const parent = node as Record<string, unknown>;
      for (const name of Object.keys(parent)) {
        nodes.push({ parent, name });
        visit(parent[name]);
      }
    };
    visit(copy);
    const { parent, name } = nodes[place % nodes.length] ?? { parent: {}, name: '' };
    parent[name] = value;
    return JSON.parse(JSON.stringify(copy)) as unknown;
  });

describe('for anything that is written', () => {
  test('what is no definition by the schema is refused in words of our own', () => {
    fc.assert(
      fc.property(spoiled, (json) => {
        const reading = read(json);
        if (reading.kind === 'definition') return;
        for (const { says, zh, at } of reading.problems) {
          // Zod's own words would be in one language.
          expect(zh).not.toBe(says);
          expect(at === '' || at.startsWith('/')).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('what is read is what the schema makes of it', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          spoiled,
          condition.map((when) => definition(when)),
        ),
        (json) => {
          const reading = read(json);
          if (reading.kind === 'definition') expect(SegmentDefinition.parse(json)).toEqual(reading.definition);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('what is said to contradict itself, nobody meets', () => {
    const manyAtOnce = fc
      .array(leafOf({ fields: ['orders', 'refundRate', 'rhythm', 'daysUntilNextOrder'], comparands: false }), {
        minLength: 1,
        maxLength: 6,
      })
      .map((all) => ({ all }));
    let refused = 0;
    fc.assert(
      fc.property(manyAtOnce, customer, (when, one) => {
        if (!problemsOf(definition(when)).some(({ says }) => says.startsWith('No customer'))) return;
        refused++;
        const catalogue = compileCatalogue([segmentOf('mine', when)], 1, { channelCategories: CHANNEL_CATEGORIES });
        expect(catalogue.decide(subjectAt(one, NOON, catalogue.windows), []).segments).toEqual([]);
      }),
      { numRuns: 3000 },
    );
    expect(refused).toBeGreaterThan(100);
  });

  test('what was read in this way makes no circle', () => {
    fc.assert(
      fc.property(segments, condition, fc.constantFrom('a', 'b', 'c'), (others, when, asked) => {
        const json = { id: 'b', name: 'b', when: { any: [when, { segment: asked }] } };
        const reading = readDefinition(json, { ...CONTEXT, others });
        if (reading.kind !== 'definition') return;
        const after = new Map(
          [...others.filter(({ isArchived }) => !isArchived), segmentOf('b', reading.definition.when)].map((one) => [
            one.id,
            one,
          ]),
        );
        const above = (id: string, seen: readonly string[]): boolean =>
          seen.includes(id) || dependentsOf(id, [...after.values()]).some((next) => above(next, [...seen, id]));
        expect(above('b', [])).toBe(false);
      }),
    );
  });
});

describe('dependentsOf', () => {
  test('those that ask about it, and are not archived', () => {
    expect(dependentsOf('second', OTHERS)).toEqual(['first']);
    expect(dependentsOf('first', OTHERS)).toEqual([]);
    expect(dependentsOf('second', [segmentOf('a', { segment: 'second' }, { isArchived: true })])).toEqual([]);
  });
});

test('the schema takes every condition of the tests', () => {
  fc.assert(
    fc.property(condition, (when) => {
      expect(Condition.parse(when)).toEqual(when);
    }),
  );
});
