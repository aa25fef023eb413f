/** The settings of a connection as typed → as stored; wrong ones are refused with the nearest right form. */
import { isSupportedCountry } from 'libphonenumber-js/max';
import { ConnectionType } from '../shared/connections/connection.ts';
import { UsageError } from './errors.ts';
import { didYouMean } from './nearest.ts';

export interface TypedSettings {
  readonly type?: string;
  readonly currency?: string;
  readonly timezone?: string;
  readonly region?: string;
  readonly ownContact?: readonly string[];
  readonly app?: string;
}

export interface Settings {
  readonly type?: ConnectionType;
  readonly currency?: string;
  readonly timezone?: string;
  readonly region?: string;
  readonly ownContacts?: string[];
  readonly app?: string;
}

export function readSettings({ type, currency, timezone, region, ownContact, app }: TypedSettings): Settings {
  return {
    ...(type !== undefined && { type: readType(type) }),
    ...(currency !== undefined && { currency: readCurrency(currency) }),
    ...(timezone !== undefined && { timezone: readTimezone(timezone) }),
    ...(region !== undefined && { region: readRegion(region) }),
    ...(ownContact !== undefined && { ownContacts: readContacts(ownContact) }),
    ...(app !== undefined && { app: readApp(app) }),
  };
}

function readType(text: string): ConnectionType {
  const parsed = ConnectionType.safeParse(text);
  if (parsed.success) return parsed.data;
  const known = ConnectionType.options;
  throw new UsageError(
    `There is no type ${text}.${didYouMean(text, known)} Known: ${known.join(', ')}.`,
    'type_unknown',
  );
}

const CONTACTS_MOST = 50;

function readContacts(texts: readonly string[]): string[] {
  const odd = texts.find((text) => !/@|\d{4}/.test(text) || text.length > 200);
  if (odd !== undefined)
    throw new UsageError(`${odd} is neither a phone number nor an email address.`, 'own_contact_invalid');
  if (texts.length > CONTACTS_MOST)
    throw new UsageError(`At most ${CONTACTS_MOST} own contacts; these are ${texts.length}.`, 'own_contact_invalid');
  return [...new Set(texts)].sort();
}

function readApp(text: string): string {
  if (/^[\w.-]{1,100}$/.test(text)) return text;
  throw new UsageError(`${text} is no id of an app: letters, digits, . - and _, at most 100.`, 'app_invalid');
}

const NOT_CURRENCIES: Readonly<Record<string, string>> = {
  RMB: 'CNY',
  CNH: 'CNY',
  NTD: 'TWD',
  '¥': 'CNY',
  $: 'USD',
  '€': 'EUR',
};

function readCurrency(text: string): string {
  const code = text.toUpperCase();
  const known = Intl.supportedValuesOf('currency');
  if (known.includes(code)) return code;
  const meant = NOT_CURRENCIES[code];
  const hint = meant ? ` Did you mean ${meant}?` : didYouMean(code, known);
  throw new UsageError(`${text} is no ISO 4217 currency.${hint} Examples: CNY, USD, EUR.`, 'currency_unknown');
}

export function readTimezone(text: string): string {
  const known = Intl.supportedValuesOf('timeZone');
  const spelt = known.find((zone) => zone.toLowerCase() === text.toLowerCase());
  if (spelt !== undefined) return spelt;
  // Names that Intl knows without listing them: UTC, and older or newer names of a listed zone (Asia/Kolkata).
  if (/^[A-Za-z]/.test(text) && isZone(text)) return text;
  const hint = didYouMean(text, known);
  throw new UsageError(
    `${text} is no IANA time zone.${hint} Examples: Asia/Shanghai, Europe/London, UTC. An offset will not do, as it leaves out daylight saving.`,
    'timezone_unknown',
  );
}

function isZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}

const NOT_REGIONS: Readonly<Record<string, string>> = { UK: 'GB', CHN: 'CN', USA: 'US', EN: 'GB' };

/** The list is that of the phone numbers, which is what the region is for. */
function readRegion(text: string): string {
  const code = text.toUpperCase();
  if (isSupportedCountry(code)) return code;
  const meant = NOT_REGIONS[code];
  const hint = meant ? ` Did you mean ${meant}?` : '';
  throw new UsageError(`${text} is no ISO 3166 region of two letters.${hint} Examples: CN, US, GB.`, 'region_unknown');
}
