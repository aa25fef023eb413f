/**
 * What every adapter must do, shown on every recorded case. A new platform adds a folder of cases and nothing here.
 *
 *     npx vitest run --project fast test/channels/suite.test.ts                                       # all channels
 *     npx vitest run --project fast test/channels/suite.test.ts -t 'square: '                         # one
 *     npx vitest run --project fast test/channels/suite.test.ts -t 'square: return-order-is-no-sale'  # one case
 *     UPDATE_EXPECTED=square npx vitest run --project fast test/channels/suite.test.ts -t 'square: '
 *
 * `UPDATE_EXPECTED=<channel>` (`all` for all) signs that channel's requests and writes what came out as expected; the diff
 * is reviewed like code.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import type { ChannelAdapter } from '../../shared/channels/adapter.ts';
import { ADAPTERS, DOORS } from '../../shared/channels/registry.ts';
import { REPLACED_SECRET_VALID_MS, replaceSecret, validSecrets } from '../../shared/connections/connection.ts';
import { CanonicalOrder } from '../../shared/orders/canonical-order.ts';
import { epochMs, instant } from '../../shared/time/instant.ts';
import { type Forgery, forgeries, signaturePlaces } from './attacks.ts';
import {
  type Case,
  type CasePlace,
  type Expectations,
  listCases,
  loadCase,
  type Message,
  readExpectations,
  writeExpectations,
  writeHeaders,
} from './cases.ts';
import { derive, type Read, readCase } from './read.ts';

const UPDATE = process.env.UPDATE_EXPECTED;
if (UPDATE !== undefined && UPDATE !== 'all' && !DOORS.has(UPDATE)) {
  throw new Error(`UPDATE_EXPECTED=${UPDATE} is no channel: expected ${[...DOORS.keys()].join(', ')} or all.`);
}

const places = listCases();
const channels = [...new Set([...DOORS.keys(), ...places.map(({ channel }) => channel)])].sort();
const adapters = new Map<string, ChannelAdapter>();
for (const channel of DOORS.keys()) {
  // One that cannot be loaded fails its own test below, and no other's.
  const adapter = await ADAPTERS.find(channel).catch(() => undefined);
  if (adapter) adapters.set(channel, adapter);
}

test.each(channels)('%s: has a line in the registry, an adapter and cases', async (channel) => {
  expect(channel).toMatch(/^[a-z0-9_]+$/);
  const door = DOORS.get(channel);
  expect(door, `shared/channels/registry.ts has no line for ${channel}, or its door another name`).toBeDefined();
  expect(door).toBe((await ADAPTERS.find(channel))?.door);
  const folders = places.filter((place) => place.channel === channel);
  expect(folders.length, `test/channels/${channel} holds no case`).toBeGreaterThan(0);
});

const playable = places.flatMap((place) => {
  const adapter = adapters.get(place.channel);
  return adapter ? [[`${place.channel}: ${place.name}`, place, adapter] as const] : [];
});

describe.each(playable)('%s', (_, place, adapter) => {
  const recorded = loaded(place);
  if (recorded instanceof Error) {
    test('can be loaded', () => Promise.reject(recorded));
    return;
  }
  if (UPDATE === 'all' || UPDATE === place.channel) beforeAll(() => update(adapter, recorded));
  const messages = recorded.messages.map((message) => [message.file, message] as const);

  test('is read as expected', () => {
    const reads = readCase(adapter, recorded);
    const said = saidBy(adapter, recorded, reads);
    const wanted = readExpectations(recorded.folder);
    expect(said, whatToDo(recorded, said, wanted)).toEqual(wanted);
    const { expected, refused, ignored, signals } = wanted;
    const something = expected ?? refused ?? ignored ?? signals ?? otherShopsIn(reads);
    expect(something, 'a case that nothing is expected of').toBeDefined();
    if (expected === undefined) return;
    const order = CanonicalOrder.parse(said.expected);
    expect(order).toEqual(said.expected);
    expectSums(order);
    expectNothingEmpty(order);
  });

  test('order of arrival and repetition change nothing', () => {
    const updates = readCase(adapter, recorded).flatMap((read) => read.updates);
    if (updates.length === 0) return;
    const order = derive(adapter, recorded, updates);
    expect(derive(adapter, recorded, updates.toReversed())).toEqual(order);
    expect(derive(adapter, recorded, [...updates, ...updates])).toEqual(order);
    expect(derive(adapter, recorded, updates.flatMap((update) => [update, update]).toReversed())).toEqual(order);
  });

  test('a fixed adapter wins when the lake is replayed, whenever that is', () => {
    const updates = readCase(adapter, recorded).flatMap((read) => read.updates);
    if (updates.length === 0) return;
    const fixed = readCase({ ...adapter, revision: adapter.revision + 1 }, recorded).flatMap((read) => read.updates);
    const wrong = readCase(misreading(adapter), recorded).flatMap((read) => read.updates);
    const order = derive(adapter, recorded, updates);
    expect(derive(adapter, recorded, wrong)).not.toEqual(order);
    expect(derive(adapter, recorded, [...wrong, ...fixed])).toEqual(order);
    expect(derive(adapter, recorded, [...fixed, ...wrong])).toEqual(order);
  });

  test.each(messages)('%s: is verified, and no handshake', (_, { request, secret, receivedAt }) => {
    const { door } = adapter;
    expect(door.verify(request, [secret], receivedAt)).toEqual({ kind: 'verified' });
    expect(door.handshake?.(request, [secret])).toBeUndefined();
    expect(door.acknowledge(request).status).toBeGreaterThanOrEqual(200);
    expect(door.acknowledge(request).status).toBeLessThan(300);
    // Signing again gives the same request: what `tributary send` posts is what the platform would.
    expect(door.sign(request, secret, receivedAt)).toEqual(request);
  });

  test.each(messages)('%s: the lake keeps no signature', (_, message) => {
    const places = signaturePlaces(adapter.door, message);
    for (const { header } of places) expect(adapter.door.keptHeaders).not.toContain(header);
    for (const header of adapter.door.keptHeaders) expect(header).toBe(header.toLowerCase());
  });

  test.each(messages)('%s: no forgery gets in', (_, message) => {
    const tried = forgeries(adapter.door, message);
    expect(tried.length).toBeGreaterThan(8);
    const passed = tried.filter((forgery) => !isRejected(adapter, message, forgery)).map(({ name }) => name);
    expect(passed).toEqual([]);
  });

  test.each(messages)('%s: a replaced secret is valid for a day and no longer', (_, message) => {
    const { request, secret, nextSecret, receivedAt } = message;
    const secrets = replaceSecret({ current: secret }, nextSecret, receivedAt);
    const inMs = (ms: number) => new Date(receivedAt.getTime() + ms);
    const verify = (now: Date) => adapter.door.verify(request, validSecrets(secrets, now), receivedAt).kind;
    expect(verify(inMs(1))).toBe('verified');
    expect(verify(inMs(REPLACED_SECRET_VALID_MS - 1))).toBe('verified');
    expect(verify(inMs(REPLACED_SECRET_VALID_MS))).toBe('rejected');
    const renewed = adapter.door.sign(request, nextSecret, receivedAt);
    expect(adapter.door.verify(renewed, validSecrets(secrets, inMs(1)), receivedAt).kind).toBe('verified');
  });
});

function loaded(place: CasePlace): Case | Error {
  try {
    return loadCase(place);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** What came out, under the names of the files that say what should. */
function saidBy(adapter: ChannelAdapter, recorded: Case, reads: readonly Read[]): Expectations {
  const updates = reads.flatMap((read) => read.updates);
  const signals = askedFor(reads);
  const outcomes = reads.map(({ outcome }) => outcome);
  const refused = outcomes.find((outcome) => outcome.kind === 'unacceptable');
  const ignored = outcomes.find((outcome) => outcome.kind === 'ignored');
  const [order] = updates.length > 0 ? [derive(adapter, recorded, updates)] : [];
  if (refused) {
    const { code, path, expected } = refused;
    return { refused: { code, path, expected } };
  }
  if (!order && !signals && ignored) return { ignored: { code: ignored.code } };
  return { ...(order && { expected: order }), ...(signals && { signals }) };
}

function whatToDo({ channel, name }: CasePlace, { refused }: Expectations, wanted: Expectations): string {
  if (refused && !wanted.refused) {
    const { code, path, expected } = refused;
    return `test/channels/${channel}/${name} is refused (${code}${path && ` at ${path}`}): expected ${expected}`;
  }
  return `test/channels/${channel}/${name} says other than its files. If it is right, run with UPDATE_EXPECTED=${channel} and read the diff`;
}

/** The signals of each message, or undefined if there are none. */
function askedFor(reads: readonly Read[]) {
  const signals = reads.map(({ outcome }) => (outcome.kind === 'accepted' ? (outcome.signals ?? []) : []));
  return signals.some((asked) => asked.length > 0) ? signals : undefined;
}

/** Of messages that are another shop's there is no more to expect: they say nothing of this one. */
const otherShopsIn = (reads: readonly Read[]) =>
  reads.flatMap(({ outcome }) => (outcome.kind === 'accepted' ? (outcome.otherShops ?? []) : [])).at(0);

function isRejected(adapter: ChannelAdapter, { receivedAt }: Message, { request, secrets }: Forgery): boolean {
  const outcome = adapter.door.verify(request, secrets, receivedAt);
  if (outcome.kind !== 'rejected') return false;
  // The message goes to logs.
  for (const secret of secrets) if (secret !== '') expect(outcome.message).not.toContain(secret);
  return true;
}

/** The same adapter with a fault: every discount and every refund is taken to be one minor unit too large. */
function misreading(adapter: ChannelAdapter): ChannelAdapter {
  return {
    ...adapter,
    normalize(envelope, connection) {
      const outcome = adapter.normalize(envelope, connection);
      if (outcome.kind !== 'accepted') return outcome;
      const documents = outcome.documents.map((document) => {
        const { money, deletion } = document.parts;
        return {
          ...document,
          parts: {
            ...document.parts,
            ...(money && { money: { ...money, merchantDiscount: money.merchantDiscount + 1 } }),
            ...(deletion && { deletion: { at: instant(epochMs(deletion.at) + 1) } }),
          },
          ...(document.refunds && {
            refunds: document.refunds.map((refund) => ({
              ...refund,
              value: { ...refund.value, amount: refund.value.amount + 1 },
            })),
          }),
        };
      });
      return { ...outcome, documents };
    },
  };
}

/** The identities of the public contract. `total` and `items` may break theirs only with a flag that says so. */
function expectSums({ totals, lines, flags, taxIncluded, payment }: CanonicalOrder): void {
  for (const line of lines) expect(line.total).toBe(Math.round(line.unitPrice * line.quantity) - line.discount);
  if (!totals) return;
  const { items, merchantDiscount, platformDiscount, shipping, tax, tip, fees, total, paid, refunded, net } = totals;
  const owed = items - merchantDiscount - platformDiscount + shipping + (taxIncluded ? 0 : tax) + tip + fees;
  expect(total === owed).toBe(!flags.includes('total_mismatch'));
  expect(net).toBe(paid - refunded);
  if (payment === 'unpaid') expect(refunded).toBe(0);
}

/** Absent is absent: no empty text, no null, no empty object but `buyer`, which is always there. */
function expectNothingEmpty(value: unknown, path = 'order'): void {
  expect(value === null || value === '' || value === undefined, path).toBe(false);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    expectNothingEmpty(inner, `${path}.${key}`);
    if (key !== 'buyer' && typeof inner === 'object' && !Array.isArray(inner)) {
      expect(Object.keys(inner).length, `${path}.${key}`).toBeGreaterThan(0);
    }
  }
}

function update(adapter: ChannelAdapter, recorded: Case): void {
  for (const message of recorded.messages) {
    const signed = adapter.door.sign(message.request, message.secret, message.receivedAt);
    writeHeaders(recorded.folder, message, signed.headers);
    // The tests that follow see the request as it stands in its file now.
    Object.assign(message, { request: signed });
  }
  writeExpectations(recorded.folder, saidBy(adapter, recorded, readCase(adapter, recorded)));
}
