/** What happens around the profiles in an epoch, besides orders: rates that come late, policies, sweeps, people who decide. */
import type { Random } from '../../demo/random.ts';
import { type DailyRate, parseRate } from '../../shared/rates/rate-table.ts';
import type { Condition } from '../../shared/segments/condition.ts';
import type { SegmentVersion } from '../../shared/segments/definition.ts';
import { defaultPolicy } from '../../shared/tiers/default-policy.ts';
import { MEASURES } from '../../shared/tiers/measures.ts';
import type { Policy, Test } from '../../shared/tiers/policy.ts';
import { instant } from '../../shared/time/instant.ts';

export interface ProfilesPlan {
  readonly reportingCurrency: string;
  readonly stream: { readonly shards: number; readonly batchSize: number; readonly retryDelayMs: number };
  readonly queueBatchSize: number;
  readonly sweepsAtMs: readonly number[];
  readonly imports: readonly { readonly atMs: number; readonly rates: readonly DailyRate[] }[];
  /** The first from the start on. */
  readonly policies: readonly { readonly atMs: number; readonly policy: Policy }[];
  /** In the order of their revisions. */
  readonly segments: readonly { readonly atMs: number; readonly segment: SegmentVersion }[];
  readonly decisionsAtMs: readonly number[];
  /** When an order is stored whose connection nobody knows: it can never be followed. */
  readonly poisonAtMs?: number;
  /** At the end so many days pass, for what time alone brings. */
  readonly laterDays: number;
}

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
/** Orders of thin platforms are told of months later. */
const RATES_FROM_DAYS = -150;
const RATES_TO_DAYS = 60;
/** A rate stands for a week. */
const RATES_EVERY_DAYS = 7;

export function drawProfilesPlan(random: Random, startMs: number, spanMs: number): ProfilesPlan {
  const reportingCurrency = random.pick(['CNY', 'EUR']);
  /** Retries of platforms go on for hours after the last delivery was due. */
  const within = () => startMs + random.int(0, random.pick([spanMs, spanMs + 2 * HOUR_MS]));
  const some = <T>(most: number, make: () => T): T[] => Array.from({ length: random.int(0, most) }, make);
  const known = ratesOf(random, reportingCurrency, startMs);
  const corrected = ratesOf(random, reportingCurrency, startMs);
  const imports = random.pick<ProfilesPlan['imports']>([
    [{ atMs: startMs, rates: known }],
    [{ atMs: within(), rates: known }],
    [
      { atMs: startMs, rates: known.filter((_, index) => index % 3 > 0) },
      { atMs: within(), rates: known.filter((_, index) => index % 3 === 0) },
    ],
    [
      { atMs: startMs, rates: known },
      { atMs: within(), rates: corrected },
    ],
  ]);
  const first = { atMs: startMs, policy: policyOf(reportingCurrency, 1, 1) };
  const nextAtMs = within();
  const second = { atMs: nextAtMs, policy: policyOf(reportingCurrency, 2, 0.3) };
  const waits = { ...policyOf(reportingCurrency, 3, 3), effectiveFrom: instant(nextAtMs + random.int(0, 3 * HOUR_MS)) };
  const policies = random.pick<ProfilesPlan['policies']>([
    [first],
    [first, second],
    [first, second, { atMs: nextAtMs, policy: waits }],
  ]);
  return {
    reportingCurrency,
    stream: {
      shards: random.pick([1, 4]),
      batchSize: random.pick([1, 10, 100]),
      retryDelayMs: random.pick([100, 5_000]),
    },
    queueBatchSize: random.pick([1, 10]),
    // The first right away, as the schedule does with a new stack.
    sweepsAtMs: [startMs, ...some(5, within)],
    imports,
    policies,
    segments: drawSegments(random, startMs, within),
    decisionsAtMs: random.chance(0.8) ? some(10, within) : [],
    ...(random.chance(0.2) && { poisonAtMs: within() }),
    laterDays: random.pick([0, 0, 32, 400]),
  };
}

type SegmentCase = readonly [id: string, when: Condition];
/** Of each kind of condition that orders, time and other segments decide. */
const CONDITIONS: readonly [SegmentCase, ...SegmentCase[]] = [
  ['recent', { field: 'orders', withinDays: 30, atLeast: 1 }],
  [
    'sleeping',
    {
      all: [
        { field: 'orders', atLeast: 1 },
        { field: 'lastPaidAt', atLeastDaysAgo: 30 },
      ],
    },
  ],
  ['several-channels', { field: 'channels', sizeAtLeast: 2 }],
  ['spent', { field: 'netSpend', withinDays: 45, atLeast: 10_000 }],
  ['best', { field: 'tier', isOneOf: ['high_value', 'growth'] }],
  ['awake', { not: { segment: 'sleeping' } }],
  ['weekly', { field: 'orders', withinDays: 7, moreThan: { field: 'orders', withinDays: 14, times: 0.5 } }],
];

/** Some from the start, some put, changed and archived while orders come. */
function drawSegments(random: Random, startMs: number, within: () => number): ProfilesPlan['segments'] {
  const versions = new Map<string, number>();
  const put = (atMs: number, id: string, when: Condition, isArchived: boolean, index: number) => {
    const version = (versions.get(id) ?? 0) + 1;
    versions.set(id, version);
    const made = { version, revision: index + 1, isArchived, by: 'simulation', at: instant(atMs) };
    return { atMs, segment: { id, name: id, when, ...made } };
  };
  const early = CONDITIONS.filter(() => random.chance(0.5)).map((one) => ({ atMs: startMs, one, isArchived: false }));
  const later = Array.from({ length: random.int(0, 4) }, () => ({
    atMs: within(),
    one: random.pick(CONDITIONS),
    isArchived: random.chance(0.3),
  })).sort((a, b) => a.atMs - b.atMs);
  // One after the other: what is put at one instant has no order.
  let lastMs = startMs - 1;
  return [...early, ...later].map(({ atMs, one: [id, when], isArchived }, index) => {
    lastMs = Math.max(lastMs + 1, atMs);
    return put(lastMs, id, when, isArchived, index);
  });
}

/** Into the reporting currency, of all that the shops sell in. */
function ratesOf(random: Random, reportingCurrency: string, startMs: number): DailyRate[] {
  const rates: DailyRate[] = [];
  for (let days = RATES_FROM_DAYS; days <= RATES_TO_DAYS; days += RATES_EVERY_DAYS) {
    const day = instant(startMs + days * DAY_MS).slice(0, 10);
    for (const currency of ['CNY', 'EUR', 'USD', 'SGD'])
      if (currency !== reportingCurrency)
        rates.push({ day, currency, rate: parseRate((0.1 + 7 * random.next()).toFixed(4)) });
  }
  return rates;
}

/** Without hysteresis a tier follows from the orders and the time alone. */
function policyOf(currency: string, version: number, factor: number): Policy {
  const built = defaultPolicy({ currency });
  const scaled = ({ atLeast, ...test }: Test): Test =>
    atLeast !== undefined && MEASURES[test.measure].unit === 'money'
      ? { ...test, atLeast: Math.round(atLeast * factor) }
      : { ...test, ...(atLeast !== undefined && { atLeast }) };
  return {
    ...built,
    version,
    name: `version ${version}`,
    rules: built.rules.map(({ all, any, ...rule }) => ({
      ...rule,
      all: all.map(scaled),
      ...(any && { any: any.map(scaled) }),
    })),
    hysteresis: { margin: 0, dwellDays: 0 },
  };
}
