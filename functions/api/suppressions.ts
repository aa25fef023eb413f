import { REJECTION_WORDS } from '../../shared/profiles/explain-words.ts';
import {
  type Contact,
  type ContactKey,
  readContact,
  type SuppressionList,
} from '../../shared/push/suppression-list.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { compact } from '../../shared/text/compact.ts';
import { instant } from '../../shared/time/instant.ts';
import { Refusal } from './problem.ts';
import type { Handlers } from './serve.ts';

export interface SuppressionDependencies {
  /** The key that its hashes are made by is read when it is first asked. */
  readonly suppressions: () => Promise<SuppressionList>;
  readonly clock: Clock;
}

type SuppressionHandlers = Pick<Handlers, 'putSuppressions' | 'removeSuppressions' | 'lookUpSuppressions'>;

export const suppressionHandlers = ({ suppressions, clock }: SuppressionDependencies): SuppressionHandlers => ({
  async putSuppressions({ body: { contacts, source }, caller }) {
    const listed = { at: instant(clock().getTime()), by: caller.id, ...compact({ source }) };
    const keys = await (await suppressions()).putContacts(readAll(contacts), listed);
    return { status: 200, body: { suppressed: keys.length }, subject: subjectOf(keys) };
  },

  async removeSuppressions({ body: { contacts } }) {
    const keys = await (await suppressions()).removeContacts(readAll(contacts));
    return { status: 200, body: { removed: keys.length }, subject: subjectOf(keys) };
  },

  async lookUpSuppressions({ body: { contacts } }) {
    const found = await (await suppressions()).findContacts(readAll(contacts));
    return { status: 200, body: { items: found.map((listed) => ({ suppressed: listed !== undefined, ...listed })) } };
  },
});

type Written = { readonly phone: string; readonly region: string } | { readonly email: string };

/** All, or a refusal that names each that is none: half a list that is taken looks like a whole one. */
function readAll(written: readonly Written[]): Contact[] {
  const read = written.map((one) => {
    const type = 'phone' in one ? ('phone' as const) : ('email' as const);
    const checked =
      'phone' in one ? readContact('phone', one.phone, one.region) : readContact('email', one.email, undefined);
    return { type, checked };
  });
  const problems = read.flatMap(({ type, checked }, index) =>
    checked.kind === 'rejected'
      ? [{ in: 'body' as const, at: `/contacts/${index}/${type}`, message: REJECTION_WORDS[checked.reason].en }]
      : [],
  );
  if (problems.length > 0)
    throw new Refusal(422, 'contact_invalid', 'Nothing was done, as some are no contacts: see problems.', { problems });
  return read.flatMap(({ type, checked }) => (checked.kind === 'clear' ? [{ type, value: checked.value }] : []));
}

/** Hashes, so that an entry of the trail can be told by who knows the contact, and read by nobody. */
const subjectOf = ([first, ...others]: readonly ContactKey[]): string =>
  others.length === 0 ? String(first) : `${first} and ${others.length} more`;
