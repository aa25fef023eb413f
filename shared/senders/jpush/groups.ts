/** Messages that differ only in whom they are for, together: JPush takes them as one push. */
import type { OutgoingTo } from '../sender.ts';

export interface Member {
  /** Place in the batch. */
  readonly index: number;
  readonly message: OutgoingTo<'jpush'>;
}

interface Group {
  readonly members: Member[];
  readonly devices: Set<string>;
}

/** At most so many devices each; a device twice in one push would get it once, so the second comes into another. */
export function groupAlike(members: readonly Member[], most: number): Member[][] {
  const byContent = new Map<string, Group[]>();
  for (const member of members) {
    const content = canonical(member.message.content);
    const groups = byContent.get(content) ?? [];
    byContent.set(content, groups);
    const device = member.message.endpoint.registrationId;
    const group = groups.find(({ devices }) => devices.size < most && !devices.has(device)) ?? opened(groups);
    group.members.push(member);
    group.devices.add(device);
  }
  return [...byContent.values()].flat().map((group) => group.members);
}

function opened(groups: Group[]): Group {
  const group: Group = { members: [], devices: new Set() };
  groups.push(group);
  return group;
}

/** The same text for the same content, in whatever order it was put together. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_name, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
