/**
 * The mistakes of the profiles stage that the simulation is there to find: each breaks the rule by which customers are written, by a
 * store that does too early, too late or not at all what was asked of it.
 */
import { createFollower, createQueueHandler } from '../../functions/profiles/handler.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import {
  type Content,
  type CustomerStore,
  type Entry,
  type IdentifierKey,
  identifierKey,
  type Month,
} from '../../shared/profiles/customer.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import type { Mistake } from './broken.ts';
import { type MemoryCustomers, memoryCustomers } from './models/customers.ts';
import type { ProfilesParts } from './profiles-stage.ts';

type Customers = CustomerStore<StoredProfile>;

export const PROFILE_MISTAKES: readonly Mistake[] = [
  {
    name: 'profiles reads content before its guard',
    parts: writingTo(contentFirst),
  },
  {
    name: 'a profile is put without looking at the revision',
    parts: { memoryCustomers: unchecked },
  },
  {
    name: 'an entry is written after its month',
    parts: writingTo(entryAfterMonth),
  },
  {
    name: 'an order stays where it has left',
    parts: writingTo((store) => ({
      ...store,
      putEntry: async (entry) => entry.content !== undefined && store.putEntry(entry),
    })),
    noticedAs: 'profile_differs',
  },
  {
    name: 'a month is left alone where its entry is there already',
    parts: writingTo(trustingEntries),
    noticedAs: 'profile_differs',
  },
  {
    name: 'the follower is done before it has followed',
    parts: {
      createFollower: (its) => {
        const follow = createFollower(its);
        return async (records) => {
          follow(records).catch(() => undefined);
        };
      },
    },
    noticedAs: 'profile_differs',
  },
  {
    name: 'who was of a profile is not told that it has parted',
    parts: writingTo(followingNobody),
  },
  {
    name: 'who carries an identifier is written after the month that says so, and after the profile',
    parts: writingTo(holdersLast),
  },
];

/** Both handlers over the store that this makes of theirs. */
function writingTo(
  wrap: (store: Customers) => Customers,
): Pick<ProfilesParts, 'createFollower' | 'createQueueHandler'> {
  return {
    createFollower: (its) => createFollower({ ...its, customers: wrap(its.customers) }),
    createQueueHandler: (its) => createQueueHandler({ ...its, customers: wrap(its.customers) }),
  };
}

/** Neither the members of a place, nor who holds what a month has left. */
function followingNobody(store: Customers): Customers {
  const gone = new Set<IdentifierKey>();
  return {
    ...store,
    async getPlace(persona) {
      const place = await store.getPlace(persona);
      return place && { ...place, members: leadingNowhere(place.members) };
    },
    async putMonth({ left = [], ...month }, seenRevision) {
      for (const identifier of left) gone.add(identifierKey(identifier));
      await store.putMonth(month, seenRevision);
    },
    listHolders: async (identifier, limit) => (gone.delete(identifier) ? [] : store.listHolders(identifier, limit)),
  };
}

/** Compared with others it is what it was. */
const leadingNowhere = (members: readonly PersonaId[]): readonly PersonaId[] => {
  const none: PersonaId[] = [];
  return Object.assign(none, { join: (separator: string) => members.join(separator) });
};

/** As soon as it is known who holds a value, to have it at hand. */
function contentFirst(store: Customers): Customers {
  const read = new Map<PersonaId, Content>();
  return {
    ...store,
    async listHolders(identifier, limit) {
      const holders = await store.listHolders(identifier, limit);
      for (const persona of holders) read.set(persona, await store.getContent(persona));
      return holders;
    },
    async getContent(persona) {
      const known = read.get(persona);
      read.delete(persona);
      return known ?? store.getContent(persona);
    },
    async putPlaces(writes) {
      read.clear();
      await store.putPlaces(writes);
    },
  };
}

function unchecked(): MemoryCustomers<StoredProfile> {
  const store = memoryCustomers<StoredProfile>();
  return {
    ...store,
    async putPlaces(writes) {
      const revisions = new Map(store.places().map(({ persona, revision }) => [persona, revision]));
      await store.putPlaces(
        writes.map(({ place }) => {
          const seenRevision = revisions.get(place.persona) ?? 0;
          return { place: { ...place, revision: seenRevision + 1 }, seenRevision };
        }),
      );
    },
  };
}

/** Its month sees it; whoever else derives that month does not, and nobody does after a death. */
function entryAfterMonth(store: Customers): Customers {
  const held = new Map<string, Entry>();
  return {
    ...store,
    async putEntry(entry) {
      held.set(`${entry.persona} ${entry.day} ${entry.key}`, entry);
      return true;
    },
    async listEntries(persona, day, limit) {
      const mine = [...held.values()].filter((entry) => entry.persona === persona && entry.day === day);
      const keys = new Set(mine.map(({ key }) => key));
      const stored = await store.listEntries(persona, day, limit);
      return [...stored.filter(({ key }) => !keys.has(key)), ...mine];
    },
    async getPlace(persona) {
      for (const [key, entry] of held) {
        held.delete(key);
        await store.putEntry(entry);
      }
      return store.getPlace(persona);
    },
  };
}

const monthName = ({ persona, month }: Pick<Month, 'persona' | 'month'>) => `${persona} ${month}`;

function trustingEntries(store: Customers): Customers {
  const fresh = new Set<string>();
  return {
    ...store,
    async putEntry(entry) {
      const isNew = await store.putEntry(entry);
      if (isNew) fresh.add(monthName({ persona: entry.persona, month: entry.day.slice(0, 7) }));
      return isNew;
    },
    async putMonth(month, seenRevision) {
      if (fresh.has(monthName(month))) await store.putMonth(month, seenRevision);
    },
  };
}

function holdersLast(store: Customers): Customers {
  const held = new Map<PersonaId, IdentifierKey[]>();
  return {
    ...store,
    async putHolder(identifier, persona) {
      held.set(persona, [...(held.get(persona) ?? []), identifier]);
    },
    async putPlaces(writes) {
      await store.putPlaces(writes);
      for (const [persona, identifiers] of held) {
        held.delete(persona);
        for (const identifier of identifiers) await store.putHolder(identifier, persona);
      }
    },
  };
}
