/** EventBridge takes ten entries and 256 KB a call, and may take some of them only. */
import { EventBridgeClient, type PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { describe, expect, it } from 'vitest';
import { NotPublished, parcelsOf } from '../../shared/publish/bus.ts';
import { eventsBetween, type ProfileEvent } from '../../shared/publish/events.ts';
import { eventBridgeBus } from '../../shared/publish/store.ts';
import { AT, personaId, rootOf } from './samples.ts';

const changed = (name: string, channel = 'shopify'): ProfileEvent => {
  const [event] = eventsBetween(undefined, rootOf(personaId(name)));
  if (event?.type !== 'profile.created') throw new Error('no such event');
  return { ...event, channels: [channel] };
};
const many = (count: number) => Array.from({ length: count }, (_, index) => changed(`shopify/tea/${index}`));

/** A bus whose calls this answers: of each entry an error code, or nothing. */
function open(answer: (call: number, profiles: readonly string[]) => readonly (string | undefined)[]) {
  const calls: string[][] = [];
  const slept: number[] = [];
  const client = new EventBridgeClient({ region: 'us-east-1' });
  let entries: PutEventsCommand['input']['Entries'] = [];
  client.middlewareStack.add(
    () => async (args) => {
      // The cast: this client is only asked to put events.
      entries = (args.input as PutEventsCommand['input']).Entries ?? [];
      const profiles = entries.map(({ Detail = '{}' }) => String(JSON.parse(Detail).profile));
      calls.push(profiles);
      const Entries = answer(calls.length, profiles).map((code) =>
        code === undefined ? { EventId: '1' } : { ErrorCode: code },
      );
      return { response: {}, output: { $metadata: {}, Entries } };
    },
    { step: 'initialize' },
  );
  const bus = eventBridgeBus({ client, bus: 'the-bus', sleep: async (ms) => slept.push(ms) });
  return { bus, calls, slept, entries: () => entries ?? [] };
}
const all = (profiles: readonly string[]) => profiles.map(() => undefined);

describe('the bus', () => {
  it('gets events in calls of ten, named as consumers filter them', async () => {
    const { bus, calls, entries } = open((_, profiles) => all(profiles));
    await bus.put(many(23));
    expect(calls.map(({ length }) => length)).toEqual([10, 10, 3]);
    expect(entries()[0]).toMatchObject({
      EventBusName: 'the-bus',
      Source: 'tributary',
      DetailType: 'profile.created',
      Time: new Date(AT),
    });
    await bus.put([]);
    expect(calls).toHaveLength(3);
  });

  it('gets again what it did not take, and only that', async () => {
    const { bus, calls, slept } = open((call, profiles) =>
      profiles.map((_, index) => (call === 1 && index % 2 === 1 ? 'ThrottlingException' : undefined)),
    );
    await bus.put(many(4));
    expect(calls).toEqual([
      ['shopify/tea/0', 'shopify/tea/1', 'shopify/tea/2', 'shopify/tea/3'],
      ['shopify/tea/1', 'shopify/tea/3'],
    ]);
    expect(slept).toEqual([200]);
  });

  it('names what it never took, after the rest was sent', async () => {
    const refused = changed('shopify/tea/1');
    const { bus, calls } = open((_, profiles) =>
      profiles.map((profile) => (profile === 'shopify/tea/1' ? 'InternalFailure' : undefined)),
    );
    const error = await bus.put(many(12)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NotPublished);
    expect(error).toMatchObject({ code: 'InternalFailure', events: new Set([refused.id]) });
    expect(calls.map(({ length }) => length)).toEqual([10, 1, 1, 1, 1, 2]);
  });

  it('names all that a failing call and those after it would have sent', async () => {
    const { bus } = open((call, profiles) => {
      if (call === 2) throw Object.assign(new Error('away'), { name: 'TimeoutError' });
      return all(profiles);
    });
    const events = many(23);
    const error = await bus.put(events).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'TimeoutError', events: new Set(events.slice(10).map(({ id }) => id)) });
  });

  it('gets no call that is too large', () => {
    const large = Array.from({ length: 6 }, (_, index) => changed(`shopify/tea/${index}`, 'x'.repeat(60_000)));
    expect(parcelsOf(large).map(({ length }) => length)).toEqual([4, 2]);
    const tooLarge = changed('shopify/tea/9', 'x'.repeat(300_000));
    expect(parcelsOf([...many(2), tooLarge, ...many(2)]).map(({ length }) => length)).toEqual([2, 1, 2]);
  });
});
