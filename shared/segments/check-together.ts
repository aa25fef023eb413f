/** Conditions that no customer can meet: a leaf that contradicts itself, or two in one `all` that contradict each other. */
import { DAY_MS } from '../profiles/windows.ts';
import { TIERS } from '../tiers/policy.ts';
import { says } from './check-values.ts';
import type { Condition, DateCondition, Leaf, NumberCondition, SetCondition, TierCondition } from './condition.ts';
import { isDateField, isNumberField, isSetField, NUMBERS } from './fields.ts';
import { namesIn } from './plan.ts';
import type { Refuse } from './problem.ts';
import { isLeaf } from './tree.ts';

interface Placed<T extends Condition = Condition> {
  readonly condition: T;
  readonly at: string;
}

export function checkTogether(condition: Condition, at: string, refuse: Refuse): void {
  if ('any' in condition) {
    condition.any.forEach((one, index) => {
      checkTogether(one, `${at}/any/${index}`, refuse);
    });
  } else if ('not' in condition) checkTogether(condition.not, `${at}/not`, refuse);
  else {
    const parts = partsOfAll(condition, at);
    checkLeaves(parts.filter(isPlacedLeaf), refuse);
    for (const one of parts) if (!isPlacedLeaf(one)) checkTogether(one.condition, one.at, refuse);
  }
}

/** What an `all` and those right inside it ask for; a leaf by itself is one of one. */
function partsOfAll(condition: Condition, at: string): readonly Placed[] {
  if (!('all' in condition)) return [{ condition, at }];
  return condition.all.flatMap((one, index) => partsOfAll(one, `${at}/all/${index}`));
}

const isPlacedLeaf = (one: Placed): one is Placed<Leaf> => isLeaf(one.condition);

function checkLeaves(leaves: readonly Placed<Leaf>[], refuse: Refuse): void {
  leaves.forEach(({ condition: leaf, at }, index) => {
    if (clash(leaf, leaf)) {
      refuse(at, says('No customer can meet this: it contradicts itself.', '自相矛盾，没有客户能满足。'));
      return;
    }
    const other = leaves
      .slice(0, index)
      .find((before) => !clash(before.condition, before.condition) && clash(before.condition, leaf));
    if (other) {
      const words = says(
        `No customer can meet this together with ${other.at}.`,
        `与 ${other.at} 互相矛盾，没有客户能同时满足。`,
      );
      refuse(at, words);
    }
  });
}

/** Whether no customer can meet both. Does not find all there are. */
function clash(a: Leaf, b: Leaf): boolean {
  if ('segment' in a || 'segment' in b) return false;
  if (isTier(a)) return isTier(b) && !TIERS.some((tier) => allows(a, tier) && allows(b, tier));
  if (isNumber(a)) return isNumber(b) && (numbersClash(a, b) || numbersClash(b, a));
  if (isDate(a)) return isDate(b) && a.field === b.field && samePart(a, b) && datesClash(a, b);
  return isSet(a) && isSet(b) && a.field === b.field && setsClash(a, b);
}

const isTier = (leaf: Leaf): leaf is TierCondition => 'field' in leaf && leaf.field === 'tier';
const isNumber = (leaf: Leaf): leaf is NumberCondition => 'field' in leaf && isNumberField(leaf.field);
const isDate = (leaf: Leaf): leaf is DateCondition => 'field' in leaf && isDateField(leaf.field);
const isSet = (leaf: Leaf): leaf is SetCondition => 'field' in leaf && isSetField(leaf.field);

const allows = ({ is, isOneOf }: TierCondition, tier: (typeof TIERS)[number]): boolean =>
  (is === undefined || is === tier) && (isOneOf === undefined || isOneOf.includes(tier));

type Scoped = Pick<NumberCondition, 'of'>;
const samePart = (a: Scoped, b: Scoped): boolean => partText(a) === partText(b);
const partText = ({ of }: Scoped): string =>
  JSON.stringify(of && Object.entries(of).map(([kind, names]) => [kind, namesIn(names)])) ?? '';

/** Whether the least that `a` asks for is more than `b` allows of what is never less. */
function numbersClash(a: NumberCondition, b: NumberCondition): boolean {
  if (!neverMore(a, b)) return false;
  const [least, most] = [leastOf(a), mostOf(b)];
  return least.value > most.value || (least.value === most.value && (least.isOpen || most.isOpen));
}

/** Orders of fewer days are no more than those of more days. */
function neverMore(a: NumberCondition, b: NumberCondition): boolean {
  if (a.field !== b.field || !samePart(a, b)) return false;
  if (a.field !== 'orders') return a.withinDays === b.withinDays;
  return (a.withinDays ?? Number.POSITIVE_INFINITY) <= (b.withinDays ?? Number.POSITIVE_INFINITY);
}

/** An open bound is not itself among what is allowed. */
interface Bound {
  readonly value: number;
  readonly isOpen: boolean;
}

const isWhole = ({ field }: NumberCondition): boolean => !['share', 'times'].includes(NUMBERS[field].unit);
const boundsOf = (values: readonly unknown[], isOpen: boolean): Bound[] =>
  values.filter(isConstant).map((value) => ({ value, isOpen }));

function leastOf(leaf: NumberCondition): Bound {
  const { atLeast, moreThan, equals, field } = leaf;
  // Of whole numbers the next is one more.
  const above = isWhole(leaf) ? boundsOf([isConstant(moreThan) && moreThan + 1], false) : boundsOf([moreThan], true);
  const bounds = [...boundsOf([NUMBERS[field].least, atLeast, equals], false), ...above];
  return bounds.reduce((a, b) => (b.value > a.value || (b.value === a.value && b.isOpen) ? b : a), NO_LEAST);
}

function mostOf(leaf: NumberCondition): Bound {
  const { atMost, lessThan, equals, field } = leaf;
  const below = isWhole(leaf) ? boundsOf([isConstant(lessThan) && lessThan - 1], false) : boundsOf([lessThan], true);
  const bounds = [...boundsOf([NUMBERS[field].most, atMost, equals], false), ...below];
  return bounds.reduce((a, b) => (b.value < a.value || (b.value === a.value && b.isOpen) ? b : a), NO_MOST);
}

const NO_LEAST: Bound = { value: Number.NEGATIVE_INFINITY, isOpen: false };
const NO_MOST: Bound = { value: Number.POSITIVE_INFINITY, isOpen: false };
const isConstant = (amount: unknown): amount is number => typeof amount === 'number';

function datesClash(a: DateCondition, b: DateCondition): boolean {
  const both = [a, b];
  const missing = both.some(({ exists }) => exists === false);
  if (missing && (a.field === 'tierSince' || both.some(asksForDate))) return true;
  const afterMs = Math.max(
    ...both.map(({ after }) => (after === undefined ? Number.NEGATIVE_INFINITY : Date.parse(after))),
  );
  const beforeMs = Math.min(
    ...both.map(({ before }) => (before === undefined ? Number.POSITIVE_INFINITY : Date.parse(before))),
  );
  const ages = both.map(agesOf);
  return (
    afterMs >= beforeMs ||
    Math.max(...ages.map(({ leastMs }) => leastMs)) >= Math.min(...ages.map(({ lessMs }) => lessMs))
  );
}

const asksForDate = ({ field: _, of: __, exists, ...asked }: DateCondition): boolean =>
  exists === true || Object.values(asked).some((one) => one !== undefined);

/** How long ago it must be: at least, and less than; what is ahead is less than nothing ago. */
function agesOf({ atLeastDaysAgo, withinLastDays, withinNextDays }: DateCondition) {
  const least = [Number.NEGATIVE_INFINITY];
  const less = [Number.POSITIVE_INFINITY];
  if (atLeastDaysAgo !== undefined) least.push(atLeastDaysAgo * DAY_MS);
  if (withinLastDays !== undefined) {
    least.push(0);
    less.push(withinLastDays * DAY_MS);
  }
  if (withinNextDays !== undefined) {
    least.push(-withinNextDays * DAY_MS);
    less.push(0);
  }
  return { leastMs: Math.max(...least), lessMs: Math.min(...less) };
}

function setsClash(a: SetCondition, b: SetCondition): boolean {
  const both = [a, b];
  const wanted = new Set(
    both.flatMap(({ includes, includesAll = [] }) =>
      includes === undefined ? includesAll : [includes, ...includesAll],
    ),
  );
  const unwanted = new Set(both.flatMap(({ includesNone = [] }) => includesNone));
  const choices = both.flatMap(({ includesAny }) => (includesAny ? [includesAny] : []));
  const asksForOne = both.some(
    ({ anyStartsWith, anyContains }) => anyStartsWith !== undefined || anyContains !== undefined,
  );
  const least = Math.max(
    wanted.size,
    choices.length > 0 || asksForOne ? 1 : 0,
    ...both.map(({ sizeAtLeast = 0 }) => sizeAtLeast),
  );
  const most = Math.min(...both.map(({ sizeAtMost = Number.POSITIVE_INFINITY }) => sizeAtMost));
  return (
    [...wanted].some((name) => unwanted.has(name)) ||
    choices.some((names) => names.every((name) => unwanted.has(name))) ||
    least > most
  );
}
