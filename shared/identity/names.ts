/**
 * Whether two names given with one phone may be one person's. Conservative: it never says that two people are one, only
 * that two names can or cannot be. Exact after folding; initials; the order of given and family name; a part of a name.
 * Not tried: nicknames, typing errors, transliteration (张伟 and Zhang Wei), simplified against traditional letters.
 *
 * | a | b | verdict |
 * | --- | --- | --- |
 * | José García | garcia, JOSE | same |
 * | Anna Schmidt | A. Schmidt; Schmidt | possible |
 * | 陈小雨 | 小雨 陈 | same: as a form of first and last name gives it |
 * | 张伟 | 张先生; 伟 | possible |
 * | 张伟 | Zhang Wei | unknown: other letters |
 * | Anna Schmidt | Peter Schmidt | contradicting |
 */
import { isMasked } from './contact.ts';

export type NameVerdict = 'same' | 'possible' | 'unknown' | 'contradicting';

export function compareNames(a: string, b: string): NameVerdict {
  const [x, y] = [fold(a), fold(b)];
  if (!x || !y) return 'unknown';
  if (x.script === 'han') return y.script === 'han' ? compareHan(x.forms, y.forms) : 'unknown';
  return y.script === 'han' ? 'unknown' : compareTokens(x.tokens, y.tokens);
}

/** One form for all spellings that count as the same name; undefined for what is no name (masked, empty, a greeting only). */
export function nameKey(name: string): string | undefined {
  const folded = fold(name);
  if (!folded) return undefined;
  // By its letters, whatever their order: 小雨 陈 and 陈小雨 must be one.
  return folded.script === 'han' ? [...(folded.forms[0] ?? '')].sort().join('') : folded.tokens.toSorted().join(' ');
}

type Folded =
  /** Family name first and last, where a space tells them apart; else as it is written. */
  | { readonly script: 'han'; readonly forms: readonly string[] }
  | { readonly script: 'other'; readonly tokens: readonly string[] };

const TITLES: ReadonlySet<string> = new Set([
  'mr',
  'mrs',
  'ms',
  'miss',
  'dr',
  'prof',
  'herr',
  'frau',
  'mme',
  'mlle',
  'sr',
  'sra',
]);
const HAN_TITLES = /(先生|女士|小姐|太太|老师|老師|同学|同學)$/;

function fold(name: string): Folded | undefined {
  if (isMasked(name)) return undefined;
  const plain = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const letters = plain.replace(/[^\p{L}\p{N}]/gu, '');
  if (/^\p{Script=Han}+$/u.test(letters)) {
    const words = plain
      .replace(/[^\p{L}\p{N}]+/gu, ' ')
      .trim()
      .replace(HAN_TITLES, '')
      .trim()
      .split(' ');
    const forms = [...new Set([words.join(''), words.toReversed().join('')])];
    return words.join('') === '' ? undefined : { script: 'han', forms };
  }
  // An apostrophe is inside a name (O'Brien), all else is between two.
  const tokens = plain
    .replace(/['’]/gu, '')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((token) => token !== '' && !TITLES.has(token));
  return tokens.length === 0 ? undefined : { script: 'other', tokens };
}

/** 张先生 and 伟 are parts of 张伟. */
function compareHan(a: readonly string[], b: readonly string[]): NameVerdict {
  if (a.some((form) => b.includes(form))) return 'same';
  const isPart = (short: string, long: string) => long.startsWith(short) || long.endsWith(short);
  const meet = a.some((form) => b.some((other) => isPart(form, other) || isPart(other, form)));
  return meet ? 'possible' : 'contradicting';
}

function compareTokens(a: readonly string[], b: readonly string[]): NameVerdict {
  if (a.toSorted().join(' ') === b.toSorted().join(' ')) return 'same';
  // ZhangWei and Zhang Wei, in either order.
  const joined = b.join('');
  if (a.join('') === joined || a.toReversed().join('') === joined) return 'same';
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  return fits(short, long) ? 'possible' : 'contradicting';
}

/** Each token of the shorter name is one of the longer, or the initial of one. Whole words first: `J John` fits `John James`. */
function fits(short: readonly string[], long: readonly string[]): boolean {
  const left = [...long];
  const take = (matches: (other: string) => boolean): boolean => {
    const index = left.findIndex(matches);
    if (index >= 0) left.splice(index, 1);
    return index >= 0;
  };
  const rest = short.filter((token) => !take((other) => other === token));
  return rest.every((token) => take((other) => isInitialOf(token, other) || isInitialOf(other, token)));
}

const isInitialOf = (initial: string, token: string): boolean => initial.length === 1 && token.startsWith(initial);
