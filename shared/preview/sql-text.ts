/** SQL put together of pieces: what comes from outside is only ever a bound parameter. */
import { instant } from '../time/instant.ts';

export type SqlValue = string | number | boolean;

export interface Sql {
  /** With a `?` for each value. */
  readonly text: string;
  /** In the order of the text. */
  readonly values: readonly SqlValue[];
}

/** sql`orders >= ${3}`: pieces are put in as they are, all else is bound. */
export function sql(text: TemplateStringsArray, ...parts: readonly (Sql | SqlValue)[]): Sql {
  const pieces = parts.map((part) => (typeof part === 'object' ? part : { text: '?', values: [part] }));
  return {
    text: text.map((between, index) => between + (pieces[index]?.text ?? '')).join(''),
    values: pieces.flatMap(({ values }) => values),
  };
}

export const joined = (pieces: readonly Sql[], separator: ', ' | ' AND ' | ' OR ' | ' + ' | '\n'): Sql => ({
  text: pieces.map(({ text }) => text).join(separator),
  values: pieces.flatMap(({ values }) => values),
});

/** Names of our own tables and columns. Never anything that was given. */
export const own = (name: string): Sql => ({ text: name, values: [] });

export const list = (values: readonly SqlValue[]): Sql =>
  joined(
    values.map((value) => sql`${value}`),
    ', ',
  );

/** UTC, to the millisecond. */
export const timestamp = (ms: number): Sql => sql`CAST(${instant(ms).replace('T', ' ').replace('Z', '')} AS TIMESTAMP)`;
