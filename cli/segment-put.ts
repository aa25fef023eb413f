/** Putting a segment: made where it is not there yet, else its next version, unless that would say the same. */
import { isDeepStrictEqual } from 'node:util';
import { ROUTES } from '../shared/api/routes.ts';
import type { SegmentAnswer } from '../shared/api/segments.ts';
import type { Language } from '../shared/tiers/reasons.ts';
import { type Api, unlessMissing } from './api.ts';
import { CliError } from './errors.ts';
import { oneLine } from './output.ts';
import type { SegmentFile } from './segment-file.ts';
import { fillInWords } from './segment-text.ts';
import { linesOf, namesFor } from './segment-words.ts';

export interface Put {
  readonly outcome: 'created' | 'changed' | 'unchanged';
  readonly segment: SegmentAnswer;
  /** What it replaced. */
  readonly before?: SegmentAnswer;
}

export async function putSegment(
  { id, written, version }: SegmentFile,
  { why }: { readonly why?: string | undefined },
  api: Api,
): Promise<Put> {
  const params = { id };
  const reason = why !== undefined && { why };
  const before = await unlessMissing(api.call(ROUTES.getSegment, { params }), 'segment_not_found');
  if (!before) {
    if (version !== undefined) throw notThere(id, version);
    return {
      outcome: 'created',
      segment: await api.call(ROUTES.createSegment, { body: { id, ...written, ...reason } }),
    };
  }
  if (version !== undefined && version !== before.version) throw changedSince(before, version);
  if (!before.archived && changedFields(before, written).length === 0)
    return { outcome: 'unchanged', segment: before, before };
  const ifMatch = before.version;
  const segment = await api.call(ROUTES.putSegment, { params, ifMatch, body: { ...written, ...reason } });
  return { outcome: 'changed', segment, before };
}

const notThere = (id: string, version: number): CliError =>
  new CliError(
    'segment_not_found',
    `There is no segment ${id}, but the file says that it was made from its version ${version}. To make it anew, leave version out.`,
  );

const changedSince = ({ id, version, by }: SegmentAnswer, seen: number): CliError =>
  new CliError(
    'revision_changed',
    `The file was made from version ${seen} of ${id}; by now it is version ${version}, put by ${by}. Look at it (\`tributary segment show ${id}\`), bring the file up to date, and say version ${version}, or none, in it.`,
  );

const FIELDS = ['name', 'description', 'when'] as const;
type Field = (typeof FIELDS)[number];

export const changedFields = (
  before: Pick<SegmentAnswer, Field>,
  after: { readonly [Name in Field]?: unknown },
): Field[] => FIELDS.filter((field) => !isDeepStrictEqual(before[field], after[field]));

export async function renderPut({ outcome, segment, before }: Put, language: Language, api: Api): Promise<string> {
  const { id, name, version, fill } = segment;
  const called = `Segment ${id} (${oneLine(name)})`;
  switch (outcome) {
    case 'unchanged':
      return `${called} says the same already, as version ${version}: nothing was put.`;
    case 'created':
      return [`${called} is there, as version 1.`, stateOf(segment)].join('\n');
    case 'changed':
      return [
        `${called} is version ${version} now, in place of ${before?.version}.`,
        ...(before ? await differences(before, segment, language, api) : []),
        fill.state === 'current' ? '' : stateOf(segment),
      ]
        .filter((line) => line !== '')
        .join('\n');
  }
}

const stateOf = ({ id, fill }: SegmentAnswer): string =>
  fill.state === 'current'
    ? `It is ${fillInWords(fill)}.`
    : `State: ${fillInWords(fill)}. \`tributary segment show ${id}\` tells how far it is.`;

/** What was said before, and is no more; then what is said now. */
async function differences(
  before: SegmentAnswer,
  after: SegmentAnswer,
  language: Language,
  api: Api,
): Promise<string[]> {
  const changed = changedFields(before, after);
  const ofText = (['name', 'description'] as const)
    .filter((field) => changed.includes(field))
    .map((field) => `  ${field}: ${oneLine(before[field] ?? '-')} → ${oneLine(after[field] ?? '-')}`);
  if (!changed.includes('when')) return ofText;
  const names = await namesFor([before.when, after.when], api);
  const old = linesOf(before.when, language, names);
  const now = linesOf(after.when, language, names);
  return [
    ...ofText,
    '  who is in it:',
    ...old.filter((line) => !now.includes(line)).map((line) => `    - ${oneLine(line)}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `    + ${oneLine(line)}`),
  ];
}
