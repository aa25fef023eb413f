/** The few places where DuckDB and Athena (Trino) want different words. Everything else is written once. */
export interface Dialect {
  readonly name: 'duckdb' | 'athena';
  /** A JSON object as text. Values are SQL; null stays null. */
  readonly jsonObject: (entries: readonly (readonly [key: string, sql: string])[]) => string;
  /** Whether an array has an element; null where the array is null. */
  readonly contains: (array: string, element: string) => string;
  /** Days, with fractions, from the first time to the second. */
  readonly daysBetween: (from: string, to: string) => string;
}

const entries = (list: readonly (readonly [key: string, sql: string])[], between: string): string =>
  list.map(([key, sql]) => `${text(key)}${between}${sql}`).join(', ');

export const DUCKDB: Dialect = {
  name: 'duckdb',
  jsonObject: (list) => `CAST(json_object(${entries(list, ', ')}) AS VARCHAR)`,
  contains: (array, element) => `list_contains(${array}, ${element})`,
  daysBetween: (from, to) => `(epoch_ms(${to}) - epoch_ms(${from})) / 86400000.0`,
};

export const ATHENA: Dialect = {
  name: 'athena',
  jsonObject: (list) => `json_object(${entries(list, ' VALUE ')})`,
  contains: (array, element) => `contains(${array}, ${element})`,
  daysBetween: (from, to) => `(to_unixtime(${to}) - to_unixtime(${from})) / 86400.0`,
};

/** A literal. */
export const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** A literal that is a double in both engines: a bare `0.5` is a DECIMAL to them, with few digits. */
export const double = (value: number): string => {
  if (!Number.isFinite(value)) throw new RangeError(`Expected a finite number, seen ${value}.`);
  return value.toExponential().replace('e+', 'E').replace('e-', 'E-');
};

/** A literal of a time without zone, which is UTC here. */
export const timestamp = (iso: string): string => `TIMESTAMP '${iso.slice(0, 23).replace('T', ' ')}'`;
