/** JPush: pushes for many, ids that make them come once, its rate, and the one device that spoils a push. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outgoing } from '../../shared/senders/sender.ts';
import { jpushFault } from '../providers/jpush.ts';
import { DAY_MS, openStage, PERSONAL, REGISTRATION_ID, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(() => stage.close());

const device = (index: number) => `device${String(index).padStart(5, '0')}`;
const many = (count: number, change: (index: number) => Partial<Outgoing['content']> = () => ({})): Outgoing[] => {
  const { content } = stage.message('jpush');
  return Array.from({ length: count }, (_, index) => ({
    key: `many-${index}`,
    endpoint: { provider: 'jpush', registrationId: device(index) },
    content: { ...content, ...change(index) },
  }));
};
const kinds = (outcomes: readonly { readonly kind: string }[]) => new Set(outcomes.map(({ kind }) => kind));

describe('a push', () => {
  it('arrives as it was written', async () => {
    const message = stage.message('jpush', { with: { imageUrl: 'https://shop.example/1.jpg', collapseKey: '优惠' } });
    expect(await stage.send('jpush', message)).toMatchObject({
      kind: 'sent',
      providerId: expect.stringMatching(/^\d{10,20}$/),
    });
    const extras = { campaign: 'spring', url: PERSONAL.url };
    expect(stage.jpush.taken).toMatchObject([
      {
        registrationIds: [REGISTRATION_ID],
        notification: {
          android: { title: PERSONAL.title, alert: PERSONAL.body, extras, big_pic_path: 'https://shop.example/1.jpg' },
          ios: {
            alert: { title: PERSONAL.title, body: PERSONAL.body },
            sound: 'default',
            extras,
            'mutable-content': true,
          },
        },
        options: { apns_production: true, apns_collapse_id: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/) },
      },
    ]);
  });

  it('is one for all whose content is the same, a thousand at most', async () => {
    const outcomes = await stage.sender('jpush').send(many(1000));
    expect(kinds(outcomes)).toEqual(new Set(['sent']));
    expect(stage.jpush.taken.map(({ registrationIds }) => registrationIds.length)).toEqual([1000]);
  });

  it('is another where the content is, or the order of its fields is not', async () => {
    const batch = many(9, (index) => ({ title: `offer ${index % 3}` }));
    const [first, ...rest] = batch;
    if (!first) throw new Error();
    const turned = {
      ...first,
      content: Object.fromEntries(Object.entries(first.content).reverse()) as typeof first.content,
    };
    await stage.sender('jpush').send([turned, ...rest]);
    expect(stage.jpush.taken.map(({ registrationIds }) => registrationIds)).toEqual(
      expect.arrayContaining([0, 1, 2].map((group) => [group, group + 3, group + 6].map(device))),
    );
    expect(stage.jpush.taken).toHaveLength(3);
  });

  it('has no device twice: two messages are two pushes', async () => {
    const [one, two] = many(2);
    if (!one || !two) throw new Error();
    await stage.sender('jpush').send([one, { ...two, endpoint: one.endpoint }]);
    expect(stage.jpush.taken.map(({ registrationIds }) => registrationIds)).toEqual([[device(0)], [device(0)]]);
  });

  it('leaves out what may not be sent', async () => {
    const batch = many(4, (index) => (index === 1 ? { body: '一'.repeat(2000) } : {}));
    const outcomes = await stage.sender('jpush').send(batch);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['sent', 'rejected', 'sent', 'sent']);
    expect(stage.jpush.taken).toMatchObject([{ registrationIds: [device(0), device(2), device(3)] }]);
  });
});

describe('its id', () => {
  it('makes that what is sent again, by whom ever, is taken once', async () => {
    const batch = many(20);
    for (const kind of ['reset_after', 'cut'] as const) {
      stage.jpush.faults.next({ kind });
      expect(kinds(await stage.sender('jpush').send(batch))).toEqual(new Set(['unknown']));
    }
    expect(kinds(await stage.sender('jpush').send([...batch].reverse()))).toEqual(new Set(['sent']));
    expect(stage.jpush.taken).toHaveLength(1);
  });

  it('is the same for what was not taken at first', async () => {
    stage.jpush.faults.next({ kind: 'reset_before' });
    expect(kinds(await stage.sender('jpush').send(many(3)))).toEqual(new Set(['unknown']));
    expect(kinds(await stage.sender('jpush').send(many(3)))).toEqual(new Set(['sent']));
    expect(stage.jpush.taken).toHaveLength(1);
  });

  it('is another for another device of the same message', async () => {
    const [one, two] = many(2);
    if (!one || !two) throw new Error();
    await stage.send('jpush', one);
    await stage.send('jpush', { ...two, key: one.key });
    expect(stage.jpush.taken.map(({ registrationIds }) => registrationIds)).toEqual([[device(0)], [device(1)]]);
  });

  it('is fetched ten at a time, once for all who wait', async () => {
    const sender = stage.sender('jpush');
    await sender.send(many(9, (index) => ({ title: `${index}` })));
    expect(stage.jpush.calls).toEqual({ cid: 1, push: 9 });
    stage.advance(2 * 60 * 60_000); // those that are left may have been for too long in hand
    await sender.send(many(1, () => ({ title: 'new' })).map((message) => ({ ...message, key: 'later' })));
    expect(stage.jpush.calls.cid).toBe(2);
  });

  it('is not to be had: nothing is sent', async () => {
    stage.jpush.cidFaults.next(jpushFault(500, 1000));
    expect(await stage.send('jpush')).toEqual({ kind: 'later', code: 'cid_1000' });
    stage.jpush.cidFaults.next(jpushFault(401, 1004));
    expect(await stage.send('jpush')).toEqual({ kind: 'refused', code: 'cid_1004' });
    stage.jpush.cidFaults.next({ kind: 'reset_after' });
    expect(await stage.send('jpush')).toEqual({ kind: 'later', code: 'cid_connection_reset' });
    expect(stage.jpush.calls.push).toBe(0);
  });

  it('is good for a day', async () => {
    const batch = many(1);
    await stage.sender('jpush').send(batch);
    stage.advance(DAY_MS);
    await stage.sender('jpush').send(
      batch.map((one) => ({
        ...one,
        content: { ...one.content, expiresAt: stage.message('jpush').content.expiresAt },
      })),
    );
    expect(stage.jpush.taken).toHaveLength(2);
  });
});

describe('a number', () => {
  it.each([
    [401, 1004, { kind: 'refused' }],
    [400, 1008, { kind: 'refused' }],
    [403, 2003, { kind: 'refused' }],
    [400, 1003, { kind: 'rejected' }],
    [400, 1005, { kind: 'rejected' }],
    [400, 1011, { kind: 'gone' }],
    [500, 1000, { kind: 'later' }],
    [503, 1030, { kind: 'later' }],
    [429, 2002, { kind: 'later', retryAfterMs: 60_000 }],
    [400, 9999, { kind: 'rejected' }],
  ])('%i %i', async (status, code, outcome) => {
    stage.jpush.faults.next(jpushFault(status, code));
    expect(await stage.send('jpush')).toEqual({ code: String(code), ...outcome });
  });

  it('1011 of the model itself: nobody is left', async () => {
    stage.jpush.forget(REGISTRATION_ID);
    expect(await stage.send('jpush')).toEqual({ kind: 'gone', code: '1011' });
  });

  it('1003: of a thousand, the one is found that is none of the app’s', async () => {
    stage.jpush.disown(device(617));
    const outcomes = await stage.sender('jpush').send(many(1000));
    expect(outcomes.flatMap(({ kind }, index) => (kind === 'sent' ? [] : [[index, kind]]))).toEqual([
      [617, 'rejected'],
    ]);
    expect(stage.jpush.taken.flatMap(({ registrationIds }) => registrationIds)).toHaveLength(999);
    expect(stage.jpush.calls.push).toBeLessThanOrEqual(33);
  });

  it('1003 of the content is not searched for for ever', async () => {
    stage.jpush.faults.always(jpushFault(400, 1003));
    expect(kinds(await stage.sender('jpush').send(many(1000)))).toEqual(new Set(['rejected']));
    expect(stage.jpush.calls.push).toBeLessThanOrEqual(33);
  });
});

describe('the rate', () => {
  it('that is used up is waited for without asking', async () => {
    stage.jpush.quota = 3; // one for ids
    const sender = stage.sender('jpush');
    await sender.send(many(1));
    await sender.send(many(1, () => ({ title: 'b' })).map((one) => ({ ...one, key: 'b' })));
    const [outcome] = await sender.send(many(1, () => ({ title: 'c' })).map((one) => ({ ...one, key: 'c' })));
    expect(outcome).toMatchObject({ kind: 'later', code: 'rate' });
    expect(stage.jpush.calls.push).toBe(2);
    stage.advance(61_000);
    expect(kinds(await sender.send(many(1, () => ({ title: 'c' })).map((one) => ({ ...one, key: 'c' }))))).toEqual(
      new Set(['sent']),
    );
  });

  it('of another function is told by 429', async () => {
    stage.jpush.quota = 2;
    await stage.send('jpush');
    expect(await stage.send('jpush')).toMatchObject({
      kind: 'later',
      code: 'cid_2002',
      retryAfterMs: expect.any(Number),
    });
  });
});
