/** Rows of a membership → rows of the files: the figures of many profiles at once, what is personal only where it is asked for. */
import pMap from 'p-map';
import type { IdentifierType } from '../identity/identifiers.ts';
import { compareText } from '../identity/links.ts';
import type { PersonaId } from '../identity/persona.ts';
import type { CustomerStore } from '../profiles/customer.ts';
import { READS_AT_ONCE } from '../profiles/holders.ts';
import { personaFrom, valuesFrom } from '../profiles/persona-content.ts';
import type { StoredProfile } from '../profiles/profile.ts';
import { MASKED, REVEALED, type Reveal } from '../profiles/reveal.ts';
import type { MembershipRow } from '../segments/membership.ts';
import type { MembershipStore } from '../segments/segment-store.ts';
import { isPersonal, leftRow, memberRow, needsProfile, type Person, type ProfilePlace } from './columns.ts';
import type { Export } from './export.ts';
import type { Row } from './table.ts';

export interface MemberReads {
  readonly memberships: Pick<MembershipStore, 'listRows'>;
  readonly customers: Pick<CustomerStore<StoredProfile>, 'getProfiles' | 'getContent'>;
}

const PAGE = 1_000;

/** All rows of a segment, those who left too, page by page. */
export async function* pagesOf(
  segment: string,
  { memberships }: Pick<MemberReads, 'memberships'>,
): AsyncGenerator<readonly MembershipRow[]> {
  let after: string | undefined;
  do {
    const { items, next } = await memberships.listRows(segment, PAGE, after);
    yield items;
    after = next;
  } while (after !== undefined);
}

export interface Page {
  readonly members: readonly Row[];
  readonly left: readonly Row[];
}

type Wanted = Pick<Export, 'columns' | 'masked'>;

export async function readPage(
  rows: readonly MembershipRow[],
  { columns, masked }: Wanted,
  { customers }: Pick<MemberReads, 'customers'>,
): Promise<Page> {
  const members = rows.filter(({ leftAt }) => leftAt === undefined);
  const places = needsProfile(columns) ? await placesOf(members, customers) : new Map<PersonaId, ProfilePlace>();
  const people = isPersonal(columns)
    ? await peopleOf(places, masked ? MASKED : REVEALED, customers)
    : new Map<PersonaId, Person>();
  return {
    members: members.map((row) =>
      memberRow(columns, { row, place: places.get(row.profile), person: people.get(row.profile) }),
    ),
    left: rows.filter(({ leftAt }) => leftAt !== undefined).map(leftRow),
  };
}

/** Who was absorbed a moment ago still has the profile of before: it is another's now. */
async function placesOf(
  rows: readonly MembershipRow[],
  customers: Pick<MemberReads['customers'], 'getProfiles'>,
): Promise<Map<PersonaId, ProfilePlace>> {
  const places = await customers.getProfiles(rows.map(({ profile }) => profile));
  return new Map(
    places.flatMap((place) => {
      const { persona, root, profile } = place;
      return persona === root && profile ? [[persona, { ...place, profile }] as const] : [];
    }),
  );
}

async function peopleOf(
  places: ReadonlyMap<PersonaId, ProfilePlace>,
  reveal: Reveal,
  customers: Pick<MemberReads['customers'], 'getContent'>,
): Promise<Map<PersonaId, Person>> {
  const people = await pMap(
    places.values(),
    async ({ persona, members }) => [persona, await personOf(members, reveal, customers)] as const,
    { concurrency: READS_AT_ONCE },
  );
  return new Map(people);
}

/** As the orders of all its personas that may link carry them, those that many share too. */
async function personOf(
  personas: readonly PersonaId[],
  reveal: Reveal,
  customers: Pick<MemberReads['customers'], 'getContent'>,
): Promise<Person> {
  const names = new Set<string>();
  const values = new Map<IdentifierType, Set<string>>();
  for (const id of personas) {
    const content = await customers.getContent(id);
    const readable = valuesFrom(content);
    for (const { type, hash, names: given } of personaFrom(id, content).links) {
      for (const name of given) names.add(reveal.name(name));
      const value = readable.get(hash);
      if (value !== undefined) values.set(type, (values.get(type) ?? new Set()).add(reveal.value(type, value)));
    }
  }
  const sorted = (of: ReadonlySet<string> = new Set()) => [...of].sort(compareText);
  return {
    names: sorted(names),
    phones: sorted(values.get('phone')),
    emails: sorted(values.get('email')),
    memberCards: sorted(values.get('member_card')),
  };
}
