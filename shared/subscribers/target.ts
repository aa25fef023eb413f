/**
 * Where messages may go. People give us addresses, and who owns a name says what it leads to: so a URL is looked at when it is
 * given, and the addresses of its host at each connection, by the look-up that the connection is made with. There is no second
 * look-up that could answer otherwise.
 */
import { isIP, type LookupFunction } from 'node:net';
import { type AddressKind, addressKind } from './address.ts';
import type { AllowedHosts } from './hosts.ts';

export type RefusalCode =
  | 'url_invalid'
  | 'scheme_not_allowed'
  | 'https_required'
  | 'credentials_in_url'
  | 'port_not_allowed'
  | 'address_not_allowed';

export interface Refusal {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  /** For whoever gave the URL. */
  readonly message: string;
}

export interface Target {
  readonly kind: 'target';
  readonly url: URL;
  /** Its host is one of our own. */
  readonly isAllowed: boolean;
}

const MESSAGES: Readonly<Record<RefusalCode, string>> = {
  url_invalid: 'The URL can not be read.',
  scheme_not_allowed: 'The URL must begin with https://.',
  https_required: 'The URL must begin with https://; plain HTTP is only for hosts that the setting webhookHosts names.',
  credentials_in_url: 'The URL must have no user name or password: messages are signed.',
  port_not_allowed: 'The port must be from 1 to 65535.',
  address_not_allowed: 'The URL leads to an address that is not public. The setting webhookHosts may allow its host.',
};
const refused = (code: RefusalCode): Refusal => ({ kind: 'refused', code, message: MESSAGES[code] });

/** All that can be said without asking DNS. URL reads an IPv4 address in any notation (`0x7f.1`, `2130706433`) as what it is. */
export function readTarget(text: string, hosts: AllowedHosts): Target | Refusal {
  if (!URL.canParse(text)) return refused('url_invalid');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return refused('scheme_not_allowed');
  if (url.username !== '' || url.password !== '') return refused('credentials_in_url');
  if (url.port === '0') return refused('port_not_allowed');
  const isAllowed = hosts.includes(url);
  if (url.protocol === 'http:' && !isAllowed) return refused('https_required');
  if (isLocalName(url.hostname) && !isAllowed) return refused('address_not_allowed');
  const address = hostOf(url);
  if (isIP(address) !== 0 && !mayReach(addressKind(address), isAllowed)) return refused('address_not_allowed');
  return { kind: 'target', url, isAllowed };
}

/** As a connection wants it: an IPv6 address without its brackets. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');

const isLocalName = (hostname: string): boolean => /(^|\.)localhost\.?$/.test(hostname);

const mayReach = (kind: AddressKind, isAllowed: boolean): boolean =>
  kind === 'public' || (isAllowed && kind === 'private');

export interface Address {
  readonly address: string;
  readonly family: number;
}

/** All addresses of a name. */
export type Resolve = (hostname: string) => Promise<readonly Address[]>;

export class AddressNotAllowed extends Error {
  override readonly name = 'AddressNotAllowed';
  readonly code = 'address_not_allowed' satisfies RefusalCode;
}

/** Looks a name up for a connection: one address that is not allowed refuses all, and none but those looked at are connected to. */
export function guardedLookup(
  resolve: Resolve,
  isAllowed: boolean,
  kindOf: (address: string) => AddressKind = addressKind,
): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const [first] = addresses;
        if (!first) return callback(notFound(hostname), []);
        if (!addresses.every(({ address }) => mayReach(kindOf(address), isAllowed)))
          return callback(new AddressNotAllowed(), []);
        return options.all ? callback(null, [...addresses]) : callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, []),
    );
  };
}

const notFound = (hostname: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`${hostname} has no address.`), { code: 'ENOTFOUND' });
