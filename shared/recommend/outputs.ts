/** What a build leaves: four tables, named by the caller, so that a version may stay while the next one is made. */
import type { Columns } from './inputs.ts';

export interface Outputs {
  readonly recommendations: string;
  readonly similar: string;
  readonly popular: string;
  readonly productAudience: string;
}

export const DEFAULT_OUTPUTS: Outputs = {
  recommendations: 'recommendations',
  /** Not `similar`, which is a word of SQL. */
  similar: 'similar_products',
  popular: 'popular',
  productAudience: 'product_audience',
};

export const RECOMMENDATION_COLUMNS = {
  customer: 'VARCHAR',
  /** From 1, without gaps. */
  rank: 'INTEGER',
  product: 'VARCHAR',
  /** Chance, as the weights see it, that the next purchase contains it: 0 to 1. */
  score: 'DOUBLE',
  /** A code of `reasons.ts`. */
  reason: 'VARCHAR',
  /** Its values as a JSON object. */
  values: 'VARCHAR',
} as const satisfies Columns;

export const SIMILAR_COLUMNS = {
  product: 'VARCHAR',
  rank: 'INTEGER',
  /** What is bought after `product`. */
  other: 'VARCHAR',
  /** 0 to about 1. */
  score: 'DOUBLE',
} as const satisfies Columns;

export const POPULAR_COLUMNS = {
  /** `all`, `tier:growth`, `region:CN`, `channel:shopify`. */
  scope: 'VARCHAR',
  rank: 'INTEGER',
  product: 'VARCHAR',
} as const satisfies Columns;

export const PRODUCT_AUDIENCE_COLUMNS = {
  product: 'VARCHAR',
  rank: 'INTEGER',
  customer: 'VARCHAR',
  score: 'DOUBLE',
} as const satisfies Columns;
