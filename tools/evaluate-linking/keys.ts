/**
 * Compound keys such as an operator might declare for records with a birth date. The strong ones name three things: in a few
 * thousand people several share a birth date and a surname, so a key of these two only suggests. They were chosen on the very
 * sets that they are measured on, which are too small to hold any back.
 *
 * What no such key can tell apart: twins, by a key without a given name; father and son of one name, by one without a birth
 * date.
 */
import { CompoundKey } from '../../shared/identity/compound.ts';

/** `surname:sound` is a field in a form, `given_name&surname:sound` two fields in either order. */
const key = (strength: CompoundKey['strength'], ...parts: readonly string[]): CompoundKey =>
  CompoundKey.parse({
    name: parts.join(' + '),
    strength,
    parts: parts.map((text) => {
      const [fields = '', form = 'exact'] = text.split(':');
      return { fields: fields.split('&'), form };
    }),
  });

export const FEBRL_KEYS: readonly CompoundKey[] = [
  key('strong', 'date_of_birth', 'given_name&surname:sound'),
  key('strong', 'date_of_birth', 'surname:sound', 'postcode'),
  key('strong', 'date_of_birth', 'given_name:sound', 'postcode'),
  key('strong', 'date_of_birth', 'surname:sound', 'address_1:start'),
  key('strong', 'date_of_birth', 'given_name:sound', 'address_1:start'),
  key('strong', 'given_name&surname:sound', 'postcode', 'address_1:start'),
  key('weak', 'date_of_birth', 'surname:sound'),
  key('weak', 'date_of_birth', 'postcode'),
  key('weak', 'date_of_birth', 'address_1:start'),
  key('weak', 'date_of_birth', 'suburb'),
  key('weak', 'surname:sound', 'postcode', 'address_1:start'),
  key('weak', 'postcode', 'suburb', 'address_1:start'),
  key('weak', 'suburb', 'address_1:start', 'street_number'),
];

export const SPLINK_KEYS: readonly CompoundKey[] = [
  key('strong', 'dob:start', 'email:letters'),
  key('strong', 'dob:start', 'email:start'),
  key('strong', 'dob:start', 'first_name&surname:sound'),
  key('strong', 'first_name&surname:sound', 'email:start'),
  key('weak', 'dob', 'city:letters'),
  key('weak', 'first_name&surname:sound', 'city:letters'),
  key('weak', 'email:letters'),
  key('weak', 'first_name&surname:letters'),
  key('weak', 'dob'),
];
