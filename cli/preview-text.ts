/** A preview of a segment as text to read. */
import type { Preview } from '../shared/preview/preview.ts';
import { TIERS } from '../shared/tiers/policy.ts';
import { TIER_NAMES } from '../shared/tiers/reasons.ts';
import { formatMoney, minute, oneLine, plural, table } from './output.ts';

interface Telling {
  readonly now: Date;
  /** Of the sample's money. */
  readonly currency: string;
  /** The segment that it is a preview of, where it has an id: that it is like itself says nothing. */
  readonly self?: unknown;
}

const right = (name: string) => ({ name, align: 'right' as const });

export function renderPreview(preview: Preview, telling: Telling): string {
  const { size } = preview;
  const sections = [heading(preview, telling), ...(size === 0 ? [] : [tiersOf(preview), channelsOf(preview)])];
  return [...sections, overlapsOf(preview, telling), sampleOf(preview, telling)]
    .filter((section) => section !== undefined)
    .join('\n\n');
}

function heading({ size, profiles, snapshotAt }: Preview, { now }: Telling): string {
  const age = ageOf(now.getTime() - Date.parse(snapshotAt));
  return [
    `${plural(size, 'customer')} of ${profiles} (${shareOf(size, profiles)}) would be in it.`,
    `Counted over the snapshot of ${minute(snapshotAt)}, ${age} old: what changed since then is not in it.`,
  ].join('\n');
}

const shareOf = (part: number, whole: number): string =>
  whole === 0 ? '0%' : `${Number(((part / whole) * 100).toFixed(1))}%`;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const HOURS_TOLD = 48;

function ageOf(ms: number): string {
  if (ms < MINUTE_MS) return 'less than a minute';
  if (ms < HOUR_MS) return plural(Math.floor(ms / MINUTE_MS), 'minute');
  const hours = Math.floor(ms / HOUR_MS);
  return hours <= HOURS_TOLD ? plural(hours, 'hour') : plural(Math.floor(hours / 24), 'day');
}

const tiersOf = ({ tiers, size }: Preview): string =>
  table(
    ['tier', right('customers'), right('share')],
    TIERS.map((tier) => {
      const count = tiers[tier] ?? 0;
      return [`${TIER_NAMES[tier].zh} ${TIER_NAMES[tier].en}`, String(count), shareOf(count, size)];
    }),
  );

function channelsOf({ channels, size }: Preview): string | undefined {
  const sorted = Object.entries(channels).sort(([, a], [, b]) => b - a);
  if (sorted.length === 0) return undefined;
  return table(
    ['bought on', right('customers'), right('share')],
    sorted.map(([name, count]) => [name, String(count), shareOf(count, size)]),
  );
}

function overlapsOf({ overlaps, size }: Preview, { self }: Telling): string | undefined {
  const others = overlaps.filter(({ segment }) => segment !== self);
  if (others.length === 0 || size === 0) return undefined;
  return table(
    ['also in', right('in both'), right('of these'), right('of those in it')],
    others.map(({ segment, both, size: other }) => [segment, String(both), shareOf(both, size), shareOf(both, other)]),
  );
}

function sampleOf({ sample }: Preview, { currency }: Telling): string | undefined {
  if (sample.length === 0) return undefined;
  return table(
    ['some of them', 'tier', right('orders'), right('net spend'), 'last paid', 'channels'],
    sample.map(({ id, tier, orders, netSpend, lastPaidAt, channels }) => [
      oneLine(id),
      TIER_NAMES[tier].zh,
      String(orders),
      formatMoney(netSpend, currency),
      minute(lastPaidAt),
      channels.join(', '),
    ]),
  );
}
