import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CHANNEL_CATEGORY_WORDS, FIELDS, PART_WORDS } from '../../shared/segments/fields.ts';
import { Membership } from '../../shared/segments/membership.ts';
import { readDefinition } from '../../shared/segments/read-definition.ts';
import { CHANNEL_CATEGORIES } from './people.ts';

const page = readFileSync(new URL('../../docs/segments.md', import.meta.url), 'utf8');
const examples: unknown[] = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, json = '']) => JSON.parse(json));

test.each(examples)('an example of the page is what it says: %j', (example) => {
  if (Membership.safeParse(example).success) return;
  const context = { others: [], channels: [...CHANNEL_CATEGORIES.keys()], reportingCurrency: 'CNY' };
  expect(readDefinition(example, context)).toMatchObject({ kind: 'definition' });
});

test.each([...FIELDS, ...Object.keys(PART_WORDS), ...Object.keys(CHANNEL_CATEGORY_WORDS)])(
  'the page names %s',
  (name) => {
    expect(page).toContain(`\`${name}\``);
  },
);
