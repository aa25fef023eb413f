/** When a schedule is due next: over changes of clocks and ends of months, against a search by the minute. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isZone, nextTime } from '../../shared/exports/next-time.ts';
import { epochMs, type Instant, instant } from '../../shared/time/instant.ts';

// The cast: written in that form.
const at = (text: string) => text as Instant;

describe('the next time', () => {
  it.each([
    ['before the hour of the day', 'day', 6, 'Asia/Shanghai', '2026-11-23T21:59:59.999Z', '2026-11-23T22:00:00.000Z'],
    ['at it: the next day', 'day', 6, 'Asia/Shanghai', '2026-11-23T22:00:00.000Z', '2026-11-24T22:00:00.000Z'],
    [
      'of a day that has begun there already',
      'day',
      0,
      'Asia/Shanghai',
      '2026-11-24T16:30:00.000Z',
      '2026-11-25T16:00:00.000Z',
    ],
    ['past the end of a month', 'day', 6, 'UTC', '2026-02-28T06:00:00.000Z', '2026-03-01T06:00:00.000Z'],
    ['past the end of a year', 'day', 23, 'UTC', '2026-12-31T23:30:00.000Z', '2027-01-01T23:00:00.000Z'],
    ['of a week: Monday', 'week', 9, 'Asia/Shanghai', '2026-11-24T10:00:00.000Z', '2026-11-30T01:00:00.000Z'],
    [
      'of a week, on Monday before the hour',
      'week',
      9,
      'Asia/Shanghai',
      '2026-11-30T00:59:00.000Z',
      '2026-11-30T01:00:00.000Z',
    ],
    ['of a week, on Sunday', 'week', 9, 'UTC', '2026-11-29T23:00:00.000Z', '2026-11-30T09:00:00.000Z'],
    ['of a month: the first', 'month', 0, 'Asia/Shanghai', '2026-01-31T15:59:00.000Z', '2026-01-31T16:00:00.000Z'],
    [
      'of a month after a short one',
      'month',
      0,
      'Asia/Shanghai',
      '2026-01-31T16:00:00.000Z',
      '2026-02-28T16:00:00.000Z',
    ],
    ['of a month past a year', 'month', 3, 'UTC', '2026-12-01T03:00:00.000Z', '2027-01-01T03:00:00.000Z'],
    // New York, 2026: 02:00 to 03:00 on 8 March are missing, 01:00 to 02:00 on 1 November come twice.
    ['in the gap: as it ends', 'day', 2, 'America/New_York', '2026-03-07T12:00:00.000Z', '2026-03-08T07:00:00.000Z'],
    ['the day after the gap', 'day', 2, 'America/New_York', '2026-03-08T07:00:00.000Z', '2026-03-09T06:00:00.000Z'],
    [
      'that comes twice: the first',
      'day',
      1,
      'America/New_York',
      '2026-10-31T12:00:00.000Z',
      '2026-11-01T05:00:00.000Z',
    ],
    [
      'that comes twice: not again',
      'day',
      1,
      'America/New_York',
      '2026-11-01T05:00:00.000Z',
      '2026-11-02T06:00:00.000Z',
    ],
    [
      'where half an hour is missing',
      'day',
      2,
      'Australia/Lord_Howe',
      '2026-10-03T00:00:00.000Z',
      '2026-10-03T15:30:00.000Z',
    ],
    ['where midnight is missing', 'day', 0, 'Africa/Cairo', '2026-04-23T12:00:00.000Z', '2026-04-23T22:00:00.000Z'],
    ['where a whole day is missing', 'day', 12, 'Pacific/Apia', '2011-12-29T23:00:00.000Z', '2011-12-30T22:00:00.000Z'],
  ] as const)('%s', (_, every, hour, timezone, after, expected) => {
    expect(nextTime({ every, hour, timezone }, at(after))).toBe(expected);
  });

  const ZONES = ['Asia/Shanghai', 'UTC', 'America/New_York', 'Europe/Berlin', 'Asia/Kathmandu', 'Australia/Lord_Howe'];

  it('is the first at which the clocks of the zone show it, on the right day', () => {
    const around2026 = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) });
    fc.assert(
      fc.property(
        fc.constantFrom('day' as const, 'week' as const, 'month' as const),
        fc.nat(23),
        fc.constantFrom(...ZONES),
        around2026,
        (every, hour, timezone, ms) => {
          const found = epochMs(nextTime({ every, hour, timezone }, instant(ms)));
          const shows = clockOf(timezone);
          const isIt = (time: number) => {
            const { day, weekday, hour: shown, minute } = shows(time);
            const isDay = every === 'day' || (every === 'week' ? weekday === 'Mon' : day === '1');
            return isDay && Number(shown) === hour && minute === '00';
          };
          // Quarters of an hour are enough for every zone's offset.
          const QUARTER = 15 * 60_000;
          const first = Math.floor(ms / QUARTER + 1) * QUARTER;
          const steps = Array.from(
            { length: Math.max(0, (found - first) / QUARTER) },
            (_, step) => first + step * QUARTER,
          );
          // The clock that shows it a second time has shown it within the hour before.
          expect(steps.filter((time) => isIt(time) && !isIt(time - 2 * QUARTER) && !isIt(time - 4 * QUARTER))).toEqual(
            [],
          );
          const isGap = !isIt(found);
          if (isGap) expect(Number(shows(found - 1).hour)).toBeLessThan(hour);
          expect(found).toBeGreaterThan(ms);
        },
      ),
      { numRuns: 60 },
    );
  });
});

function clockOf(timeZone: string) {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  return (ms: number): Partial<Record<string, string>> =>
    Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
}

it.each([
  ['Asia/Shanghai', true],
  ['UTC', true],
  ['Etc/GMT-8', true],
  ['Asia/Beijing', false],
  ['+08:00', false],
  ['-0800', false],
  ['', false],
  ['Shanghai', false],
])('%s is a zone: %s', (timezone, expected) => {
  expect(isZone(timezone)).toBe(expected);
});
