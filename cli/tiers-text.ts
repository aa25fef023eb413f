/** Tier policies, their history and previews as text, tiers and rules in both languages. */

import type { NamedComparison, NamedPreview } from '../shared/profiles/every-profile.ts';
import { type Policy, TIERS, type Tier } from '../shared/tiers/policy.ts';
import { TIER_NAMES } from '../shared/tiers/reasons.ts';
import { type RuleInWords, rulesInWords, type Words } from '../shared/tiers/rule-words.ts';
import type { PolicyVersion } from '../shared/tiers/versions.ts';
import { facts, minute, oneLine, plural, table } from './output.ts';

const tierName = (tier: Tier): string => `${TIER_NAMES[tier].zh} ${TIER_NAMES[tier].en}`;

export function renderVersion(version: PolicyVersion): string {
  const { policy, put } = version;
  const { name, currency, hysteresis, population, predictionReviewDays } = policy;
  const told = facts([
    ['version', String(policy.version)],
    ['name', name],
    ['state', stateInWords(version)],
    ['put', put ? `${put.at} by ${put.by}` : 'built in'],
    ['why', put?.why],
    ['currency', currency],
    ['kept by', `${Number((hysteresis.margin * 100).toFixed(1))}% of margin, then ${days(hysteresis.dwellDays)}`],
    ['predictions', `looked at again after ${days(predictionReviewDays)}`],
    ['percentiles', population && `of ${plural(population.customers, 'customer')}, ${population.asOf}`],
  ]);
  return `${told}\n\n${renderRules(policy)}`;
}

function stateInWords({ state, from }: PolicyVersion): string {
  switch (state) {
    case 'in_force':
      return from === undefined ? 'in force, as nobody has put another' : `in force since ${from}`;
    case 'waiting':
      return `waits until ${from}`;
    case 'past':
      return from === undefined ? 'past; in force until the first was put' : `past; in force from ${from}`;
    case 'skipped':
      return 'never in force: one with a higher number comes first';
  }
}

function renderRules(policy: Policy): string {
  const rules = rulesInWords(policy);
  const sections = TIERS.filter((tier) => tier !== 'base').map((tier) => {
    const ofTier = rules.filter((rule) => rule.tier === tier).map(renderRule);
    return [tierName(tier), ...ofTier].join('\n');
  });
  return [...sections, `${tierName('base')}\n  其余客户 everybody else`].join('\n\n');
}

function renderRule({ name, all, any }: RuleInWords): string {
  const indented = (depth: number) => (words: Words) =>
    [words.zh, words.en].map((text) => `${' '.repeat(depth)}${text}`).join('\n');
  return [
    `  ${oneLine(name.zh)} · ${oneLine(name.en)}`,
    ...all.map(indented(4)),
    ...(any.length > 0 ? ['    并满足以下之一 and one of', ...any.map(indented(6))] : []),
  ].join('\n');
}

export const renderHistory = (versions: readonly PolicyVersion[]): string =>
  table(
    [{ name: 'version', align: 'right' }, 'state', 'from', 'put', 'by', 'name', 'why'],
    versions.map(({ policy, state, from, put }) => [
      String(policy.version),
      state.replace('_', ' '),
      minute(from),
      minute(put?.at),
      put?.by ?? 'built in',
      policy.name,
      put?.why ?? '-',
    ]),
  );

export interface Previewed extends NamedPreview {
  readonly before: { readonly version: number; readonly name: string };
  readonly after: { readonly version: number; readonly name: string };
}

export function renderPreview({ profiles, before, after, atOnce, settled }: Previewed): string {
  if (profiles === 0) return 'There is no profile yet, so nobody would move.';
  const versions = [before.version, after.version] as const;
  return [
    `Version ${after.version} (${oneLine(after.name)}) against ${before.version} (${oneLine(before.name)}), ${plural(profiles, 'profile')}.`,
    renderComparison(
      `At once, while tiers are kept by margin and dwell: ${plural(atOnce.moved, 'customer')} would move.`,
      atOnce,
      versions,
    ),
    renderComparison(
      `Settled, by the rules alone: ${plural(settled.moved, 'customer')} would move.`,
      settled,
      versions,
    ),
  ].join('\n\n');
}

function renderComparison(
  heading: string,
  { before, after, moves }: NamedComparison,
  [old, next]: readonly [number, number],
): string {
  const counts = table(
    ['tier', { name: `version ${old}`, align: 'right' }, { name: `version ${next}`, align: 'right' }],
    TIERS.map((tier) => [tierName(tier), String(before[tier]), String(after[tier])]),
  );
  const moved = moves.map(({ from, to, count, sample }) =>
    [
      `${tierName(from)} → ${tierName(to)}: ${count}`,
      ...sample.map(({ id, name }) => `  ${oneLine(id)}${name === undefined ? '' : `  ${oneLine(name)}`}`),
    ].join('\n'),
  );
  return [heading, counts, ...moved].join('\n');
}

const days = (count: number): string => plural(count, 'day');
