/** Names in the form that a provider takes, made of ours: the same each time, and nothing can be read from them. */
import { createHash } from 'node:crypto';

/** As it is, where the provider takes it; else a digest. */
export function shortId(text: string, { most, form }: { readonly most: number; readonly form: RegExp }): string {
  return text.length <= most && form.test(text) ? text : digestOf(text).slice(0, most);
}

/** 43 characters of base64url. */
export const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** A UUID (version 8, RFC 9562 §5.8: of our own making), small letters. */
export function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(18, 20)}-${hex.slice(20, 32)}`;
}
