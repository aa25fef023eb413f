/**
 * What anonymous browsers and apps bring to the customer whose they are proven to be: their devices, and what was agreed to there. Asked
 * each time, so that it ends where the proof does: when another signs in there, or the persona is parted from the profile.
 */
import pMap from 'p-map';
import { isUser, type VisitorKey } from '../behaviour/names.ts';
import type { VisitorStore } from '../behaviour/visitor-store.ts';
import type { PersonaId } from '../identity/persona.ts';
import type { Mark } from '../profiles/marks.ts';
import type { Device, DeviceStore } from './device.ts';
import type { VisitorConsentStore } from './visitor-consents.ts';

export interface VisitorReads {
  readonly visitors: Pick<VisitorStore, 'getVisitor' | 'listVisitorsOf'>;
  readonly visitorConsents: Pick<VisitorConsentStore, 'listConsents'>;
}

export interface OfVisitors {
  readonly devices: readonly Device[];
  readonly consents: readonly Mark[];
}

/** Of one persona. A browser that forgets its cookies each week makes fifty a year; what has more is a shop's own terminal. */
const VISITORS_READ = 100;
const AT_ONCE = 8;

/** `members`: all personas of the profile. Of who never signed in nothing is read. */
export async function ofVisitors(
  members: readonly PersonaId[],
  { visitors, visitorConsents, devices }: VisitorReads & { readonly devices: Pick<DeviceStore, 'listDevices'> },
): Promise<OfVisitors> {
  const keys = await visitorsOf(members, visitors);
  const found = await pMap(
    keys,
    async (key) => {
      const [own, consents] = await Promise.all([devices.listDevices(key), visitorConsents.listConsents(key)]);
      // A visitor is large, and most have neither.
      const isOurs = own.length + consents.length > 0 && (await isOf(members, key, visitors));
      return isOurs ? { devices: own, consents } : { devices: [], consents: [] };
    },
    { concurrency: AT_ONCE },
  );
  return { devices: found.flatMap((one) => one.devices), consents: found.flatMap((one) => one.consents) };
}

/** What was agreed to there alone, for who shows it. */
export async function consentsOfVisitors(
  members: readonly PersonaId[],
  { visitors, visitorConsents }: VisitorReads,
): Promise<readonly Mark[]> {
  const none = { listDevices: async () => [] };
  return (await ofVisitors(members, { visitors, visitorConsents, devices: none })).consents;
}

async function visitorsOf(
  members: readonly PersonaId[],
  visitors: Pick<VisitorStore, 'listVisitorsOf'>,
): Promise<VisitorKey[]> {
  const listed = await pMap(members.filter(isUser), (member) => visitors.listVisitorsOf(member, VISITORS_READ), {
    concurrency: AT_ONCE,
  });
  // Once, though two personas name it.
  return [...new Set(listed.flat())];
}

/** The rows of a persona may outlive what they tell of: the visitor itself has the last word. */
async function isOf(
  members: readonly PersonaId[],
  key: VisitorKey,
  visitors: Pick<VisitorStore, 'getVisitor'>,
): Promise<boolean> {
  const persona = (await visitors.getVisitor(key))?.visitor.user?.persona;
  return persona !== undefined && members.includes(persona);
}
