/** Templates: nothing blank, nothing of strangers run as a template. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { checkMessage, messageFor, renderMessage, type TemplateValues } from '../../shared/campaigns/template.ts';

const VALUES: TemplateValues = {
  customer: { name: '林晓', tier: '高价值', daysSinceLastOrder: 32 },
  items: [
    { title: '乌龙茶', price: '¥88.00', url: 'https://shop.example/oolong' },
    { title: '绿茶', price: '¥66.00' },
  ],
};
const body = (text: string) => ({ title: 'x', body: text });
const render = (text: string, values = VALUES) => {
  const rendered = renderMessage(body(text), values);
  return rendered.kind === 'message' ? rendered.message.body : rendered;
};
const MISSING = { kind: 'missing_value', in: '/body' };

test.each([
  ['{{ customer.name }},好久不见', '林晓,好久不见'],
  ['{{ items[0].title }} {{ items[0].price }}', '乌龙茶 ¥88.00'],
  ['{% for item in items %}{{ item.title }}{% unless forloop.last %}、{% endunless %}{% endfor %}', '乌龙茶、绿茶'],
  ['{% if customer.tier == "高价值" %}贵宾{% else %}朋友{% endif %}', '贵宾'],
  ['{% if customer.city %}{{ customer.city }}{% else %}你好{% endif %}', '你好'],
  ['{{ customer.city | default: "朋友" }}', '朋友'],
  ['{{ customer.daysSinceLastOrder }} 天', '32 天'],
  ['  spaces around  ', 'spaces around'],
])('%s → %s', (text, expected) => {
  expect(render(text)).toBe(expected);
});

describe('a value that is not known', () => {
  test.each([
    '{{ customer.city }}',
    '{{ items[2].title }}',
    '{{ product.title }}',
    '{{ customer.name | remove: "林晓" }}!',
    '{{ "" }}!',
    '{{ customer.city | default: " " }}!',
    '{% if false %}nothing at all{% endif %}',
  ])('%s: the message is not made', (text) => {
    expect(render(text)).toEqual(MISSING);
  });

  it('that is empty text is none', () => {
    expect(render('Dear {{ customer.name }}', { ...VALUES, customer: { name: ' ' } })).toEqual(MISSING);
  });
});

describe('strangers’ text', () => {
  const HOSTILE = [
    '{{ customer.tier }}',
    '{% assign x = 1 %}',
    '{{',
    '%}',
    '{% raw %}',
    '{{ "a" | append: "b" }}',
    '__proto__',
    '{{ customer }}',
  ];
  test.each(HOSTILE)('%s is only a value', (name) => {
    expect(render('Dear {{ customer.name }}', { ...VALUES, customer: { name } })).toBe(`Dear ${name}`);
  });

  it('is taken as it is, but for what would shape the message', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), (name) => {
        const rendered = render('<{{ customer.name }}>', { ...VALUES, customer: { name } });
        if (name.trim() === '') {
          expect(rendered).toEqual(MISSING);
          return;
        }
        expect(String(rendered)).toHaveLength(name.length + 2);
        expect(String(rendered)).not.toMatch(/[\p{Cc}\u202e]/u);
      }),
    );
  });

  test.each([
    '{{ customer.constructor }}',
    '{{ items.constructor.name }}',
    '{{ customer.__proto__ }}',
    '{{ customer.toString }}',
  ])('%s leads to nothing of the machine', (text) => {
    expect(render(text)).toEqual(MISSING);
  });
});

describe('a template', () => {
  test.each([
    ['{{ customer.name', 'output'],
    ['{% if %}', 'expression'],
    ['{{ a | nosuchfilter }}', 'filter'],
    ['{% nosuchtag %}', 'tag'],
    ['x'.repeat(10_001), 'limit'],
  ])('%s is refused, with its place', (text, says) => {
    const [problem] = checkMessage(body(text));
    expect(problem).toMatchObject({ at: '/body' });
    expect(problem?.message.toLowerCase()).toContain(says);
  });

  it.each([
    ['{% include "x" %}', /ENOENT/],
    ['{% include customer.tier %}', /ENOENT/],
    ['{% render "/etc/passwd" %}', /ENOENT/],
    ['{% layout "x" %}', /ENOENT/],
    ['{% for a in (1..99999999) %}x{% endfor %}', /limit/],
    ['{% for a in (1..100000) %}{% for b in (1..100000) %}x{% endfor %}{% endfor %}', /limit/],
  ])('that fails whoever it is for is refused, and keeps back no other message: %s', (text, says) => {
    expect(checkMessage(body(text))).toMatchObject([{ at: '/body', message: expect.stringMatching(says) }]);
    expect(render(text)).toEqual(MISSING);
  });
});

test.each([
  ['zh-Hant-TW', '繁'],
  ['zh-CN', '简'],
  ['ZH', '简'],
  ['fr', 'en'],
  [undefined, 'en'],
])('of the locales, %s has the nearest', (locale, title) => {
  const messages = {
    zh: { title: '简', body: 'x' },
    'zh-Hant': { title: '繁', body: 'x' },
    en: { title: 'en', body: 'x' },
  };
  expect(messageFor(messages, locale, { defaultLocale: 'en' })?.title).toBe(title);
});
