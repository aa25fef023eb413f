/** The tree of a condition, node by node, and its leaves by kind. */
import type {
  Condition,
  DateCondition,
  Leaf,
  NumberCondition,
  SegmentCondition,
  SetCondition,
  TierCondition,
} from './condition.ts';
import { isDateField, isSetField } from './fields.ts';

export interface Node {
  readonly condition: Condition;
  /** Place in the tree, as a JSON pointer: `/all/0`. */
  readonly at: string;
  /** The root is at 0. */
  readonly depth: number;
}

export const isLeaf = (condition: Condition): condition is Leaf =>
  !('all' in condition || 'any' in condition || 'not' in condition);

/** What is made of a leaf of each kind. */
export interface LeafCases<Made> {
  segment(leaf: SegmentCondition): Made;
  tier(leaf: TierCondition): Made;
  date(leaf: DateCondition): Made;
  set(leaf: SetCondition): Made;
  number(leaf: NumberCondition): Made;
}

export function byKind<Made>(leaf: Leaf, cases: LeafCases<Made>): Made {
  if ('segment' in leaf) return cases.segment(leaf);
  if (leaf.field === 'tier') return cases.tier(leaf);
  if (isOfDate(leaf)) return cases.date(leaf);
  return isOfSet(leaf) ? cases.set(leaf) : cases.number(leaf);
}

type OfField = Exclude<Leaf, SegmentCondition | TierCondition>;
const isOfDate = (leaf: OfField): leaf is DateCondition => isDateField(leaf.field);
const isOfSet = (leaf: Exclude<OfField, DateCondition>): leaf is SetCondition => isSetField(leaf.field);

/** Each before those below it. */
export function* nodesOf(condition: Condition, at = '', depth = 0): Generator<Node> {
  yield { condition, at, depth };
  if ('all' in condition)
    for (const [index, one] of condition.all.entries()) yield* nodesOf(one, `${at}/all/${index}`, depth + 1);
  if ('any' in condition)
    for (const [index, one] of condition.any.entries()) yield* nodesOf(one, `${at}/any/${index}`, depth + 1);
  if ('not' in condition) yield* nodesOf(condition.not, `${at}/not`, depth + 1);
}

export interface SegmentAsked {
  readonly id: string;
  /** Place of the leaf. */
  readonly at: string;
}

/** Each leaf that asks about another segment. */
export const segmentsAsked = (condition: Condition): readonly SegmentAsked[] =>
  [...nodesOf(condition)].flatMap(({ condition: one, at }) => ('segment' in one ? [{ id: one.segment, at }] : []));
