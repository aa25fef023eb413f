/** What every store of exchange rates does. */
import { describe, expect, it } from 'vitest';
import type { RateStore } from '../../../shared/rates/rate-store.ts';
import { type DailyRate, parseRates } from '../../../shared/rates/rate-table.ts';

export function rateStoreContract(name: string, make: () => Promise<RateStore>): void {
  describe(`rates: ${name}`, () => {
    const rates = (csv: string): DailyRate[] => parseRates(csv).rates;

    it('gives back what was put last, by currency and day, exactly', async () => {
      const store = await make();
      await store.putRates(rates('2026-11-24,USD,7.1032\n2026-11-23,USD,7.1\n2026-11-24,JPY,0.046200'));
      await store.putRates(rates('2026-11-23,USD,7.05'));
      expect(await store.listRates({})).toEqual(
        rates('2026-11-24,JPY,0.046200\n2026-11-23,USD,7.05\n2026-11-24,USD,7.1032'),
      );
      expect(await store.listRates({ currency: 'USD', from: '2026-11-24' })).toEqual(rates('2026-11-24,USD,7.1032'));
      expect(await store.listRates({ currency: 'USD', to: '2026-11-23' })).toEqual(rates('2026-11-23,USD,7.05'));
      expect(await store.listRates({ currency: 'EUR' })).toEqual([]);
    });

    it('tells each import from the one before', async () => {
      const store = await make();
      expect(await store.getRevision()).toBe(0);
      await store.putRates(rates('2026-11-24,USD,7.1032'));
      const before = await store.getRevision();
      await store.putRates(rates('2026-11-24,USD,7.1032'));
      expect(await store.getRevision()).toBeGreaterThan(before);
      await store.putRates(rates('2026-11-02,JPY,0.046\n2026-10-31,USD,7.1'));
      expect(await store.listChanges(before)).toEqual([
        { revision: before + 1, currencies: ['USD'], from: '2026-11-24', to: '2026-11-24' },
        { revision: before + 2, currencies: ['JPY', 'USD'], from: '2026-10-31', to: '2026-11-02' },
      ]);
      expect(await store.listChanges(before + 2)).toEqual([]);
    });

    it('takes years of days at once', async () => {
      const store = await make();
      const days = Array.from({ length: 900 }, (_, index) =>
        new Date(Date.UTC(2024, 0, 1) + index * 86_400_000).toISOString().slice(0, 10),
      );
      await store.putRates(rates(days.map((day) => `${day},SGD,5.3`).join('\n')));
      expect(await store.listRates({ currency: 'SGD' })).toHaveLength(900);
    });
  });
}
