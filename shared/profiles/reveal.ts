/** How personal values are shown: masked unless whoever asks says that they need to read them. */
import type { IdentifierType } from '../identity/identifiers.ts';
import { maskEmail, maskId, maskName, maskPhone } from '../text/mask.ts';

export interface Reveal {
  value(type: IdentifierType, value: string): string;
  name(name: string): string;
}

export const REVEALED: Reveal = { value: (_, value) => value, name: (name) => name };

export const MASKED: Reveal = { value: maskValue, name: maskName };

function maskValue(type: IdentifierType, value: string): string {
  switch (type) {
    case 'phone':
      return maskPhone(value);
    case 'email':
      return maskEmail(value);
    case 'name_address': {
      const [name = '', country, province, city] = value.split('|');
      return [maskName(name), country, province, city].filter(Boolean).join(' ');
    }
    default:
      return maskId(value);
  }
}
