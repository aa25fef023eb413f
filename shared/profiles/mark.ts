/** Saying of a customer what no order says: tags, and consent given or taken back. */
import type { PersonaId } from '../identity/persona.ts';
import type { ProfilesMessage } from '../queues/messages.ts';
import type { Queue } from '../queues/queue.ts';
import type { Clock } from '../runtime/clock.ts';
import { NotFound } from '../runtime/errors.ts';
import { instant } from '../time/instant.ts';
import type { CustomerStore } from './customer.ts';
import { rootOf } from './find.ts';
import type { Mark } from './marks.ts';
import type { StoredProfile } from './profile.ts';

export interface MarkDependencies {
  readonly customers: Pick<CustomerStore<StoredProfile>, 'getPlace' | 'putMark'>;
  readonly queue: Queue<ProfilesMessage>;
  readonly clock: Clock;
}

export type Said = Pick<Mark, 'kind' | 'name' | 'on'>;

/** Of the persona of that name, be it a profile's or an alias; its profile follows within moments. Throws NotFound. */
export async function markCustomer(
  persona: PersonaId,
  said: readonly Said[],
  by: string,
  { customers, queue, clock }: MarkDependencies,
): Promise<readonly Mark[]> {
  if (!(await rootOf(persona, customers)))
    throw new NotFound('profile_not_found', 'There is no profile of that id, nor one that it is an alias of.');
  const at = instant(clock().getTime());
  const marks = said.map((one): Mark => ({ ...one, at, by }));
  for (const mark of marks) await customers.putMark(persona, mark);
  await queue.send({ personas: [persona], cause: 'live' });
  return marks;
}
