/**
 * What every adapter must do, shown on every recorded case. A new platform adds a folder of cases and nothing here.
 * `UPDATE_EXPECTED=1` signs the requests and writes what came out as expected; the diff is reviewed like code.
 */
import { describe, expect, test } from 'vitest';
import type { ChannelAdapter } from '../../shared/channels/adapter.ts';
import { DOORS, ADAPTERS as REGISTRY } from '../../shared/channels/registry.ts';
import { REPLACED_SECRET_VALID_MS, replaceSecret, validSecrets } from '../../shared/connections/connection.ts';
import { CanonicalOrder } from '../../shared/orders/canonical-order.ts';
import { epochMs, instant } from '../../shared/time/instant.ts';
import { type Forgery, forgeries, signaturePlaces } from './attacks.ts';
import {
  type Case,
  IgnoredAs,
  loadCases,
  type Message,
  Refused,
  readExpectation,
  writeExpectation,
  writeHeaders,
} from './cases.ts';
import { derive, type Read, readCase } from './read.ts';

const UPDATE = process.env.UPDATE_EXPECTED === '1';
const cases = loadCases();
const ADAPTERS = new Map<string, ChannelAdapter>();
for (const channel of DOORS.keys()) {
  const adapter = await REGISTRY.find(channel);
  if (adapter) ADAPTERS.set(channel, adapter);
}

test('every channel has a door, an adapter and cases, and every folder of cases a channel', () => {
  const withCases = new Set(cases.map(({ channel }) => channel));
  expect([...withCases].sort()).toEqual([...DOORS.keys()].sort());
  expect([...ADAPTERS.keys()]).toEqual([...DOORS.keys()]);
  for (const [channel, adapter] of ADAPTERS) {
    expect(channel).toMatch(/^[a-z0-9_]+$/);
    expect(DOORS.get(channel)).toBe(adapter.door);
  }
});

describe.each(cases)('$channel: $name', (recorded) => {
  const adapter = ADAPTERS.get(recorded.channel);
  if (!adapter) throw new Error(`no adapter for ${recorded.channel}`);
  if (UPDATE) update(adapter, recorded);
  const { messages } = recorded;

  test('is read as expected', () => {
    const refused = readExpectation(recorded.folder, 'refused');
    const ignored = readExpectation(recorded.folder, 'ignored');
    const reads = readCase(adapter, recorded);
    if (refused !== undefined) {
      const { kind, ...reason } = reads[0]?.outcome ?? { kind: 'none' };
      expect({ kind, ...reason }).toEqual({ kind: 'unacceptable', ...Refused.parse(refused) });
    } else if (ignored !== undefined) {
      expect(reads[0]?.outcome).toEqual({ kind: 'ignored', ...IgnoredAs.parse(ignored) });
    } else {
      for (const { outcome } of reads) expect(outcome.kind).not.toBe('unacceptable');
      expect(askedFor(reads)).toEqual(readExpectation(recorded.folder, 'signals'));
      const updates = reads.flatMap((read) => read.updates);
      if (updates.length === 0) return;
      const order = derive(adapter, recorded, updates);
      expect(order).toEqual(readExpectation(recorded.folder, 'expected'));
      expect(CanonicalOrder.parse(order)).toEqual(order);
      expectSums(order);
      expectNothingEmpty(order);
    }
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

  test.each(messages)('$file: is verified, and no handshake', ({ request, secret, receivedAt }) => {
    const { door } = adapter;
    expect(door.verify(request, [secret], receivedAt)).toEqual({ kind: 'verified' });
    expect(door.handshake?.(request, [secret])).toBeUndefined();
    expect(door.acknowledge(request).status).toBeGreaterThanOrEqual(200);
    expect(door.acknowledge(request).status).toBeLessThan(300);
    // Signing again gives the same request: what `tributary send` posts is what the platform would.
    expect(door.sign(request, secret, receivedAt)).toEqual(request);
  });

  test.each(messages)('$file: the lake keeps no signature', (message) => {
    const places = signaturePlaces(adapter.door, message);
    for (const { header } of places) expect(adapter.door.keptHeaders).not.toContain(header);
    for (const header of adapter.door.keptHeaders) expect(header).toBe(header.toLowerCase());
  });

  test.each(messages)('$file: no forgery gets in', (message) => {
    const tried = forgeries(adapter.door, message);
    expect(tried.length).toBeGreaterThan(8);
    const passed = tried.filter((forgery) => !isRejected(adapter, message, forgery)).map(({ name }) => name);
    expect(passed).toEqual([]);
  });

  test.each(messages)(
    '$file: a replaced secret is valid for a day and no longer',
    ({ request, secret, receivedAt }) => {
      // Of the same form: some secrets have one.
      const next = `${secret}-next`;
      const secrets = replaceSecret({ current: secret }, next, receivedAt);
      const inMs = (ms: number) => new Date(receivedAt.getTime() + ms);
      const verify = (now: Date) => adapter.door.verify(request, validSecrets(secrets, now), receivedAt).kind;
      expect(verify(inMs(1))).toBe('verified');
      expect(verify(inMs(REPLACED_SECRET_VALID_MS - 1))).toBe('verified');
      expect(verify(inMs(REPLACED_SECRET_VALID_MS))).toBe('rejected');
      const renewed = adapter.door.sign(request, next, receivedAt);
      expect(adapter.door.verify(renewed, validSecrets(secrets, inMs(1)), receivedAt).kind).toBe('verified');
    },
  );
});

/** The signals of each message, or undefined if there are none. */
function askedFor(reads: readonly Read[]) {
  const signals = reads.map(({ outcome }) => (outcome.kind === 'accepted' ? (outcome.signals ?? []) : []));
  return signals.some((asked) => asked.length > 0) ? signals : undefined;
}

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
  for (const [index, message] of recorded.messages.entries()) {
    const signed = adapter.door.sign(message.request, message.secret, message.receivedAt);
    writeHeaders(recorded.folder, message, signed.headers);
    Object.assign(recorded.messages[index] ?? {}, { request: signed });
  }
  const signals = askedFor(readCase(adapter, recorded));
  if (signals) writeExpectation(recorded.folder, 'signals', signals);
  const reads = readCase(adapter, recorded);
  const updates = reads.flatMap((read) => read.updates);
  const first = reads[0]?.outcome;
  if (updates.length > 0) writeExpectation(recorded.folder, 'expected', derive(adapter, recorded, updates));
  if (updates.length > 0 || signals) return;
  if (first?.kind === 'unacceptable') {
    const { code, path, expected } = first;
    writeExpectation(recorded.folder, 'refused', { code, path, expected });
  } else if (first?.kind === 'ignored') writeExpectation(recorded.folder, 'ignored', { code: first.code });
}
