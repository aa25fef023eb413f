/** A customer as a decision about a message has to know them: read when it is made, so that consent taken back a moment ago counts. */
import pMap from 'p-map';
import type { Recipient } from '../campaigns/decide.ts';
import type { PastSend } from '../campaigns/past-sends.ts';
import type { PersonaId } from '../identity/persona.ts';
import type { CustomerStore, Place } from '../profiles/customer.ts';
import { rootOf } from '../profiles/find.ts';
import { READS_AT_ONCE } from '../profiles/holders.ts';
import { type Mark, REFUSES_ALL, standingMarks } from '../profiles/marks.ts';
import type { StoredProfile } from '../profiles/profile.ts';
import { type Basis, basisOf } from './basis.ts';
import type { ContactLog, ContactLogStore } from './contact-log.ts';
import { DEVICES_MOST, type Device, type DeviceStore } from './device.ts';
import { nameOfEndpoint } from './endpoint.ts';
import { ofVisitors, type VisitorReads } from './own-devices.ts';
import { type Contact, contactsOf, type SuppressionList } from './suppression-list.ts';

export interface RecipientDependencies extends VisitorReads {
  readonly customers: Pick<CustomerStore<StoredProfile>, 'getPlace' | 'listMarks' | 'getContent'>;
  readonly devices: Pick<DeviceStore, 'listDevices'>;
  readonly logs: Pick<ContactLogStore, 'getLog'>;
  readonly suppressions: Pick<SuppressionList, 'isUsed' | 'findContacts'>;
}

export interface KnownRecipient {
  readonly recipient: Recipient;
  /** The place of the profile, with all its personas. */
  readonly root: Place<StoredProfile>;
  readonly profile: StoredProfile;
  /** Those seen last first. */
  readonly devices: readonly Device[];
  /** Of the profile and its aliases. */
  readonly sent: readonly PastSend[];
  /** The profile's own, as it was read: what is to be sent is written there. */
  readonly log: ContactLog;
  /** What the decision rests on, for whoever asks about it later. */
  readonly basis: Basis;
}

/** Undefined where the persona is of no profile, or none with orders left. */
export async function readRecipient(
  persona: PersonaId,
  its: RecipientDependencies,
): Promise<KnownRecipient | undefined> {
  const { customers, devices, logs, suppressions } = its;
  const [root, isListUsed] = await Promise.all([rootOf(persona, customers), suppressions.isUsed()]);
  if (!root?.profile) return undefined;
  const { members, profile } = root;
  const [found, anonymous] = await Promise.all([
    // Each member's log, as a profile that was absorbed has been sent to under its own name.
    pMap(
      members,
      async (member) => {
        const [said, own, log] = await Promise.all([
          isListUsed ? withContacts(member, customers) : { marks: await customers.listMarks(member), contacts: [] },
          devices.listDevices(member),
          logs.getLog(member),
        ]);
        return { member, ...said, own, log };
      },
      { concurrency: READS_AT_ONCE },
    ),
    ofVisitors(members, its),
  ]);
  const isListed = await isAnyOn(
    suppressions,
    found.flatMap(({ contacts }) => contacts),
  );
  const all = distinct([...found.flatMap(({ own }) => own), ...anonymous.devices]);
  const marks = standingMarks([...found.flatMap((one) => one.marks), ...anonymous.consents]);
  const consents = new Map(marks.flatMap(({ kind, name, on }) => (kind === 'consent' ? [[name, on] as const] : [])));
  const zone = all.find((device) => device.zone !== undefined)?.zone;
  return {
    recipient: {
      profile: root.persona,
      aliases: aliasesOf(root),
      tier: profile.tier.value,
      segments: new Set((profile.segments ?? []).map(({ id }) => id)),
      consents,
      isSuppressed: isListed || consents.get(REFUSES_ALL) === false,
      hasEndpoint: all.length > 0,
      ...(zone !== undefined && { zone }),
    },
    root,
    profile,
    devices: all,
    sent: found.flatMap(({ log }) => log?.sends ?? []),
    log: found.find(({ member }) => member === root.persona)?.log ?? { profile: root.persona, revision: 0, sends: [] },
    basis: basisOf({ tier: profile.tier.value, marks, isListed }),
  };
}

/** One of each endpoint, as an app that is installed anew may register under another name; those seen last, as many as one may have. */
function distinct(devices: readonly Device[]): Device[] {
  const oldestFirst = devices.toSorted((a, b) => (a.seenAt < b.seenAt ? -1 : 1));
  const newest = new Map(oldestFirst.map((device) => [nameOfEndpoint(device.endpoint), device]));
  return [...newest.values()].sort((a, b) => (a.seenAt < b.seenAt ? 1 : -1)).slice(0, DEVICES_MOST);
}

interface SaidOf {
  readonly marks: readonly Mark[];
  readonly contacts: readonly Contact[];
}

/** All that is known of a persona, as its contacts are in what its orders left. */
async function withContacts(
  persona: PersonaId,
  customers: Pick<RecipientDependencies['customers'], 'getContent'>,
): Promise<SaidOf> {
  const content = await customers.getContent(persona);
  return { marks: content.marks, contacts: contactsOf(persona, content) };
}

async function isAnyOn(
  suppressions: Pick<SuppressionList, 'findContacts'>,
  contacts: readonly Contact[],
): Promise<boolean> {
  const distinct = new Map(contacts.map((contact) => [`${contact.type} ${contact.value}`, contact]));
  return (await suppressions.findContacts([...distinct.values()])).some((listed) => listed !== undefined);
}

const aliasesOf = ({ persona, members }: Place<StoredProfile>): PersonaId[] =>
  members.filter((member) => member !== persona);
