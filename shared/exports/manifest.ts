/** What the files of an export are, for a program that takes them over. */
import * as z from 'zod';
import type { SegmentVersion } from '../segments/definition.ts';
import type { Instant } from '../time/instant.ts';
import { type Export, type ExportFile, ExportFormat } from './export.ts';

const At = z.iso.datetime();

export const ExportManifest = z.object({
  export: z.string(),
  segment: z.string(),
  /** Of the segment, in any script. */
  name: z.string(),
  /** Of the definition, when the export began. */
  version: z.int(),
  format: ExportFormat,
  columns: z.array(z.string()),
  /** Names and contacts are there, but masked. */
  masked: z.boolean(),
  /** Members. */
  rows: z.int(),
  files: z.array(z.object({ name: z.string(), rows: z.int(), bytes: z.int(), sha256: z.string() })),
  startedAt: At,
  eventsFrom: At,
  howToCombine: z.string(),
});
export type ExportManifest = z.infer<typeof ExportManifest>;

const HOW_TO_COMBINE = [
  'Keep, by profile, a revision and whether it is in the segment:',
  'from the rows of members.* (in) and of left.* (out), then from the events segment.entered (in) and segment.exited (out)',
  'of this segment with occurredAt at or after eventsFrom, by their subject, in any order and however often.',
  'Of each profile the greatest revision stands. That is the membership, as of the last event.',
].join(' ');

export function manifestOf(
  { id, segment, format, columns, masked }: Export,
  { name, version }: Pick<SegmentVersion, 'name' | 'version'>,
  {
    startedAt,
    eventsFrom,
    members,
    left,
  }: {
    readonly startedAt: Instant;
    readonly eventsFrom: Instant;
    readonly members: ExportFile;
    readonly left: ExportFile;
  },
): ExportManifest {
  const files = [members, left].map(({ key: _, ...file }) => file);
  return {
    export: id,
    segment,
    name,
    version,
    format,
    columns: [...columns],
    masked,
    rows: members.rows,
    files,
    startedAt,
    eventsFrom,
    howToCombine: HOW_TO_COMBINE,
  };
}
