/**
 * JSON as platforms write it: ids above 2^53 and, on some, money as bare numbers. A double would change both silently,
 * so such a number is read as the text that it is.
 *
 * Such numbers are put in quotes and JSON.parse does the rest: a reader in JavaScript, lossless-json, takes four times as
 * long, and every webhook passes here. The tests hold the two against each other.
 */

export interface LosslessOptions {
  /** `text`: numbers with a fraction or an exponent become text, too. For platforms that send money as bare numbers. */
  readonly decimals: 'double' | 'text';
}

const NUMBER = /(?<=^|[:,[\s])-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?=[,\]}\s]|$)/g;
/** 2^53 has 16 digits. */
const SHORTEST_LONG = 16;

/**
 * The parsed value. Integers that a double cannot hold become strings of digits.
 *
 * @throws SyntaxError if the text is not JSON
 */
export function parseLosslessly(text: string, { decimals }: LosslessOptions): unknown {
  const plain = decimals === 'double' && !mayHoldLongNumber(text);
  return JSON.parse(plain ? text : quoteNumbers(text, decimals));
}

/**
 * Whether 16 digits stand together anywhere, in strings too. One of them would stand at a multiple of 16, so this looks at
 * a sixteenth of the text: nearly all webhooks are done with it.
 */
function mayHoldLongNumber(text: string): boolean {
  for (let at = SHORTEST_LONG - 1; at < text.length; at += SHORTEST_LONG) {
    if (!isDigit(text, at)) continue;
    let from = at;
    while (isDigit(text, from - 1)) from--;
    let end = at + 1;
    while (end - from < SHORTEST_LONG && isDigit(text, end)) end++;
    if (end - from >= SHORTEST_LONG) return true;
  }
  return false;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at); // NaN outside of the text
  return code >= 48 && code <= 57;
}

/** Walks from string to string: numbers only stand between them, in gaps that are mostly too short for a long one. */
function quoteNumbers(text: string, decimals: LosslessOptions['decimals']): string {
  const shortest = decimals === 'text' ? 3 : SHORTEST_LONG;
  let quoted = '';
  let copied = 0;
  for (let gap = 0; gap < text.length; ) {
    const quote = text.indexOf('"', gap);
    const gapEnd = quote === -1 ? text.length : quote;
    if (gapEnd - gap >= shortest) {
      const before = text.slice(gap, gapEnd);
      const after = before.replace(NUMBER, (literal) => (isExact(literal, decimals) ? literal : `"${literal}"`));
      if (after !== before) {
        quoted += text.slice(copied, gap) + after;
        copied = gapEnd;
      }
    }
    if (quote === -1) break;
    gap = stringEnd(text, quote) + 1;
  }
  return copied === 0 ? text : quoted + text.slice(copied);
}

function isExact(literal: string, decimals: LosslessOptions['decimals']): boolean {
  if (/[.eE]/.test(literal)) return decimals === 'double';
  return literal.length < SHORTEST_LONG || Number.isSafeInteger(Number(literal));
}

/** Where the string that opens at `quote` closes: at the first quote that an even number of backslashes precedes. */
function stringEnd(text: string, quote: number): number {
  for (let end = quote + 1; ; end++) {
    end = text.indexOf('"', end);
    if (end === -1) return text.length;
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return end;
  }
}
