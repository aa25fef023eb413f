/** From an occurrence to a message, once at most, whatever dies when. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { unitOf } from '../../shared/campaigns/assignment.ts';
import type { Work } from '../../shared/lanes/lane.ts';
import type { PushDependencies } from '../../shared/push/errand.ts';
import type { PushWork } from '../../shared/push/push-work.ts';
import { Conflict } from '../../shared/runtime/errors.ts';
import { NOON } from '../campaigns/spring.ts';
import { personaId } from '../profiles/people.ts';
import { createMortal } from './mortal.ts';
import { ALIAS, ANNE, openStage } from './stage.ts';

const HOUR_MS = 3_600_000;
const DONE = { kind: 'done' };

describe('an occurrence', () => {
  it('becomes a message to each device, and a record', async () => {
    const stage = await openStage();
    await stage.devices.putDevice({
      ...{ id: 'tablet', persona: ALIAS, endpoint: { provider: 'jpush', registrationId: 'r1' }, seenAt: stage.now() },
    });
    const work = stage.work();
    expect(await stage.perform(work)).toMatchObject(DONE);
    expect(stage.fcm.taken).toMatchObject([{ key: work.subject, content: { title: '春茶上市', body: '新茶已到' } }]);
    expect(stage.jpush.taken).toHaveLength(1);
    // What an app tells that it was opened by is what its record is called.
    expect(stage.fcm.taken[0]?.content.data).toEqual({ campaign: 'spring', variant: 'a', message: work.subject });
    expect(await stage.recordOf(work)).toMatchObject({
      ...{ state: 'sent', profile: ANNE, variant: 'a', isPersonalised: true, version: 1 },
      devices: [
        { device: 'phone', outcome: 'sent' },
        { device: 'tablet', outcome: 'sent' },
      ],
    });
    expect((await stage.logs.getLog(ANNE))?.sends).toMatchObject([
      { key: work.subject, campaign: 'spring', isMarketing: true },
    ]);
  });

  it('that comes again, under an alias, or after a merge, is the same', async () => {
    const stage = await openStage();
    const work = stage.work();
    await stage.perform(work);
    await stage.perform(work);
    const asAlias = stage.work('entered-1', ALIAS);
    expect(asAlias.subject).not.toBe(work.subject);
    await stage.perform(asAlias);
    expect(stage.fcm.tried).toHaveLength(1);
    expect(await stage.recordOf(asAlias)).toMatchObject({ state: 'suppressed', reasons: ['already_sent'] });
  });

  it('is kept back with its reasons, and counts nowhere', async () => {
    const stage = await openStage();
    await stage.say('push', false);
    const work = stage.work();
    expect(await stage.perform(work)).toMatchObject(DONE);
    expect(await stage.recordOf(work)).toMatchObject({ state: 'suppressed', reasons: ['consent_refused'] });
    expect([stage.fcm.tried, await stage.logs.getLog(ANNE)]).toEqual([[], undefined]);
    expect(stage.measured).toEqual(['pushSettled consent_refused']);
  });

  it('is nothing to who has refused everything in one step', async () => {
    const stage = await openStage();
    await stage.say('*', false);
    const work = stage.work();
    await stage.perform(work);
    expect(await stage.recordOf(work)).toMatchObject({ reasons: ['suppression_list'] });
  });

  it('of nobody is settled, too', async () => {
    const stage = await openStage();
    const work = stage.work('entered-1', personaId('shopify/shop/nobody'));
    expect(await stage.perform(work)).toMatchObject(DONE);
    expect(await stage.recordOf(work)).toMatchObject({ state: 'suppressed' });
  });

  it('waits for the morning, and is asked again about everything', async () => {
    const stage = await openStage();
    stage.later(11 * HOUR_MS);
    const work = stage.work();
    expect(await stage.perform(work)).toEqual({
      kind: 'later',
      at: Date.parse('2026-11-26T00:30:00Z'),
      code: 'quiet_hours',
    });
    stage.later(9.5 * HOUR_MS);
    await stage.say('push', false);
    await stage.perform({ ...work, attempts: 1 });
    expect(await stage.recordOf(work)).toMatchObject({ reasons: ['consent_refused'] });
  });

  it('of a lower campaign waits a little longer than the morning', async () => {
    const stage = await openStage({ priority: 'low' });
    for (const priority of ['high', 'normal'] as const)
      await stage.campaigns.putCampaign({ ...stage.own, id: priority, priority });
    stage.later(11 * HOUR_MS);
    const held = await stage.perform(stage.work());
    expect(held).toEqual({ kind: 'later', at: Date.parse('2026-11-26T00:40:00Z'), code: 'quiet_hours' });
  });

  it('of a paused campaign waits, and is sent when it goes on in time', async () => {
    const stage = await openStage();
    const work = stage.work();
    await stage.campaigns.putCampaign({ ...stage.own, version: 2, wanted: 'paused' });
    expect(await stage.perform(work)).toMatchObject({ kind: 'later', code: 'paused' });
    await stage.campaigns.putCampaign({ ...stage.own, version: 3 });
    await stage.perform(work);
    expect(stage.fcm.taken).toHaveLength(1);
  });

  it('of a campaign that stays paused is asked about less and less, and goes when it would be out of date', async () => {
    const stage = await openStage();
    await stage.campaigns.putCampaign({ ...stage.own, version: 2, wanted: 'paused' });
    let work: Work<PushWork> = stage.work();
    let asked = 0;
    while (asked < 100) {
      const outcome = await stage.perform(work);
      if (outcome.kind !== 'later') break;
      const { at, code } = outcome;
      work = { ...work, attempts: ++asked, trouble: work.trouble ?? { code, since: Date.parse(stage.now()) } };
      stage.later(at - Date.parse(stage.now()));
    }
    expect(await stage.recordOf(work)).toMatchObject({ state: 'suppressed', reasons: ['not_running', 'stale'] });
    // Six hours in which it is news, and twelve for which it may be held.
    expect(Date.parse(stage.now()) - Date.parse(NOON)).toBeLessThan(18.5 * HOUR_MS);
    expect(asked).toBeLessThan(90);
  });

  it('past the budget is kept back, and what was tried twice counts once', async () => {
    const stage = await openStage({ limits: { budget: 1 } });
    stage.fcm.next.push({ kind: 'later', code: 'http_503' });
    const first = stage.work('entered-1');
    expect(await stage.perform(first)).toMatchObject({ kind: 'failed', code: 'http_503' });
    await stage.perform(first);
    const second = stage.work('entered-2');
    await stage.perform(second);
    expect(await stage.recordOf(first)).toMatchObject({ state: 'sent' });
    expect(await stage.recordOf(second)).toMatchObject({ reasons: ['budget_spent'] });
  });

  it('that lacks something for a customer who would be held out is kept back as for any other', async () => {
    const share = unitOf('holdout spring', ANNE) + 1e-9;
    const messages = { zh: { title: 'x', body: '{{ customer.name }}' } };
    const stage = await openStage({
      limits: { holdout: share },
      content: { defaultLocale: 'zh', variants: [{ id: 'a', weight: 1, messages }] },
    });
    const work = stage.work();
    await stage.perform(work);
    expect(await stage.recordOf(work)).toMatchObject({ state: 'suppressed', reasons: ['missing_value'] });
  });

  it('of a customer held out is recorded, with nothing sent', async () => {
    const share = unitOf('holdout spring', ANNE) + 1e-9;
    const stage = await openStage({ limits: { holdout: share } });
    const work = stage.work();
    await stage.perform(work);
    expect(await stage.recordOf(work)).toMatchObject({ state: 'held_out', heldOut: 'campaign' });
    expect([stage.fcm.tried, await stage.logs.getLog(ANNE)]).toEqual([[], undefined]);
  });

  it.each([
    ['{{ customer.name }}', 'missing_value'],
    ['x'.repeat(1_001), 'too_large'],
  ])('whose content is %s is kept back', async (body, reason) => {
    const stage = await openStage({
      content: { defaultLocale: 'zh', variants: [{ id: 'a', weight: 1, messages: { zh: { title: 'x', body } } }] },
    });
    const work = stage.work();
    await stage.perform(work);
    expect(await stage.recordOf(work)).toMatchObject({ state: 'suppressed', reasons: [reason] });
    expect(await stage.logs.getLog(ANNE)).toBeUndefined();
  });

  it('is told in the language of each device', async () => {
    const messages = {
      zh: { title: '你好', body: '{{ customer.tier }}' },
      en: { title: 'Hello', body: '{{ customer.tier }}' },
    };
    const stage = await openStage({ content: { defaultLocale: 'zh', variants: [{ id: 'a', weight: 1, messages }] } });
    await stage.devices.putDevice({
      ...{
        id: 'ipad',
        persona: ANNE,
        endpoint: { provider: 'fcm', token: 't2' },
        seenAt: stage.now(),
        locale: 'en-GB',
      },
    });
    await stage.perform(stage.work());
    expect(stage.fcm.taken.map(({ content }) => content.title).sort()).toEqual(['Hello', '你好']);
  });
});

describe('the provider', () => {
  it('that knows a device no more has it removed, unless it was registered anew', async () => {
    const stage = await openStage();
    stage.fcm.next.push({ kind: 'gone', code: 'unregistered' });
    const work = stage.work();
    await stage.perform(work);
    expect(await stage.devices.listDevices(ANNE)).toEqual([]);
    expect(await stage.recordOf(work)).toMatchObject({
      state: 'failed',
      devices: [{ outcome: 'gone', code: 'unregistered' }],
    });
  });

  it('that knows one device no more is asked nothing twice, though that was registered anew meanwhile', async () => {
    const stage = await openStage();
    await stage.devices.putDevice({
      ...{ id: 'tablet', persona: ANNE, endpoint: { provider: 'fcm', token: 't2' }, seenAt: stage.now() },
    });
    stage.fcm.next.push({ kind: 'gone', code: 'unregistered' });
    const removeDevice = async () => {
      throw new Conflict('device_changed', 'The device was registered by another meanwhile.');
    };
    const work = stage.work();
    const devices = { ...stage.devices, removeDevice };
    expect(await stage.perform(work, { ...stage.dependencies, devices })).toMatchObject(DONE);
    expect([stage.fcm.tried.length, stage.fcm.taken.length]).toEqual([2, 1]);
    expect(await stage.recordOf(work)).toMatchObject({ state: 'sent' });
  });

  it('that is busy is asked again, and the customer once more whether they want it', async () => {
    const stage = await openStage();
    stage.fcm.next.push({ kind: 'later', code: 'http_429', retryAfterMs: 5_000 });
    const work = stage.work();
    expect(await stage.perform(work)).toEqual({ kind: 'failed', code: 'http_429', retryAfterMs: 5_000, tooMuch: true });
    expect(await stage.recordOf(work)).toMatchObject({ state: 'claimed' });
    stage.later(1);
    await stage.say('push', false);
    await stage.perform(work);
    expect(await stage.recordOf(work)).toMatchObject({ state: 'suppressed', reasons: ['consent_refused'] });
    // What was never sent does not count against what comes.
    expect((await stage.logs.getLog(ANNE))?.sends).toEqual([]);
  });

  it('that refuses our credentials is asked again, and keeps waiting nobody whom another reaches', async () => {
    const stage = await openStage();
    stage.fcm.next.push({ kind: 'refused', code: 'credentials' });
    const work = stage.work();
    expect(await stage.perform(work)).toEqual({ kind: 'failed', code: 'credentials' });
    await stage.perform(work);
    expect(await stage.recordOf(work)).toMatchObject({ state: 'sent' });
  });

  it('that is busy for hours is given up', async () => {
    const stage = await openStage();
    const work = stage.work();
    for (let hour = 0; hour < 7; hour++) stage.fcm.next.push({ kind: 'later', code: 'http_503' });
    let last: unknown;
    for (let hour = 0; hour < 7; hour++) {
      last = await stage.perform(work);
      stage.later(HOUR_MS + 1);
    }
    expect(last).toEqual({ kind: 'failed', code: 'http_503', at: 'never' });
    expect(await stage.recordOf(work)).toMatchObject({ state: 'failed' });
  });

  it('that may have taken it is not asked again', async () => {
    const stage = await openStage();
    stage.fcm.next.push({ kind: 'unknown', code: 'reset' });
    const work = stage.work();
    expect(await stage.perform(work)).toMatchObject(DONE);
    await stage.perform(work);
    expect(await stage.recordOf(work)).toMatchObject({ state: 'unknown' });
    expect(stage.fcm.tried).toHaveLength(1);
  });
});

describe('a function that dies after the provider took it', () => {
  it('leaves it unknown where a second message would be one', async () => {
    const stage = await openStage();
    stage.fcm.next.push('die');
    const work = stage.work();
    await expect(stage.perform(work)).rejects.toThrow('died');
    await stage.perform(work);
    expect(stage.fcm.taken).toHaveLength(1);
    expect(await stage.recordOf(work)).toMatchObject({ state: 'unknown' });
  });

  it('has it sent again under its key where the provider drops the second', async () => {
    const stage = await openStage();
    await stage.devices.putDevice({
      ...{ id: 'phone', persona: ANNE, endpoint: { provider: 'jpush', registrationId: 'r1' }, seenAt: stage.now() },
    });
    stage.jpush.next.push('die');
    const work = stage.work();
    await expect(stage.perform(work)).rejects.toThrow('died');
    await stage.perform(work);
    expect(stage.jpush.tried.map(({ key }) => key)).toEqual([work.subject, work.subject]);
    expect(stage.jpush.taken).toHaveLength(1);
    expect(await stage.recordOf(work)).toMatchObject({ state: 'sent' });
  });

  /** Dies once JPush has the message. */
  async function afterJpushTookIt() {
    const stage = await openStage();
    await stage.devices.putDevice({
      ...{ id: 'phone', persona: ANNE, endpoint: { provider: 'jpush', registrationId: 'r1' }, seenAt: stage.now() },
    });
    stage.jpush.next.push('die');
    const work = stage.work();
    await expect(stage.perform(work)).rejects.toThrow('died');
    return { stage, work };
  }

  it('leaves it unknown where it would not be sent any more, and it counts', async () => {
    const { stage, work } = await afterJpushTookIt();
    stage.later(1);
    await stage.say('push', false);
    await stage.perform(work);
    expect(await stage.recordOf(work)).toMatchObject({ state: 'unknown' });
    expect((await stage.logs.getLog(ANNE))?.sends).toMatchObject([{ key: work.subject }]);
  });

  it('has it sent again only for as long as the provider knows its key', async () => {
    const { stage, work } = await afterJpushTookIt();
    await stage.setPolicy({ freshHours: 72 });
    stage.later(24 * HOUR_MS);
    await stage.perform(work);
    expect(stage.jpush.tried).toHaveLength(1);
    expect(await stage.recordOf(work)).toMatchObject({ state: 'unknown' });
  });
});

test('whatever dies at whichever call, a message is taken once at most, and settled in the end', async () => {
  const STORES = ['records', 'logs', 'devices', 'customers', 'teller'] as const;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ after: fc.nat(14), isDone: fc.boolean() }), { maxLength: 4 }),
      fc.array(fc.constantFrom('sent', 'later', 'die', 'unknown'), { maxLength: 4 }),
      async (deaths, answers) => {
        const stage = await openStage();
        for (const answer of answers)
          stage.fcm.next.push(
            answer === 'die' ? 'die' : answer === 'sent' ? { kind: 'sent' } : { kind: answer, code: 'x' },
          );
        const work = stage.work();
        for (const death of [...deaths, undefined, undefined, undefined, undefined, undefined]) {
          const mortal = createMortal(death);
          const its: PushDependencies = { ...stage.dependencies };
          const all = Object.fromEntries(STORES.map((name) => [name, mortal(its[name])]));
          await stage.perform(work, { ...its, ...all }).catch(() => undefined);
        }
        expect(stage.fcm.taken.length).toBeLessThanOrEqual(1);
        const record = await stage.recordOf(work);
        expect(['sent', 'unknown', 'failed']).toContain(record?.state);
        if (record?.state === 'sent') expect(stage.fcm.taken).toHaveLength(1);
        // At least once, whatever was lost in between.
        expect(new Set(stage.told.map(({ id }) => id)).size).toBe(record?.state === 'sent' ? 1 : 0);
      },
    ),
    { numRuns: 400 },
  );
});

test('two campaigns at once do not pass the cap', async () => {
  const stage = await openStage();
  await stage.setPolicy({ perDay: 1 });
  const works = Array.from({ length: 8 }, (_, index) => stage.work(`entered-${index}`));
  await Promise.allSettled(works.map((work) => stage.perform(work)));
  // Whoever lost every race comes again.
  for (const work of works) await stage.perform(work);
  expect(stage.fcm.taken).toHaveLength(1);
  const records = await Promise.all(works.map((work) => stage.recordOf(work)));
  expect(records.filter((record) => record?.reasons?.[0] === 'cap_of_day')).toHaveLength(7);
});
