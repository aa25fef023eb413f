/** Names of the tables that a build makes for itself and drops at the end. */
export const workingTables = (prefix: string) => ({
  product: `${prefix}product`,
  customer: `${prefix}customer`,
  purchase: `${prefix}purchase`,
  owned: `${prefix}owned`,
  shopper: `${prefix}shopper`,
  source: `${prefix}source`,
  rhythm: `${prefix}rhythm`,
  target: `${prefix}target`,
  context: `${prefix}context`,
  pair: `${prefix}pair`,
  followed: `${prefix}followed`,
  similar: `${prefix}similar`,
  trend: `${prefix}trend`,
  scope: `${prefix}scope`,
  newcomer: `${prefix}newcomer`,
  market: `${prefix}market`,
  viewed: `${prefix}viewed`,
  related: `${prefix}related`,
  item: `${prefix}item`,
  best: `${prefix}best`,
});
export type WorkingTables = ReturnType<typeof workingTables>;

/** Products are numbered below this, so that a number and a weight fit into one BIGINT: see `packed`. */
const MOST_PRODUCTS = 10_000_000;

/** The greatest of these has the greatest weight and, of equal ones, the smallest number. */
export const packed = (weight: string, number: string): string =>
  `CAST(${weight} AS BIGINT) * ${MOST_PRODUCTS} + (${MOST_PRODUCTS - 1} - ${number})`;
export const unpacked = (sql: string): string => `${MOST_PRODUCTS - 1} - (${sql}) % ${MOST_PRODUCTS}`;
