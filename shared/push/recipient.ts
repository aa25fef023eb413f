/** A customer as a decision about a message has to know them: read when it is made, so that consent taken back a moment ago counts. */
import pMap from 'p-map';
import type { Recipient } from '../campaigns/decide.ts';
import type { PastSend } from '../campaigns/past-sends.ts';
import type { PersonaId } from '../identity/persona.ts';
import type { CustomerStore, Place } from '../profiles/customer.ts';
import { rootOf } from '../profiles/find.ts';
import { READS_AT_ONCE } from '../profiles/holders.ts';
import { REFUSES_ALL, standingMarks } from '../profiles/marks.ts';
import type { StoredProfile } from '../profiles/profile.ts';
import type { ContactLog, ContactLogStore } from './contact-log.ts';
import type { Device, DeviceStore } from './device.ts';

export interface RecipientDependencies {
  readonly customers: Pick<CustomerStore<StoredProfile>, 'getPlace' | 'listMarks'>;
  readonly devices: Pick<DeviceStore, 'listDevices'>;
  readonly logs: Pick<ContactLogStore, 'getLog'>;
}

export interface KnownRecipient {
  readonly recipient: Recipient;
  readonly profile: StoredProfile;
  /** Those seen last first. */
  readonly devices: readonly Device[];
  /** Of the profile and its aliases. */
  readonly sent: readonly PastSend[];
  /** The profile's own, as it was read: what is to be sent is written there. */
  readonly log: ContactLog;
}

/** Undefined where the persona is of no profile, or none with orders left. */
export async function readRecipient(
  persona: PersonaId,
  { customers, devices, logs }: RecipientDependencies,
): Promise<KnownRecipient | undefined> {
  const root = await rootOf(persona, customers);
  if (!root?.profile) return undefined;
  const { members, profile } = root;
  // Each member's log, as a profile that was absorbed has been sent to under its own name.
  const found = await pMap(
    members,
    async (member) => {
      const [marks, own, log] = await Promise.all([
        customers.listMarks(member),
        devices.listDevices(member),
        logs.getLog(member),
      ]);
      return { member, marks, own, log };
    },
    { concurrency: READS_AT_ONCE },
  );
  const all = found.flatMap(({ own }) => own).toSorted((a, b) => (a.seenAt < b.seenAt ? 1 : -1));
  const marks = standingMarks(found.flatMap((one) => one.marks));
  const consents = new Map(marks.flatMap(({ kind, name, on }) => (kind === 'consent' ? [[name, on] as const] : [])));
  const zone = all.find((device) => device.zone !== undefined)?.zone;
  return {
    recipient: {
      profile: root.persona,
      aliases: aliasesOf(root),
      tier: profile.tier.value,
      segments: new Set((profile.segments ?? []).map(({ id }) => id)),
      consents,
      isSuppressed: consents.get(REFUSES_ALL) === false,
      hasEndpoint: all.length > 0,
      ...(zone !== undefined && { zone }),
    },
    profile,
    devices: all,
    sent: found.flatMap(({ log }) => log?.sends ?? []),
    log: found.find(({ member }) => member === root.persona)?.log ?? { profile: root.persona, revision: 0, sends: [] },
  };
}

const aliasesOf = ({ persona, members }: Place<StoredProfile>): PersonaId[] =>
  members.filter((member) => member !== persona);
