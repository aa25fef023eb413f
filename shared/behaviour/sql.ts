/** Rows of events as tables of DuckDB, for whoever makes something of them: each event once, and whose it is. */

/** As tables have them. Spelled out, as the first rows of a day may lack what later ones have. */
export const EVENT_COLUMNS = {
  source: 'VARCHAR',
  messageId: 'VARCHAR',
  kind: 'VARCHAR',
  name: 'VARCHAR',
  at: 'TIMESTAMP',
  receivedAt: 'TIMESTAMP',
  visitor: 'VARCHAR',
  before: 'VARCHAR',
  persona: 'VARCHAR',
  products:
    'STRUCT("productId" VARCHAR, "skuId" VARCHAR, quantity DOUBLE, price BIGINT, currency VARCHAR, "categoryPath" VARCHAR[])[]',
  message: 'VARCHAR',
  bot: 'BOOLEAN',
  test: 'BOOLEAN',
  zone: 'VARCHAR',
  locale: 'VARCHAR',
} as const;

/**
 * All events in these files, each once, for good: of a message that is there several times the row that was received first, whenever
 * the others came. So whoever keeps what it makes of events, and reads on from where it was, has to keep the ids of those it took,
 * or read all that is kept anew.
 *
 * `files`: a glob or a list of them, as they are named on a disk or by `s3://`; they are quoted here. `known`: a Parquet file of such events, too.
 */
export const distinctEventsSql = (files: string | readonly string[], known?: string): string => `
SELECT * EXCLUDE (nth) FROM (
  SELECT *, row_number() OVER (
    PARTITION BY source, "messageId"
    ORDER BY "receivedAt", "at", visitor, persona, kind, products::VARCHAR
  ) AS nth
  FROM (${known === undefined ? '' : `SELECT * FROM read_parquet(${quoted(known)}) UNION ALL BY NAME `}SELECT * FROM read_json(${fileList(files)}, format = 'newline_delimited', columns = {${Object.entries(
    EVENT_COLUMNS,
  )
    .map(([name, type]) => `${quoted(name)}: ${quoted(type)}`)
    .join(', ')}}))
) WHERE nth = 1`;

/** Of people alone: what machines and tests did is kept, and of no use. `events`: the name of a table of distinct events. */
export const peoplesEventsSql = (events: string): string => `SELECT * FROM ${events} WHERE NOT bot AND NOT test`;

/** Push messages that people opened, each once by its key, and when that was first heard. `known`: a Parquet file of the like, of events that may be gone. */
export const openedMessagesSql = (events: string, known?: string): string => `
SELECT message, min("receivedAt") AS "receivedAt" FROM (
  SELECT message, "receivedAt" FROM ${events} WHERE kind = 'push_opened' AND message IS NOT NULL AND NOT bot AND NOT test
  ${known === undefined ? '' : `UNION ALL SELECT message, "receivedAt" FROM read_parquet(${quoted(known)})`}
) GROUP BY message`;

/** The persona that a visitor was proven to be, last: with `before`, all that they did until then is theirs, too. */
export const visitorsSql = (events: string): string => `SELECT visitor, persona FROM (${visitorLinksSql(events)})`;

/** Likewise, with the message that said it last: `at` and `id`. `known`: a Parquet file of such links, of events that may be gone. */
export const visitorLinksSql = (events: string, known?: string): string => `
SELECT visitor, arg_max(persona, said) AS persona, max(said)."at" AS "at", max(said).id AS id FROM (
  SELECT visitor, persona, {'at': "at", 'id': "messageId"} AS said FROM ${events} WHERE visitor IS NOT NULL AND persona IS NOT NULL AND NOT bot AND NOT test
  UNION ALL
  SELECT before, persona, {'at': "at", 'id': "messageId"} FROM ${events} WHERE before IS NOT NULL AND persona IS NOT NULL AND NOT bot AND NOT test
  ${known === undefined ? '' : `UNION ALL SELECT visitor, persona, {'at': "at", 'id': id} FROM read_parquet(${quoted(known)})`}
) GROUP BY visitor`;

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const fileList = (files: string | readonly string[]): string =>
  typeof files === 'string' ? quoted(files) : `[${files.map(quoted).join(', ')}]`;
