/** Checks of what stands in a leaf, whichever it is: names, lists, whole numbers, instants, tiers. */
import * as z from 'zod';
import { TIERS } from '../tiers/policy.ts';
import { TIER_NAMES } from '../tiers/reasons.ts';
import type { Words } from './fields.ts';
import { lettersIn, likely, quote, type Refuse, unknownName } from './problem.ts';

const NAME_MOST = 200;
const NAMES_MOST = 50;

export const says = (en: string, zh: string): Words => ({ en, zh });

/** `known`: those there are; absent: it may be any. */
export function checkName(value: unknown, at: string, refuse: Refuse, known?: readonly string[]): void {
  if (typeof value !== 'string' || value.trim().length === 0 || lettersIn(value.trim()) > NAME_MOST) {
    refuse(at, says(`A name of 1 to ${NAME_MOST} letters.`, `应为 1 至 ${NAME_MOST} 个字符的名称。`), known);
  } else if (known && !known.includes(value.trim())) {
    refuse(at, unknownName(says('name', '名称'), value, known), likely(value, known));
  }
}

export function checkList(
  value: unknown,
  at: string,
  refuse: Refuse,
  checkOne: (one: unknown, at: string) => void,
): void {
  if (!Array.isArray(value) || value.length === 0 || value.length > NAMES_MOST) {
    refuse(
      at,
      says(`A list of 1 to ${NAMES_MOST}, as ["…", "…"].`, `应为 1 至 ${NAMES_MOST} 项的列表，如 ["…", "…"]。`),
    );
    return;
  }
  value.forEach((one: unknown, index) => {
    checkOne(one, `${at}/${index}`);
  });
}

interface Range extends Words {
  readonly least: number;
  readonly most: number;
}

export function checkWhole(value: unknown, { least, most, en, zh }: Range, at: string, refuse: Refuse): void {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return;
  const quotes = withoutQuotes(value);
  refuse(
    at,
    says(
      `A whole number of ${en} from ${least} to ${most}${quotes.en}.`,
      `应为 ${least} 至 ${most} 之间的整数（${zh}）${quotes.zh}。`,
    ),
  );
}

export const withoutQuotes = (value: unknown): Words =>
  typeof value === 'string' ? says(', without quotes', '，不加引号') : says('', '');

const UtcTime = z.iso.datetime();
const A_DATE = /^\d{4}-\d{2}-\d{2}$/;

export function checkUtcTime(value: unknown, at: string, refuse: Refuse): void {
  if (UtcTime.safeParse(value).success) return;
  const meant = typeof value === 'string' && A_DATE.test(value) ? `${value}T00:00:00.000Z` : undefined;
  const example = meant ?? '2026-11-24T00:00:00.000Z';
  refuse(
    at,
    says(`An instant in UTC, as ${example}.`, `应为 UTC 时间，如 ${example}。`),
    meant === undefined ? undefined : [meant],
  );
}

export function checkTier(value: unknown, at: string, refuse: Refuse): void {
  if (TIERS.some((tier) => tier === value)) return;
  const meant = TIERS.find((tier) => TIER_NAMES[tier].zh === value || TIER_NAMES[tier].en === value);
  if (meant === undefined) {
    refuse(at, unknownName(says('tier', '分层'), value, TIERS), likely(value, TIERS));
    return;
  }
  const words = says(`The tier ${quote(value)} is written ${meant}.`, `分层${quote(value)}应写作 ${meant}。`);
  refuse(at, words, [meant, ...TIERS.filter((tier) => tier !== meant)]);
}
