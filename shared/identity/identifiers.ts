/**
 * What an order says of who bought: identifiers, and what looked like one but is none, with the reason.
 *
 * Which field of an order is whose, and how far it can be trusted, differs by platform and is declared in the platform's
 * folder. Everything else here is the same for all.
 */
import type { ConnectionSettings } from '../connections/connection.ts';
import type { CanonicalOrder } from '../orders/canonical-order.ts';
import { isMasked, toHalfWidth } from './contact.ts';
import { type HashKey, keyedHash } from './key.ts';
import { nameKey } from './names.ts';
import { type Checked, checkEmail, checkPhone, type Rejection } from './unlinkable.ts';

export const IDENTIFIER_TYPES = [
  'union_id',
  'member_card',
  'buyer_id',
  'open_id',
  'phone',
  'email',
  /** Several fields together, as an operator declares (compound.ts); none unless declared. */
  'compound',
  'card_fingerprint',
  'name_address',
] as const;
/** In order of trust: joins are made in this order. */
export type IdentifierType = (typeof IDENTIFIER_TYPES)[number];

/** A strong identifier links, a weak one only suggests. */
export type Strength = 'strong' | 'weak';

export interface Identifier {
  readonly type: IdentifierType;
  /** Normalised: phones in E.164, emails case-folded, ids as the platform writes them. */
  readonly value: string;
  /** Within which the value is one person's: `brand`, `shopee`, `shopee:TW`, `douyin/demo`. */
  readonly scope: string;
  readonly strength: Strength;
  /** The platform vouches for it (a login), rather than passing on what somebody typed. */
  readonly verified: boolean;
}

export interface RejectedIdentifier {
  readonly type: IdentifierType;
  /** As it stands in the order. */
  readonly value: string;
  readonly reason: Rejection;
}

export interface OrderIdentifiers {
  /** In the order of the declaration. */
  readonly identifiers: readonly Identifier[];
  readonly rejected: readonly RejectedIdentifier[];
}

/**
 * Where a value is unique: in the whole brand; on the channel; in one national site of it (without a region known: in the
 * connection); among the shops of one app (without an app known: in the connection); in the connection.
 */
export type Scope = 'brand' | 'channel' | 'site' | 'app' | 'connection';

export type IdentifierSource =
  | keyof Pick<CanonicalOrder['buyer'], 'buyerId' | 'openId' | 'unionId' | 'memberCard' | 'phone' | 'email'>
  | 'nameAndAddress';

export interface DeclaredIdentifier {
  readonly from: IdentifierSource;
  readonly scope: Scope;
  readonly strength: Strength;
  readonly verified: boolean;
}

/** What the orders of one platform identify by. */
export type IdentifierDeclaration = readonly DeclaredIdentifier[];

const TYPES: Readonly<Record<IdentifierSource, IdentifierType>> = {
  buyerId: 'buyer_id',
  openId: 'open_id',
  unionId: 'union_id',
  memberCard: 'member_card',
  phone: 'phone',
  email: 'email',
  nameAndAddress: 'name_address',
};

/** What the settings of a connection say of identifiers. */
export type IdentityConnection = Pick<ConnectionSettings, 'id' | 'channel' | 'region' | 'ownContacts' | 'app'>;

export function identifiersOf(
  order: CanonicalOrder,
  connection: IdentityConnection,
  declaration: IdentifierDeclaration,
): OrderIdentifiers {
  const identifiers: Identifier[] = [];
  const rejected: RejectedIdentifier[] = [];
  for (const { from, scope, strength, verified } of declaration) {
    const type = TYPES[from];
    const value = from === 'nameAndAddress' ? nameAndAddress(order) : order.buyer[from];
    if (value === undefined) continue;
    const checked = check(type, value, connection);
    if (checked.kind === 'rejected') rejected.push({ type, value, reason: checked.reason });
    else identifiers.push({ type, value: checked.value, scope: scopeName(scope, connection), strength, verified });
  }
  return { identifiers, rejected };
}

/** The value as it is compared, or why it links nobody. */
export function check(
  type: IdentifierType,
  value: string,
  connection: Pick<IdentityConnection, 'region' | 'ownContacts'>,
): Checked {
  const checked = checkForm(type, value, connection.region);
  return checked.kind === 'clear' && isOwn(type, checked.value, connection)
    ? { kind: 'rejected', reason: 'own_contact' }
    : checked;
}

function checkForm(type: IdentifierType, value: string, region: string | undefined): Checked {
  if (type === 'phone') return checkPhone(value, region);
  if (type === 'email') return checkEmail(value);
  if (isMasked(value)) return { kind: 'rejected', reason: 'masked' };
  const plain = toHalfWidth(value);
  // 0, 000…: a till's member card for whoever has none.
  return plain === '' || /^0+$/.test(plain) ? { kind: 'rejected', reason: 'blocked' } : { kind: 'clear', value: plain };
}

function isOwn(
  type: IdentifierType,
  value: string,
  { ownContacts = [], region }: Pick<IdentityConnection, 'region' | 'ownContacts'>,
): boolean {
  if (type !== 'phone' && type !== 'email') return false;
  return ownContacts.some((own) => {
    const checked = checkForm(type, own, region);
    return checked.kind === 'clear' && checked.value === value;
  });
}

function scopeName(scope: Scope, { channel, id, region, app }: IdentityConnection): string {
  const connection = `${channel}/${id}`;
  switch (scope) {
    case 'brand':
      return 'brand';
    case 'channel':
      return channel;
    case 'site':
      return region === undefined ? connection : `${channel}:${region}`;
    case 'app':
      return app === undefined ? connection : `${channel}:app:${app}`;
    case 'connection':
      return connection;
  }
}

/**
 * The buyer's name with where the parcel went, as far down as the order says. Without a postal code or a district it is a
 * whole city's, and none.
 */
function nameAndAddress({ buyer, shipTo }: CanonicalOrder): string | undefined {
  const name = buyer.name === undefined ? undefined : nameKey(buyer.name);
  if (name === undefined || !shipTo || (!shipTo.postalCode && !shipTo.district)) return undefined;
  const { country, province, city, district, postalCode } = shipTo;
  const place = [country, province, city, district, postalCode?.replace(/[\s-]/g, '')];
  return [name, ...place].map((part) => toHalfWidth(part ?? '').toLowerCase()).join('|');
}

/** An identifier as it is stored and compared: nobody can read it. */
export interface KeyedIdentifier {
  readonly type: IdentifierType;
  readonly scope: string;
  readonly strength: Strength;
  readonly verified: boolean;
  readonly hash: string;
}

export const keyIdentifier = ({ value, ...identifier }: Identifier, key: HashKey): KeyedIdentifier => ({
  ...identifier,
  hash: keyedHash(key, [identifier.type, identifier.scope, value]),
});
