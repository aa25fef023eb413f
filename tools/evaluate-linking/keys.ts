/**
 * Compound keys such as an operator might declare for records with a birth date. Each names three things, or two rare ones: in
 * a few thousand people, several share a birth date and a given name, and then a key of two would be wrong.
 */
import type { CompoundKey } from '../../shared/identity/compound.ts';

type PartText = string;

/** `birth+family:sound` → its parts; `given&family` is a set. */
function key(strength: CompoundKey['strength'], parts: readonly PartText[]): CompoundKey {
  return {
    name: parts.join(' + '),
    strength,
    parts: parts.map((text) => {
      const [fields = '', form = 'exact'] = text.split(':');
      const allowed = form === 'exact' || form === 'start' || form === 'letters' || form === 'sound' ? form : 'exact';
      return { fields: fields.split('&'), form: allowed };
    }),
  };
}

const B = 'date_of_birth';
const G = 'given_name';
const S = 'surname';
const A = 'address_1';
const P = 'postcode';
const U = 'suburb';
const N = 'street_number';

export const FEBRL_KEYS: readonly CompoundKey[] = [key('strong', [B, S]), key('strong', [B, G, P])];

export const SPLINK_KEYS: readonly CompoundKey[] = [key('strong', ['dob', 'first_name&surname'])];
