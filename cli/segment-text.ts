/** Segments, their versions and members as text to read. */
import type { SegmentAnswer } from '../shared/api/segments.ts';
import type { Fill } from '../shared/segments/fill.ts';
import { facts, minute, oneLine, plural, table } from './output.ts';

/** One version, as the API lists them. */
export type VersionAnswer = Omit<SegmentAnswer, 'fill'>;

const PARTS = 16;

export function fillInWords({ state, partsDone = 0, profilesSeen = 0, finishedAt }: Fill): string {
  const far = `${partsDone} of ${PARTS} parts of all customers gone through, ${plural(profilesSeen, 'profile')} seen`;
  switch (state) {
    case 'waiting':
      return 'waits for the run that finds who is in it';
    case 'filling':
      return `filling: ${far}`;
    case 'archiving':
      return `being emptied: ${far}`;
    case 'current':
      return finishedAt === undefined ? 'current' : `current, everywhere since ${minute(finishedAt)}`;
    case 'archived':
      return 'archived: nobody is in it';
  }
}

export function renderSegments(items: readonly SegmentAnswer[], archived: boolean): string {
  if (items.length === 0) {
    return archived
      ? 'No segment is archived.'
      : 'No segment yet. `tributary segment ready-made` shows some to begin with.';
  }
  return table(
    ['id', 'name', { name: 'version', align: 'right' }, 'state', 'put', 'by'],
    items.map(({ id, name, version, fill, at, by }) => [
      id,
      name,
      String(version),
      fill.state === 'filling' || fill.state === 'archiving'
        ? `${fill.state} ${fill.partsDone ?? 0}/${PARTS}`
        : fill.state,
      minute(at),
      by,
    ]),
  );
}

const isArchived = ({ fill }: SegmentAnswer): boolean => fill.state === 'archived' || fill.state === 'archiving';

/** `words`: of its condition, a line each. */
export function renderSegment(
  segment: SegmentAnswer,
  words: readonly string[],
  versions: readonly VersionAnswer[],
): string {
  const { id, name, description, version, fill, at, by, why } = segment;
  const told = facts([
    ['id', id],
    ['name', name],
    ['for', description],
    ['version', String(version)],
    ['state', fillInWords(fill)],
    ['put', `${minute(at)} by ${by}`],
    ['why', why],
  ]);
  return [
    told,
    [isArchived(segment) ? 'Who would be in it' : 'Who is in it', ...words.map((line) => `  ${oneLine(line)}`)].join(
      '\n',
    ),
    `Versions\n${renderVersions(versions)}`,
  ].join('\n\n');
}

const renderVersions = (versions: readonly VersionAnswer[]): string =>
  table(
    [{ name: 'version', align: 'right' }, 'put', 'by', 'name', 'archived', 'why'],
    versions.map(({ version, at, by, name, archived, why }) => [
      String(version),
      minute(at),
      by,
      name,
      archived ? 'yes' : '-',
      why ?? '-',
    ]),
  );
