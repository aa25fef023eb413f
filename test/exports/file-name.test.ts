/** Names of files as headers carry them: in any script, and never more than a name. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { attachment } from '../../shared/exports/file-name.ts';

it.each([
  ['high value', "UTF-8''high%20value"],
  ['高价值 (新)', "UTF-8''%E9%AB%98%E4%BB%B7%E5%80%BC%20%28%E6%96%B0%29"],
  ["it's *new*", "UTF-8''it%27s%20_new_"],
  ['a/b\\c:d"e\r\nSet-Cookie: x', "UTF-8''a_b_c_d_e__Set-Cookie_%20x"],
  ['half a \ud83d', "UTF-8''half%20a%20%EF%BF%BD"],
])('%j', (name, extended) => {
  expect(attachment({ name, plain: 'plain.csv' })).toBe(`attachment; filename="plain.csv"; filename*=${extended}`);
});

it('is one header of one file, whatever the name', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      // RFC 5987: attr-char and percent-encoded bytes alone.
      expect(attachment({ name, plain: 'p' })).toMatch(
        /^attachment; filename="p"; filename\*=UTF-8''(?:[A-Za-z0-9!#$&+\-.^_`|~]|%[0-9A-Fa-f]{2})*$/,
      );
    }),
  );
});
