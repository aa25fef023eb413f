/** Instants: UTC, ISO 8601 with milliseconds, as a string that sorts by time. */
export type Instant = string & { readonly __brand: 'Instant' };

// The cast is the constructor of the brand: toISOString always gives this form.
export const instant = (epochMs: number): Instant => new Date(epochMs).toISOString() as Instant;

/** An ISO 8601 time with an offset (`2026-11-24T18:53:47+08:00`) → UTC; undefined if it is not one. */
export function parseOffsetTime(text: string): Instant | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/.test(text)) return undefined;
  const epochMs = Date.parse(text);
  return Number.isNaN(epochMs) ? undefined : instant(epochMs);
}

export const epochMs = (at: Instant): number => Date.parse(at);
