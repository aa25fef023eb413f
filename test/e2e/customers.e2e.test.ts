/** From signed webhooks to one customer, on the deployed stack: what only the whole can show. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteRuleCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import pMap from 'p-map';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Delivery, ShopOptions } from '../../demo/delivery.ts';
import { type Good, inCurrency, OOLONG, TEAPOT } from '../../demo/goods.ts';
import type { Person } from '../../demo/people.ts';
import { createRandom } from '../../demo/random.ts';
import { shopifyCustomerId, shopifyScene } from '../../demo/shopify.ts';
import type { CustomerWorld } from '../../local/customers.ts';
import { customerWorld, depth } from '../../local/deployed-demo.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import type { Place } from '../../shared/profiles/customer.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { ProfileEvent } from '../../shared/publish/events.ts';
import { sqsClient } from '../../shared/runtime/clients.ts';
import { instant } from '../../shared/time/instant.ts';
import { deployment, openShop, outputs, post, settle, withKind } from './deployment.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const PATIENCE_MS = 60_000;
const random = createRandom(5);
/** Of this run: a deployment that is left running has met those of the last. */
const RUN = Date.now() % 1_000_000;
let people = RUN * 100;
let orders = RUN * 1_000;

/** Nobody whom another test has met. */
function newPerson(): Person {
  const number = ++people;
  return {
    id: 8_100_000_000_000 + number,
    firstName: 'Astrid',
    lastName: 'Lindqvist',
    email: `customers${number}@example.com`,
    phone: `+1206${2_340_000 + (number % 5_000_000)}`,
    city: 'Seattle',
    province: 'Washington',
    country: 'US',
    // Else name and address would make them one another's suggestions.
    zip: String(10_000 + (number % 89_999)),
  };
}

interface Bought {
  readonly paidAtMs?: number;
  readonly goods?: readonly Good[];
}

/** To the second, as Shopify tells it. */
const daysAgo = (days: number): number => Math.floor((Date.now() - days * DAY_MS) / 1000) * 1000;

function buy(shop: ShopOptions, buyer: Person, { paidAtMs = daysAgo(3), goods = [OOLONG] }: Bought = {}): Delivery[] {
  const lines = goods.map((good) => ({ product: inCurrency(good, 'USD'), quantity: 1 }));
  const scene = { number: ++orders, paidAtMs, buyer, lines, guest: false, recipientShown: false };
  return [...shopifyScene(random, shop, { ...scene, handedOver: 'parcel' }).deliveries];
}

async function tell(deliveries: readonly Delivery[], concurrency = 1): Promise<void> {
  const statuses = await pMap(deliveries.map(withKind('order')), post, { concurrency });
  expect(new Set(statuses)).toEqual(new Set([200]));
  await settle();
}

// The cast: a Shopify customer's id makes the name of a persona.
const personaOf = ({ connection }: ShopOptions, person: Person): PersonaId =>
  `shopify/${connection}/${shopifyCustomerId(person)}` as PersonaId;

describe('customers on the deployed stack', () => {
  let world: CustomerWorld;
  let events: Awaited<ReturnType<typeof listen>>;
  beforeAll(async () => {
    world = await customerWorld(deployment);
    events = await listen(outputs.BusName);
  });
  afterAll(async () => events.end());

  const placeOf = async (persona: PersonaId): Promise<Place<StoredProfile> | undefined> => {
    const place = await world.customers.getPlace(persona);
    return place && world.customers.getPlace(place.root);
  };
  const ordersOf = async (persona: PersonaId) => (await placeOf(persona))?.profile?.facts.orders;

  async function until<T>(ask: () => Promise<T>, isSo: (answer: T) => boolean): Promise<T> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const answer = await ask();
      if (isSo(answer) || Date.now() > deadline) return answer;
      await sleep(200);
    }
  }

  it('who bought at two shops is one, whatever is told twice, shuffled and eight at a time', async () => {
    const [web, outlet] = [await openShop('customers-web'), await openShop('customers-outlet')];
    const person = newPerson();
    const deliveries = [web, outlet].flatMap((shop) => Array.from({ length: 6 }, () => buy(shop, person)).flat());
    await tell(random.shuffle([...deliveries, ...deliveries]), 8);
    const [a, b] = [personaOf(web, person), personaOf(outlet, person)];
    await until(
      () => ordersOf(a),
      (count) => count === 12,
    );
    const one = await placeOf(a);
    expect(one).toMatchObject({ members: [a, b].sort(), profile: { facts: { orders: 12 } } });
    expect(await placeOf(b)).toEqual(one);
    expect(one?.profile?.tier.reasons.length).toBeGreaterThan(0);
  });

  it('two of one phone and other names stay two, with a suggestion', async () => {
    const shop = await openShop('customers-family');
    const one = newPerson();
    const other = { ...newPerson(), phone: one.phone, firstName: 'Björn', lastName: 'Okafor' };
    await tell([...buy(shop, one), ...buy(shop, other)]);
    const [a, b] = [personaOf(shop, one), personaOf(shop, other)];
    const place = await until(
      () => placeOf(b),
      (found) => (found?.suggestions ?? []).length > 0,
    );
    expect(place).toMatchObject({ members: [b], suggestions: [{ between: [a, b].sort() }] });
    expect((await placeOf(a))?.members).toEqual([a]);
    const { items } = await world.customers.listSuggestions(1_000);
    expect(items).toContainEqual([a, b].sort());
  });

  it('a cut lasts, and taken back gives what was; merge and split are told on the bus', async () => {
    const [web, outlet] = [await openShop('customers-cut'), await openShop('customers-cut-outlet')];
    const person = newPerson();
    const [a, b] = [personaOf(web, person), personaOf(outlet, person)];
    await tell(buy(web, person));
    await until(
      () => ordersOf(a),
      (count) => count === 1,
    );
    await tell(buy(outlet, person));
    await until(
      () => ordersOf(a),
      (count) => count === 2,
    );
    expect((await placeOf(b))?.persona).toBe(a);

    const made = { at: instant(Date.now()), by: 'test', reason: 'two sisters' };
    const cut = { kind: 'unlink' as const, id: randomUUID(), ...made, off: [b], kept: [a] };
    await world.customers.putDecision([a, b], cut);
    await world.queue.send({ personas: [a], cause: 'merge' });
    await until(
      () => placeOf(b),
      (place) => place?.persona === b,
    );
    await tell(buy(outlet, person));
    await until(
      () => ordersOf(b),
      (count) => count === 2,
    );
    expect((await placeOf(b))?.members).toEqual([b]);
    expect(await ordersOf(a)).toBe(1);

    await world.customers.putDecision([a, b], { kind: 'withdraw', id: randomUUID(), ...made, of: cut.id });
    await world.queue.send({ personas: [a, b], cause: 'merge' });
    await until(
      () => ordersOf(a),
      (count) => count === 3,
    );
    expect(await placeOf(b)).toMatchObject({ persona: a, members: [a, b].sort() });

    const told = await until(
      () => events.about(b),
      (all) => all.filter(({ type }) => type === 'profile.merged').length > 0,
    );
    expect(told.map(({ type, cause }) => `${type} ${cause}`)).toEqual(
      expect.arrayContaining(['profile.split merge', 'profile.merged merge']),
    );
  });

  it('a tier is looked at again at the instant that was announced, and not before', async () => {
    const shop = await openShop('customers-time');
    const person = newPerson();
    const persona = personaOf(shop, person);
    // Of two orders in ninety days, one leaves the window in a moment.
    const leavesAtMs = Math.ceil(Date.now() / 1000) * 1000 + 15_000;
    await tell([
      ...buy(shop, person, { paidAtMs: leavesAtMs - 90 * DAY_MS, goods: [TEAPOT] }),
      ...buy(shop, person, { paidAtMs: daysAgo(2) }),
    ]);
    const before = await until(
      () => placeOf(persona),
      (place) => place?.profile?.facts.orders === 2,
    );
    expect(before?.profile?.tier).toMatchObject({ value: 'growth', reviewAt: instant(leavesAtMs) });
    expect(before?.lookAt).toBe(instant(leavesAtMs));

    await world.queue.send({ personas: [persona], cause: 'review' });
    await sleep(1_000);
    expect((await placeOf(persona))?.revision).toBe(before?.revision);

    await sleep(Math.max(0, leavesAtMs - Date.now()) + 500);
    await world.queue.send({ sweep: true });
    const after = await until(
      () => placeOf(persona),
      (place) => place?.revision !== before?.revision,
    );
    // Kept for the dwell time: what has begun is its end.
    expect(after).toMatchObject({ cause: 'review', profile: { facts: { windows: { '90': { orders: 1 } } } } });
    expect(after?.profile?.tier).toMatchObject({ value: 'growth', belowSince: after?.writtenAt });
    expect(await depth(sqsClient(), outputs.ProfilesDeadLetterQueueUrl)).toBe(0);
  });
});

/** What the bus tells from now on. */
async function listen(bus: string) {
  const [sqs, bridge] = [sqsClient(), new EventBridgeClient({})];
  const name = `listener-${randomUUID()}`;
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  const rule = { Name: name, EventBusName: bus };
  await bridge.send(new PutRuleCommand({ ...rule, EventPattern: JSON.stringify({ source: ['tributary'] }) }));
  await bridge.send(
    new PutTargetsCommand({ Rule: name, EventBusName: bus, Targets: [{ Id: 'queue', Arn: Attributes?.QueueArn }] }),
  );
  const heard: ProfileEvent[] = [];

  async function receive(): Promise<void> {
    for (;;) {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
      if (Messages.length === 0) return;
      heard.push(...Messages.map(({ Body = '' }) => ProfileEvent.parse(JSON.parse(Body).detail)));
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
  }

  return {
    async about(subject: PersonaId): Promise<ProfileEvent[]> {
      await receive();
      return heard.filter((event) => event.subject === subject);
    },
    async end(): Promise<void> {
      await bridge.send(new RemoveTargetsCommand({ Rule: name, EventBusName: bus, Ids: ['queue'] }));
      await bridge.send(new DeleteRuleCommand(rule));
      await sqs.send(new DeleteQueueCommand({ QueueUrl }));
    },
  };
}
