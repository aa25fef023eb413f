/** Saying of a customer what no order says: tags, and consent given or taken back. */
import pMap from 'p-map';
import type { PersonaId } from '../identity/persona.ts';
import type { ProfilesMessage } from '../queues/messages.ts';
import type { Queue } from '../queues/queue.ts';
import type { Clock } from '../runtime/clock.ts';
import { Conflict, NotFound } from '../runtime/errors.ts';
import { type Instant, instant } from '../time/instant.ts';
import type { CustomerStore, Place } from './customer.ts';
import { rootOf } from './find.ts';
import { READS_AT_ONCE } from './holders.ts';
import { MARKS_MOST, type Mark, standingMarks } from './marks.ts';
import type { StoredProfile } from './profile.ts';

export interface MarkDependencies {
  readonly customers: Pick<CustomerStore<StoredProfile>, 'getPlace' | 'listMarks' | 'putMark'>;
  readonly queue: Queue<ProfilesMessage>;
  readonly clock: Clock;
}

export type Said = Omit<Mark, 'at' | 'by'> & {
  /** When the customer said so; absent: now. */
  readonly at?: Instant;
};

export interface Marked {
  /** The profile that the persona is of. */
  readonly profile: PersonaId;
  /** What stands of all that was said of it. */
  readonly marks: readonly Mark[];
}

/**
 * Of the persona of that name, be it a profile's or an alias; its profile follows within moments. What was said later than this
 * stands. Throws NotFound, and Conflict where the persona has as many marks as one may.
 */
export async function markCustomer(
  persona: PersonaId,
  said: readonly Said[],
  by: string,
  { customers, queue, clock }: MarkDependencies,
): Promise<Marked> {
  const root = await requireRoot(persona, customers);
  const now = instant(clock().getTime());
  const marks = said.map((one): Mark => ({ at: now, ...one, by }));
  const after = standingMarks([...(await customers.listMarks(persona)), ...marks]);
  if (after.length > MARKS_MOST)
    throw new Conflict('too_many_marks', `A customer has at most ${MARKS_MOST} different tags and consents.`);
  for (const mark of marks) await customers.putMark(persona, mark);
  await queue.send({ personas: [persona], cause: 'live' });
  return marksOfRoot(root, customers);
}

/** What stands of all that was said of a profile's personas, as of now. Throws NotFound. */
export async function readMarks(
  persona: PersonaId,
  customers: Pick<CustomerStore<StoredProfile>, 'getPlace' | 'listMarks'>,
): Promise<Marked> {
  return marksOfRoot(await requireRoot(persona, customers), customers);
}

async function requireRoot(persona: PersonaId, customers: Pick<CustomerStore<StoredProfile>, 'getPlace'>) {
  const root = await rootOf(persona, customers);
  if (!root) throw new NotFound('profile_not_found', 'There is no profile of that id, nor one that it is an alias of.');
  return root;
}

async function marksOfRoot(
  { persona, members }: Place<StoredProfile>,
  customers: Pick<CustomerStore<StoredProfile>, 'listMarks'>,
): Promise<Marked> {
  const all = await pMap(members, (member) => customers.listMarks(member), { concurrency: READS_AT_ONCE });
  return { profile: persona, marks: standingMarks(all.flat()) };
}
