/** The rules of joining, one at a time. What holds of any links and decisions is in `links.properties.test.ts`. */
import { describe, expect, test } from 'vitest';
import { cutOff, previewJoin, refuse } from '../../shared/identity/changes.ts';
import { DEFAULT_RULES } from '../../shared/identity/policy.ts';
import { resolve } from '../../shared/identity/resolve.ts';
import { accept, cut, day, grouped, groups, input, order, persona, suggested, withdraw } from './people.ts';

const made = { id: 'c1', at: day(9), by: 'operator', reason: 'two people' };

describe('what joins', () => {
  test('a phone, an email, and over a third', () => {
    const all = [
      order('a', ['phone:1']),
      order('b', ['phone:1', 'email:x'], { day: 1 }),
      order('c', ['email:x'], { day: 2 }),
    ];
    expect(grouped([...all, order('d', ['email:y'], { day: 3 })])).toEqual(['abc', 'd']);
  });

  test('named after the persona first received; the others are aliases', () => {
    const { profiles } = resolve(input([order('b', ['phone:1'], { day: 1 }), order('a', ['phone:1'], { day: 2 })]));
    expect(profiles).toMatchObject([{ id: persona('b'), aliases: [persona('a')] }]);
  });

  test('the evidence: how many orders carried it, first and last', () => {
    const [one, two, three] = [
      order('a', ['phone:1'], { day: 1 }),
      order('a', ['phone:1'], { day: 5 }),
      order('b', ['phone:1'], { day: 3 }),
    ];
    const [profile] = resolve(input([one, two, three])).profiles;
    expect(profile?.evidence).toMatchObject([
      {
        type: 'phone',
        holders: [
          { persona: persona('a'), link: { orders: 2, firstSeenAt: day(1), lastSeenAt: day(5) } },
          { persona: persona('b'), link: { orders: 1, firstSeenAt: day(3), lastSeenAt: day(3) } },
        ],
      },
    ]);
  });

  test('a weak identifier only suggests, also where one end is strong', () => {
    const all = [order('a', ['~name_address:1', 'email:x']), order('b', ['~name_address:1', '~email:x'], { day: 1 })];
    expect(grouped(all)).toEqual(['a', 'b']);
    expect(suggested(all)).toEqual(['a|b weak_identifier', 'a|b weak_identifier']);
  });
});

describe('what the rules keep apart', () => {
  test("a family's phone: names that contradict suggest", () => {
    const all = [
      order('a', ['phone:1'], { name: 'Anna Schmidt' }),
      order('b', ['phone:1'], { day: 1, name: 'Peter Schmidt' }),
    ];
    expect(grouped(all)).toEqual(['a', 'b']);
    expect(suggested(all)).toEqual(['a|b names_contradict']);
  });

  test('on a phone that is contested, only an equal name links', () => {
    const all = [
      order('a', ['phone:1'], { name: '张伟' }),
      order('b', ['phone:1'], { day: 1, name: '李娜' }),
      order('c', ['phone:1'], { day: 2, name: '李娜' }),
      order('d', ['phone:1'], { day: 3, name: '李女士' }),
      order('e', ['phone:1'], { day: 4 }),
    ];
    expect(grouped(all)).toEqual(['a', 'bc', 'd', 'e']);
    expect(suggested(all)).toContain('b|d names_unclear');
    expect(suggested(all)).toContain('a|e names_unclear');
  });

  test('a recycled number: the next owner joins nobody by another way either, as long as the phone is of both', () => {
    const all = [
      order('a', ['phone:1', 'email:x'], { name: 'Anna Schmidt' }),
      order('b', ['phone:1', 'email:x'], { day: 400, name: 'Yui Tanaka' }),
    ];
    expect(grouped(all)).toEqual(['a', 'b']);
  });

  test('an owner without a name links, unless the rules say otherwise', () => {
    const all = [order('a', ['phone:1'], { name: 'Anna Schmidt' }), order('b', ['phone:1'], { day: 1 })];
    expect(grouped(all)).toEqual(['ab']);
    expect(grouped(all, [], { unnamed: 'suggest' })).toEqual(['a', 'b']);
    expect(suggested(all, [], { unnamed: 'suggest' })).toEqual(['a|b names_unclear']);
  });

  test('names in other letters cannot be compared: they suggest', () => {
    const all = [order('a', ['phone:1'], { name: '张伟' }), order('b', ['phone:1'], { day: 1, name: 'Zhang Wei' })];
    expect(grouped(all)).toEqual(['a', 'b']);
    expect(suggested(all)).toEqual(['a|b names_unclear']);
  });

  test.each([
    ['member_card', 'member_cards_differ'],
    ['union_id', 'union_ids_differ'],
  ])('two of %s', (type, code) => {
    const all = [order('a', ['email:x', `${type}:1`]), order('b', ['email:x', `${type}:2`], { day: 1 })];
    expect(grouped(all)).toEqual(['a', 'b']);
    expect(suggested(all)).toEqual([`a|b ${code}`]);
  });

  test('a replaced member card: who holds both joins who holds one', () => {
    expect(
      grouped([order('a', ['email:x', 'member_card:1']), order('b', ['email:x', 'member_card:1', 'member_card:2'])]),
    ).toEqual(['ab']);
  });

  test('no profile grows beyond its limit', () => {
    const chain = Array.from({ length: 8 }, (_, n) => order(String(n), [`email:${n}`, `email:${n + 1}`], { day: n }));
    const sizes = grouped(chain, [], { componentLimit: 3 }).map(({ length }) => length);
    expect(Math.max(...sizes)).toBe(3);
    expect(suggested(chain, [], { componentLimit: 3 }).every((line) => line.endsWith('component_limit'))).toBe(true);
  });

  test('a value of more personas than its limit is shared, and links nobody', () => {
    const many = Array.from({ length: 11 }, (_, n) => order(String.fromCharCode(97 + n), ['phone:1'], { day: n }));
    expect(grouped(many)).toHaveLength(11);
    expect(grouped(many.slice(1))).toHaveLength(1);
    expect(resolve(input(many)).shared).toEqual([{ type: 'phone', hash: 'phone:1', personas: 11 }]);
  });
});

describe('what people decide', () => {
  const ab = [
    order('a', ['phone:1'], { name: 'Li Na' }),
    order('b', ['phone:1', 'email:x'], { day: 1, name: 'Li Na' }),
  ];

  test('a cut lasts: later orders with the same identifiers join nothing that it parted', () => {
    const more = [...ab, order('b', ['phone:1'], { day: 2 }), order('a', ['email:x'], { day: 3 })];
    expect(grouped(more, [cut('c1', ['b'], ['a'])])).toEqual(['a', 'b']);
    expect(suggested(more, [cut('c1', ['b'], ['a'])])).toEqual([]);
  });

  test.each([
    [['a'], ['b']],
    [['b'], ['a']],
  ])('a third persona with them goes to the side that was not cut off (%j off)', (off, kept) => {
    const third = [...ab, order('c', ['phone:1', 'email:x'], { day: 2, name: 'Li Na' })];
    const together = grouped(third, [cut('c1', off, kept)]).find((letters) => letters.includes('c'));
    expect(together).toBe(`${kept[0]}c`);
  });

  test('the side taken off stays together, and each side gets back its own name', () => {
    const all = [...ab, order('c', ['phone:1'], { day: 2 }), order('d', ['phone:1'], { day: 3 })];
    const parted = resolve(input(all, [cut('c1', ['c', 'd'], ['a', 'b'])]));
    expect(groups(parted)).toEqual(['ab', 'cd']);
    expect(parted.profiles.map(({ id }) => id)).toEqual([persona('a'), persona('c')]);
  });

  test('what hung on the profile only by those taken off goes with them', () => {
    const all = [...ab, order('c', ['email:x'], { day: 2 })];
    const result = cutOff(input(all), persona('a'), [persona('b')], made);
    expect(result).toMatchObject({ kind: 'cut', cut: { off: [persona('b'), persona('c')], kept: [persona('a')] } });
    if (result.kind === 'cut') expect(grouped(all, [result.cut])).toEqual(['a', 'bc']);
  });

  test('a cut of everybody, of nobody, of a stranger is none', () => {
    expect(cutOff(input(ab), persona('a'), [persona('a'), persona('b')], made).kind).toBe('no_two_sides');
    expect(cutOff(input(ab), persona('a'), [], made).kind).toBe('no_two_sides');
    expect(cutOff(input(ab), persona('a'), [persona('z')], made)).toEqual({
      kind: 'not_in_profile',
      personas: [persona('z')],
    });
  });

  test('taken back, all is as before', () => {
    expect(resolve(input(ab, [cut('c1', ['b'], ['a']), withdraw('c1')]))).toEqual(resolve(input(ab)));
  });

  test('a suggestion accepted joins, against names and cards; not against a cut', () => {
    const all = [
      order('a', ['phone:1', 'member_card:1'], { name: 'Anna Schmidt' }),
      order('b', ['phone:1', 'member_card:2'], { day: 1, name: 'Anna Meyer' }),
    ];
    const joined = resolve(input(all, [accept('j1', 'a', 'b')]));
    expect(groups(joined)).toEqual(['ab']);
    expect(joined.profiles[0]?.accepted).toEqual(['j1']);
    expect(joined.suggestions).toEqual([]);
    expect(grouped(all, [accept('j1', 'a', 'b'), cut('c1', ['b'], ['a'])])).toEqual(['a', 'b']);
  });

  test('an accepted suggestion drives out none of those whom it joins, and lets in no third', () => {
    const anna = [
      order('a', ['phone:1'], { name: 'Anna Schmidt' }),
      order('b', ['phone:1'], { day: 1, name: 'Anna Schmidt' }),
    ];
    const peter = [
      order('p', ['phone:1'], { day: 2, name: 'Peter Schmidt' }),
      order('q', ['phone:1'], { day: 3, name: 'Peter Schmidt' }),
    ];
    const carl = order('c', ['phone:1'], { day: 4, name: 'Carl Meyer' });
    const nameless = order('n', ['phone:1'], { day: 5 });
    const all = [...anna, ...peter, carl, nameless];
    expect(grouped(all)).toEqual(['ab', 'pq', 'c', 'n']);
    expect(grouped(all, [accept('j1', 'a', 'p')])).toEqual(['abpq', 'c', 'n']);
    expect(grouped(all.toReversed(), [accept('j1', 'p', 'a')])).toEqual(['abpq', 'c', 'n']);
  });

  test('a suggestion refused is not made again', () => {
    const all = [order('a', ['~name_address:1']), order('b', ['~name_address:1'], { day: 1 })];
    const before = resolve(input(all));
    const refusal = refuse(before, [persona('a'), persona('b')], made);
    expect(refusal).toMatchObject({ off: [persona('b')], kept: [persona('a')] });
    expect(suggested(all, refusal ? [refusal] : [])).toEqual([]);
  });

  test('a preview tells which profiles would join or part', () => {
    const all = [...ab, order('c', ['~name_address:1']), order('a', ['~name_address:1'])];
    expect(previewJoin(input(all), { decisions: [accept('j1', 'b', 'c')] })).toEqual({
      merged: [{ into: persona('a'), from: [persona('a'), persona('c')] }],
      split: [],
    });
    expect(
      previewJoin(input(all), {
        rules: {
          ...DEFAULT_RULES,
          unnamed: 'suggest',
          personasPerValue: { ...DEFAULT_RULES.personasPerValue, phone: 1 },
        },
      }),
    ).toEqual({
      merged: [],
      split: [{ from: persona('a'), into: [persona('a'), persona('b')] }],
    });
  });
});
