/** Rates as the functions look them up: those about a day, kept for a minute. */
import { createCache } from '../runtime/cache.ts';
import type { Clock } from '../runtime/clock.ts';
import type { RateStore } from './rate-store.ts';
import { LONGEST_GAP_DAYS, type RateTable, rateTable } from './rate-table.ts';

export interface RatesOfDay {
  readonly table: RateTable;
  /** Of all rates when these were read: what is converted by newer ones stands over what is converted by these. */
  readonly revision: number;
}

export interface RateSource {
  /** Enough to convert what was paid in that currency on that day. */
  about(currency: string, day: string): Promise<RatesOfDay>;
}

const MAX_AGE_MS = 60_000;
const MAX_ENTRIES = 500;
const DAY_MS = 24 * 60 * 60 * 1000;

export function rateSource(
  store: Pick<RateStore, 'listRates' | 'getRevision'>,
  { reportingCurrency, clock }: { readonly reportingCurrency: string; readonly clock: Clock },
): RateSource {
  // By month: a customer's orders and their neighbours' ask for the same.
  const cache = createCache({
    load: async (key): Promise<RatesOfDay> => {
      const [currency = '', month = ''] = key.split(' ');
      // First, so that it is never newer than the rates.
      const revision = await store.getRevision();
      const from = new Date(Date.parse(`${month}-01`) - LONGEST_GAP_DAYS * DAY_MS).toISOString().slice(0, 10);
      const rates = await store.listRates({ currency, from, to: `${month}-31` });
      return { table: rateTable(reportingCurrency, rates), revision };
    },
    clock,
    maxAgeMs: MAX_AGE_MS,
    maxEntries: MAX_ENTRIES,
  });
  const same: RatesOfDay = { table: rateTable(reportingCurrency, []), revision: 0 };
  return {
    async about(currency, day) {
      if (currency === reportingCurrency) return same;
      return (await cache.get(`${currency} ${day.slice(0, 7)}`)) ?? same;
    },
  };
}
