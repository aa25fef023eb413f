/**
 * Random customers and random segments, made to meet: amounts, days and names are of the same few, so that about as many
 * conditions hold as do not. For all who compare two ways of deciding.
 */
import fc from 'fast-check';
import type { Contribution } from '../../shared/profiles/contribution.ts';
import {
  type Condition,
  DATE_FIELDS,
  DATE_OPERATORS,
  type DateCondition,
  type DateField,
  type Leaf,
  type Measure,
  NUMBER_FIELD_NAMES,
  NUMBER_FIELDS,
  NUMBER_OPERATORS,
  type NumberCondition,
  type NumberField,
  PARTS,
  type Part,
  type PartKind,
  SET_FIELDS,
  SET_OPERATORS,
  type SetCondition,
  type SetField,
  type TierCondition,
} from '../../shared/segments/condition.ts';
import type { SegmentVersion } from '../../shared/segments/definition.ts';
import { TIERS } from '../../shared/tiers/policy.ts';
import { type Instant, instant } from '../../shared/time/instant.ts';
import { CHANNEL_CATEGORIES, DAY, NOON, orderOf, segmentOf, type TestCustomer, type TestOrder } from './people.ts';

export const WINDOW_DAYS = [1, 7, 30, 60, 90, 365, 1000] as const;
const CHANNELS = [...CHANNEL_CATEGORIES.keys()];
/** Every object has a `constructor`, and no name may make a difference. */
const CATEGORY_PATHS = ['tea', 'tea/green', '服饰/女装', 'constructor', 'toString'] as const;
const REGIONS = ['CN/浙江', 'CN/广东', 'US/CA'] as const;
const STORES = ['square/tills/1', 'square/tills/2'] as const;
const HOSTS = ['douyin/live/h1', 'douyin/live/h2'] as const;
const TAGS = ['vip', 'staff', '老客'] as const;
const CONSENTS = ['push', 'sms', 'email'] as const;
const TIER_CATEGORIES = ['ecommerce', 'live', 'pos', 'cross_border'] as const;
const NAMES: Readonly<Record<SetField, readonly string[]>> = {
  channels: [...CHANNELS, 'constructor'],
  channelCategories: TIER_CATEGORIES,
  connections: ['shopify/shop', 'douyin/live', 'square/tills'],
  categories: CATEGORY_PATHS,
  regions: REGIONS,
  stores: STORES,
  hosts: HOSTS,
  tags: TAGS,
  consents: CONSENTS,
};

const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const some = <T>(from: readonly T[], minLength = 1) =>
  fc.subarray([...from], { minLength, maxLength: Math.min(3, from.length) });

/** Many at one hour, some around the edges of windows to the millisecond, some paid by a clock that runs ahead. */
const paidAtMs = fc.oneof(
  fc.integer({ min: NOON - 420 * DAY, max: NOON }),
  fc.integer({ min: -24 * 400, max: 30 }).map((hours) => NOON + hours * (DAY / 24)),
  fc
    .tuple(fc.constantFrom(0, ...WINDOW_DAYS), fc.integer({ min: -2, max: 2 }))
    .map(([days, ms]) => NOON - days * DAY + ms),
);

const testOrder: fc.Arbitrary<TestOrder> = fc
  .record({
    paidAtMs,
    net: fc.oneof(
      fc.integer({ min: 1, max: 20 }).map((yuan) => yuan * 1000),
      fc.integer({ min: -5_000, max: 30_000 }),
    ),
    counts: fc.constantFrom(true, true, true, true, false),
    currency: fc.constantFrom('CNY', 'CNY', 'CNY', 'USD', 'EUR'),
    channel: fc.constantFrom(...CHANNELS, 'constructor'),
    categories: fc.dictionary(fc.constantFrom(...CATEGORY_PATHS), fc.integer({ min: 0, max: 20_000 }), { maxKeys: 3 }),
    region: maybe(fc.constantFrom(...REGIONS)),
    store: maybe(fc.constantFrom(...STORES)),
    host: maybe(fc.constantFrom(...HOSTS)),
  })
  .map(({ region, store, host, ...order }) => ({
    ...order,
    // Of euros there is no rate.
    ...(order.currency === 'USD' && { rate: 7 }),
    ...(region !== undefined && { region }),
    ...(store !== undefined && { store }),
    ...(host !== undefined && { host }),
  }));

/** Each order again at another time of the same day. */
const clustered = (orders: readonly TestOrder[], gapsMs: readonly number[]): TestOrder[] =>
  orders.flatMap((order) => [
    order,
    ...gapsMs.map((gapMs) => {
      const dayMs = Math.floor(order.paidAtMs / DAY) * DAY;
      return { ...order, paidAtMs: dayMs + ((order.paidAtMs - dayMs + gapMs) % DAY) };
    }),
  ]);

export const orders: fc.Arbitrary<readonly Contribution[]> = fc
  .oneof(
    fc.array(testOrder, { maxLength: 4 }),
    fc.array(testOrder, { maxLength: 25 }),
    fc
      .tuple(
        fc.array(testOrder, { minLength: 1, maxLength: 4 }),
        fc.array(fc.integer({ min: 0, max: DAY - 1 }), { maxLength: 3 }),
      )
      .map(([few, gapsMs]) => clustered(few, gapsMs)),
  )
  .map((all) => all.map(orderOf));

/** A few days of several orders each, some of them ahead. */
export const ordersOnDaysOfSeveral: fc.Arbitrary<readonly Contribution[]> = fc
  .tuple(
    fc.array(
      fc.tuple(testOrder, fc.integer({ min: -40, max: 3 })).map(([order, days]) => ({
        ...order,
        counts: true,
        paidAtMs: NOON + days * DAY,
      })),
      { minLength: 1, maxLength: 3 },
    ),
    fc.array(fc.integer({ min: 0, max: DAY - 1 }), { minLength: 1, maxLength: 3 }),
  )
  .map(([days, gapsMs]) => clustered(days, gapsMs).map(orderOf));

/** Days apart, so that each is alone on its day. */
export const ordersOnDaysOfTheirOwn: fc.Arbitrary<readonly Contribution[]> = fc
  .array(testOrder, { maxLength: 12 })
  .map((all) => {
    const byDay = new Map(all.map((order) => [Math.floor(order.paidAtMs / DAY), order]));
    return [...byDay.values()].map(orderOf);
  });

const atNear = fc.integer({ min: -400 * 24, max: 60 * 24 }).map((hours) => instant(NOON + hours * (DAY / 24)));

export const customerWith = (bought: fc.Arbitrary<readonly Contribution[]>): fc.Arbitrary<TestCustomer> =>
  fc.record({
    orders: bought,
    personas: some([
      'shopify/shop/1',
      'shopify/shop/guest:email:x1',
      'douyin/live/7',
      'square/tills/a/b',
      'constructor/shop/1',
    ]),
    tags: some(TAGS, 0),
    consents: some(CONSENTS, 0),
    predicted: fc.oneof(
      fc.constant({}),
      fc.record({
        clv12m: fc.integer({ min: 0, max: 60_000 }),
        aliveProbability: fc.integer({ min: 0, max: 10 }).map((tenths) => tenths / 10),
        nextOrderAt: fc.integer({ min: -20, max: 60 }).map((days) => instant(Math.floor(NOON / DAY + days) * DAY)),
      }),
    ),
    tier: fc.record({ value: fc.constantFrom(...TIERS), since: atNear }),
  });
export const customer = customerWith(orders);

const PARTS_OF: Readonly<Record<PartKind, fc.Arbitrary<Part>>> = {
  channel: some(CHANNELS).map((channel) => ({ channel })),
  channelCategory: some(TIER_CATEGORIES).map((channelCategory) => ({ channelCategory })),
  category: some(CATEGORY_PATHS).map((category) => ({ category })),
  region: some(REGIONS).map((region) => ({ region })),
  store: some(STORES).map((store) => ({ store })),
  host: some(HOSTS).map((host) => ({ host })),
};
export const part: fc.Arbitrary<Part> = fc.oneof(
  fc.constantFrom<Part>({ channel: 'douyin' }, { channelCategory: 'live' }, { category: 'tea' }),
  // The same again names nothing more.
  fc.constantFrom<Part>({ channel: ['douyin', 'douyin'] }, { category: ['tea', 'constructor', 'tea'] }),
  ...Object.values(PARTS_OF),
);

type MeasureOf = Omit<Measure, 'times'>;
const measureOf = (fields: readonly NumberField[]): fc.Arbitrary<MeasureOf> =>
  fc
    .record({ field: fc.constantFrom(...fields), of: maybe(part), withinDays: maybe(fc.constantFrom(...WINDOW_DAYS)) })
    .map(({ field, of, withinDays }) => ({
      field,
      ...(of && NUMBER_FIELDS[field].of && { of }),
      ...(withinDays !== undefined && NUMBER_FIELDS[field].withinDays && { withinDays }),
    }));

const AMOUNTS: Readonly<Record<NumberField, fc.Arbitrary<number>>> = {
  orders: fc.integer({ min: 0, max: 6 }),
  netSpend: fc.integer({ min: -1, max: 60 }).map((yuan) => yuan * 1000),
  daysSinceLastOrder: fc.integer({ min: 0, max: 120 }),
  daysSinceFirstOrder: fc.integer({ min: 0, max: 420 }),
  daysUntilNextOrder: fc.integer({ min: -20, max: 60 }),
  averageOrder: fc.integer({ min: 0, max: 20 }).map((yuan) => yuan * 1000),
  refundRate: fc.integer({ min: 0, max: 10 }).map((tenths) => tenths / 10),
  purchaseDays: fc.integer({ min: 0, max: 8 }),
  rhythm: fc.integer({ min: 0, max: 60 }).map((tenths) => tenths / 10),
  clv12m: fc.integer({ min: 0, max: 60 }).map((yuan) => yuan * 1000),
  aliveProbability: fc.integer({ min: 0, max: 10 }).map((tenths) => tenths / 10),
  personas: fc.integer({ min: 0, max: 4 }),
};
const MONEY: readonly NumberField[] = ['netSpend', 'averageOrder', 'clv12m'];

/** What a number is compared with, where it is another: one of its kind, mostly. */
const comparand = (field: NumberField): fc.Arbitrary<Measure> =>
  fc
    .tuple(
      measureOf(MONEY.includes(field) ? MONEY : NUMBER_FIELD_NAMES.filter((name) => !MONEY.includes(name))),
      maybe(fc.constantFrom(0.5, 2, 3)),
    )
    .map(([other, times]) => ({ ...other, ...(times !== undefined && { times }) }));

export interface NumberOptions {
  readonly fields?: readonly NumberField[];
  /** Whether numbers are compared with each other, too. */
  readonly comparands?: boolean;
}

export const numberCondition = ({
  fields = NUMBER_FIELD_NAMES,
  comparands = true,
}: NumberOptions = {}): fc.Arbitrary<NumberCondition> =>
  measureOf(fields).chain((measure) =>
    fc
      .uniqueArray(fc.constantFrom(...NUMBER_OPERATORS), { minLength: 1, maxLength: 2 })
      .chain((operators) =>
        fc.tuple(
          ...operators.map((operator) =>
            fc
              .oneof(
                { arbitrary: AMOUNTS[measure.field] as fc.Arbitrary<number | Measure>, weight: 3 },
                { arbitrary: comparand(measure.field), weight: comparands ? 1 : 0 },
              )
              .map((amount) => [operator, amount] as const),
          ),
        ),
      )
      .map((asked) => ({ ...measure, ...Object.fromEntries(asked) })),
  );

const days = fc.oneof(fc.constantFrom(0, 1, 7, 30, 60, 90, 365), fc.integer({ min: 0, max: 420 }));
const DATE_AMOUNTS: Readonly<Record<(typeof DATE_OPERATORS)[number], fc.Arbitrary<Instant | number | boolean>>> = {
  before: atNear,
  after: atNear,
  atLeastDaysAgo: days,
  withinLastDays: days,
  withinNextDays: days,
  exists: fc.boolean(),
};

type Asked = Readonly<Record<string, unknown>>;
/** One operator, or two of which both must hold. */
const oneOf = (amounts: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<Asked> =>
  fc.oneof(...Object.entries(amounts).map(([operator, amount]) => amount.map((to) => ({ [operator]: to }))));
const twoOf = (amounts: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<Asked> =>
  fc.tuple(oneOf(amounts), oneOf(amounts)).map(([one, other]) => ({ ...one, ...other }));

// The cast: Object.keys forgets that these are the keys of the table.
const DATE_FIELD_LIST = Object.keys(DATE_FIELDS) as DateField[];
export const dateCondition: fc.Arbitrary<DateCondition> = fc
  .record({
    field: fc.constantFrom(...DATE_FIELD_LIST),
    of: maybe(part),
    asked: fc.oneof({ arbitrary: oneOf(DATE_AMOUNTS), weight: 6 }, { arbitrary: twoOf(DATE_AMOUNTS), weight: 2 }),
  })
  .map(({ field, of, asked }) => ({ field, ...(of && DATE_FIELDS[field].of && { of }), ...asked }));

export const tierCondition: fc.Arbitrary<TierCondition> = fc.oneof(
  fc.constantFrom(...TIERS).map((is): TierCondition => ({ field: 'tier', is })),
  some(TIERS).map((isOneOf): TierCondition => ({ field: 'tier', isOneOf })),
  fc
    .tuple(fc.constantFrom(...TIERS), some(TIERS))
    .map(([is, isOneOf]): TierCondition => ({ field: 'tier', is, isOneOf })),
);

/** What each operator may be given. */
function setAmounts(field: SetField): Readonly<Record<(typeof SET_OPERATORS)[number], fc.Arbitrary<unknown>>> {
  const name = fc.constantFrom(...NAMES[field]);
  const names = some(NAMES[field]);
  const size = fc.integer({ min: 0, max: 3 });
  return {
    includes: name,
    includesAny: names,
    includesAll: names,
    includesNone: names,
    anyStartsWith: name.map((text) => text.slice(0, 3)),
    anyContains: name.map((text) => text.slice(1, 3)),
    sizeAtLeast: size,
    sizeAtMost: size,
  };
}

export const setCondition: fc.Arbitrary<SetCondition> = fc.constantFrom(...SET_FIELDS).chain((field) => {
  const amounts = setAmounts(field);
  return fc
    .oneof({ arbitrary: oneOf(amounts), weight: 6 }, { arbitrary: twoOf(amounts), weight: 2 })
    .map((asked) => ({ field, ...asked }));
});

/**
 * Each leaf there is, once: every field with each of its operators, of all and of a part of each kind, over all time and a window.
 * So whoever asks all of them leaves nothing to chance but amounts and names.
 */
export const everyLeaf: readonly fc.Arbitrary<Leaf>[] = [
  ...NUMBER_FIELD_NAMES.flatMap((field) => {
    const { of, withinDays } = NUMBER_FIELDS[field];
    const amount = fc.oneof<fc.Arbitrary<number | Measure>[]>(AMOUNTS[field], AMOUNTS[field], comparand(field));
    return scopes(of, withinDays).flatMap((scope) =>
      NUMBER_OPERATORS.map((operator) =>
        fc.tuple(scope, amount).map(([more, to]) => ({ field, ...more, [operator]: to })),
      ),
    );
  }),
  ...DATE_FIELD_LIST.flatMap((field) =>
    scopes(DATE_FIELDS[field].of, false).flatMap((scope) =>
      DATE_OPERATORS.map((operator) =>
        fc.tuple(scope, DATE_AMOUNTS[operator]).map(([more, to]) => ({ field, ...more, [operator]: to })),
      ),
    ),
  ),
  ...SET_FIELDS.flatMap((field) => {
    const amounts = setAmounts(field);
    return SET_OPERATORS.map((operator) => amounts[operator].map((to): SetCondition => ({ field, [operator]: to })));
  }),
  fc.constantFrom(...TIERS).map((is): TierCondition => ({ field: 'tier', is })),
  some(TIERS).map((isOneOf): TierCondition => ({ field: 'tier', isOneOf })),
];

/** With or without a part of each kind, with or without a window. */
function scopes(
  of: boolean,
  withinDays: boolean,
): fc.Arbitrary<{ readonly of?: Part; readonly withinDays?: number }>[] {
  const parts = [fc.constant({}), ...(of ? PARTS.map((kind) => PARTS_OF[kind].map((one) => ({ of: one }))) : [])];
  const windows = fc.constantFrom(...WINDOW_DAYS).map((days) => ({ withinDays: days }));
  return [
    ...parts,
    ...(withinDays ? parts.map((one) => fc.tuple(one, windows).map(([a, b]) => ({ ...a, ...b }))) : []),
  ];
}

export interface ConditionOptions extends NumberOptions {
  /** Segments that it may ask about. */
  readonly segments?: readonly string[];
  readonly leaf?: fc.Arbitrary<Leaf>;
}

export const leafOf = ({ segments = [], ...numbers }: ConditionOptions = {}): fc.Arbitrary<Leaf> =>
  fc.oneof(
    { arbitrary: numberCondition(numbers) as fc.Arbitrary<Leaf>, weight: 5 },
    { arbitrary: dateCondition, weight: 2 },
    { arbitrary: setCondition, weight: 2 },
    { arbitrary: tierCondition, weight: 1 },
    {
      arbitrary: fc.constantFrom(...segments, 'nowhere').map((segment) => ({ segment })),
      weight: segments.length > 0 ? 2 : 0,
    },
  );

/** A tree of a few leaves, at most four deep. */
export function conditionOf(options: ConditionOptions = {}): fc.Arbitrary<Condition> {
  const { leaf = leafOf(options) } = options;
  const { tree } = fc.letrec<{ tree: Condition; branch: Condition }>((tie) => ({
    branch: fc.oneof(
      fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
      fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
      tie('tree').map((not) => ({ not })),
    ),
    tree: fc.oneof({ depthSize: 'small', maxDepth: 3 }, leaf, tie('branch')),
  }));
  return tree;
}
export const condition = conditionOf();

const SEGMENT_IDS = ['d', 'b', 'e', 'a', 'c'] as const;

/** Some segments, each of which may ask about those before it; their ids say nothing of their order. Some are archived. */
export const segmentsOf = (options: ConditionOptions = {}): fc.Arbitrary<readonly SegmentVersion[]> =>
  fc
    .tuple(
      ...SEGMENT_IDS.map((id, index) =>
        fc
          .tuple(conditionOf({ ...options, segments: SEGMENT_IDS.slice(0, index) }), fc.integer({ min: 0, max: 9 }))
          .map(([when, chance]) => segmentOf(id, when, { isArchived: chance === 0, version: index + 1 })),
      ),
    )
    .chain((all) => fc.subarray(all, { minLength: 1 }))
    .chain((all) => fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }));
export const segments = segmentsOf();
