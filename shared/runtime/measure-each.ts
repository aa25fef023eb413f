import type { Metric, Telemetry } from './telemetry.ts';

/** How many there are of each, at once: a measurement a thing would fill the log with numbers. */
export function measureEach(metric: Metric, names: Iterable<string>, telemetry: Pick<Telemetry, 'measure'>): void {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const [event, count] of counts) telemetry.measure(metric, count, { event });
}
