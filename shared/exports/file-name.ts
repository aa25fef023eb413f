/** What a browser is to save a file as: the segment's name in any script, by RFC 6266. */

/** What file systems do not take. Control characters among them could end the header. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be found.
const FORBIDDEN = /[\u0000-\u001F\u007F-\u009F\u2028\u2029"*/:<>?\\|]/g;

/**
 * `attachment; filename="sleeping-members.csv"; filename*=UTF-8''%E9%AB%98…`: the first for clients that know no more than ASCII.
 * `plain`: letters, digits, `-`, `_` and `.`.
 */
export function attachment({ name, plain }: { readonly name: string; readonly plain: string }): string {
  // By way of bytes: half a character, which JSON can hold, has no percent-encoding.
  const whole = Buffer.from(name.replace(FORBIDDEN, '_')).toString();
  const encoded = encodeURIComponent(whole).replace(/['()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
