/** A unified profile as text to read. */

import { TYPE_NAMES } from '../shared/profiles/explain-words.ts';
import type { Reveal } from '../shared/profiles/reveal.ts';
import type { UnifiedProfile } from '../shared/profiles/unified.ts';
import { type Language, TIER_NAMES } from '../shared/tiers/reasons.ts';
import { facts, formatMoney, oneLine, table } from './output.ts';

interface Telling {
  readonly language: Language;
  readonly reveal: Reveal;
  /** Whether personal values are masked, which is then said. */
  readonly masked: boolean;
}

const right = (name: string) => ({ name, align: 'right' as const });
const day = (at: string | undefined): string | undefined => at?.slice(0, 10);
const percent = (share: number): string => `${Number((share * 100).toFixed(1))}%`;

export function renderProfile(profile: UnifiedProfile, { language, reveal, masked }: Telling): string {
  const { tier } = profile;
  const sections = [
    `Customer ${oneLine(profile.id)}\n${figures(profile)}`,
    personasTable(profile),
    identifiersTable(profile, { language, reveal, masked }),
    channelsTable(profile),
    [`Why ${tierName(tier.value)}`, ...tier.reasons.map((reason) => `  ${reason[language]}`)].join('\n'),
  ];
  return sections.filter((section) => section !== undefined).join('\n\n');
}

const tierName = (tier: UnifiedProfile['tier']['value']): string => `${TIER_NAMES[tier].zh} ${TIER_NAMES[tier].en}`;

function figures({ facts: known, predicted, tier, segments, tags, consent, revision }: UnifiedProfile): string {
  const given = Object.entries(consent).flatMap(([name, { given: isGiven }]) => (isGiven ? [name] : []));
  const names = (all: readonly string[]) => (all.length === 0 ? undefined : oneLine(all.join(', ')));
  const { currency, reporting } = known;
  const money = (minor: number) => formatMoney(minor, currency);
  const { clv12m, aliveProbability, nextOrderAt } = predicted;
  const unconverted = Object.entries(reporting.unconverted);
  return facts([
    [
      'tier',
      `${tierName(tier.value)}, since ${day(tier.since)}${tier.reviewAt ? `; looked at again ${day(tier.reviewAt)}` : ''}`,
    ],
    ['orders', `${known.orders}, of the last 365 days ${known.orders365d}`],
    ['net spend', `${money(known.netSpend)}, of the last 365 days ${money(known.netSpend365d)}`],
    ['in reports', reporting.currency === currency ? undefined : formatMoney(reporting.netSpend, reporting.currency)],
    [
      'no rate',
      unconverted.length > 0 ? unconverted.map(([code, count]) => `${count} in ${code}`).join(', ') : undefined,
    ],
    ['average', money(known.averageOrder)],
    ['refunded', percent(known.refundRate)],
    ['paid', known.firstPaidAt && `first ${day(known.firstPaidAt)}, last ${day(known.lastPaidAt)}`],
    ['next year', clv12m === undefined ? undefined : `${formatMoney(clv12m, reporting.currency)} expected`],
    ['alive', aliveProbability === undefined ? undefined : percent(aliveProbability)],
    ['next order', day(nextOrderAt)],
    ['segments', names(segments.map(({ id, since }) => `${id} since ${day(since)}`))],
    ['tags', names(tags)],
    ['consent', names(given)],
    ['as of', known.asOf],
    ['revision', String(revision)],
  ]);
}

const personasTable = ({ personas }: UnifiedProfile): string =>
  table(
    ['persona', 'channel', 'connection', 'buyer'],
    personas.map(({ id, channel, connection, buyerId }) => [id, channel, connection, buyerId ?? '(guest)']),
  );

function identifiersTable({ identifiers }: UnifiedProfile, { language, reveal, masked }: Telling): string | undefined {
  if (identifiers.length === 0) return undefined;
  const listed = table(
    ['identifier', 'value', 'verified', 'shared'],
    identifiers.map(({ type, value, verified, shared }) => [
      TYPE_NAMES[type][language],
      reveal.value(type, value),
      verified ? 'yes' : '-',
      shared ? 'yes, so it links nobody' : '-',
    ]),
  );
  return masked ? `${listed}\n(--reveal shows them in full)` : listed;
}

function channelsTable({ facts: { channels, currency } }: UnifiedProfile): string | undefined {
  const bought = Object.entries(channels).sort(([, a], [, b]) => b.netSpend - a.netSpend);
  if (bought.length === 0) return undefined;
  return table(
    ['channel', right('orders'), right('net spend'), 'last paid'],
    bought.map(([name, { orders, netSpend, lastPaidAt }]) => [
      name,
      String(orders),
      formatMoney(netSpend, currency),
      day(lastPaidAt) ?? '-',
    ]),
  );
}
