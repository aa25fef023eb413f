import type { CampaignStore } from '../../shared/campaigns/campaign-store.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import type { CustomerStore } from '../../shared/profiles/customer.ts';
import { rootOf } from '../../shared/profiles/find.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { type CampaignTest, type CampaignTestStore, TESTS_A_MINUTE } from '../../shared/push/campaign-test.ts';
import type { DeviceStore } from '../../shared/push/device.ts';
import type { SendRecordStore } from '../../shared/push/send-record.ts';
import type { TestMessage } from '../../shared/queues/messages.ts';
import type { Queue } from '../../shared/queues/queue.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { NotFound } from '../../shared/runtime/errors.ts';
import { compact } from '../../shared/text/compact.ts';
import { instant } from '../../shared/time/instant.ts';
import { Refusal } from './problem.ts';
import type { Handlers } from './serve.ts';

export interface CampaignTestDependencies {
  readonly campaigns: Pick<CampaignStore, 'getCampaign'>;
  readonly customers: () => Promise<Pick<CustomerStore<StoredProfile>, 'getPlace'>>;
  readonly devices: () => Promise<Pick<DeviceStore, 'getDevice'>>;
  readonly tests: CampaignTestStore;
  readonly records: Pick<SendRecordStore, 'takeOfBudget'>;
  /** Push's: it has what providers ask for. */
  readonly queue: Queue<TestMessage>;
  readonly newId: () => string;
  readonly clock: Clock;
}

export const campaignTestHandlers = (
  its: CampaignTestDependencies,
): Pick<Handlers, 'testCampaign' | 'getCampaignTest'> => ({
  async testCampaign({ params: { id: campaignId }, body: { profile, device: deviceId, variant, locale }, caller }) {
    const campaign = await its.campaigns.getCampaign(campaignId);
    if (!campaign) throw new NotFound('campaign_not_found', `There is no campaign ${campaignId}.`);
    if (variant !== undefined && !campaign.content.variants.some(({ id }) => id === variant))
      throw new NotFound('variant_not_found', `Campaign ${campaignId} has no variant ${variant}.`);
    // The cast: whether it names a persona is what is asked.
    const root = await rootOf(profile as PersonaId, await its.customers());
    if (!root?.profile) throw new NotFound('profile_not_found', 'There is no such profile.');
    const device = await (await its.devices()).getDevice(deviceId);
    if (!device) throw new NotFound('device_not_found', `There is no device ${deviceId}.`);
    if (!device.isTest)
      throw new Refusal(
        409,
        'no_test_device',
        `Device ${deviceId} is a customer's: register one of your own with "test": true.`,
      );
    const now = instant(its.clock().getTime());
    // Of a name that no run and no day of the campaign's own budget has.
    if (!(await its.records.takeOfBudget(campaignId, `${now.slice(0, 16)} tests`, TESTS_A_MINUTE)))
      throw new Refusal(
        429,
        'too_many_tests',
        `At most ${TESTS_A_MINUTE} tests a minute of a campaign: wait a little.`,
        {
          headers: { 'retry-after': '60' },
        },
      );
    const test: CampaignTest = {
      ...{ id: its.newId(), campaign: campaignId, profile: root.persona, device: deviceId },
      ...compact({ variant, locale }),
      ...{ by: caller.id, at: now, state: 'waiting' },
    };
    await its.tests.putTest(test, undefined);
    await its.queue.send({ test: { campaign: campaignId, id: test.id } });
    return { status: 202, body: test };
  },

  async getCampaignTest({ params: { id, testId } }) {
    const test = await its.tests.getTest(id, testId);
    if (!test) throw new NotFound('test_not_found', `There is no test ${testId} of campaign ${id}.`);
    return { status: 200, body: test };
  },
});
