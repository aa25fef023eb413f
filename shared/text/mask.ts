/** Personal values so far that who knows a person recognises them, and nobody else learns them. */

/** Written without spaces between given and family name: 陈小雨, 김민수, さくら. */
const WHOLE_WORD = /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]/u;
const WORDS_SHOWN = 3;

/**
 * 陈小雨 → `陈*`, Anna Novak → `A*** N***`: of each word the first letter, and stars that do not tell how many are hidden. What
 * begins with no letter (a number, a mark) is all stars, and of what is no name (an address, a sentence) only three words are shown.
 */
export const maskName = (name: string): string =>
  name
    .normalize('NFC')
    .split(/\s+/u)
    .filter((word) => word !== '')
    .slice(0, WORDS_SHOWN)
    .map(maskWord)
    .join(' ');

function maskWord(word: string): string {
  const [first = ''] = word;
  if (WHOLE_WORD.test(word)) return `${first}*`;
  return /\p{L}/u.test(first) ? `${first}***` : '***';
}

/** +8613812345678 → `+86138****5678`, as platforms in China show them; of a short number only the end. */
export function maskPhone(phone: string): string {
  const plus = phone.startsWith('+') ? '+' : '';
  const digits = phone.slice(plus.length);
  return `${plus}${digits.slice(0, Math.min(5, Math.max(0, digits.length - 8)))}****${digits.length > 4 ? digits.slice(-4) : ''}`;
}

/** jane.doe@example.com → `j***@example.com` */
export function maskEmail(email: string): string {
  const at = email.lastIndexOf('@');
  return at < 1 ? '***' : `${[...email][0] ?? ''}***${email.slice(at)}`;
}

/** A card or an account: its last four characters, of which a short one has none to spare. */
export const maskId = (id: string): string => `****${id.length > 8 ? id.slice(-4) : ''}`;
