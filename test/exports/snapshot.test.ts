/**
 * The promise: members and left, then events from `eventsFrom` on, in any order and with repeats, the greatest revision of each
 * profile standing, is the membership at any later time. However late rows are put, before the export reads or meanwhile, whatever
 * the clocks of those who write, and whichever older events come, too.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EVENTS_MARGIN_MS } from '../../shared/exports/run-export.ts';
import type { ProfileEvent } from '../../shared/publish/events.ts';
import { membershipOf } from '../../shared/publish/memberships.ts';
import type { MembershipStore } from '../../shared/segments/segment-store.ts';
import { epochMs, instant } from '../../shared/time/instant.ts';
import { personaId } from '../publish/samples.ts';
import { DAY, type ExportsStage, HOUR, MINUTE, openStage, SEGMENT, START_MS } from './stage.ts';

/** Of an event to its row, at most: what publish has not told by then it never tells. */
const LATEST_MS = 23 * HOUR;
/** A profile is written some time after it says it was, and clocks differ. */
const BEHIND_MS = 30 * MINUTE;
const LEFT_KEPT_MS = 30 * DAY;
const PROFILES = 6;

interface Change {
  readonly profile: number;
  /** When it is committed, against the start of the export. */
  readonly atMs: number;
  /** How much earlier than that it says it was. */
  readonly behindMs: number;
  /** Of its row, after the commit. */
  readonly lateMs: number;
}

const change: fc.Arbitrary<Change> = fc.record({
  profile: fc.nat(PROFILES - 1),
  atMs: fc.oneof(
    fc.integer({ min: -40 * DAY, max: 2 * DAY }),
    // Where it is decided: a day before the export, and while it reads.
    fc.integer({ min: -24.5 * HOUR, max: -23.5 * HOUR }),
    fc.integer({ min: -2 * MINUTE, max: 2 * MINUTE }),
  ),
  behindMs: fc.integer({ min: 0, max: BEHIND_MS }),
  lateMs: fc.oneof(fc.integer({ min: 0, max: MINUTE }), fc.integer({ min: 0, max: LATEST_MS })),
});

interface Told {
  readonly event: Extract<ProfileEvent, { readonly type: 'segment.entered' | 'segment.exited' }>;
  readonly committedMs: number;
  readonly rowMs: number;
}

/** In and out by turns, as each profile is written. */
function toldOf(changes: readonly Change[]): Told[] {
  const revisions = new Map<number, number>();
  return changes
    .toSorted((a, b) => a.atMs - b.atMs)
    .map(({ profile, atMs, behindMs, lateMs }): Told => {
      const revision = (revisions.get(profile) ?? 0) + 1;
      revisions.set(profile, revision);
      const committedMs = START_MS + atMs;
      const subject = personaId(`shopify/shop/${profile}`);
      const about = {
        id: `${profile} ${revision}`,
        occurredAt: instant(committedMs - behindMs),
        cause: 'live',
        subject,
        profile: subject,
        revision,
        segment: SEGMENT,
        version: 1,
        since: instant(committedMs),
      } as const;
      const event =
        revision % 2 === 1
          ? { ...about, type: 'segment.entered' as const, because: [] }
          : { ...about, type: 'segment.exited' as const };
      return { event, committedMs, rowMs: committedMs + lateMs };
    });
}

/** What anybody writes who takes exports over. */
class Audience {
  readonly #known = new Map<string, { readonly revision: number; readonly isIn: boolean }>();
  take(profile: unknown, revision: unknown, isIn: boolean): void {
    const known = this.#known.get(String(profile))?.revision ?? 0;
    if (Number(revision) > known) this.#known.set(String(profile), { revision: Number(revision), isIn });
  }
  members(): string[] {
    return [...this.#known].flatMap(([profile, { isIn }]) => (isIn ? [profile] : [])).sort();
  }
}

/** What is true at a time: of each profile the last that was committed by then. */
function membersAt(all: readonly Told[], atMs: number): string[] {
  const last = new Map<string, ProfileEvent['type']>();
  for (const { event, committedMs } of all) if (committedMs <= atMs) last.set(event.subject, event.type);
  return [...last].flatMap(([profile, type]) => (type === 'segment.entered' ? [profile] : [])).sort();
}

/** A row at a time. Between any two of them others are put, before it or behind; some come twice; who left long ago is forgotten. */
function restless(
  { memberships, nowMs, wait }: ExportsStage,
  all: readonly Told[],
  chance: fc.Stream<number>,
): Pick<MembershipStore, 'listRows'> {
  const due = all.toSorted((a, b) => a.rowMs - b.rowMs);
  const putDue = async () => {
    while (due[0] && due[0].rowMs <= nowMs()) {
      const [next] = due.splice(0, 1);
      for (const row of next ? membershipOf(next.event) : []) await memberships.putMembership(row);
    }
  };
  return {
    async listRows(segment, _, after) {
      await putDue();
      const { items, ...more } = await memberships.listRows(segment, 1, after);
      wait(10_000);
      await putDue();
      const number = next(chance);
      const again = await memberships.getMembership(segment, personaId(`shopify/shop/${number % (2 * PROFILES)}`));
      const kept = [...items, ...(again ? [again] : [])].filter(
        ({ leftAt }) => leftAt === undefined || epochMs(leftAt) + LEFT_KEPT_MS > nowMs(),
      );
      return { items: kept, ...more };
    },
  };
}

/** The cast: a stream without an end. */
const next = (chance: fc.Stream<number>): number => chance.next().value as number;

const shuffled = <Item>(items: readonly Item[], chance: fc.Stream<number>): Item[] =>
  items
    .map((item) => ({ item, at: next(chance) }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);

/** Takes an export of all this over, with what was heard, and gives who is in it at a time up to three days later, and who should be. */
async function takeOver(
  { changes, repeats, chance, laterMs }: Story,
  hears: (told: Told, eventsFrom: string) => boolean,
): Promise<{ readonly found: string[]; readonly expected: string[] }> {
  const all = toldOf(changes);
  const stage = await openStage();
  const id = await stage.request({ format: 'ndjson', columns: ['profile'] });
  const run = await stage.run(id, { memberships: restless(stage, all, chance) });
  expect(run.kind).toBe('done');
  const { eventsFrom = '' } = await stage.recordOf(id);

  const audience = new Audience();
  for (const { profile, revision } of await stage.rowsOf(id, 'left')) audience.take(profile, revision, false);
  for (const { profile, revision } of await stage.rowsOf(id, 'members')) audience.take(profile, revision, true);
  const atMs = stage.nowMs() + laterMs;
  const byThen = all.filter(({ committedMs }) => committedMs <= atMs);
  const heard = byThen.filter((told) => hears(told, eventsFrom));
  const again = repeats.flatMap((index) => heard[index] ?? []);
  // As old as the rows of those who left.
  const stale = instant(START_MS - LEFT_KEPT_MS + DAY);
  const older = byThen.filter(({ event }) => event.occurredAt >= stale && event.occurredAt < eventsFrom);
  const some = repeats.flatMap((index) => older[index] ?? []);
  for (const { event } of shuffled([...heard, ...again, ...some], chance))
    audience.take(event.subject, event.revision, event.type === 'segment.entered');
  return { found: audience.members(), expected: membersAt(all, atMs) };
}

interface Story {
  readonly changes: readonly Change[];
  readonly repeats: readonly number[];
  readonly chance: fc.Stream<number>;
  readonly laterMs: number;
}
const story: fc.Arbitrary<Story> = fc.record({
  changes: fc.array(change, { maxLength: 30 }),
  repeats: fc.array(fc.nat(20), { maxLength: 8 }),
  chance: fc.infiniteStream(fc.nat()),
  laterMs: fc.integer({ min: 0, max: 3 * DAY }),
});

it.each<[string, Parameters<typeof takeOver>[1]]>([
  ['since eventsFrom', ({ event }, eventsFrom) => event.occurredAt >= eventsFrom],
  // An event is told, and its row put, within one invocation of publish: a minute.
  ['heard since some minutes before the export', ({ rowMs }) => rowMs >= START_MS - 5 * MINUTE + MINUTE],
])('files, and events %s, are the membership at any later time', async (_, hears) => {
  await fc.assert(
    fc.asyncProperty(story, async (told) => {
      const { found, expected } = await takeOver(told, hears);
      expect(found).toEqual(expected);
    }),
    { numRuns: 400 },
  );
});

it('leaves room for the latest row, and for clocks', () => {
  expect(EVENTS_MARGIN_MS).toBeGreaterThanOrEqual(LATEST_MS + BEHIND_MS);
});
