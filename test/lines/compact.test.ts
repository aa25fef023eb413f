/** Of each order the newest recording stands, whatever the order, repetition and portions in which rows come. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compactLines } from '../../shared/lines/compact.ts';
import { INDEX_FILE, monthFile } from '../../shared/lines/layout.ts';
import type { LineRow } from '../../shared/lines/rows.ts';
import { type Lab, openLab, recorded } from './lab.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

/** Files by month, and the index: as a build keeps them. */
interface Built {
  readonly months: ReadonlyMap<number, string>;
  readonly index: string | undefined;
}
const NOTHING: Built = { months: new Map(), index: undefined };

async function build(files: readonly (readonly LineRow[])[], before: Built = NOTHING): Promise<Built> {
  const next = await lab.folder();
  const compacted = await compactLines(lab.db, {
    index: before.index,
    monthBefore: async (month) => before.months.get(month),
    rows: await lab.rowFiles(files),
    next,
  });
  if (!compacted) {
    expect(await readdir(next)).toEqual([]);
    return before;
  }
  const months = new Map(before.months);
  for (const month of compacted.emptied) months.delete(month);
  for (const { month } of compacted.written) months.set(month, path.join(next, monthFile(month)));
  return { months, index: path.join(next, INDEX_FILE) };
}

const contentOf = async ({ months, index }: Built) => ({
  lines: await lab.lines([...months.values()]),
  orders: index === undefined ? [] : await lab.index(index),
  months: [...months.keys()].sort(),
});

/** The same, thought of one order at a time. */
function standing(files: readonly (readonly LineRow[])[]): LineRow[] {
  const byOrder = new Map<string, Map<string, LineRow[]>>();
  for (const row of files.flat()) {
    const recordings = byOrder.get(row.order_key) ?? new Map<string, LineRow[]>();
    byOrder.set(row.order_key, recordings);
    const name = [String(row.revision).padStart(5, '0'), row.recorded_at, row.persona ?? ''].join(' ');
    recordings.set(name, [...(recordings.get(name) ?? []), row]);
  }
  return [...byOrder.values()].flatMap((recordings) => {
    const newest = [...recordings.keys()].sort().at(-1) ?? '';
    const rows = new Map((recordings.get(newest) ?? []).map((row) => [row.line_no, row]));
    return [...rows.values()].filter(({ line_no }) => line_no !== undefined);
  });
}

/** What a recording of an order says is always the same, as in the table; orders move between months as they are revised. */
const recording = fc
  .record({
    order: fc.constantFrom('1', '2', '3', '订单'),
    revision: fc.integer({ min: 1, max: 4 }),
    minute: fc.integer({ min: 0, max: 2 }),
    persona: fc.constantFrom(undefined, 'shopify/shop/a', 'shopify/shop/b'),
  })
  .map(({ order, revision, minute, persona }) => {
    const count = (order.charCodeAt(0) + revision) % 4;
    const at = `2026-${String(9 + ((order.charCodeAt(0) * revision) % 3)).padStart(2, '0')}-30T23:59:59.999Z`;
    const lines = Array.from({ length: count }, (_, index) => ({ total: revision * 1000 + index, unit_price: index }));
    return recorded(order, revision, { lines, at, minute, ...(persona !== undefined && { persona }) });
  });
const file = fc.array(recording, { maxLength: 4 }).map((all) => all.flat());

test('for random rows in random portions, as from scratch', async () => {
  const property = fc.asyncProperty(
    fc.array(fc.array(file, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
    async (runs) => {
      let built = NOTHING;
      for (const files of runs) built = await build(files, built);
      const whole = await contentOf(await build(runs.flat().toReversed()));
      expect(await contentOf(built)).toEqual(whole);
      const expected = standing(runs.flat()).map(({ order_key, line_no, total }) => `${order_key} ${line_no} ${total}`);
      const found = whole.lines.map((line) => {
        // The cast: what the columns are is the lab's own choice.
        const { order_key, line_no, total } = line as Record<string, string>;
        return `${order_key} ${line_no} ${total}`;
      });
      expect(found.sort()).toEqual(expected.sort());
      // All of it once more is nothing new.
      expect(await build(runs.flat(), built)).toBe(built);
    },
  );
  await fc.assert(property, { numRuns: Number(process.env.RUNS ?? 15) });
}, 120_000);

describe('what becomes of an order', () => {
  const tea = { lines: [{ title: '茶' }, { title: 'pot' }] };

  test('it moves to the month of its new revision, and is nowhere else', async () => {
    const first = await build([recorded('1', 1, { ...tea, at: '2026-10-31T23:59:59.999Z' }), recorded('2', 1, tea)]);
    expect([...first.months.keys()].sort()).toEqual([202610, 202611]);
    const second = await build([recorded('1', 2, { ...tea, at: '2026-11-01T00:00:00.000Z' })], first);
    expect([...second.months.keys()]).toEqual([202611]);
    expect((await contentOf(second)).lines).toHaveLength(4);
  });

  test('that says nothing any more, its lines go, and stay away', async () => {
    const first = await build([recorded('1', 2, tea)]);
    const gone = await build([recorded('1', 3)], first);
    expect(await contentOf(gone)).toMatchObject({ lines: [], months: [], orders: [{ revision: '3', month: null }] });
    expect(await build([recorded('1', 2, tea)], gone)).toBe(gone);
  });

  test('months that nothing comes for are not written', async () => {
    const first = await build([recorded('1', 1, { ...tea, at: '2026-01-05T00:00:00.000Z' }), recorded('2', 1, tea)]);
    const second = await build([recorded('2', 2, tea)], first);
    expect(second.months.get(202601)).toBe(first.months.get(202601));
    expect(second.months.get(202611)).not.toBe(first.months.get(202611));
  });

  test('figures are exact: amounts up to 2^53, weights, times to the millisecond; text in any script', async () => {
    const most = Number.MAX_SAFE_INTEGER;
    const lines = [
      { total: most, unit_price: most - 1, quantity: 0.305, refunded_quantity: 0.1, title: '冻顶 "乌龙"\n\\ 🍵' },
    ];
    const built = await build([recorded('1', 1, { lines, at: '2026-11-05T08:00:00.123Z', region: 'CN/广东省' })]);
    expect((await contentOf(built)).lines).toMatchObject([
      {
        total: String(most),
        unit_price: String(most - 1),
        quantity: '0.305',
        refunded_quantity: '0.1',
        title: '冻顶 "乌龙"\n\\ 🍵',
        ordered_at: '2026-11-05 08:00:00.123',
        region: 'CN/广东省',
        counts: 'true',
        product_id: null,
      },
    ]);
  });

  test('of nothing nothing is built', async () => {
    expect(await build([])).toBe(NOTHING);
  });
});
