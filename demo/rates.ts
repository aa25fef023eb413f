/** Daily rates into CNY for the demo: invented, a wave about what they were in 2026, a step a week; a day always has the same. */
import { type DailyRate, parseRate } from '../shared/rates/rate-table.ts';
import { instant } from '../shared/time/instant.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const DAYS_BACK = 400;

const WAVES = [
  { currency: 'USD', mean: 7.1, swing: 0.06, weeks: 31 },
  { currency: 'SGD', mean: 5.42, swing: 0.05, weeks: 23 },
] as const;

/** From 400 days before `nowMs` to its own day. */
export function demoRates(nowMs: number): DailyRate[] {
  return Array.from({ length: DAYS_BACK + 1 }, (_, index) => nowMs - (DAYS_BACK - index) * DAY_MS).flatMap((atMs) => {
    const week = Math.floor(atMs / (7 * DAY_MS));
    return WAVES.map(({ currency, mean, swing, weeks }): DailyRate => {
      const rate = mean + swing * Math.sin((2 * Math.PI * week) / weeks);
      return { day: instant(atMs).slice(0, 10), currency, rate: parseRate(rate.toFixed(4)) };
    });
  });
}
