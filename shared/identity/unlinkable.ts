/**
 * Contact data that belongs to nobody, or to many: it may be shown, but never links two personas. Each finding is a reason
 * that an operator can read. Where in doubt a value is refused: a link that was not made can be suggested, a wrong one
 * has to be found first.
 */
import parsePhoneNumber, { type CountryCode, isSupportedCountry, type PhoneNumber } from 'libphonenumber-js/max';
import { isMasked, normalizeEmail, toHalfWidth } from './contact.ts';

export type Rejection =
  /** The platform's mask: `138****1234`. */
  | 'masked'
  /** A number of a platform's switchboard with the buyer's extension: `18412345678-1234`. It is reused within weeks. */
  | 'virtual_number'
  | 'not_a_phone'
  /** Of a business by its numbering plan: toll-free, shared cost, premium rate, a company's short number. */
  | 'service_number'
  | 'not_an_email'
  /** An address that a platform made for one order or one shop: `…@scs.tiktok.com`. */
  | 'relay_email'
  /** What tills and forms are filled with: equal digits, 123456789, test@…, noreply@… */
  | 'blocked'
  /** The shop's own, as its settings say: staff type it for customers who give none. */
  | 'own_contact';

export type Checked =
  | { readonly kind: 'clear'; readonly value: string }
  | { readonly kind: 'rejected'; readonly reason: Rejection };

const clear = (value: string): Checked => ({ kind: 'clear', value });
const rejected = (reason: Rejection): Checked => ({ kind: 'rejected', reason });

/** E.164, or why it does not link. `region` is ISO 3166-1 alpha-2, for numbers written without a country code. */
export function checkPhone(text: string, region: string | undefined): Checked {
  const plain = toHalfWidth(text);
  if (isMasked(plain)) return rejected('masked');
  const country: CountryCode | undefined = region !== undefined && isSupportedCountry(region) ? region : undefined;
  const parsed = parsePhoneNumber(plain, country);
  if (parsed?.ext || hasExtension(plain, country)) return rejected('virtual_number');
  if (!parsed?.isValid()) return rejected('not_a_phone');
  if (SERVICE_TYPES.has(parsed.getType() ?? '')) return rejected('service_number');
  return isPlaceholder(parsed) ? rejected('blocked') : clear(parsed.number);
}

/** `-1234`, `_1234`, `转1234`: forms that the parser does not know as an extension. */
function hasExtension(plain: string, country: CountryCode | undefined): boolean {
  const split = /^(.*\d)\s*(?:[-_,;#*]|转|轉|分机|分機|ext\.?|x)\s*\d{1,6}$/i.exec(plain);
  if (!split?.[1] || parsePhoneNumber(plain, country)?.isValid()) return false;
  return parsePhoneNumber(split[1], country)?.isValid() ?? false;
}

const SERVICE_TYPES: ReadonlySet<string> = new Set(['TOLL_FREE', 'SHARED_COST', 'PREMIUM_RATE', 'UAN', 'VOICEMAIL']);

/** 13800138000 is China Mobile's own number for topping up, and in every sample. */
const KNOWN_PLACEHOLDERS: ReadonlySet<string> = new Set(['+8613800138000', '+8613800138001', '+8613900139000']);

/** Lucky numbers such as 13888888888 have owners; far more often they are what somebody typed to get on. */
function isPlaceholder({ number, nationalNumber }: PhoneNumber): boolean {
  return (
    KNOWN_PLACEHOLDERS.has(number) ||
    /(\d)\1{7}$/.test(nationalNumber) ||
    /^(\d)\1+$/.test(nationalNumber) ||
    ['123456789', '987654321'].some((run) => nationalNumber.includes(run))
  );
}

/** Case-folded, or why it does not link. Dots and +tags stay: whether they matter is the mail host's business. */
export function checkEmail(text: string): Checked {
  const email = normalizeEmail(text);
  if (email !== undefined && isMasked(email)) return rejected('masked');
  const parts = /^([^\s@]{1,64})@((?:[^\s@.]+\.)+[^\s@.]{2,})$/u.exec(email ?? '');
  if (!email || !parts) return rejected('not_an_email');
  const [, local = '', domain = ''] = parts;
  if (isRelay(domain)) return rejected('relay_email');
  if (PLACEHOLDER_NAMES.has(local) || /\.(test|invalid|local|localhost|example)$/.test(domain)) {
    return rejected('blocked');
  }
  return clear(email);
}

/**
 * Domains of addresses that a platform or a mail host makes per order, shop or sender; subdomains too. Sources: platforms'
 * seller help, read 2026-11-24: TikTok Shop, Amazon (each marketplace has one of its own), eBay, Walmart, Rakuten Ichiba
 * (あんしんメルアド), bol, Apple (Hide My Email), Firefox Relay, DuckDuckGo Email Protection, SimpleLogin.
 */
const RELAY_DOMAINS: readonly RegExp[] = [
  /(^|\.)scs\d*\.tiktok[a-z]*\.com$/,
  /(^|\.)marketplace\.amazon\.[a-z.]{2,6}$/,
  /(^|\.)members\.ebay\.[a-z.]{2,6}$/,
  /(^|\.)relay\.walmart\.com$/,
  /(^|\.)fw\.rakuten\.ne\.jp$/,
  /(^|\.)verkopen\.bol\.com$/,
  /(^|\.)privaterelay\.appleid\.com$/,
  /(^|\.)relay\.firefox\.com$/,
  /(^|\.)mozmail\.com$/,
  /(^|\.)duck\.com$/,
  /(^|\.)simplelogin\.(com|fr|co)$/,
];
const isRelay = (domain: string): boolean => RELAY_DOMAINS.some((form) => form.test(domain));

const PLACEHOLDER_NAMES: ReadonlySet<string> = new Set([
  ...['test', 'tests', 'testing', 'tester', 'noemail', 'no-email', 'no.email', 'nomail', 'none', 'na', 'n/a', 'null'],
  ...['undefined', 'unknown', 'nobody', 'anonymous', 'guest', 'customer', 'noreply', 'no-reply', 'donotreply', 'asdf'],
]);
