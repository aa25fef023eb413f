import type { VisitorKey } from '../../shared/behaviour/names.ts';
import type { VisitorStore } from '../../shared/behaviour/visitor-store.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import type { CustomerStore } from '../../shared/profiles/customer.ts';
import { rootOf } from '../../shared/profiles/find.ts';
import { markCustomer, readMarks, type Said } from '../../shared/profiles/mark-customer.ts';
import { consentName, MARKS_MOST, type Mark, marksOf, standingMarks } from '../../shared/profiles/marks.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { consentsOf } from '../../shared/profiles/unified.ts';
import type { DeviceStore } from '../../shared/push/device.ts';
import { consentsOfVisitors, type VisitorReads } from '../../shared/push/own-devices.ts';
import type { VisitorConsentStore } from '../../shared/push/visitor-consents.ts';
import type { ProfilesMessage } from '../../shared/queues/messages.ts';
import type { Queue } from '../../shared/queues/queue.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { NotFound } from '../../shared/runtime/errors.ts';
import { compact } from '../../shared/text/compact.ts';
import { instant } from '../../shared/time/instant.ts';
import { Refusal } from './problem.ts';
import type { Handlers } from './serve.ts';

export interface MarkingDependencies {
  readonly customers: () => Promise<CustomerStore<StoredProfile>>;
  readonly devices: () => Promise<Pick<DeviceStore, 'getDevice'>>;
  readonly visitors: () => Promise<Pick<VisitorStore, 'getVisitor' | 'listVisitorsOf'>>;
  readonly visitorConsents: () => Promise<VisitorConsentStore>;
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
    const whose = await whoseIs(id, its);
    return {
      status: 200,
      body: whose.visitor !== undefined ? await ofVisitor(whose.visitor, its) : await ofCustomer(whose.persona, its),
    };
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
    const whose = await whoseIs(id, its);
    if (whose.visitor !== undefined) {
      await markVisitor(whose.visitor, said, caller.id, its);
      return { status: 200, body: await ofVisitor(whose.visitor, its) };
    }
    await mark(whose.persona, said, caller.id, its);
    return { status: 200, body: await ofCustomer(whose.persona, its) };
  },
});

type Whose =
  | { readonly persona: PersonaId; readonly visitor?: undefined }
  | { readonly visitor: VisitorKey; readonly persona?: undefined };

/** Of a profile, its persona; of a device, who it was registered for. */
async function whoseIs(id: string, its: MarkingDependencies): Promise<Whose> {
  if (id.includes('/')) return { persona: asPersona(id) };
  const device = await (await its.devices()).getDevice(id);
  if (!device) throw new NotFound('device_not_found', `There is no device ${id}, and no profile is named like that.`);
  return device.persona === undefined ? { visitor: device.visitor } : { persona: device.persona };
}

/** All that counts: what was said on browsers that are proven to be the customer's, too. */
async function ofCustomer(persona: PersonaId, its: MarkingDependencies) {
  const customers = await its.customers();
  const { profile, marks } = await readMarks(persona, customers);
  const { members = [] } = (await rootOf(persona, customers)) ?? {};
  const anonymous = await consentsOfVisitors(members, await visitorReads(its));
  return { profile, consent: consentsOf(standingMarks([...marks, ...anonymous])) };
}

async function ofVisitor(visitor: VisitorKey, its: MarkingDependencies) {
  const { visitors, visitorConsents } = await visitorReads(its);
  const marks = await visitorConsents.listConsents(visitor);
  const user = (await visitors.getVisitor(visitor))?.visitor.user;
  return { ...compact({ profile: user?.persona }), consent: consentsOf(standingMarks(marks)) };
}

async function visitorReads(its: MarkingDependencies): Promise<VisitorReads> {
  return { visitors: await its.visitors(), visitorConsents: await its.visitorConsents() };
}

async function markVisitor(
  visitor: VisitorKey,
  said: readonly Said[],
  by: string,
  its: MarkingDependencies,
): Promise<void> {
  const store = await its.visitorConsents();
  const now = instant(its.clock().getTime());
  const marks = said.map((one): Mark => ({ at: now, ...one, by }));
  if (standingMarks([...(await store.listConsents(visitor)), ...marks]).length > MARKS_MOST)
    throw new Refusal(409, 'too_many_marks', `A visitor has at most ${MARKS_MOST} different consents.`);
  for (const one of marks) await store.putConsent(visitor, one);
}

// The cast: whether it names a persona is what is asked.
const asPersona = (text: string): PersonaId => text as PersonaId;

const mark = async (id: string, said: readonly Said[], by: string, its: MarkingDependencies) =>
  markCustomer(asPersona(id), said, by, { customers: await its.customers(), queue: its.profiles, clock: its.clock });

function inFuture(index: number): Refusal {
  const message = 'It is in the future.';
  return new Refusal(422, 'in_future', message, { problems: [{ in: 'body', at: `/consents/${index}/at`, message }] });
}
