/** Ta-Feng as prepared for "A Next Basket Recommendation Reality Check" (Li et al., ACM TOIS 2023): baskets in order, without dates. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';

export class NoData extends Error {}

export interface Shopper {
  readonly id: string;
  /** Oldest first; each a set of product numbers. */
  readonly history: readonly (readonly number[])[];
  /** The basket to be predicted. */
  readonly future: readonly number[];
}

const Baskets = z.record(z.string(), z.array(z.array(z.int())));
/** Stands before and after the baskets of a customer. */
const PADDING = -1;

export function readShoppers(folder: string): readonly Shopper[] {
  const history = read(path.join(folder, 'tafeng_history.json'));
  const future = read(path.join(folder, 'tafeng_future.json'));
  return Object.entries(history)
    .map(([id, baskets]) => {
      const [next] = kept(future[id] ?? []);
      if (!next) throw new NoData(`Customer ${id} has no last basket.`);
      return { id, history: kept(baskets), future: next };
    })
    .sort((one, other) => Number(one.id) - Number(other.id));
}

const kept = (baskets: readonly (readonly number[])[]): readonly (readonly number[])[] =>
  baskets.filter(([first]) => first !== PADDING).map((basket) => [...new Set(basket)]);

function read(file: string): z.infer<typeof Baskets> {
  if (!existsSync(file)) throw new NoData(`Expected ${file}. docs/recommend.md tells where it is from.`);
  return Baskets.parse(JSON.parse(readFileSync(file, 'utf8')));
}
