/** One step of a build. */
export interface Statement {
  /** Of the table that it makes or fills. */
  readonly name: string;
  readonly sql: string;
}

/** Both engines know this form. */
export const create = (name: string, query: string): Statement => ({ name, sql: `CREATE TABLE ${name} AS ${query}` });
export const insert = (name: string, query: string): Statement => ({ name, sql: `INSERT INTO ${name} ${query}` });
export const drop = (name: string): Statement => ({ name, sql: `DROP TABLE IF EXISTS ${name}` });
