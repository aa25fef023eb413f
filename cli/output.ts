/** How answers look: JSON for scripts, tables and sentences for people. */
import Table from 'cli-table3';
import { minorDigits } from '../shared/money/currency.ts';
import type { CliError } from './errors.ts';
import type { World } from './world.ts';

/** The answer, and nothing else, on stdout. */
export function answer<T>(
  world: Pick<World, 'out'>,
  { json }: { readonly json?: boolean | undefined },
  value: T,
  human: (value: T) => string,
): void {
  world.out(`${json ? JSON.stringify(value, null, 2) : human(value)}\n`);
}

/** A remark beside the answer; scripts read stdout and never see it. */
export function note(world: Pick<World, 'err'>, text: string): void {
  world.err(`note: ${text}\n`);
}

export function fail(
  world: Pick<World, 'err'>,
  { json }: { readonly json: boolean },
  { code, message }: CliError,
): void {
  world.err(json ? `${JSON.stringify({ error: { code, message } })}\n` : `error: ${message}\n`);
}

const BARE = {
  top: '', 'top-mid': '', 'top-left': '', 'top-right': '',
  bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '',
  left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ',
}; // biome-ignore format: a frame without lines

export interface Column {
  readonly name: string;
  readonly align?: 'right';
}

/** Columns aligned by what a terminal shows: a Chinese character is two wide. */
export function table(columns: readonly (string | Column)[], rows: readonly (readonly string[])[]): string {
  const named = columns.map((column): Column => (typeof column === 'string' ? { name: column } : column));
  const drawn = new Table({
    head: named.map(({ name }) => name.toUpperCase()),
    colAligns: named.map(({ align }) => align ?? 'left'),
    chars: BARE,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  drawn.push(...rows.map((row) => row.map(oneLine)));
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** `name  value` lines, values aligned; those without a value are left out. */
export function facts(pairs: readonly (readonly [name: string, value: string | undefined])[]): string {
  const known = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined);
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(width)}  ${oneLine(value)}`).join('\n');
}

/** Control characters in what a platform sent could rewrite the terminal. */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ');

/** 2026-11-24 09:31 (UTC) */
export const minute = (at: string | undefined): string => (at === undefined ? '-' : at.slice(0, 16).replace('T', ' '));

/** 42568, CNY → `425.68 CNY`; 1500, JPY → `1500 JPY`. */
export function formatMoney(minor: number, currency: string | undefined): string {
  if (currency === undefined) return `${minor} (minor units)`;
  const digits = minorDigits(currency);
  const text = String(Math.abs(minor)).padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  const fraction = digits === 0 ? '' : `.${text.slice(-digits)}`;
  return `${minor < 0 ? '-' : ''}${whole}${fraction} ${currency}`;
}

export const plural = (count: number, word: string, many = `${word}s`): string =>
  `${count} ${count === 1 ? word : many}`;
