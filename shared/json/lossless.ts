/**
 * JSON as platforms write it: ids above 2^53 and, on some, money as bare numbers. A double would change both silently,
 * so such a number is read as the text that it is.
 */
import { parse } from 'lossless-json';

/** A bare integer of 16 digits or more. May also match inside a string: then the slow reader finds nothing to do. */
const LONG_INTEGER = /[:,[]\s*-?\d{16}/;
const LONG = 16;
const FRACTION = /[:,[]\s*-?\d+[.eE]/;

/**
 * The parsed value. Integers that a double cannot hold become strings of digits; with `decimals: 'text'`, so do all
 * numbers with a fraction or an exponent. Native JSON.parse does the work unless the text holds such a number, as the
 * lossless reader is four times slower.
 *
 * @throws SyntaxError if the text is not JSON
 */
export function parseLosslessly(text: string, { decimals }: { readonly decimals: 'double' | 'text' }): unknown {
  const needsCare = (mayHoldDigits(text) && LONG_INTEGER.test(text)) || (decimals === 'text' && FRACTION.test(text));
  if (!needsCare) return JSON.parse(text);
  return parse(text, undefined, (literal) => {
    if (/^-?\d+$/.test(literal)) return Number.isSafeInteger(Number(literal)) ? Number(literal) : literal;
    return decimals === 'text' ? literal : Number(literal);
  });
}

/** Whether 16 digits can stand together: then one of them is at a multiple of 16. Looks at a sixteenth of the text, as the pattern looks at all. */
function mayHoldDigits(text: string): boolean {
  for (let at = LONG - 1; at < text.length; at += LONG) {
    if (!isDigit(text, at)) continue;
    let from = at;
    while (from > 0 && isDigit(text, from - 1)) from--;
    let end = at + 1;
    while (end < text.length && end - from < LONG && isDigit(text, end)) end++;
    if (end - from >= LONG) return true;
  }
  return false;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}
