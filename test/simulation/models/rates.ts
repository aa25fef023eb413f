/** Exchange rates in memory, as `shared/rates/store.ts` keeps them. */
import { changeOf, type RateChange, type RateStore } from '../../../shared/rates/rate-store.ts';
import type { DailyRate } from '../../../shared/rates/rate-table.ts';

export function memoryRates(): RateStore {
  const items = new Map<string, DailyRate>();
  const changes: RateChange[] = [];
  return {
    async putRates(rates) {
      for (const rate of rates) items.set(`${rate.currency}#${rate.day}`, rate);
      changes.push(changeOf(rates, changes.length + 1));
    },
    getRevision: async () => changes.length,
    listChanges: async (after) => changes.filter(({ revision }) => revision > after),
    async listRates({ currency, from = '', to = '9' }) {
      return [...items]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, rate]) => rate)
        .filter((rate) => (currency === undefined || rate.currency === currency) && rate.day >= from && rate.day <= to);
    },
  };
}
