/**
 * Definitions → a catalogue: each condition becomes a closure once, so that deciding on a profile walks no tree. Segments are
 * decided in the order of their dependencies; a condition on one that is archived, or not there, is false.
 */
import type { ChannelCategory } from '../channels/adapter.ts';
import { type Instant, instant } from '../time/instant.ts';
import type { Catalogue, Memberships, Subject } from './catalogue.ts';
import type { Condition } from './condition.ts';
import { decidingVersion, type SegmentVersion } from './definition.ts';
import { inDependencyOrder } from './dependencies.ts';
import { type CompiledLeaf, compileLeaf, type Surroundings, type Test } from './leaves.ts';
import { LEAVES_KEPT, type LeafValue, type Membership } from './membership.ts';
import { plannerFor } from './plan.ts';
import { distinct, type Plan, type Reader, readerOf } from './reader.ts';
import { type Reviewed, turnOf } from './review.ts';

export interface CompileOptions {
  /** By channel. */
  readonly channelCategories: ReadonlyMap<string, ChannelCategory>;
}

/** `versions`: the newest of each segment. `revision`: of all together. */
export function compileCatalogue(
  versions: readonly SegmentVersion[],
  revision: number,
  options: CompileOptions,
): Catalogue {
  const compiled = compileSegments(versions, options);
  return {
    revision,
    windows: compiled.windows,
    decide: (subject, held) => decide(compiled, subject, held),
  };
}

export interface CompiledSegments {
  /** Lengths in days, ascending. */
  readonly windows: readonly number[];
  /** Each after those that it asks about. */
  readonly segments: readonly CompiledSegment[];
  readonly plan: Plan;
}

export interface CompiledSegment extends Reviewed {
  readonly id: string;
  readonly version: number;
  /** In the order of the tree. */
  readonly leaves: readonly CompiledLeaf[];
}

export function compileSegments(
  versions: readonly SegmentVersion[],
  { channelCategories }: CompileOptions,
): CompiledSegments {
  const planner = plannerFor(channelCategories);
  const places = new Map<string, number>();
  const surroundings: Surroundings = { planner, placeOfSegment: (id) => places.get(id) };
  const segments = inDependencyOrder(versions.filter(({ isArchived }) => !isArchived)).map(
    (segment, place): CompiledSegment => {
      const { id, when } = segment;
      const { version } = decidingVersion(segment);
      const { test, leaves } = compileCondition(when, '', surroundings);
      places.set(id, place);
      const timed = leaves.flatMap(({ turns }) => (turns ? [{ turns }] : []));
      return { id, version, test, leaves, timed };
    },
  );
  const windows = distinct(planner.plan.windows.map(({ days }) => days)).sort((a, b) => a - b);
  return { windows, segments, plan: planner.plan };
}

interface CompiledCondition {
  readonly test: Test;
  readonly leaves: readonly CompiledLeaf[];
}

/** `at`: its place in the tree. */
function compileCondition(condition: Condition, at: string, surroundings: Surroundings): CompiledCondition {
  const compileAll = (conditions: readonly Condition[], name: 'all' | 'any') => {
    const compiled = conditions.map((one, index) => compileCondition(one, `${at}/${name}/${index}`, surroundings));
    return { tests: compiled.map(({ test }) => test), leaves: compiled.flatMap(({ leaves }) => leaves) };
  };
  if ('all' in condition) {
    const { tests, leaves } = compileAll(condition.all, 'all');
    return { test: allOf(tests), leaves };
  }
  if ('any' in condition) {
    const { tests, leaves } = compileAll(condition.any, 'any');
    return { test: anyOf(tests), leaves };
  }
  if ('not' in condition) {
    const { test, leaves } = compileCondition(condition.not, `${at}/not`, surroundings);
    // It holds for sure where the other may not.
    return { test: (reader, ms, sure) => !test(reader, ms, !sure), leaves };
  }
  const leaf = compileLeaf(condition, at, surroundings);
  return { test: leaf.test, leaves: [leaf] };
}

const allOf =
  (tests: readonly Test[]): Test =>
  (reader, ms, sure) => {
    for (const test of tests) if (!test(reader, ms, sure)) return false;
    return true;
  };

const anyOf =
  (tests: readonly Test[]): Test =>
  (reader, ms, sure) => {
    for (const test of tests) if (test(reader, ms, sure)) return true;
    return false;
  };

/** Whether the subject is in each of the segments, in their order. */
export function membershipsIn({ segments, plan }: CompiledSegments, subject: Subject): Reader {
  const reader = readerOf(subject, plan);
  for (const { test } of segments) reader.isMember.push(test(reader, reader.atMs, true));
  return reader;
}

function decide(compiled: CompiledSegments, subject: Subject, held: readonly Membership[]): Memberships {
  const reader = membershipsIn(compiled, subject);
  const before = new Map(held.map((one) => [one.id, one]));
  const members = compiled.segments.flatMap(({ id, version, leaves }, place): Membership[] => {
    if (!reader.isMember[place]) return [];
    return [{ id, version, since: before.get(id)?.since ?? subject.at, because: foundAt(leaves, reader) }];
  });
  const reviewAt = reviewOf(compiled, reader);
  return {
    segments: members.sort((a, b) => (a.id < b.id ? -1 : 1)),
    ...(reviewAt !== undefined && { reviewAt }),
  };
}

function foundAt(leaves: readonly CompiledLeaf[], reader: Reader): LeafValue[] {
  const found: LeafValue[] = [];
  for (const { values } of leaves) {
    if (found.length >= LEAVES_KEPT) break;
    found.push(...values(reader));
  }
  return found.slice(0, LEAVES_KEPT);
}

/** The last instant that a date can hold. */
const LAST_MS = 8.64e15;

/** Until the first of all changes, what another asks of it stands: so each is looked at by itself. */
function reviewOf({ segments }: CompiledSegments, reader: Reader): Instant | undefined {
  let firstMs: number | undefined;
  segments.forEach((segment, place) => {
    firstMs = turnOf(segment, reader, reader.isMember[place] === true, firstMs ?? LAST_MS) ?? firstMs;
  });
  return firstMs === undefined ? undefined : instant(firstMs);
}
