/** What is wrong with a definition, told to whoever wrote it: where, and what would be valid there. */
import { nearest } from '../text/nearest.ts';
import type { Words } from './fields.ts';

export interface Problem {
  /** JSON pointer into the definition: `/when/all/2/withinDays`; empty: the whole. */
  readonly at: string;
  readonly says: string;
  readonly zh: string;
  /** What may stand there, the likeliest first. */
  readonly valid?: readonly string[];
}

export type Refuse = (at: string, words: Words, valid?: readonly string[]) => void;

/** A JSON object as it was read: names in it may be anything. */
export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const fieldOf = (fields: Fields, name: string): unknown =>
  Object.hasOwn(fields, name) ? fields[name] : undefined;

export const pointer = (at: string, name: string | number): string =>
  `${at}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** As JSON Schema counts them: 𠮷 is one letter, though two in memory. */
export const lettersIn = (text: string): number => [...text].length;

const QUOTED_MOST = 40;

/** What was written, as far as it helps to find it. */
export function quote(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
  const letters = [...text];
  return `“${letters.length > QUOTED_MOST ? `${letters.slice(0, QUOTED_MOST).join('')}…` : text}”`;
}

/** What people write who come from elsewhere. */
const USUAL: Readonly<Record<string, readonly string[]>> = {
  and: ['all'],
  or: ['any'],
  none: ['not'],
  '>=': ['atLeast'],
  gte: ['atLeast'],
  min: ['atLeast', 'sizeAtLeast'],
  '<=': ['atMost'],
  lte: ['atMost'],
  max: ['atMost', 'sizeAtMost'],
  '>': ['moreThan'],
  gt: ['moreThan'],
  '<': ['lessThan'],
  lt: ['lessThan'],
  '=': ['equals', 'is', 'includes'],
  '==': ['equals', 'is', 'includes'],
  eq: ['equals', 'is', 'includes'],
  is: ['equals', 'includes'],
  equals: ['is', 'includes'],
  in: ['isOneOf', 'includesAny'],
  contains: ['includes', 'anyContains'],
  days: ['withinDays'],
  within: ['withinDays', 'withinLastDays'],
};

/** The likeliest first; as they were where nobody can tell. */
export function likely(written: unknown, valid: readonly string[]): readonly string[] {
  const meant = typeof written === 'string' ? meantBy(written, valid) : undefined;
  return meant === undefined ? valid : [meant, ...valid.filter((name) => name !== meant)];
}

const STEM = 4;

function meantBy(written: string, valid: readonly string[]): string | undefined {
  const usual = Object.hasOwn(USUAL, written) ? USUAL[written] : undefined;
  const stem = written.slice(0, STEM).toLowerCase();
  return (
    usual?.find((name) => valid.includes(name)) ??
    nearest(written, valid) ??
    valid.find((name) => stem.length === STEM && name.toLowerCase().startsWith(stem))
  );
}

/** Says which one was probably meant, where that can be told. */
export function unknownName(what: Words, written: unknown, valid: readonly string[]): Words {
  const order = likely(written, valid);
  const isNear = order !== valid;
  return {
    en: `There is no ${what.en} ${quote(written)}${isNear ? `; did you mean ${order[0]}?` : `. Valid: ${listed(valid)}.`}`,
    zh: `没有${what.zh}${quote(written)}${isNear ? `，是否指 ${order[0]}？` : `，可用：${listed(valid)}。`}`,
  };
}

const LISTED_MOST = 30;
export const listed = (names: readonly string[]): string =>
  names.length === 0 ? '-' : `${names.slice(0, LISTED_MOST).join(', ')}${names.length > LISTED_MOST ? ', …' : ''}`;

/** Each name that is none of these. */
export function refuseOthers(
  fields: Fields,
  allowed: readonly string[],
  at: string,
  what: Words,
  refuse: Refuse,
): void {
  for (const name of Object.keys(fields))
    if (!allowed.includes(name)) refuse(pointer(at, name), unknownName(what, name, allowed), likely(name, allowed));
}
