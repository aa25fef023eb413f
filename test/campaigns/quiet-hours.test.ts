/** Hours of quiet in any zone, also on the days when clocks are changed. */
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it, test } from 'vitest';
import { type HourSpan, ZoneName } from '../../shared/campaigns/hours.ts';
import { quietUntil } from '../../shared/campaigns/quiet-hours.ts';
import { epochMs, type Instant, instant } from '../../shared/time/instant.ts';

const NIGHT: HourSpan = { from: '22:00', to: '08:00' };
const at = (text: string): Instant => instant(Date.parse(text));

describe('quiet hours', () => {
  test.each([
    ['in the evening', '2026-11-25T23:30:00+08:00', 'Asia/Shanghai', NIGHT, '2026-11-26T08:00:00+08:00'],
    ['after midnight', '2026-11-26T03:00:00+08:00', 'Asia/Shanghai', NIGHT, '2026-11-26T08:00:00+08:00'],
    ['as they begin', '2026-11-25T22:00:00+08:00', 'Asia/Shanghai', NIGHT, '2026-11-26T08:00:00+08:00'],
    ['as they end', '2026-11-26T08:00:00+08:00', 'Asia/Shanghai', NIGHT, undefined],
    ['by day', '2026-11-26T15:00:00+08:00', 'Asia/Shanghai', NIGHT, undefined],
    [
      'of the customer, not of the brand',
      '2026-11-26T15:00:00+08:00',
      'America/Los_Angeles',
      NIGHT,
      '2026-11-26T16:00:00Z',
    ],
    ['at noon', '2026-11-26T12:30:00Z', 'Etc/UTC', { from: '12:00', to: '13:00' }, '2026-11-26T13:00:00Z'],
    ['in a night an hour shorter', '2026-03-28T23:00:00Z', 'Europe/Berlin', NIGHT, '2026-03-29T06:00:00Z'],
    ['in a night an hour longer', '2026-10-24T22:00:00Z', 'Europe/Berlin', NIGHT, '2026-10-25T07:00:00Z'],
    // 02:30 is not shown on that day: the clock goes from 02:00 to 03:00 at 01:00 UTC.
    [
      'that end while the clock is put forward',
      '2026-03-29T00:30:00Z',
      'Europe/Berlin',
      { from: '22:00', to: '02:30' },
      '2026-03-29T01:00:00Z',
    ],
    // 02:30 is shown twice: at 00:30 and 01:30 UTC.
    [
      'that end after the clock was put back',
      '2026-10-25T01:10:00Z',
      'Europe/Berlin',
      { from: '22:00', to: '02:30' },
      '2026-10-25T01:30:00Z',
    ],
    ['where clocks are half an hour off', '2026-11-25T18:00:00Z', 'Asia/Kolkata', NIGHT, '2026-11-26T02:30:00Z'],
  ] as const)('%s', (_, now, zone, hours, until) => {
    expect(quietUntil(at(now), hours, zone)).toBe(until === undefined ? undefined : at(until));
  });

  const time = fc.tuple(fc.nat(23), fc.nat(59)).map((both) => both.map((n) => String(n).padStart(2, '0')).join(':'));
  const hours: fc.Arbitrary<HourSpan> = fc.record({ from: time, to: time }).filter(({ from, to }) => from !== to);
  const ZONES = [
    'Asia/Shanghai',
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'America/Sao_Paulo',
    'Africa/Casablanca',
  ];

  it('end later than now, when it is no longer quiet, within two days and an hour', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: Date.parse('2024-01-01'), max: Date.parse('2028-01-01') }),
        hours,
        fc.constantFrom(...ZONES),
        (ms, span, zone) => {
          const until = quietUntil(instant(ms), span, zone);
          const local = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).toPlainTime().toString();
          const isBetween =
            span.from < span.to ? local >= span.from && local < span.to : local >= span.from || local < span.to;
          expect(until !== undefined).toBe(isBetween);
          if (until === undefined) return;
          expect(epochMs(until)).toBeGreaterThan(ms);
          expect(epochMs(until) - ms).toBeLessThanOrEqual(49 * 3_600_000);
          expect(quietUntil(until, span, zone)).toBeUndefined();
        },
      ),
      { numRuns: 500 },
    );
  });

  // Those days on which a clock shows a time twice, or not at all.
  it('end so on the days of a change, too', () => {
    const CHANGES = [
      ['Europe/Berlin', '2026-03-29T01:00:00Z'],
      ['Europe/Berlin', '2026-10-25T01:00:00Z'],
      ['America/New_York', '2026-03-08T07:00:00Z'],
      ['America/New_York', '2026-11-01T06:00:00Z'],
      ['Australia/Lord_Howe', '2026-10-03T15:30:00Z'],
    ] as const;
    fc.assert(
      fc.property(
        fc.constantFrom(...CHANGES),
        fc.integer({ min: -300, max: 300 }),
        hours,
        ([zone, change], minutes, span) => {
          const now = instant(Date.parse(change) + minutes * 60_000);
          const until = quietUntil(now, span, zone);
          if (until === undefined) return;
          expect(epochMs(until)).toBeGreaterThan(epochMs(now));
          expect(quietUntil(until, span, zone)).toBeUndefined();
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('are of a zone that there is', () => {
    expect(ZoneName.safeParse('Asia/Shanghai').success).toBe(true);
    expect(ZoneName.safeParse('Asia/Shangai').success).toBe(false);
  });
});
