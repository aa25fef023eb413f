/** What a policy may say: each refusal names the place and what would be valid. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { defaultPolicy } from '../../shared/tiers/default-policy.ts';
import { type Policy, policyInForce, readPolicy, rollBack } from '../../shared/tiers/policy.ts';

const DEFAULT = defaultPolicy({ currency: 'CNY' });

const name = { zh: '规则', en: 'rule' };
const rules = [
  { tier: 'high_value', name, all: [{ measure: 'netSpend365d', atLeast: 200_000 }] },
  { tier: 'growth', name, all: [{ measure: 'orders90d', atLeast: 2 }] },
  { tier: 'stable', name, all: [{ measure: 'rhythm', atMost: 2 }] },
];
const policy = { version: 1, name: 'ours', currency: 'CNY', rules, hysteresis: { margin: 0.1, dwellDays: 30 } };

const withFirst = (all: unknown[], more: object = {}) => ({
  ...policy,
  rules: [{ tier: 'high_value', name, all, ...more }, ...rules.slice(1)],
});

describe('reading a policy', () => {
  test('the default is one, in any currency, and survives JSON', () => {
    for (const currency of ['CNY', 'USD', 'JPY', 'KWD']) {
      const one = defaultPolicy({ currency, unitsPerCny: currency === 'JPY' ? 20 : 0.14 });
      expect(readPolicy(JSON.parse(JSON.stringify(one)))).toEqual({ kind: 'policy', policy: one });
    }
  });

  test('so is the example of the docs', () => {
    const docs = readFileSync(new URL('../../docs/tiers.md', import.meta.url), 'utf8');
    const example: unknown = JSON.parse(/```json\n([^`]*)```/.exec(docs)?.[1] ?? '');
    expect(readPolicy(example)).toEqual({ kind: 'policy', policy: example });
  });

  test('what is left out has a value', () => {
    expect(readPolicy(policy)).toMatchObject({
      kind: 'policy',
      policy: { predictionReviewDays: 30, minimumPopulation: 500 },
    });
  });

  const refusals: readonly (readonly [string, unknown, string, RegExp])[] = [
    [
      'an unknown measure, with those near it',
      withFirst([{ measure: 'orders60d', atLeast: 1 }]),
      'rules[0].all[0].measure',
      /one of orders, orders30d, orders90d/,
    ],
    ['no measure at all', withFirst([{ atLeast: 1 }]), 'rules[0].all[0].measure', /one of netSpend/],
    ['an unknown field', withFirst([{ measure: 'orders', atLeast: 1, over: 2 }]), 'rules[0].all[0]', /over/],
    [
      'a rule for base',
      { ...policy, rules: [...rules, { tier: 'base', name, all: [] }] },
      'rules[3].tier',
      /base has no rule/,
    ],
    ['a rule without a test', withFirst([]), 'rules[0].all', /at least one/],
    ['an empty any', withFirst([{ measure: 'orders', atLeast: 1 }], { any: [] }), 'rules[0].any', />=1/],
    ['no threshold', withFirst([{ measure: 'orders' }]), 'rules[0].all[0]', /exactly one of atLeast, atMost/],
    ['two thresholds', withFirst([{ measure: 'orders', atLeast: 1, atMost: 2 }]), 'rules[0].all[0]', /two tests/],
    ['half an order', withFirst([{ measure: 'orders', atLeast: 1.5 }]), 'rules[0].all[0].atLeast', /whole number/],
    [
      'yuan with decimals',
      withFirst([{ measure: 'netSpend', atLeast: 10.5 }]),
      'rules[0].all[0].atLeast',
      /minor units/,
    ],
    [
      'a share above 1',
      withFirst([{ measure: 'refundRate', atMost: 30 }]),
      'rules[0].all[0].atMost',
      /between 0 and 1/,
    ],
    ['a negative count', withFirst([{ measure: 'orders', atLeast: -1 }]), 'rules[0].all[0].atLeast', /not below 0/],
    ['what everybody passes', withFirst([{ measure: 'orders', atLeast: 0 }]), 'rules[0].all[0].atLeast', /always/],
    [
      'what everybody passes, from above',
      withFirst([{ measure: 'refundRate', atMost: 1 }]),
      'rules[0].all[0].atMost',
      /always/,
    ],
    ['centuries', withFirst([{ measure: 'tenureDays', atLeast: 99_999 }]), 'rules[0].all[0].atLeast', /36500/],
    ['not a number', withFirst([{ measure: 'orders', atLeast: Number.NaN }]), 'rules[0].all[0].atLeast', /number/],
    [
      'percentile 100',
      withFirst([{ measure: 'orders', atLeast: 1, percentile: 100 }]),
      'rules[0].all[0].percentile',
      /<100/,
    ],
    [
      'resolved from nothing',
      withFirst([{ measure: 'orders', atLeast: 1, resolved: true }]),
      'rules[0].all[0].resolved',
      /percentile/,
    ],
    [
      'more than and less than',
      withFirst([
        { measure: 'orders', atLeast: 5 },
        { measure: 'orders', atMost: 4 },
      ]),
      'rules[0].all[0]',
      /can't hold together with all\[1\]/,
    ],
    [
      'more in a month than in a year',
      withFirst([
        { measure: 'orders30d', atLeast: 5 },
        { measure: 'orders365d', atMost: 4 },
      ]),
      'rules[0].all[0]',
      /orders30d never exceeds orders365d/,
    ],
    [
      'an alternative that the rest rules out',
      withFirst([{ measure: 'channels', atMost: 1 }], { any: [{ measure: 'channels365d', atLeast: 2 }] }),
      'rules[0].any[0]',
      /can't hold/,
    ],
    [
      'one side twice',
      withFirst([
        { measure: 'orders', atLeast: 5 },
        { measure: 'orders', atLeast: 4 },
      ]),
      'rules[0].all[1]',
      /keep the stricter/,
    ],
    ['a missing tier', { ...policy, rules: rules.slice(0, 2) }, 'rules', /no rule for stable/],
    [
      'tiers out of order',
      { ...policy, rules: [rules[1], rules[0], rules[2]] },
      'rules[1].tier',
      /stands after a rule for growth/,
    ],
    [
      'a rule that is never reached',
      {
        ...policy,
        rules: [rules[0], { tier: 'growth', name, all: [{ measure: 'netSpend365d', atLeast: 300_000 }] }, rules[2]],
      },
      'rules[1]',
      /never reached.*rules\[0\]/,
    ],
    ['a currency in words', { ...policy, currency: 'yuan' }, 'currency', /CNY/],
    ['a margin of all', { ...policy, hysteresis: { margin: 1, dwellDays: 30 } }, 'hysteresis.margin', /0.9/],
    ['a version of 0', { ...policy, version: 0 }, 'version', />0/],
    ['a day without a time', { ...policy, effectiveFrom: '2026-11-24' }, 'effectiveFrom', /datetime/],
    ['no object', 'policy', '', /object/],
  ];
  test.each(refusals)('%s', (_, json, path, message) => {
    const read = readPolicy(json);
    expect(read.kind).toBe('refused');
    if (read.kind === 'refused')
      expect(read.problems).toContainEqual({ path, message: expect.stringMatching(message) });
  });

  test('of several problems all are told', () => {
    const read = readPolicy(
      withFirst([
        { measure: 'orders', atLeast: 1.5 },
        { measure: 'refundRate', atMost: 3 },
      ]),
    );
    expect(read).toMatchObject({ kind: 'refused', problems: [{}, {}] });
  });
});

describe('versions', () => {
  const version = (one: number, effectiveFrom?: string): Policy => ({
    ...DEFAULT,
    version: one,
    ...(effectiveFrom && { effectiveFrom }),
  });

  test('the newest in force holds; before the first there is none', () => {
    const versions = [
      version(2, '2026-11-02T00:00:00.000Z'),
      version(1, '2026-11-01T00:00:00.000Z'),
      version(3, '2026-12-01T00:00:00.000Z'),
    ];
    const at = (text: string) => policyInForce(versions, Date.parse(text))?.version;
    expect(at('2026-10-31T23:59:59.999Z')).toBeUndefined();
    expect(at('2026-11-01T00:00:00.000Z')).toBe(1);
    expect(at('2026-11-30T00:00:00.000Z')).toBe(2);
    expect(at('2026-12-01T00:00:00.000Z')).toBe(3);
  });

  test('rolling back says the old again under a new number, at once', () => {
    const back = rollBack({ earlier: version(2, '2026-11-02T00:00:00.000Z'), latestVersion: 7 });
    expect(back).toEqual({ ...DEFAULT, version: 8 });
    expect(readPolicy(back).kind).toBe('policy');
  });
});
