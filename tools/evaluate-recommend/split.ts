/** 72 % train, 8 % validation, 20 % test, by seed: as in the paper. */
import type { Shopper } from './tafeng.ts';

export interface Fold {
  readonly seed: number;
  readonly train: readonly Shopper[];
  readonly validation: readonly Shopper[];
  readonly test: readonly Shopper[];
}

export function splitBySeed(shoppers: readonly Shopper[], seed: number): Fold {
  const random = mulberry32(seed);
  const order = [...shoppers];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const [one, two] = [order[last], order[other]];
    if (one && two) [order[last], order[other]] = [two, one];
  }
  const trained = Math.floor(order.length * 0.72);
  const validated = Math.floor(order.length * 0.8);
  return {
    seed,
    train: order.slice(0, trained),
    validation: order.slice(trained, validated),
    test: order.slice(validated),
  };
}

/** A small generator whose numbers are the same everywhere. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
