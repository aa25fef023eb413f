/**
 * A condition read off its tree, node by node, at one instant: another opinion on what the compiled one says, and what its speed
 * is measured against. It sums every window anew from the days and their orders.
 */
import type { Contribution } from '../../shared/profiles/contribution.ts';
import type { Breakdown } from '../../shared/profiles/facts.ts';
import type { Kind, Sums } from '../../shared/profiles/sums.ts';
import type { Subject } from '../../shared/segments/catalogue.ts';
import {
  type Condition,
  type DateCondition,
  type Leaf,
  type Measure,
  NUMBER_OPERATORS,
  type NumberCondition,
  type NumberOperator,
  type Part,
  type SetCondition,
} from '../../shared/segments/condition.ts';
import type { SegmentVersion } from '../../shared/segments/definition.ts';

const DAY = 24 * 60 * 60 * 1000;

export interface World {
  readonly channelCategories: ReadonlyMap<string, string>;
  readonly isMember: (segment: string) => boolean;
}

/** Ids of the segments that the subject is in, by the definitions in any order. */
export function membersBy(
  versions: readonly SegmentVersion[],
  subject: Subject,
  channelCategories: ReadonlyMap<string, string>,
): string[] {
  const standing = new Map(versions.filter(({ isArchived }) => !isArchived).map((one) => [one.id, one]));
  const isMember = (id: string): boolean => {
    const one = standing.get(id);
    return one !== undefined && interpret(one.when, subject, { channelCategories, isMember });
  };
  return [...standing.keys()].filter(isMember).sort();
}

export function interpret(condition: Condition, subject: Subject, world: World): boolean {
  if ('all' in condition) return condition.all.every((one) => interpret(one, subject, world));
  if ('any' in condition) return condition.any.some((one) => interpret(one, subject, world));
  if ('not' in condition) return !interpret(condition.not, subject, world);
  return holds(condition, subject, world);
}

function holds(leaf: Leaf, subject: Subject, world: World): boolean {
  if ('segment' in leaf) return world.isMember(leaf.segment);
  switch (leaf.field) {
    case 'tier':
      return (
        (leaf.is === undefined || leaf.is === subject.tier.value) &&
        (leaf.isOneOf === undefined || leaf.isOneOf.includes(subject.tier.value))
      );
    case 'firstPaidAt':
    case 'lastPaidAt':
    case 'nextOrderAt':
    case 'tierSince':
      return dateHolds(leaf, subject, world);
    case 'channels':
    case 'channelCategories':
    case 'connections':
    case 'categories':
    case 'regions':
    case 'stores':
    case 'hosts':
    case 'tags':
    case 'consents':
      return setHolds(leaf, subject, world);
    default:
      return numberHolds(leaf, subject, world);
  }
}

function numberHolds(leaf: NumberCondition, subject: Subject, world: World): boolean {
  const left = measure(leaf, subject, world);
  if (left === undefined) return false;
  return NUMBER_OPERATORS.every((operator) => {
    const amount = leaf[operator];
    if (amount === undefined) return true;
    const other = typeof amount === 'number' ? amount : measure(amount, subject, world);
    if (other === undefined) return false;
    const right = typeof amount === 'number' ? other : other * (amount.times ?? 1);
    return compares(operator, left, right);
  });
}

function compares(operator: NumberOperator, left: number, right: number): boolean {
  switch (operator) {
    case 'atLeast':
      return left >= right;
    case 'atMost':
      return left <= right;
    case 'moreThan':
      return left > right;
    case 'lessThan':
      return left < right;
    case 'equals':
      return left === right;
  }
}

/** Undefined: not known. */
function measure(
  { field, of, withinDays }: Omit<Measure, 'times'>,
  subject: Subject,
  world: World,
): number | undefined {
  const { facts, predicted, personas, at } = subject;
  const atMs = Date.parse(at);
  const wholeDays = (since: string | undefined) =>
    since === undefined ? undefined : Math.max(0, Math.floor((atMs - Date.parse(since)) / DAY));
  switch (field) {
    case 'orders':
      if (withinDays !== undefined) return within(subject, withinDays, of, world).orders;
      return of ? breakdowns(of, subject, world).reduce((sum, { orders }) => sum + orders, 0) : facts.orders;
    case 'netSpend':
      if (withinDays !== undefined) return within(subject, withinDays, of, world).netSpend;
      return of ? lifetimeNet(of, subject, world) : facts.reporting.netSpend;
    case 'daysSinceLastOrder':
      return wholeDays(lastPaid(of, subject, world));
    case 'daysSinceFirstOrder':
      return wholeDays(facts.firstPaidAt);
    case 'daysUntilNextOrder':
      return predicted.nextOrderAt === undefined
        ? undefined
        : Math.floor((Date.parse(predicted.nextOrderAt) - atMs) / DAY);
    case 'averageOrder':
      return facts.orders > 0 ? facts.reporting.averageOrder : undefined;
    case 'refundRate':
      return facts.refundRate;
    case 'purchaseDays':
      return facts.purchases.days;
    case 'rhythm': {
      const { days, firstDay, lastDay } = facts.purchases;
      if (days < 2 || firstDay === undefined || lastDay === undefined) return undefined;
      const meanDays = (Date.parse(lastDay) - Date.parse(firstDay)) / DAY / (days - 1);
      return (wholeDays(lastDay) ?? 0) / meanDays;
    }
    case 'clv12m':
      return predicted.clv12m;
    case 'aliveProbability':
      return predicted.aliveProbability;
    case 'personas':
      return personas.length;
  }
}

interface Sum {
  readonly orders: number;
  readonly netSpend: number;
}

function within({ history, at }: Subject, windowDays: number, part: Part | undefined, world: World): Sum {
  const end = Date.parse(at);
  const begin = end - windowDays * DAY;
  const [beginDay, endDay] = [new Date(begin).toISOString().slice(0, 10), at.slice(0, 10)];
  const isInside = (paidAt: string) => Date.parse(paidAt) > begin && Date.parse(paidAt) <= end;
  const sums: Sum[] = [];
  for (const [day, whole] of history.days) {
    if (day < beginDay || day > endDay) continue;
    const oneByOne = history.edges.get(day);
    if (oneByOne)
      sums.push(
        ...oneByOne.filter(({ counts, paidAt }) => counts && isInside(paidAt)).map((one) => ofOrder(one, part, world)),
      );
    else if (whole.first !== undefined && isInside(whole.first)) sums.push(ofDay(whole, part, world));
  }
  return total(sums);
}

const total = (sums: readonly Sum[]): Sum => ({
  orders: sums.reduce((sum, { orders }) => sum + orders, 0),
  netSpend: sums.reduce((sum, { netSpend }) => sum + netSpend, 0),
});

function ofOrder(one: Contribution, part: Part | undefined, world: World): Sum {
  const whole = { orders: 1, netSpend: one.reporting?.net ?? 0 };
  if (!part) return whole;
  const { kind, names } = namedBy(part, world);
  if (kind === 'categories') {
    const paths = Object.entries(one.categories ?? {}).filter(([path]) => names.has(path));
    return { orders: paths.length, netSpend: paths.reduce((sum, [, { reporting = 0 }]) => sum + reporting, 0) };
  }
  const name = { channels: one.channel, regions: one.region, stores: one.store, hosts: one.host }[kind];
  return name !== undefined && names.has(name) ? whole : { orders: 0, netSpend: 0 };
}

function ofDay(sums: Sums, part: Part | undefined, world: World): Sum {
  if (!part) return { orders: sums.orders, netSpend: sums.reporting.net };
  const { kind, names } = namedBy(part, world);
  const named = Object.entries(sums.parts[kind]).filter(([name]) => names.has(name));
  return total(named.map(([, { orders, reporting }]) => ({ orders, netSpend: reporting })));
}

const lifetimeNet = (part: Part, { history }: Subject, world: World): number =>
  total([...history.days.values()].map((sums) => ofDay(sums, part, world))).netSpend;

function breakdowns(part: Part, { facts }: Subject, world: World): Breakdown[] {
  const { kind, names } = namedBy(part, world);
  return Object.entries(facts[kind]).flatMap(([name, breakdown]) => (names.has(name) ? [breakdown] : []));
}

function lastPaid(part: Part | undefined, subject: Subject, world: World): string | undefined {
  if (!part) return subject.facts.lastPaidAt;
  return breakdowns(part, subject, world)
    .map(({ lastPaidAt }) => lastPaidAt)
    .sort()
    .at(-1);
}

function namedBy(
  part: Part,
  { channelCategories }: World,
): { readonly kind: Kind; readonly names: ReadonlySet<string> } {
  const named = (names: string | readonly string[]) => new Set(typeof names === 'string' ? [names] : names);
  if ('channel' in part) return { kind: 'channels', names: named(part.channel) };
  if ('category' in part) return { kind: 'categories', names: named(part.category) };
  if ('region' in part) return { kind: 'regions', names: named(part.region) };
  if ('store' in part) return { kind: 'stores', names: named(part.store) };
  if ('host' in part) return { kind: 'hosts', names: named(part.host) };
  const categories = named(part.channelCategory);
  const channels = [...channelCategories].flatMap(([channel, category]) => (categories.has(category) ? [channel] : []));
  return { kind: 'channels', names: new Set(channels) };
}

function dateHolds(leaf: DateCondition, subject: Subject, world: World): boolean {
  const { exists, before, after, atLeastDaysAgo, withinLastDays, withinNextDays } = leaf;
  const at = dateOf(leaf, subject, world);
  if (exists !== undefined && exists !== (at !== undefined)) return false;
  const others = [before, after, atLeastDaysAgo, withinLastDays, withinNextDays];
  if (at === undefined) return others.every((one) => one === undefined);
  const ms = Date.parse(at);
  const agoMs = Date.parse(subject.at) - ms;
  return (
    (before === undefined || ms < Date.parse(before)) &&
    (after === undefined || ms >= Date.parse(after)) &&
    (atLeastDaysAgo === undefined || agoMs >= atLeastDaysAgo * DAY) &&
    (withinLastDays === undefined || (agoMs >= 0 && agoMs < withinLastDays * DAY)) &&
    (withinNextDays === undefined || (agoMs < 0 && -agoMs <= withinNextDays * DAY))
  );
}

function dateOf({ field, of }: DateCondition, subject: Subject, world: World): string | undefined {
  switch (field) {
    case 'firstPaidAt':
      return subject.facts.firstPaidAt;
    case 'lastPaidAt':
      return lastPaid(of, subject, world);
    case 'nextOrderAt':
      return subject.predicted.nextOrderAt;
    case 'tierSince':
      return subject.tier.since;
  }
}

function setHolds(leaf: SetCondition, subject: Subject, world: World): boolean {
  const { includes, includesAny, includesAll, includesNone, anyStartsWith, anyContains, sizeAtLeast, sizeAtMost } =
    leaf;
  const names = namesOf(leaf.field, subject, world);
  return (
    (includes === undefined || names.has(includes)) &&
    (includesAny?.some((name) => names.has(name)) ?? true) &&
    (includesAll?.every((name) => names.has(name)) ?? true) &&
    !(includesNone ?? []).some((name) => names.has(name)) &&
    (anyStartsWith === undefined || [...names].some((name) => name.startsWith(anyStartsWith))) &&
    (anyContains === undefined || [...names].some((name) => name.includes(anyContains))) &&
    names.size >= (sizeAtLeast ?? 0) &&
    names.size <= (sizeAtMost ?? Number.POSITIVE_INFINITY)
  );
}

function namesOf(field: SetCondition['field'], subject: Subject, { channelCategories }: World): ReadonlySet<string> {
  const { facts, personas, tags, consents } = subject;
  switch (field) {
    case 'channelCategories':
      return new Set(Object.keys(facts.channels).flatMap((channel) => channelCategories.get(channel) ?? []));
    case 'connections':
      return new Set(personas.map((id) => id.split('/').slice(0, 2).join('/')));
    case 'tags':
      return new Set(tags);
    case 'consents':
      return new Set(consents);
    default:
      return new Set(Object.keys(facts[field]));
  }
}
