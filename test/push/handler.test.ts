/** The queue of push: what one message does, and what of it fails by itself. */
import { expect, test } from 'vitest';
import { createPush, type PushMessage } from '../../functions/push/handler.ts';
import type { RunStore } from '../../shared/push/runs.ts';
import { memoryCampaignTests, memoryRuns } from '../simulation/models/push.ts';
import { memoryMemberships } from '../simulation/models/segments.ts';
import { sqsEvent } from '../sqs-event.ts';
import { openStage } from './stage.ts';

async function open(runs: RunStore = memoryRuns()) {
  const stage = await openStage();
  const sent: object[] = [];
  const handle = createPush({
    ...stage.dependencies,
    ...{ campaigns: stage.campaigns, tests: memoryCampaignTests(), runs, memberships: memoryMemberships() },
    ...{ lanes: stage.lanes, audience: { listAudience: async () => ({ items: [] }) } },
    wakes: { send: async (message) => void sent.push(message) },
    open: async () => ({ ...stage.dependencies, devices: stage.devices }),
    ...{ sleep: async () => undefined, random: () => 0, newHolder: () => 'me' },
  });
  return { ...stage, sent, take: (message: PushMessage) => handle(sqsEvent(message)) };
}

test('a sweep finds lanes with work that is due, though runs cannot be begun', async () => {
  const broken = { ...memoryRuns(), listRuns: async () => Promise.reject(new Error('no table')) };
  const stage = await open(broken);
  const schedule = { on: 'schedule', cron: '0 15 * * *', zone: 'Asia/Shanghai' } as const;
  await stage.campaigns.putCampaign({ ...stage.own, id: 'daily', trigger: schedule });
  const work = stage.work();
  await stage.lanes.putWork(work, 0);
  const { batchItemFailures } = await stage.take({ sweep: true });
  expect([stage.sent, batchItemFailures.length]).toEqual([[{ wake: work.party }], 1]);
  await stage.take({ wake: work.party });
  expect([stage.fcm.taken.length, stage.lanes.waiting()]).toEqual([1, []]);
});
