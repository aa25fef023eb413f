/** From an order to the entry that it makes: where facts and identity of one order meet. */
import { type IdentityKeys, readIdentity } from '../identity/contribution.ts';
import type { IdentifierDeclaration, IdentityConnection, KeyedIdentifier } from '../identity/identifiers.ts';
import { keyIdentifier } from '../identity/identifiers.ts';
import type { CanonicalOrder } from '../orders/canonical-order.ts';
import type { RateTable } from '../rates/rate-table.ts';
import type { Instant } from '../time/instant.ts';
import { contributionOf } from './contribution.ts';
import type { Entry } from './customer.ts';

export interface EntryReading {
  readonly connection: IdentityConnection;
  readonly declaration: IdentifierDeclaration;
  readonly keys: IdentityKeys;
  readonly rates: RateTable;
  /** Grows with each import of rates, and with each lookup key. */
  readonly reading: number;
  /** When the order was first received. */
  readonly receivedAt: Instant;
}

/** Undefined for an order that is in no figure, and for one that identifies nobody. */
export function entryOf(
  order: CanonicalOrder,
  { connection, declaration, keys, rates, reading, receivedAt }: EntryReading,
): (Entry & Required<Pick<Entry, 'content'>>) | undefined {
  const contribution = contributionOf(order, rates);
  if (!contribution) return undefined;
  const identity = readIdentity(order, { connection, declaration, keys, receivedAt });
  const { contribution: said, identifiers: readable } = identity;
  if (!said) return undefined;
  const identifiers = said.identifiers.filter((identifier) => mayLink(identifier, connection));
  const known = new Set(identifiers.map(({ hash }) => hash));
  const values = readable.flatMap((identifier) => {
    const { hash } = keyIdentifier(identifier, keys.lookup);
    return known.has(hash) ? [[hash, identifier.value] as const] : [];
  });
  return {
    persona: said.persona,
    day: contribution.paidAt.slice(0, 10),
    key: order.key,
    revision: order.revision,
    reading,
    content: {
      contribution,
      receivedAt,
      identifiers,
      values: Object.fromEntries(values),
      ...(said.name !== undefined && { name: said.name }),
    },
  };
}

/** A buyer's id that holds within one connection names the persona: nobody else can have it. */
const mayLink = ({ type, scope }: KeyedIdentifier, { channel, id }: IdentityConnection): boolean =>
  type !== 'buyer_id' || scope !== `${channel}/${id}`;

/**
 * What a change of an order brings: its entry now, and an empty one where it was before and is no more. Nothing where it says
 * the same of the same persona and day.
 */
export function entriesBetween(before: Entry | undefined, now: Entry | undefined, revision: number): Entry[] {
  const hasLeft = before && (before.persona !== now?.persona || before.day !== now.day);
  if (before && now && !hasLeft && saysTheSame(before, now)) return [];
  return [...(hasLeft ? [leaving(before, revision)] : []), ...(now ? [now] : [])];
}

/** An order that says nothing there any more, since this revision of it. */
export const leaving = (
  { persona, day, key, reading }: Pick<Entry, 'persona' | 'day' | 'key' | 'reading'>,
  revision: number,
): Entry => ({ persona, day, key, revision, reading });

/** Apart from the revision, which moves with each change of the order. */
function saysTheSame({ content: a }: Entry, { content: b }: Entry): boolean {
  const essence = (content: Entry['content']) =>
    content && JSON.stringify({ ...content, contribution: { ...content.contribution, revision: 0 } });
  return essence(a) === essence(b);
}
