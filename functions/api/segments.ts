import type { SegmentAnswer } from '../../shared/api/segments.ts';
import type { DerivationStore } from '../../shared/derivations/sweep.ts';
import { Busy, NoSnapshot, type Previewer } from '../../shared/preview/preview.ts';
import type { ProfilesMessage } from '../../shared/queues/messages.ts';
import type { Queue } from '../../shared/queues/queue.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { NotFound } from '../../shared/runtime/errors.ts';
import { SEGMENTS_MOST, type SegmentDefinition, type SegmentVersion } from '../../shared/segments/definition.ts';
import { dependentsOf } from '../../shared/segments/dependencies.ts';
import { type Fill, fillOf } from '../../shared/segments/fill.ts';
import { readDefinition } from '../../shared/segments/read-definition.ts';
import { READY_MADE, vipOfChannel } from '../../shared/segments/ready-made.ts';
import type { MembershipStore, SegmentStore } from '../../shared/segments/segment-store.ts';
import { instant } from '../../shared/time/instant.ts';
import { requireSeen } from './etag.ts';
import { inPages, storePage } from './pages.ts';
import { Refusal } from './problem.ts';
import { putVersion, type Said } from './segment-edits.ts';
import type { Handlers } from './serve.ts';

export interface SegmentDependencies {
  /** What conditions may name, and are in. */
  readonly channels: readonly string[];
  readonly reportingCurrency: string;
  readonly segments: SegmentStore;
  readonly memberships: Pick<MembershipStore, 'listMembers' | 'countMembers'>;
  readonly derivations: Pick<DerivationStore, 'getDerivation' | 'listProgress'>;
  readonly previewer: Previewer;
  readonly profiles: Queue<ProfilesMessage>;
  readonly clock: Clock;
}

const BUSY_SECONDS = 5;
/** What a look at a segment may cost: see countMembers. */
const ROWS_COUNTED_MOST = 100_000;

type SegmentHandlers = Pick<
  Handlers,
  | 'listSegments'
  | 'getSegment'
  | 'createSegment'
  | 'putSegment'
  | 'archiveSegment'
  | 'restoreSegment'
  | 'listVersionsOfSegment'
  | 'listMembersOfSegment'
  | 'previewSegment'
  | 'listReadyMadeSegments'
>;

export const segmentHandlers = (its: SegmentDependencies): SegmentHandlers => ({
  async listSegments({ query: { archived, ...page } }) {
    const { segments } = await its.segments.listSegments();
    const wanted = archived === undefined ? segments : segments.filter((one) => String(one.isArchived) === archived);
    const { items, nextCursor } = inPages(wanted, page, { list: ['segments', archived ?? ''], idOf: ({ id }) => id });
    const fillFor = await fillsOf(its);
    return { status: 200, body: { items: items.map((one) => ({ ...shown(one), fill: fillFor(one) })), nextCursor } };
  },

  async getSegment({ params: { id } }) {
    const { body, revision } = await answer(await requireSegment(id, its), its);
    const members = await its.memberships.countMembers(id, ROWS_COUNTED_MOST);
    return { status: 200, body: { ...body, members }, revision };
  },

  async createSegment({ body: { why, ...definition }, caller }) {
    const put = await edit(definition.id, its, (known, all) => {
      if (known) throw new Refusal(409, 'segment_exists', `There is a segment ${known.id} already.`);
      if (all.length >= SEGMENTS_MOST)
        throw new Refusal(409, 'too_many', `There are ${SEGMENTS_MOST} segments: no more can be.`);
      return { ...readAmong(definition, all, its), isArchived: false, ...madeBy(caller.id, why, its) };
    });
    return { status: 201, ...(await answer(put, its)) };
  },

  async putSegment({ params: { id }, body: { why, ...written }, seen, caller }) {
    const put = await edit(id, its, (known, all) => {
      if (!known) throw notFound(id);
      requireSeen(seen, known.version);
      if (known.isArchived) throw new Refusal(409, 'segment_archived', `Segment ${id} is archived: restore it first.`);
      return { ...readAmong({ id, ...written }, all, its), isArchived: false, ...madeBy(caller.id, why, its) };
    });
    return { status: 200, ...(await answer(put, its)) };
  },

  async archiveSegment({ params: { id }, seen, caller }) {
    const put = await edit(id, its, (known, all) => {
      if (!known) throw notFound(id);
      requireSeen(seen, known.version);
      if (known.isArchived) throw new Refusal(409, 'segment_archived', `Segment ${id} is archived already.`);
      const dependents = dependentsOf(id, all);
      if (dependents.length > 0) {
        const who = dependents.join(', ');
        throw new Refusal(
          409,
          'segment_in_use',
          `Segment ${id} is asked about by ${who}: change or archive that first.`,
        );
      }
      return { ...definitionOf(known), isArchived: true, ...madeBy(caller.id, undefined, its) };
    });
    return { status: 200, ...(await answer(put, its)) };
  },

  async restoreSegment({ params: { id }, seen, caller }) {
    const put = await edit(id, its, (known, all) => {
      if (!known) throw notFound(id);
      requireSeen(seen, known.version);
      if (!known.isArchived) throw new Refusal(409, 'segment_not_archived', `Segment ${id} is not archived.`);
      const definition = readAmong(definitionOf(known), all, its);
      return { ...definition, isArchived: false, ...madeBy(caller.id, undefined, its) };
    });
    return { status: 200, ...(await answer(put, its)) };
  },

  async listVersionsOfSegment({ params: { id }, query }) {
    const versions = await its.segments.listVersions(id);
    if (versions.length === 0) throw notFound(id);
    // Newest first; as text, later ones sort after the newer.
    const idOf = ({ version }: SegmentVersion) => String(Number.MAX_SAFE_INTEGER - version);
    const { items, nextCursor } = inPages(versions, query, { list: ['versions', id], idOf });
    return { status: 200, body: { items: items.map(shown), nextCursor } };
  },

  async listMembersOfSegment({ params: { id }, query }) {
    await requireSegment(id, its);
    const { items, nextCursor } = await storePage(['members', id], query, (limit, after) =>
      its.memberships.listMembers(id, limit, after),
    );
    const members = items.map(({ profile, since, version, because }) => ({ profile, since, version, because }));
    return { status: 200, body: { items: members, nextCursor } };
  },

  async previewSegment({ body }) {
    const { segments } = await its.segments.listSegments();
    const { when } = readAmong({ id: freeId(segments), name: 'preview', when: body.when }, segments, its);
    const known = new Set(segments.map(({ id }) => id));
    const unknown = (body.compareWith ?? []).findIndex((id) => !known.has(id));
    if (unknown >= 0)
      throw new Refusal(422, 'segment_not_found', 'It is to be compared with a segment that is not there.', {
        problems: [{ in: 'body', at: `/compareWith/${unknown}`, message: 'there is no such segment' }],
      });
    try {
      return { status: 200, body: await its.previewer.preview({ ...body, when }) };
    } catch (error) {
      if (error instanceof NoSnapshot)
        throw new Refusal(
          409,
          'no_snapshot',
          'There is no snapshot yet. The first is taken within minutes of the first orders.',
        );
      if (!(error instanceof Busy)) throw error;
      throw new Refusal(429, 'preview_busy', 'Too many ask for previews at once. Try again in a moment.', {
        headers: { 'retry-after': String(BUSY_SECONDS) },
      });
    }
  },

  async listReadyMadeSegments() {
    return { status: 200, body: { items: [...READY_MADE, ...its.channels.map((channel) => vipOfChannel(channel))] } };
  },
});

const notFound = (id: string): NotFound => new NotFound('segment_not_found', `There is no segment ${id}.`);

async function requireSegment(
  id: string,
  { segments }: Pick<SegmentDependencies, 'segments'>,
): Promise<SegmentVersion> {
  const known = await segments.getSegment(id);
  if (!known) throw notFound(id);
  return known;
}

/** The derivation is one for all of them. */
async function fillsOf({ derivations }: Pick<SegmentDependencies, 'derivations'>) {
  const derivation = await derivations.getDerivation();
  const progress = derivation?.run === undefined ? [] : await derivations.listProgress(derivation.run);
  return (version: SegmentVersion): Fill => fillOf(version, derivation, progress);
}

const shown = ({ isArchived, revision: _, decidedBy: __, ...version }: SegmentVersion) => ({
  ...version,
  archived: isArchived,
});

async function answer(version: SegmentVersion, its: SegmentDependencies) {
  const body: SegmentAnswer = { ...shown(version), fill: (await fillsOf(its))(version) };
  return { body, revision: version.version, subject: version.id };
}

type Say = (known: SegmentVersion | undefined, all: readonly SegmentVersion[]) => Said;

async function edit(id: string, its: SegmentDependencies, say: Say): Promise<SegmentVersion> {
  const put = await putVersion(id, its.segments, (known, { segments }) => say(known, segments));
  // It is found everywhere from now on, or where this fails, from the next sweep on, which comes by itself.
  if (put.decidedBy === undefined) await its.profiles.send({ sweep: true });
  return put;
}

const madeBy = (by: string, why: string | undefined, { clock }: SegmentDependencies) => ({
  by,
  at: instant(clock().getTime()),
  ...(why !== undefined && { why }),
});

const definitionOf = ({ id, name, description, when }: SegmentVersion): SegmentDefinition => ({
  id,
  name,
  ...(description !== undefined && { description }),
  when,
});

/** Of no segment: what is only previewed has no name, and whatever it asks about does not ask about it. */
function freeId(segments: readonly SegmentVersion[]): string {
  const taken = new Set(segments.map(({ id }) => id));
  for (let number = 1; ; number++) if (!taken.has(`preview-${number}`)) return `preview-${number}`;
}

/** All that is wrong with it, in the words of whoever writes it. */
function readAmong(json: unknown, others: readonly SegmentVersion[], its: SegmentDependencies): SegmentDefinition {
  const { channels, reportingCurrency } = its;
  const read = readDefinition(json, { others, channels, reportingCurrency });
  if (read.kind === 'definition') return read.definition;
  throw new Refusal(422, 'definition_invalid', 'This is no segment that can be meant: see problems.', {
    problems: read.problems.map(({ at, says, zh, valid }) => ({
      in: 'body',
      at,
      message: says,
      zh,
      ...(valid && { valid: [...valid] }),
    })),
  });
}
