/**
 * Who is held out, and who gets which variant: by a hash of the customer's id, so that it is the same each time, in each function, and
 * independent between campaigns. Where profiles merge, what is made of them has the assignment of the one whose id it keeps.
 */
import { createHash } from 'node:crypto';
import type { PersonaId } from '../identity/persona.ts';
import type { Campaign, Variant } from './campaign.ts';

const BITS = 48;

/** 0 ≤ n < 1, evenly, of a customer for a purpose. */
export function unitOf(purpose: string, profile: PersonaId): number {
  const digest = createHash('sha256')
    .update(JSON.stringify([purpose, profile]))
    .digest();
  return digest.readUIntBE(0, BITS / 8) / 2 ** BITS;
}

export type HeldOut = 'global' | 'campaign';

/** Whether a customer is never sent to (`global`), or not by this campaign, to see what would have been without. */
export function heldOut(
  profile: PersonaId,
  { id, limits }: Pick<Campaign, 'id' | 'limits'>,
  globalShare: number,
): HeldOut | undefined {
  if (unitOf('holdout', profile) < globalShare) return 'global';
  return unitOf(`holdout ${id}`, profile) < limits.holdout ? 'campaign' : undefined;
}

export function variantFor(profile: PersonaId, { id, content }: Pick<Campaign, 'id' | 'content'>): Variant {
  const { variants } = content;
  const total = variants.reduce((sum, { weight }) => sum + weight, 0);
  let left = unitOf(`variant ${id}`, profile) * total;
  for (const variant of variants) {
    if (left < variant.weight) return variant;
    left -= variant.weight;
  }
  // The cast: a campaign has a variant, and what is left of rounding is the last one's.
  return variants.at(-1) as Variant;
}
