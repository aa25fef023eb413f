/** A preview's answer is what counting gives, customer by customer, each decided by the compiled conditions at the same instant. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerPreview } from '../../shared/preview/answer.ts';
import type { Preview } from '../../shared/preview/preview.ts';
import type { Condition } from '../../shared/segments/condition.ts';
import type { SegmentVersion } from '../../shared/segments/definition.ts';
import { openDuckDB } from '../../shared/snapshots/duckdb.ts';
import { TIERS } from '../../shared/tiers/policy.ts';
import { instant } from '../../shared/time/instant.ts';
import { conditionOf, customerWith, ordersOnDaysOfTheirOwn, segments } from '../segments/arbitraries.ts';
import { CHANNEL_CATEGORIES, DAY, NOON, segmentOf } from '../segments/people.ts';
import { type Lab, openLab, SHRINKING } from '../snapshots/row-files.ts';
import { inPortions } from '../snapshots/samples.ts';
import { decided, factsOf, type Placed, placed, rowsOf, together } from './population.ts';

const runs = Number(process.env.RUNS ?? 5);
const ASKED = 'asked';
const NAMES = ['a', 'b', 'c', 'd', 'e', 'gone'] as const;

let lab: Lab;
let instance: Awaited<ReturnType<typeof openDuckDB>>;
beforeAll(async () => {
  lab = await openLab();
  instance = await openDuckDB({ memoryMiB: 300, threads: 1, folder: await lab.folder() });
});
afterAll(async () => {
  instance.closeSync();
  await lab.close();
});

interface Person extends Placed {
  /** As the profile had them when the snapshot was taken, whatever the definitions say now. */
  readonly segments: readonly string[];
}

const people: fc.Arbitrary<readonly Person[]> = fc
  .array(fc.tuple(customerWith(ordersOnDaysOfTheirOwn), fc.subarray([...NAMES])), { minLength: 1, maxLength: 40 })
  .map((all) => placed(all.map(([one]) => one)).map((one, index) => ({ ...one, segments: all[index]?.[1] ?? [] })));

const question = fc.record({
  when: conditionOf({ segments: NAMES }),
  versions: segments,
  compareWith: fc.option(fc.subarray([...NAMES]), { nil: undefined }),
  atMs: fc.oneof(fc.constant(NOON), fc.integer({ min: NOON, max: NOON + 30 * DAY })),
});

interface Question {
  readonly when: Condition;
  readonly versions: readonly SegmentVersion[];
  readonly compareWith: readonly string[] | undefined;
  readonly atMs: number;
}

type Counted = Omit<Preview, 'snapshotAt' | 'sample' | 'tookMs'>;

function counted({ when, versions, compareWith, atMs }: Question, all: readonly Person[]): Counted {
  const ids = new Set(decided([...versions, segmentOf(ASKED, when)], all, atMs)[ASKED]);
  const members = all.filter(({ id }) => ids.has(id));
  const sizeOf = (segment: string, among = all) => among.filter((one) => one.segments.includes(segment)).length;
  const standing = versions.filter(({ id, isArchived }) => !isArchived && sizeOf(id) > 0).map(({ id }) => id);
  const largest = standing.sort((a, b) => sizeOf(b) - sizeOf(a) || (a < b ? -1 : 1));
  const channels = members.flatMap(({ customer }) => Object.keys(factsOf(customer).channels));
  return {
    profiles: all.length,
    size: members.length,
    tiers: Object.fromEntries(
      TIERS.map((tier) => [tier, members.filter(({ customer }) => customer.tier.value === tier).length]),
      // The cast: fromEntries forgets that there is an entry for each.
    ) as Counted['tiers'],
    channels: Object.fromEntries(
      [...new Set(channels)].map((name) => [name, channels.filter((one) => one === name).length]),
    ),
    overlaps: (compareWith ?? largest).map((segment) => ({
      segment,
      size: sizeOf(segment),
      both: sizeOf(segment, members),
    })),
  };
}

test('for random customers, whose rows came in random portions, and random questions', async () => {
  const property = fc.asyncProperty(
    people,
    fc.array(question, { minLength: 4, maxLength: 4 }),
    fc.integer(),
    async (all, questions, seed) => {
      const rows = together(all.map((one) => rowsOf(one, one)));
      let folder: string | undefined;
      for (const portion of inPortions(rows, seed)) folder = await lab.snapshot([portion], folder);
      for (const asked of questions) {
        const { when, versions, compareWith, atMs } = asked;
        const { snapshotAt, sample, tookMs, ...answer } = await answerPreview(
          { when, ...(compareWith && { compareWith }) },
          {
            snapshots: {
              open: async () => ({
                snapshot: {
                  id: 'one',
                  snapshotAt: instant(NOON),
                  profiles: all.length,
                  personas: 0,
                  days: 0,
                  files: [],
                  rows: {},
                },
                folder: folder ?? '',
              }),
            },
            duckDB: async () => instance,
            segments: async () => versions.filter(({ isArchived }) => !isArchived),
            channelCategories: CHANNEL_CATEGORIES,
            clock: () => new Date(atMs),
          },
        );
        expect(answer).toEqual(counted(asked, all));
        expect([snapshotAt, tookMs]).toEqual([instant(NOON), 0]);

        const members = decided([...versions, segmentOf(ASKED, when)], all, atMs)[ASKED] ?? [];
        expect(sample.length).toBe(Math.min(10, members.length));
        for (const { id, tier, orders, netSpend, lastPaidAt } of sample) {
          expect(members).toContain(id);
          const one = all.find((person) => person.id === id);
          if (!one) throw new Error(`${id} is nobody.`);
          const facts = factsOf(one.customer);
          expect({ tier, orders, netSpend, lastPaidAt }).toEqual({
            tier: one.customer.tier.value,
            orders: facts.orders,
            netSpend: facts.reporting.netSpend,
            lastPaidAt: facts.lastPaidAt,
          });
        }
      }
    },
  );
  await fc.assert(property, { numRuns: runs, ...SHRINKING });
});
