/** Users whom the brand identified → the profiles queue, sealed: what identifies a person lies nowhere in the clear on its way. */
import type { Sealer } from '../identity/seal.ts';
import { identifiedMessage } from '../profiles/identified-message.ts';
import type { ProfilesMessage } from '../queues/messages.ts';
import type { Queue } from '../queues/queue.ts';
import { identifiersOfTraits } from './traits.ts';
import type { IdentityLinker } from './update-visitors.ts';

export const profilesLinker = (queue: Queue<ProfilesMessage>, sealer: Sealer): IdentityLinker => ({
  async link({ persona, event: { traits = {}, region, receivedAt } }) {
    const identifiers = identifiersOfTraits(traits, region);
    // By what never links nobody is found, and a profile of nobody is of no use.
    if (identifiers.length > 0) await queue.send(identifiedMessage({ persona, identifiers, at: receivedAt }, sealer));
  },
});
