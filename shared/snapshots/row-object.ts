/** Where rows lie, by kind and the time of writing (shared/lake/by-time.ts): `rows/profiles/date=2026-11-24/hour=09/…`. */
export const ROWS_PREFIX = 'rows/';
export const ROW_KINDS = ['profiles', 'months', 'marks'] as const;
export type RowKind = (typeof ROW_KINDS)[number];

export const rowsPrefix = (kind: RowKind): string => `${ROWS_PREFIX}${kind}/`;
