/** The right word closest to a wrong one, for "Did you mean …?". */
export function nearest(wrong: string, words: Iterable<string>): string | undefined {
  const typed = wrong.toLowerCase();
  let best: { readonly word: string; readonly steps: number } | undefined;
  for (const word of words) {
    const steps = editSteps(typed, word.toLowerCase());
    if (!best || steps < best.steps) best = { word, steps };
  }
  // Past a third of its length a word is another word.
  return best && best.steps <= Math.max(1, Math.floor(best.word.length / 3)) ? best.word : undefined;
}

/** Optimal string alignment: insert, delete, replace, swap two neighbours. */
function editSteps(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(last, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      let steps = Math.min(replaced, at(last, column) + 1, at(current, column - 1) + 1);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) steps = Math.min(steps, at(before, column - 2) + 1);
      current.push(steps);
    }
    [before, last] = [last, current];
  }
  return at(last, b.length);
}

const at = (row: readonly number[], column: number): number => row[column] ?? Number.POSITIVE_INFINITY;
