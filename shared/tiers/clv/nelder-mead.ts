/**
 * Minimum of a function without derivatives: Nelder and Mead, A Simplex Method for Function Minimization, Computer
 * Journal 7 (1965), 308-313. For few dimensions and smooth functions, as likelihoods of three or four parameters are.
 */

type Point = readonly number[];

export interface Minimum {
  readonly point: Point;
  readonly value: number;
  readonly evaluations: number;
  /** The simplex shrank to within the tolerance, in value and in every coordinate. */
  readonly converged: boolean;
}

export interface Search {
  /** Length of the first simplex's edges. */
  readonly edge: number;
  readonly tolerance: number;
  readonly maxEvaluations: number;
}

interface Vertex {
  readonly point: Point;
  readonly value: number;
}

export function minimize(f: (point: Point) => number, start: Point, search: Search): Minimum {
  let evaluations = 0;
  const at = (point: Point): Vertex => {
    evaluations++;
    const value = f(point);
    return { point, value: Number.isNaN(value) ? Number.POSITIVE_INFINITY : value };
  };
  /** On the line from one point through another, at `times` their distance. */
  const along = (from: Point, through: Point, times: number): Vertex =>
    at(from.map((coordinate, i) => coordinate + times * ((through[i] ?? 0) - coordinate)));

  let best = at(start);
  let others = start.map((_, i) => at(start.map((coordinate, j) => coordinate + (i === j ? search.edge : 0))));
  while (true) {
    const sorted = [best, ...others].sort((one, other) => one.value - other.value);
    best = sorted[0] ?? best;
    others = sorted.slice(1);
    const worst = others.at(-1) ?? best;
    if (isWithin(search.tolerance, best, others)) return { ...best, evaluations, converged: true };
    if (evaluations >= search.maxEvaluations) return { ...best, evaluations, converged: false };

    const better = [best, ...others.slice(0, -1)];
    const centre = start.map((_, i) => better.reduce((sum, { point }) => sum + (point[i] ?? 0), 0) / better.length);
    const next = replacement(best, others.at(-2) ?? best, worst, centre);
    others = next ? [...others.slice(0, -1), next] : others.map(({ point }) => along(best.point, point, 0.5));
  }

  /** What takes the worst one's place; undefined if the simplex should shrink towards the best. */
  function replacement(best: Vertex, secondWorst: Vertex, worst: Vertex, centre: Point): Vertex | undefined {
    const reflected = along(worst.point, centre, 2);
    if (reflected.value < best.value) {
      const expanded = along(worst.point, centre, 3);
      return expanded.value < reflected.value ? expanded : reflected;
    }
    if (reflected.value < secondWorst.value) return reflected;
    const contracted = along(worst.point, centre, reflected.value < worst.value ? 1.5 : 0.5);
    return contracted.value < Math.min(reflected.value, worst.value) ? contracted : undefined;
  }
}

function isWithin(tolerance: number, best: Vertex, others: readonly Vertex[]): boolean {
  return others.every(
    ({ point, value }) =>
      value - best.value <= tolerance * (1 + Math.abs(best.value)) &&
      point.every((coordinate, i) => Math.abs(coordinate - (best.point[i] ?? 0)) <= Math.sqrt(tolerance)),
  );
}
