import type { PersonaId } from '../../shared/identity/persona.ts';
import type { CustomerStore } from '../../shared/profiles/customer.ts';
import { markCustomer, readMarks, type Said } from '../../shared/profiles/mark-customer.ts';
import { consentName, marksOf } from '../../shared/profiles/marks.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { consentsOf } from '../../shared/profiles/unified.ts';
import type { ProfilesMessage } from '../../shared/queues/messages.ts';
import type { Queue } from '../../shared/queues/queue.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { compact } from '../../shared/text/compact.ts';
import { instant } from '../../shared/time/instant.ts';
import { Refusal } from './problem.ts';
import type { Handlers } from './serve.ts';

export interface MarkingDependencies {
  readonly customers: () => Promise<CustomerStore<StoredProfile>>;
  readonly profiles: Queue<ProfilesMessage>;
  readonly clock: Clock;
}

/** Clocks of those who tell us may be ahead of ours. */
const AHEAD_AT_MOST_MS = 5 * 60 * 1000;

export const markHandlers = (
  its: MarkingDependencies,
): Pick<Handlers, 'tagProfile' | 'getConsents' | 'putConsents'> => ({
  async tagProfile({ params: { id }, body: { add, remove }, caller }) {
    const tag =
      (on: boolean) =>
      (name: string): Said => ({ kind: 'tag', name, on });
    const { profile, marks } = await mark(id, [...add.map(tag(true)), ...remove.map(tag(false))], caller.id, its);
    return { status: 200, body: { profile, tags: marksOf(marks).tags } };
  },

  async getConsents({ params: { id } }) {
    const { profile, marks } = await readMarks(asPersona(id), await its.customers());
    return { status: 200, body: { profile, consent: consentsOf(marks) } };
  },

  async putConsents({ params: { id }, body: { consents }, caller }) {
    const latest = its.clock().getTime() + AHEAD_AT_MOST_MS;
    const said = consents.map(({ channel, purpose, given, at, source, wording }, index): Said => {
      if (at !== undefined && Date.parse(at) > latest) throw inFuture(index);
      const saidAt = at === undefined ? undefined : instant(Date.parse(at));
      return {
        kind: 'consent',
        name: consentName(purpose, channel),
        on: given,
        ...compact({ at: saidAt, source, wording }),
      };
    });
    const { profile, marks } = await mark(id, said, caller.id, its);
    return { status: 200, body: { profile, consent: consentsOf(marks) } };
  },
});

// The cast: whether it names a persona is what is asked.
const asPersona = (text: string): PersonaId => text as PersonaId;

const mark = async (id: string, said: readonly Said[], by: string, its: MarkingDependencies) =>
  markCustomer(asPersona(id), said, by, { customers: await its.customers(), queue: its.profiles, clock: its.clock });

function inFuture(index: number): Refusal {
  const message = 'It is in the future.';
  return new Refusal(422, 'in_future', message, { problems: [{ in: 'body', at: `/consents/${index}/at`, message }] });
}
