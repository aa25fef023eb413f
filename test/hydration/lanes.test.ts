/** Pace, back-off and asking as properties: for all courses, not for the one that came to mind. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { covers, FetchDetail, joinDetails } from '../../shared/hydration/fetch-detail.ts';
import { ask } from '../../shared/lanes/ask.ts';
import { backoffMs } from '../../shared/lanes/backoff.ts';
import { hydrationParty } from '../../shared/lanes/lane.ts';
import { Pace } from '../../shared/lanes/pace.ts';
import { memoryLanes } from '../simulation/models/lanes.ts';

describe('the pace', () => {
  const limits = fc.record({ perSecond: fc.integer({ min: 1, max: 50 }), burst: fc.integer({ min: 1, max: 60 }) });
  const FOR_EVER = Number.POSITIVE_INFINITY;
  const halvings = fc.integer({ min: 0, max: 8 });
  /** Time that passes before a call is asked for, and whether another function has taken over by then. */
  const asks = fc.array(
    fc.record({ waitMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 4_000 })), handedOver: fc.boolean() }),
    { minLength: 2, maxLength: 120 },
  );

  it('never lets more than burst + rate × t calls be made in any time, whoever holds the lane', () => {
    fc.assert(
      fc.property(limits, halvings, asks, (given, halved, course) => {
        let nowMs = 1_795_514_400_000;
        let pace = new Pace(given, undefined, nowMs);
        for (let times = 0; times < halved; times++) pace.tooMuch();
        const { share } = pace.allowance;
        const [rate, burst] = [given.perSecond * share, Math.max(1, given.burst * share)];
        const calls = course.map(({ waitMs, handedOver }) => {
          nowMs += waitMs;
          if (handedOver) pace = new Pace(given, JSON.parse(JSON.stringify(pace.allowance)), nowMs);
          return nowMs + (pace.take(nowMs, FOR_EVER) ?? Number.NaN);
        });
        for (const [first, from] of calls.entries()) {
          for (const [last, to] of calls.entries()) {
            if (last < first) continue;
            expect(to).toBeGreaterThanOrEqual(from);
            // A millisecond, as waits are whole ones; and what doubles lose.
            expect(last - first + 1).toBeLessThanOrEqual(burst + ((to - from + 1) / 1000) * rate + 1e-6);
          }
        }
      }),
    );
  });

  it('takes nothing where the wait would be longer than one has time', () => {
    fc.assert(
      fc.property(limits, fc.nat({ max: 2_000 }), fc.integer({ min: 1, max: 200 }), (given, patienceMs, count) => {
        const pace = new Pace(given, undefined, 0);
        for (let call = 0; call < count; call++) {
          const before = pace.allowance;
          const waitMs = pace.take(0, patienceMs);
          if (waitMs === undefined) expect(pace.allowance).toEqual(before);
          else expect(waitMs).toBeLessThanOrEqual(patienceMs);
        }
        expect(pace.take(1_000_000, patienceMs)).toBe(0);
      }),
    );
  });

  it('makes nobody wait who calls no faster than the rate', () => {
    fc.assert(
      fc.property(limits, fc.integer({ min: 1, max: 200 }), (given, count) => {
        const pace = new Pace(given, undefined, 0);
        const everyMs = Math.ceil(1000 / given.perSecond);
        for (let call = 0; call < count; call++) expect(pace.take(call * everyMs, 0)).toBe(0);
      }),
    );
  });

  it('is never less than a thirty-second nor more than all of the limits', () => {
    fc.assert(
      fc.property(limits, fc.array(fc.boolean(), { maxLength: 600 }), (given, course) => {
        const pace = new Pace(given, undefined, 0);
        for (const wasTooMuch of course) {
          if (wasTooMuch) pace.tooMuch();
          else pace.wentWell();
          expect(pace.allowance.share).toBeGreaterThanOrEqual(1 / 32);
          expect(pace.allowance.share).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('comes back to all of the limits with success', () => {
    const pace = new Pace({ perSecond: 5, burst: 10 }, { calls: 0, at: 0, share: 1 / 32 }, 0);
    for (let success = 0; success < 250; success++) pace.wentWell();
    expect(pace.allowance.share).toBe(1);
  });

  it('does not jump where the clock goes back', () => {
    fc.assert(
      fc.property(
        limits,
        fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 2, maxLength: 50 }),
        (given, times) => {
          const pace = new Pace(given, undefined, 0);
          const latest = Math.max(...times);
          for (const nowMs of times) pace.take(nowMs, FOR_EVER);
          expect(pace.allowance.at).toBe(latest);
          expect(pace.allowance.calls).toBeLessThanOrEqual(
            given.burst + (latest / 1000) * given.perSecond - times.length + 1e-6,
          );
        },
      ),
    );
  });
});

describe('the back-off', () => {
  const failures = fc.integer({ min: 0, max: 2_000 });
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  it('is between half and all of the doubled time, a quarter of an hour at most', () => {
    fc.assert(
      fc.property(failures, chance, (count, random) => {
        const whole = Math.min(900_000, 2_000 * 2 ** count);
        const waitMs = backoffMs(count, () => random);
        expect(Number.isInteger(waitMs)).toBe(true);
        expect(waitMs).toBeGreaterThanOrEqual(whole / 2);
        expect(waitMs).toBeLessThanOrEqual(whole);
      }),
    );
  });

  it('never shrinks with one failure more, at equal luck; and luck spreads it', () => {
    fc.assert(
      fc.property(failures, chance, chance, (count, random, other) => {
        expect(backoffMs(count + 1, () => random)).toBeGreaterThanOrEqual(backoffMs(count, () => random));
        if (Math.abs(random - other) > 0.01) {
          expect(backoffMs(count, () => random)).not.toBe(backoffMs(count, () => other));
        }
      }),
    );
  });
});

describe('what is asked for', () => {
  const party = hydrationParty('shop');
  const heard = fc.record({ source: fc.nat({ max: 20 }), settledAt: fc.nat({ max: 20 }) });
  const detailOf = (one: { source: number; settledAt: number }, number: number): FetchDetail =>
    FetchDetail.parse({
      heard: one,
      envelope: `01900000-0000-7000-8000-${String(number).padStart(12, '0')}`,
      object: `raw/${number}`,
      receivedAt: '2026-11-24T10:00:00.000Z',
    });
  const greatest = (all: readonly { source: number; settledAt: number }[]) => ({
    source: Math.max(...all.map(({ source }) => source)),
    settledAt: Math.max(...all.map(({ settledAt }) => settledAt)),
  });

  it('is the greatest of all that was heard, in whatever order and however often', () => {
    fc.assert(
      fc.property(fc.array(heard, { minLength: 1, maxLength: 12 }), fc.array(fc.nat()), (all, picks) => {
        const course = [...all, ...picks.map((pick) => all[pick % all.length] ?? { source: 0, settledAt: 0 })];
        const joined = course.map(detailOf).reduce((known, news) => joinDetails(known, news) ?? known);
        expect(joined.heard).toEqual(greatest(all));
      }),
    );
  });

  it('is news only if it asks for more, and then names the webhook that did', () => {
    fc.assert(
      fc.property(heard, heard, (first, second) => {
        const [known, news] = [detailOf(first, 1), detailOf(second, 2)];
        const joined = joinDetails(known, news);
        const isMore = second.source > first.source || second.settledAt > first.settledAt;
        expect(joined === undefined).toBe(!isMore);
        if (joined) expect(joined).toEqual({ ...news, heard: greatest([first, second]) });
      }),
    );
  });

  it('is covered by a version exactly if all that was heard is', () => {
    fc.assert(
      fc.property(heard, heard, heard, (first, second, version) => {
        const of = { source: version.source, fetchedAt: version.settledAt };
        const joined = joinDetails(detailOf(first, 1), detailOf(second, 2)) ?? detailOf(first, 1);
        expect(covers(of, joined.heard)).toBe(covers(of, first) && covers(of, second));
      }),
    );
  });

  it('is one row of the greatest, when many ask at the same time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(heard, { minLength: 1, maxLength: 6 }), async (all) => {
        const lanes = memoryLanes<FetchDetail>();
        const nowMs = 1_000;
        const answers = await Promise.all(
          all.map((one, number) =>
            ask(
              lanes,
              { party, subject: 'order/1', detail: detailOf(one, number), dueAt: nowMs + one.settledAt },
              joinDetails,
              nowMs,
            ),
          ),
        );
        const rows = lanes.waiting();
        expect(rows).toHaveLength(1);
        expect(rows[0]).toMatchObject({ detail: { heard: greatest(all) }, askedAt: nowMs, attempts: 0 });
        // Each that brought something wrote once.
        expect(rows[0]?.revision).toBe(answers.filter(({ asked }) => asked).length);
        expect(rows[0]?.dueAt).toBeGreaterThanOrEqual(nowMs);
      }),
    );
  });

  it('waits for more news for five seconds at most, and leaves alone for as long what has just failed', async () => {
    const asked = fc.array(fc.record({ afterMs: fc.nat({ max: 3_000 }), dueInMs: fc.nat({ max: 3_000 }) }), {
      minLength: 1,
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(asked, fc.integer({ min: 0, max: 3 }), async (course, attempts) => {
        const lanes = memoryLanes<FetchDetail>();
        let nowMs = 1_000_000;
        let source = 0;
        const request = (dueAt: number) => ({
          party,
          subject: 'order/1',
          detail: detailOf({ source: ++source, settledAt: 0 }, source),
          dueAt,
        });
        const firstDueAt = nowMs + 2_000;
        await ask(lanes, request(firstDueAt), joinDetails, nowMs);
        const known = await lanes.getWork(party, 'order/1');
        if (!known) throw new Error('no row');
        await lanes.putWork({ ...known, revision: 2, attempts }, 1);
        for (const { afterMs, dueInMs } of course) {
          const before = (await lanes.getWork(party, 'order/1'))?.dueAt ?? 0;
          nowMs += afterMs;
          await ask(lanes, request(nowMs + dueInMs), joinDetails, nowMs);
          const dueAt = (await lanes.getWork(party, 'order/1'))?.dueAt ?? 0;
          if (attempts > 0) expect(dueAt).toBe(Math.min(before, nowMs + Math.max(dueInMs, 5_000)));
          else expect(dueAt).toBe(Math.max(before, Math.min(nowMs + dueInMs, 1_000_000 + 5_000)));
        }
      }),
    );
  });
});
