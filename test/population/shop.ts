/** A shop's customers, from a seed, as they lie in the customers table; and what is asked of it, counted. */
import type { PersonaId } from '../../shared/identity/persona.ts';
import { type CustomerIndex, type CustomerStore, NEVER } from '../../shared/profiles/customer.ts';
import type { Facts, WindowFacts } from '../../shared/profiles/facts.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import type { Metric, Telemetry } from '../../shared/runtime/telemetry.ts';
import { instant } from '../../shared/time/instant.ts';
import { simulateCustomers } from '../../tools/evaluate/simulate-customers.ts';
import { memoryCustomers } from '../simulation/models/customers.ts';
import { DAY, factsOf, type TestPurchase } from '../tiers/people.ts';

/** Purchases are weeks apart, and who buys often buys for as much as others. */
const MODEL = { bgNbd: { r: 0.8, alpha: 30, a: 0.9, b: 3 }, gammaGamma: { p: 5, q: 4, v: 9_000 } };

export function simulatedFacts(customers: number, atMs: number, seed = 1): Facts[] {
  return [...simulateCustomers({ seed, customers, ...MODEL, ageDays: { min: 30, max: 700 } })].map(
    ({ repeats, recencyDays, ageDays, meanRepeatValue = 0 }, index) => {
      const day = (number: number) => atMs - (ageDays - number) * DAY;
      const repeat = Array.from({ length: repeats }, (_, i) => day(Math.round(((i + 1) * recencyDays) / repeats)));
      const netSpend = Math.round(meanRepeatValue);
      const purchases = [
        { paidAtMs: day(0), netSpend: 1_000 + index },
        ...repeat.map((paidAtMs) => ({ paidAtMs, netSpend })),
      ];
      return derived(purchases, atMs);
    },
  );
}

/** As of an instant, with what the facts of the tests of tiers leave out. */
export function derived(purchases: readonly TestPurchase[], atMs: number, currency = 'CNY'): Facts {
  const facts = factsOf(purchases, atMs, { currency });
  const months: Record<string, WindowFacts> = {};
  for (const { paidAtMs, netSpend } of purchases) {
    const month = instant(paidAtMs).slice(0, 7);
    const known = months[month] ?? { orders: 0, netSpend: 0 };
    months[month] = { orders: known.orders + 1, netSpend: known.netSpend + netSpend };
  }
  const { days, firstDay } = facts.purchases;
  const first = purchases.filter(({ paidAtMs }) => instant(paidAtMs).slice(0, 10) === firstDay);
  const ofFirst = first.reduce((sum, { netSpend }) => sum + netSpend, 0);
  const meanRepeatValue = days > 1 ? (facts.netSpend - ofFirst) / (days - 1) : undefined;
  return {
    ...facts,
    months,
    purchases: { ...facts.purchases, ...(meanRepeatValue !== undefined && { meanRepeatValue }) },
  };
}

export const profileOf = (facts: Facts): StoredProfile => ({
  facts,
  predicted: {},
  tier: { value: 'base', since: facts.asOf, policyVersion: 1, reasons: [] },
});

// The cast is the constructor of the brand.
export const persona = (text: string): PersonaId => `shopify/shop/${text}` as PersonaId;

export type Customers = CustomerStore<StoredProfile> & CustomerIndex;

/** By number: the first is `0`. */
export async function shopOf(all: readonly Facts[]): Promise<Customers> {
  const customers = memoryCustomers<StoredProfile>();
  for (const [index, facts] of all.entries()) await putProfile(customers, String(index), facts);
  return customers;
}

export async function putProfile(customers: Customers, name: string, facts: Facts, seenRevision = 0): Promise<void> {
  const root = persona(name);
  const place = { persona: root, root, members: [root], revision: seenRevision + 1, cause: 'live' as const };
  const writtenAt = instant(Date.parse(facts.asOf));
  await customers.putPlaces([
    { place: { ...place, writtenAt, profile: profileOf(facts), derivedFrom: '1', lookAt: NEVER }, seenRevision },
  ]);
}

export interface Told {
  readonly telemetry: Telemetry;
  /** `renewed model`: how many. */
  readonly counts: Map<string, number>;
  readonly warnings: { readonly message: string; readonly code?: unknown }[];
}

export function listen(): Told {
  const counts = new Map<string, number>();
  const warnings: Told['warnings'] = [];
  const measure = (metric: Metric, value: number, { event }: { readonly event?: string }) => {
    const name = `${metric} ${event}`;
    counts.set(name, (counts.get(name) ?? 0) + value);
  };
  const warn = (message: string, { code }: { readonly code?: string }) => warnings.push({ message, code });
  return { telemetry: { info() {}, error() {}, flush() {}, measure, warn }, counts, warnings };
}
