/**
 * Compound keys: several fields that together are one person's (birth date with surname and postal code), where an operator
 * declares that they are. Off unless declared. Each is one exact comparison of folded text, so that it can be looked up like
 * any identifier; tolerance comes from declaring several keys that fail on different errors (blocking by disjunctions:
 * Michelson, Knoblock 2006; Bilenko, Kamath, Mooney 2006, doi:10.1109/ICDM.2006.13).
 */
import * as z from 'zod';
import type { Identifier } from './identifiers.ts';

const Form = z.enum([
  /** Letters and digits, accents and case folded. */
  'exact',
  /** The first four of these. */
  'start',
  /** The letters in the order of the alphabet, each once: blind to swapped and doubled letters. */
  'letters',
  /** The sound as English ears hear it: Soundex (Russell 1918), a letter and three digits. */
  'sound',
]);
type Form = z.infer<typeof Form>;

const Part = z.object({
  /** One field, or several as a set: `['given', 'family']` is blind to their order. */
  fields: z.array(z.string()).min(1),
  form: Form,
});

export const CompoundKey = z.object({
  name: z.string(),
  parts: z.array(Part).min(1),
  strength: z.enum(['strong', 'weak']),
});
export type CompoundKey = z.infer<typeof CompoundKey>;

/** A key whose fields are not all there identifies nobody. */
export function compoundIdentifiers(
  record: Readonly<Record<string, string | undefined>>,
  keys: readonly CompoundKey[],
): Identifier[] {
  return keys.flatMap(({ name, parts, strength }): Identifier[] => {
    const values: string[] = [];
    for (const { fields, form } of parts) {
      const all = fields.map((field) => inForm(record[field] ?? '', form)).filter((text) => text !== '');
      if (all.length < fields.length) return [];
      values.push(all.sort().join(' '));
    }
    return [{ type: 'compound', value: values.join('|'), scope: name, strength, verified: false }];
  });
}

function inForm(text: string, form: Form): string {
  const plain = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
  switch (form) {
    case 'exact':
      return plain;
    case 'start':
      return plain.slice(0, 4);
    case 'letters':
      return [...new Set(plain)].sort().join('');
    case 'sound':
      return soundex(plain);
  }
}

const CODES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({ 1: 'bfpv', 2: 'cgjkqsxz', 3: 'dt', 4: 'l', 5: 'mn', 6: 'r' }).flatMap(([code, letters]) =>
    [...letters].map((letter) => [letter, code]),
  ),
);

function soundex(plain: string): string {
  let sound = plain.slice(0, 1);
  let last = CODES[sound] ?? '';
  for (const letter of plain.slice(1)) {
    const code = CODES[letter] ?? '';
    if (code !== '' && code !== last) sound += code;
    if (letter !== 'h' && letter !== 'w') last = code;
  }
  return sound.slice(0, 4).padEnd(sound === '' ? 0 : 4, '0');
}
