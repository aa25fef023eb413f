/** Sentences in one language, where one is asked for: what has both keeps the one. */
import type { Language } from '../../shared/tiers/reasons.ts';

// Text first: a branded one is an object, too, to TypeScript.
type Spoken<T> = T extends string
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Spoken<Item>[]
    : T extends { readonly zh: string; readonly en: string }
      ? { readonly [Name in Exclude<keyof T, Language>]: Spoken<T[Name]> } & {
          readonly zh?: string | undefined;
          readonly en?: string | undefined;
        }
      : T extends object
        ? { readonly [Name in keyof T]: Spoken<T[Name]> }
        : T;

export function inLanguage<T>(content: T, language: Language | undefined): Spoken<T> {
  // The casts: what TypeScript can not follow is that only `zh` or `en` is left out, and only where there are both.
  return (language === undefined ? content : without(content, language === 'zh' ? 'en' : 'zh')) as Spoken<T>;
}

function without(content: unknown, other: Language): unknown {
  if (Array.isArray(content)) return content.map((item) => without(item, other));
  if (typeof content !== 'object' || content === null) return content;
  const isSentence = 'zh' in content && 'en' in content;
  return Object.fromEntries(
    Object.entries(content).flatMap(([name, value]) =>
      isSentence && name === other ? [] : [[name, without(value, other)]],
    ),
  );
}
