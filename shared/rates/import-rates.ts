/** Rates as people load them: often all of a year, for one day that is new. */
import { type RateStore, rateText } from './rate-store.ts';
import type { DailyRate } from './rate-table.ts';

/**
 * Puts those that are not known so already; how many they were. What is the same again is no news: each time rates are put, orders
 * of their days are converted anew.
 */
export async function importRates(
  rates: readonly DailyRate[],
  store: Pick<RateStore, 'putRates' | 'listRates'>,
): Promise<number> {
  const known = new Map<string, string>();
  for (const currency of new Set(rates.map((rate) => rate.currency))) {
    const days = rates.flatMap((rate) => (rate.currency === currency ? [rate.day] : [])).sort();
    const [from, to] = [days[0], days.at(-1)];
    if (from === undefined || to === undefined) continue;
    for (const rate of await store.listRates({ currency, from, to }))
      known.set(`${currency} ${rate.day}`, rateText(rate));
  }
  const news = rates.filter((rate) => known.get(`${rate.currency} ${rate.day}`) !== rateText(rate));
  if (news.length > 0) await store.putRates(news);
  return news.length;
}
