/** Which events are whose trigger, and runs of schedules over an audience. */
import { describe, expect, it, test } from 'vitest';
import type { Campaign } from '../../shared/campaigns/campaign.ts';
import type { ProfileEvent } from '../../shared/publish/events.ts';
import { createTriggers, isTriggeredBy } from '../../shared/push/fan-out.ts';
import type { PushWork } from '../../shared/push/push-work.ts';
import { pushParty } from '../../shared/push/push-work.ts';
import { beginRuns, continueRun } from '../../shared/push/runs.ts';
import type { RunMessage, WakeMessage } from '../../shared/queues/messages.ts';
import { instant } from '../../shared/time/instant.ts';
import { campaign, NOON } from '../campaigns/spring.ts';
import { personaId } from '../profiles/people.ts';
import { memoryLanes } from '../simulation/models/lanes.ts';
import { memoryCampaigns, memoryRuns } from '../simulation/models/push.ts';
import { memoryMemberships } from '../simulation/models/segments.ts';

const ANNE = personaId('shopify/shop/anne');
const told = { id: 'event-1', occurredAt: NOON, cause: 'live', subject: ANNE, revision: 2, profile: ANNE } as const;
const entered: ProfileEvent = {
  ...{ ...told, type: 'segment.entered', segment: 'tea-lovers', version: 1, since: NOON, because: [] },
};
const tier: Extract<ProfileEvent, { readonly type: 'tier.changed' }> = {
  ...{ ...told, type: 'tier.changed', from: 'base', to: 'growth', since: NOON, policyVersion: 1, reasons: [] },
};
const { from: _, ...firstTier } = tier;

test.each<[string, Campaign['trigger'], ProfileEvent, boolean]>([
  ['entering the segment', { on: 'segment_entered', segment: 'tea-lovers' }, entered, true],
  ['entering another', { on: 'segment_entered', segment: 'rich' }, entered, false],
  ['leaving it', { on: 'segment_exited', segment: 'tea-lovers' }, entered, false],
  ['any tier', { on: 'tier_changed' }, tier, true],
  ['that tier', { on: 'tier_changed', from: ['base'], to: ['growth', 'high_value'] }, tier, true],
  ['another tier', { on: 'tier_changed', to: ['base'] }, tier, false],
  ['from another tier', { on: 'tier_changed', from: ['stable'] }, tier, false],
  ['a first tier', { on: 'tier_changed', to: ['growth'] }, firstTier, false],
  ['a schedule', { on: 'schedule', cron: '0 10 * * 1', zone: 'Asia/Shanghai' }, entered, false],
])('%s', (_, trigger, event, is) => {
  expect(isTriggeredBy({ trigger }, event)).toBe(is);
});

function openTriggers() {
  let nowMs = Date.parse(NOON);
  const campaigns = memoryCampaigns();
  const lanes = memoryLanes<PushWork>();
  const sent: (WakeMessage | RunMessage)[] = [];
  const wakes = { send: async (message: WakeMessage | RunMessage) => void sent.push(message) };
  const clock = () => new Date(nowMs);
  const memberships = memoryMemberships();
  const runs = memoryRuns();
  const its = { campaigns, lanes, wakes, clock, memberships, runs };
  return {
    ...its,
    its,
    sent,
    later: (ms: number) => (nowMs += ms),
    due: (id: string) => lanes.listDue(pushParty(id), nowMs, 9_999),
  };
}

describe('an event', () => {
  it('is put into the lane of each campaign that waits for it, once, and wakes it', async () => {
    const stage = openTriggers();
    await stage.campaigns.putCampaign(campaign());
    await stage.campaigns.putCampaign(campaign({ id: 'other', trigger: { on: 'tier_changed' } }));
    const triggers = createTriggers(stage.its);
    await triggers.tell([entered]);
    await triggers.tell([entered]);
    expect(await stage.due('spring')).toMatchObject([
      { detail: { profile: ANNE, occurrence: { id: 'event-1', at: NOON, cause: 'live' }, period: '2026-11-25' } },
    ]);
    expect(await stage.due('other')).toEqual([]);
    expect(stage.sent[0]).toEqual({ wake: 'push/spring' });
  });

  it.each(['policy', 'merge', 'backfill', 'replay'] as const)('caused by %s is no trigger', async (cause) => {
    const stage = openTriggers();
    await stage.campaigns.putCampaign(campaign());
    await createTriggers(stage.its).tell([{ ...entered, cause }]);
    expect([await stage.due('spring'), stage.sent]).toEqual([[], []]);
  });

  it.each(['draft', 'paused'] as const)('is none to a campaign that is a %s', async (wanted) => {
    const stage = openTriggers();
    await stage.campaigns.putCampaign(campaign({ wanted }));
    await createTriggers(stage.its).tell([entered]);
    expect(await stage.due('spring')).toEqual([]);
  });
});

describe('a schedule', () => {
  // Each day at 15:00 in Shanghai, three hours after noon.
  const daily = campaign({
    trigger: { on: 'schedule', cron: '0 15 * * *', zone: 'Asia/Shanghai' },
    audience: { in: ['tea-lovers'], notIn: [] },
  });
  const HOUR_MS = 3_600_000;

  async function withMembers(count: number) {
    const stage = openTriggers();
    await stage.campaigns.putCampaign(daily);
    for (let index = 0; index < count; index++)
      await stage.memberships.putMembership({
        ...{ segment: 'tea-lovers', profile: personaId(`shopify/shop/${index}`), revision: 1, version: 1 },
        ...{ since: NOON, because: [] },
      });
    /** As the queue brings them back. */
    const drain = async () => {
      for (const message of stage.sent.splice(0)) if ('run' in message) await continueRun(message.run, stage.its);
    };
    return { ...stage, drain };
  }

  it('runs when it is due, over all of its audience, once', async () => {
    const stage = await withMembers(1_234);
    await beginRuns(stage.its);
    expect(stage.sent).toEqual([]);
    stage.later(3 * HOUR_MS);
    await beginRuns(stage.its);
    await beginRuns(stage.its);
    expect(stage.sent).toEqual([{ run: { campaign: 'spring', at: '2026-11-25T07:00:00.000Z' } }]);
    for (let page = 0; page < 5; page++) await stage.drain();
    const due = await stage.due('spring');
    expect(new Set(due.map(({ detail }) => detail.profile)).size).toBe(1_234);
    expect(due[0]?.detail).toMatchObject({ period: '2026-11-25T07:00:00.000Z', occurrence: { cause: 'live' } });
  });

  it('that was missed for days runs once', async () => {
    const stage = await withMembers(1);
    stage.later(75 * HOUR_MS);
    await beginRuns(stage.its);
    await stage.drain();
    expect(await stage.due('spring')).toMatchObject([{ detail: { occurrence: { at: '2026-11-28T07:00:00.000Z' } } }]);
    stage.later(HOUR_MS);
    await beginRuns(stage.its);
    expect(stage.sent.filter((message) => 'run' in message)).toEqual([]);
  });

  it('is begun again by whoever finds that the first died, and puts nobody twice', async () => {
    const stage = await withMembers(3);
    stage.later(3 * HOUR_MS);
    await beginRuns({
      ...stage.its,
      runs: { ...stage.runs, putRun: async () => Promise.reject(new Error('died')) },
    }).catch(() => undefined);
    await beginRuns(stage.its);
    await stage.drain();
    expect(await stage.due('spring')).toHaveLength(3);
  });

  it('of a campaign that is not running does not', async () => {
    const stage = await withMembers(1);
    await stage.campaigns.putCampaign({ ...daily, version: 2, wanted: 'paused', at: instant(Date.parse(NOON)) });
    stage.later(3 * HOUR_MS);
    await beginRuns(stage.its);
    expect(stage.sent).toEqual([]);
  });
});

describe('priority', () => {
  const one = (priority: Campaign['priority'], changes: Parameters<typeof campaign>[0] = {}) =>
    campaign({ id: priority, priority, ...changes });
  const behindOf = async (stage: ReturnType<typeof openTriggers>, id: string) => {
    const [work] = await stage.lanes.listDue(pushParty(id), Number.MAX_SAFE_INTEGER, 1);
    return (work?.dueAt ?? Number.NaN) - Date.parse(NOON);
  };

  test.each([
    [[one('high'), one('normal'), one('low')], { high: 0, normal: 20_000, low: 40_000 }],
    [[one('normal')], { normal: 0 }],
    [[one('normal'), one('low')], { normal: 0, low: 20_000 }],
    // A higher one that does not run keeps nobody waiting.
    [[one('high', { wanted: 'paused' }), one('low')], { low: 0 }],
  ])('%#: of what an event wants, the lower is due later', async (campaigns, expected) => {
    const stage = openTriggers();
    for (const each of campaigns) await stage.campaigns.putCampaign(each);
    await createTriggers(stage.its).tell([entered]);
    for (const [id, behind] of Object.entries(expected)) expect(await behindOf(stage, id)).toBe(behind);
  });

  it('holds for runs of schedules, too', async () => {
    const stage = openTriggers();
    const trigger = { on: 'schedule', cron: '0 12 * * *', zone: 'Asia/Shanghai' } as const;
    const audience = { in: ['tea-lovers'], notIn: [] };
    await stage.campaigns.putCampaign(one('high'));
    await stage.campaigns.putCampaign(one('low', { trigger, audience }));
    const member = { segment: 'tea-lovers', profile: ANNE, revision: 1, version: 1, since: NOON, because: [] };
    await stage.memberships.putMembership(member);
    await continueRun({ campaign: 'low', at: NOON }, stage.its);
    expect(await behindOf(stage, 'low')).toBe(20_000);
  });
});
