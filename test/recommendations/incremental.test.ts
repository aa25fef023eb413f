/** Whatever is bought, looked at, returned, joined and parted, in whatever order: a version made of changes is as one made of all. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readCustomer } from '../../shared/recommendations/rows.ts';
import { customer, daysAgo, openWorld, type World } from './world.ts';

const PEOPLE = ['ann', 'ben', 'cai', 'dan', 'eve'] as const;
const GOODS = ['rice', 'tea', 'pot', 'cups'] as const;
type Person = (typeof PEOPLE)[number];

const person = fc.constantFrom(...PEOPLE);
const bought = fc.subarray([...GOODS], { minLength: 1, maxLength: 2 });
const days = fc.double({ min: 0, max: 60, noNaN: true });
const aStep = fc.oneof(
  fc.record({ kind: fc.constant('order' as const), who: person, bought, days }),
  fc.record({ kind: fc.constant('return' as const), who: person }),
  fc.record({ kind: fc.constant('view' as const), who: person, product: fc.constantFrom(...GOODS), days }),
  fc.record({ kind: fc.constant('join' as const), who: person, other: person }),
  fc.record({ kind: fc.constant('part' as const), who: person }),
);
type Step = typeof aStep extends fc.Arbitrary<infer One> ? One : never;

/** Who is whose, and what was ordered. */
class Shop {
  readonly #world: World;
  readonly #roots = new Map<Person, Person>(PEOPLE.map((one) => [one, one]));
  readonly #orders = new Map<Person, { readonly id: string; readonly at: ReturnType<typeof daysAgo> }>();
  #count = 0;

  constructor(world: World) {
    this.#world = world;
  }

  async open(): Promise<void> {
    for (const id of GOODS) await this.#world.product(id, { consumable: id === 'rice' || id === 'tea' });
    for (const who of PEOPLE) {
      await this.#world.profile(who, { regions: ['CN/广东省'] });
      for (const ago of [92, 62, 32]) await this.#order(who, ['rice'], ago);
    }
    await this.#world.snapshot();
  }

  /** All customers, with their personas. */
  customers = (): ReadonlyMap<Person, string> =>
    new Map(
      PEOPLE.filter((one) => this.#rootOf(one) === one).map((one) => [one, this.#membersOf(one).join()] as const),
    );

  /** Customers of whom something has changed: of those that were before, or by what their personas did. */
  async takeAll(steps: readonly Step[]): Promise<readonly Person[]> {
    const before = this.customers();
    const active: Person[] = [];
    for (const step of steps) if (await this.#take(step)) active.push(step.who);
    await this.#world.snapshot();
    const acting = new Set(active.map(this.#rootOf));
    return [...this.customers()].flatMap(([one, members]) =>
      acting.has(one) || before.get(one) !== members ? [one] : [],
    );
  }

  /** Whether somebody has done something, be they who they may. */
  async #take(step: Step): Promise<boolean> {
    const root = this.#rootOf(step.who);
    switch (step.kind) {
      case 'order':
        await this.#order(step.who, step.bought, step.days);
        return true;
      case 'return': {
        const last = this.#orders.get(step.who);
        if (!last) return false;
        this.#orders.delete(step.who);
        await this.#world.order(last.id, step.who, last.at, ['rice'], 0);
        return true;
      }
      case 'view':
        this.#world.view(step.who, step.product, daysAgo(step.days));
        return true;
      case 'join': {
        const other = this.#rootOf(step.other);
        if (other === root) return false;
        for (const one of this.#membersOf(other)) this.#roots.set(one, root);
        await this.#write([root, ...this.#membersOf(root)]);
        return false;
      }
      case 'part':
        if (root === step.who) return false;
        this.#roots.set(step.who, step.who);
        await this.#write([root, step.who]);
        return false;
    }
  }

  async #order(who: Person, products: readonly string[], ago: number): Promise<void> {
    const [id, at] = [`o${++this.#count}`, daysAgo(ago)];
    this.#orders.set(who, { id, at });
    await this.#world.order(id, who, at, products);
  }

  async #write(changed: readonly Person[]): Promise<void> {
    for (const one of new Set(changed)) {
      const root = this.#rootOf(one);
      if (root !== one) await this.#world.alias(one, root);
      else await this.#world.profile(one, { members: this.#membersOf(one).map(customer), regions: ['CN/广东省'] });
    }
  }

  #rootOf = (one: Person): Person => this.#roots.get(one) ?? one;
  #membersOf = (root: Person): Person[] => PEOPLE.filter((one) => this.#rootOf(one) === root);
}

test('changed customers get what a version of all gives them, the others keep their row, who is no more has none', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(aStep, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
      async (rounds) => {
        const world = openWorld();
        try {
          const shop = new Shop(world);
          await shop.open();
          await world.make();
          const rows = async () => {
            const { current } = (await world.stored.getVersions()) ?? {};
            const all = await Promise.all(
              PEOPLE.map(
                async (one) =>
                  [one, current && (await world.stored.getContent('customer', customer(one), current))] as const,
              ),
            );
            return new Map(all);
          };
          const itemsOf = (row: string | undefined) => (row === undefined ? [] : readCustomer(row, world.now()));
          for (const steps of rounds) {
            const before = await rows();
            const changed = await shop.takeAll(steps);
            await world.make();
            const after = await rows();
            const customers = shop.customers();
            for (const one of PEOPLE) {
              if (!customers.has(one)) expect(itemsOf(after.get(one))).toEqual([]);
              else if (!changed.includes(one)) expect(after.get(one)).toBe(before.get(one));
            }
            // In another place at the same moment: those to come rest on this version, not on that.
            const whole = await world.makeApart();
            for (const one of changed)
              expect(itemsOf(after.get(one))).toEqual(itemsOf(await whole.rowOf(customer(one))));
          }
        } finally {
          world.close();
        }
      },
    ),
    { numRuns: 5 },
  );
});
