/** From the bytes of an envelope to the fields that a normaliser uses: the same steps for all, and at the first that fails, why. */
import type * as z from 'zod';
import { isMasked } from '../identity/contact.ts';
import { type LosslessOptions, parseLosslessly } from '../json/lossless.ts';
import { bodyText, type Envelope } from '../lake/envelope.ts';
import { parseAmount } from '../money/amount.ts';
import { epochMs, type Instant, instant, parseOffsetTime } from '../time/instant.ts';
import { type Unacceptable, unacceptable } from './adapter.ts';

export interface Body<T> {
  readonly kind: 'body';
  readonly value: T;
}

/** Bytes → text → JSON → the schema's fields. `decimals: 'text'` for platforms that send money as bare numbers. */
export function readBody<T>(
  envelope: Envelope,
  schema: z.ZodType<T>,
  options: LosslessOptions = { decimals: 'double' },
): Body<T> | Unacceptable {
  const text = bodyText(envelope);
  return text === undefined ? unacceptable('body_not_utf8', '', 'UTF-8 text') : readText(text, schema, options);
}

/** The same of a text, such as JSON that a message carries as a string. `path` is put before those of problems. */
export function readText<T>(
  text: string,
  schema: z.ZodType<T>,
  options: LosslessOptions = { decimals: 'double' },
  path: readonly (string | number)[] = [],
): Body<T> | Unacceptable {
  let body: unknown;
  try {
    body = parseLosslessly(text, options);
  } catch {
    return unacceptable('body_not_json', path.join('.'), 'JSON');
  }
  const parsed = schema.safeParse(body);
  return parsed.success ? { kind: 'body', value: parsed.data } : mismatch(parsed.error, path);
}

function mismatch(error: z.ZodError, prefix: readonly (string | number)[]): Unacceptable {
  const issue = error.issues[0];
  const path = [...prefix, ...(issue?.path ?? [])].join('.');
  if (issue?.code === 'too_big') return unacceptable('too_large', path, `at most ${issue.maximum}`);
  // Zod's messages and ours name what was expected and, of the value, at most its type.
  const expected = issue?.code === 'invalid_type' ? issue.expected : (issue?.message ?? '');
  return unacceptable(expected.startsWith('at most') ? 'too_large' : 'wire_mismatch', path, expected);
}

/** A hundred billion dollars; every sum of an order stays far below 2^53. */
export const AMOUNT_MAX = 10 ** 13;

type Path = readonly (string | number)[];

/** Reads text and numbers into amounts and times, and keeps the first problem. After one, what it returns is of no account. */
export class Reader {
  problem: Unacceptable | undefined;

  /** `"12.50"` in major units. */
  amount(text: string, currency: string, ...path: Path): number {
    const minor = parseAmount(text, currency);
    if (minor !== undefined) return this.bounded(minor, ...path);
    this.problem ??= unacceptable('amount_not_decimal', path.join('.'), 'a decimal amount in major units');
    return 0;
  }

  /** 0 where the amount is absent. */
  amountIfAny(text: string | null | undefined, currency: string, ...path: Path): number {
    return text == null ? 0 : this.amount(text, currency, ...path);
  }

  /** Minor units that are not so large that a sum of thousands, or a product, could lose a digit further on. */
  bounded(minor: number, ...path: Path): number {
    if (Math.abs(minor) <= AMOUNT_MAX) return minor;
    this.problem ??= unacceptable('amount_too_large', path.join('.'), `at most ${AMOUNT_MAX} in minor units`);
    return 0;
  }

  /** ISO 8601 with an offset; undefined where it is absent. */
  time(text: string | null | undefined, ...path: Path): Instant | undefined {
    if (text == null) return undefined;
    const at = parseOffsetTime(text);
    if (at === undefined)
      this.problem ??= unacceptable('time_not_iso', path.join('.'), 'an ISO 8601 time with an offset');
    return at;
  }
}

/** Whole seconds since 1970; undefined where absent, or 0 for "not yet". */
export const secondsTime = (seconds: number | null | undefined): Instant | undefined =>
  seconds == null || seconds === 0 ? undefined : instant(seconds * 1000);

/** When an answer was fetched, for `version.fetchedAt`; 0 of a webhook. */
export const fetchedAtOf = ({ subject, receivedAt }: Envelope): number =>
  subject === undefined ? 0 : Date.parse(receivedAt);

/** How long a clock of ours and of a platform may differ, for `heard.settledAt`. */
const CLOCK_SKEW_MS = 1_000;

/** The first moment at which a tick of a clock of whole seconds is over, for `heard.settledAt`. */
export const endOfSecond = (at: Instant): number => Math.floor(epochMs(at) / 1000) * 1000 + 1000 + CLOCK_SKEW_MS;

/** The first text that says something: neither absent, empty nor masked. */
export const firstClear = (...texts: readonly (string | null | undefined)[]): string | undefined =>
  texts.find((text): text is string => text != null && text.trim() !== '' && !isMasked(text));

export const idText = (id: string | number | null | undefined): string | undefined =>
  id == null || id === '' ? undefined : String(id);
