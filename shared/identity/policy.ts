/** The rules of linking, as data that an operator may change. The defaults prefer a link not made to a wrong one. */
import * as z from 'zod';
import { IDENTIFIER_TYPES, type IdentifierType } from './identifiers.ts';

const Type = z.enum(IDENTIFIER_TYPES);
const Limit = z.number().int().min(1).max(50);

export const LinkingRules = z.object({
  /** Personas of one profile. At most 50: all items of a change of profiles are written in one transaction of 100. */
  componentLimit: z.number().int().min(2).max(50),
  /** A value held by more personas than this is shared: a shop's, a till's, a reseller's. Its links are inert. */
  personasPerValue: z.record(Type, Limit),
  /** Two profiles that have different values of one of these are not one customer's. */
  exclusive: z.array(Type),
  /** Two owners of one of these whose names contradict are not one customer: a family's phone, a number given to the next. */
  namesAgreeOn: z.array(Type),
  /** An owner of such a value who gave no name: does it link, or only suggest? */
  unnamed: z.enum(['link', 'suggest']),
});
export type LinkingRules = z.infer<typeof LinkingRules>;

/** A person has a few accounts on a few channels, so tens of personas of one phone are not a person's. */
const PERSONAS_PER_VALUE: Readonly<Record<IdentifierType, number>> = {
  union_id: 25,
  member_card: 25,
  buyer_id: 25,
  open_id: 25,
  phone: 10,
  email: 10,
  compound: 10,
  card_fingerprint: 5,
  name_address: 5,
};

export const DEFAULT_RULES: LinkingRules = {
  componentLimit: 50,
  personasPerValue: { ...PERSONAS_PER_VALUE },
  exclusive: ['member_card', 'union_id'],
  namesAgreeOn: ['phone'],
  unnamed: 'link',
};
