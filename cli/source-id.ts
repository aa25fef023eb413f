import { SourceId } from '../shared/sources/views.ts';
import { UsageError } from './errors.ts';

/** For commander. */
export function readSourceId(text: string): string {
  const read = SourceId.safeParse(text);
  if (read.success) return read.data;
  throw new UsageError(
    `${text} is no id of a source, which has ${read.error.issues[0]?.message}.`,
    'source_id_invalid',
  );
}
