/** What the brand says a persona is identified by, on its way to the profiles queue: sealed, as it is personal. */
import type { Identifier } from '../identity/identifiers.ts';
import type { PersonaId } from '../identity/persona.ts';
import type { Sealer } from '../identity/seal.ts';
import type { ProfilesMessage } from '../queues/messages.ts';
import { Defect } from '../runtime/errors.ts';
import type { Instant } from '../time/instant.ts';

export interface Said {
  readonly persona: PersonaId;
  /** Of which no form or mask keeps it from linking. */
  readonly identifiers: readonly Identifier[];
  readonly at: Instant;
}

export type IdentifiedMessage = Extract<ProfilesMessage, { readonly identified: unknown }>;

export const identifiedMessage = ({ persona, identifiers, at }: Said, sealer: Sealer): IdentifiedMessage => ({
  identified: { persona, at, sealed: Buffer.from(sealer.seal(identifiers)).toString('base64') },
});

export function openIdentified({ identified: { persona, at, sealed } }: IdentifiedMessage, sealer: Sealer): Said {
  const identifiers = sealer.open(Buffer.from(sealed, 'base64'));
  if (!Array.isArray(identifiers))
    throw new Defect('identified_malformed', 'What was sealed is no list of identifiers.');
  // The casts: as identifiedMessage wrote it.
  return { persona: persona as PersonaId, identifiers, at: at as Instant };
}
