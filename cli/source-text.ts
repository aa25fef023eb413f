/** Sources of browse events, as text to read. */
import type { SourceView } from '../shared/sources/views.ts';
import { minute, table } from './output.ts';

export function renderSources(items: readonly SourceView[]): string {
  if (items.length === 0) return 'No source yet. Add the first with `tributary sources add NAME --kind web`.';
  return table(
    ['id', 'name', 'kind', 'write key', 'state', 'zone', 'currency', 'added'],
    items.map(({ id, name, kind, writeKey, disabledAt, zone = '-', currency = '-', createdAt }) => [
      id,
      name,
      kind,
      writeKey,
      disabledAt === undefined ? 'active' : `disabled ${minute(disabledAt)}`,
      zone,
      currency,
      minute(createdAt),
    ]),
  );
}

export const renderServerKey = (key: string): string =>
  `\nServer key, shown this once; for the brand's servers alone:\n\n  ${key}`;
