/** A segment as people write it into a file. What it says of customers is the API's to judge: here it is only found. */
import type { InputOf } from '../shared/api/client.ts';
import type { ROUTES } from '../shared/api/routes.ts';
import { SegmentId } from '../shared/segments/condition.ts';
import { SegmentDefinition } from '../shared/segments/definition.ts';
import { UsageError } from './errors.ts';
import { type Holding, type JsonFields, readJsonFields, sourceName } from './json-file.ts';
import type { World } from './world.ts';

/** What the API takes, but for the id. */
type Written = Omit<InputOf<typeof ROUTES.putSegment>['body'], 'why'>;

export interface SegmentFile {
  readonly id: string;
  readonly written: Written;
  /** The version that the file was made from, where it says one. */
  readonly version?: number;
}

const SEGMENT: Holding = { what: 'segment', shownIn: '`tributary segment ready-made --json`' };
const INVALID = 'segment_invalid';

/** Beside a definition, in what `segment show --json` answers: it may stay in the file. */
const SHOWN_BESIDE: ReadonlySet<string> = new Set(['archived', 'by', 'at', 'why', 'fill', 'inWords', 'versions']);

/** `file`: a path, or - for stdin. */
export async function readSegmentFile(file: string, world: Pick<World, 'cwd' | 'readStdin'>): Promise<SegmentFile> {
  const source = sourceName(file);
  const { id, version, ...rest } = await readJsonFields(file, SEGMENT, world);
  const written = Object.fromEntries(Object.entries(rest).filter(([name]) => !SHOWN_BESIDE.has(name)));
  const seen = readVersion(version, source);
  const known = readId(id, source);
  requireParts(written, source);
  return {
    id: known,
    // The cast: the API looks at each field, and names all that is wrong with it.
    written: written as Written,
    ...(seen !== undefined && { version: seen }),
  };
}

function readId(id: unknown, source: string): string {
  if (id === undefined) throw new UsageError(`${source} has no id: say one, such as "sleeping".`, INVALID);
  const read = SegmentId.safeParse(id);
  if (read.success) return read.data;
  throw new UsageError(`${source}: an id has ${read.error.issues[0]?.message ?? 'another form'}.`, INVALID);
}

/** Of what is not there at all, the API can only say that it is not what it should be. */
function requireParts({ name, when }: JsonFields, source: string): void {
  if (!SegmentDefinition.shape.name.safeParse(name).success) {
    const seen = name === undefined ? 'has no name' : 'has a name that is none';
    throw new UsageError(`${source} ${seen}: 1 to 100 letters, in any script, such as "沉睡客户".`, INVALID);
  }
  if (when !== undefined) return;
  throw new UsageError(
    `${source} has no condition: "when" says who is in it, such as { "field": "orders", "atLeast": 2 }.`,
    INVALID,
  );
}

function readVersion(version: unknown, source: string): number | undefined {
  if (version === undefined) return undefined;
  if (typeof version === 'number' && Number.isInteger(version) && version > 0) return version;
  throw new UsageError(
    `${source}: version is the number of the one that the file was made from; leave it out, or say it.`,
    INVALID,
  );
}

/** What is to be counted: a definition, a question of a preview, or a condition by itself. */
export async function readQuestion(
  file: string,
  world: Pick<World, 'cwd' | 'readStdin'>,
): Promise<{ readonly question: JsonFields; readonly id?: unknown }> {
  const fields = await readJsonFields(file, SEGMENT, world);
  if (!('when' in fields)) return { question: { when: fields } };
  const { id, when, compareWith } = fields;
  return { id, question: { when, ...(compareWith !== undefined && { compareWith }) } };
}

/** A path has a dot or a slash in it, as no id of a segment has. */
export const isFile = (text: string): boolean => text === '-' || /[./\\]/.test(text);

export function readSegmentId(text: string): string {
  const read = SegmentId.safeParse(text);
  if (read.success) return read.data;
  throw new UsageError(
    `${text} is no id of a segment, which has ${read.error.issues[0]?.message}.`,
    'segment_id_invalid',
  );
}
