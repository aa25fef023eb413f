/** What the brand says of a user → what may join them with a customer, by the rules by which orders are read. */
import { check, type Identifier, type IdentifierType } from '../identity/identifiers.ts';
import { TRAITS, type Trait, type Traits } from './collected.ts';

const TYPES: Readonly<Record<Trait, { readonly type: IdentifierType; readonly verified: boolean }>> = {
  // Of an account at the brand's; whether it was ever confirmed there, nobody says.
  email: { type: 'email', verified: false },
  phone: { type: 'phone', verified: false },
  memberCard: { type: 'member_card', verified: true },
  unionId: { type: 'union_id', verified: true },
};

/** Without what is masked, a placeholder, a relay, or no email or phone at all. `region`: see Source. */
export const identifiersOfTraits = (traits: Traits, region: string | undefined): Identifier[] =>
  TRAITS.flatMap((name): readonly Identifier[] => {
    const said = traits[name];
    if (said === undefined) return [];
    const { type, verified } = TYPES[name];
    const checked = check(type, said, region === undefined ? {} : { region });
    return checked.kind === 'clear'
      ? [{ type, value: checked.value, scope: 'brand', strength: 'strong', verified }]
      : [];
  });
