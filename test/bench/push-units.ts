/**
 * What decisions about messages and messages consume in the tables, as DynamoDB Local counts them, the lane included. What a function
 * keeps in memory for some seconds or a minute (campaign, policy, version, products) is read by the first of many: it is read
 * beforehand, or once a run of a lane. Occurrences are put one by one, as functions hear of them, and run together.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { dynamoVisitors } from '../../shared/behaviour/store.ts';
import type { Campaign } from '../../shared/campaigns/campaign.ts';
import { dynamoCampaigns } from '../../shared/campaigns/store.ts';
import { dynamoProducts } from '../../shared/catalogue/store.ts';
import { runLane } from '../../shared/lanes/run.ts';
import { dynamoLanes } from '../../shared/lanes/store.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { dynamoCustomers } from '../../shared/profiles/store.ts';
import { openPush, PUSH_LIMITS } from '../../shared/push/errand.ts';
import { putPushWork } from '../../shared/push/fan-out.ts';
import { PushWork, pushParty } from '../../shared/push/push-work.ts';
import {
  dynamoContactLogs,
  dynamoDevices,
  dynamoSendRecords,
  dynamoSuppressions,
  dynamoVisitorConsents,
} from '../../shared/push/store.ts';
import { dynamoRows, dynamoVersions } from '../../shared/recommendations/store.ts';
import type { Sender } from '../../shared/senders/sender.ts';
import { instant } from '../../shared/time/instant.ts';
import { KEYS } from '../profiles/people.ts';
import { CUSTOMERS_KEY, createTable, ENGAGEMENT_KEY, OPERATIONS_KEY, TEST_SEALER } from '../stores/aws.ts';
import { startDynamoDbLocal } from '../stores/dynamodb-local.ts';
import { countUnits, named, resetUnits } from './count-units.ts';
import { dollarsPerMillion } from './prices.ts';
import type { UnitsTable } from './profile-units.ts';
import { clock, dependenciesOf, fill, OWN, type PushStores, personOf, workOf } from './push-world.ts';

/** Of each kind. */
const MANY = 50;
/** Longer than a campaign is known for. */
const FORGOTTEN_MS = 3_500;

const TAKES_ALL: Sender = {
  ...{ provider: 'fcm', batchMost: 1, dedupes: false, check: () => 'ok' as const, close: () => undefined },
  send: async (batch) => batch.map(() => ({ kind: 'sent' as const })),
};

export async function benchPushUnits(): Promise<UnitsTable> {
  const dynamo = await startDynamoDbLocal();
  try {
    const { client } = dynamo;
    const table = async (key: readonly string[]) => ({ client, table: (await createTable(client, key)).name });
    const [engagement, operations] = [await table(ENGAGEMENT_KEY), await table(OPERATIONS_KEY)];
    const sealed = { ...engagement, sealer: TEST_SEALER };
    const stores: PushStores = {
      customers: named(dynamoCustomers<StoredProfile>({ ...(await table(CUSTOMERS_KEY)), sealer: TEST_SEALER })),
      campaigns: named(dynamoCampaigns(engagement)),
      devices: named(dynamoDevices(sealed)),
      logs: named(dynamoContactLogs(engagement)),
      records: named(dynamoSendRecords(engagement)),
      visitors: named(dynamoVisitors(sealed)),
      visitorConsents: named(dynamoVisitorConsents(sealed)),
      suppressions: named(dynamoSuppressions({ ...engagement, key: KEYS.guest })),
      catalogue: named(dynamoProducts(engagement)),
      versions: named(dynamoVersions(engagement)),
      rows: named(dynamoRows(engagement)),
      lanes: named(dynamoLanes({ ...operations, detail: PushWork })),
    };
    await fill(stores, 5 * MANY);
    const counted = countUnits(client);
    const told = { events: 0 };
    const dependencies = dependenciesOf(stores, async () => TAKES_ALL, told);
    const { customers, campaigns, suppressions, lanes } = stores;
    const run = () =>
      runLane(
        { party: pushParty(OWN.id), limits: PUSH_LIMITS, open: (opening) => openPush(OWN.id, opening, dependencies) },
        {
          lanes,
          clock,
          sleep: (ms) => sleep(ms),
          wakes: { send: async () => undefined },
          random: () => 0.5,
          newHolder: () => 'bench',
        },
      );
    const decide = async (from: number, count = MANY) => {
      for (let number = from; number < from + count; number++)
        await putPushWork(OWN.id, workOf(number).detail, lanes, { now: instant(clock().getTime()) });
      await run();
    };
    const rows: string[][] = [];
    const note = (name: string, { read, write }: { read: number; write: number }, requests?: number) => {
      const each = (value: number) => (value / MANY).toFixed(1);
      const dollars = dollarsPerMillion({ read: read / MANY, write: write / MANY }).toFixed(2);
      rows.push([name, each(write), each(read), requests === undefined ? '' : each(requests), dollars]);
    };
    const measure = async (name: string, from: number) => {
      resetUnits(counted);
      await decide(from);
      note(name, counted, counted.requests);
    };
    // Products, and what else is kept for a minute.
    await decide(4 * MANY, MANY);
    await measure('sent, with two products, to one device', 0);
    const ofSent = [...counted.byCall];
    await customersRefuse(customers, MANY);
    await measure('kept back, as consent was refused', MANY);
    await putCampaign(campaigns, {
      ...OWN,
      version: 2,
      limits: { ...OWN.limits, quietHours: { from: '10:00', to: '20:00' } },
    });
    await measure('held for the morning, the first of its two decisions', 2 * MANY);
    await putCampaign(campaigns, { ...OWN, version: 3 });
    await suppressions.putContacts([{ type: 'phone', value: '+8613800000000' }], {
      ...{ at: instant(clock().getTime()), by: 'bench', source: 'bench' },
    });
    await measure('sent, where a suppression list is used', 3 * MANY);
    for (const [call, units] of ofSent.sort(([, one], [, other]) => dollarsPerMillion(other) - dollarsPerMillion(one)))
      if (dollarsPerMillion(units) / MANY >= 0.05) note(`of the first: ${call}`, units);
    return { title: 'a decision', head: ['write units', 'read units', 'requests', '$ per million'], rows };
  } finally {
    await dynamo.stop();
  }
}

async function customersRefuse(customers: PushStores['customers'], from: number): Promise<void> {
  for (let number = from; number < from + MANY; number++)
    await customers.putMark(personOf(number), {
      ...{ kind: 'consent', name: 'push', on: false, at: instant(clock().getTime()), by: 'the app' },
    });
}

async function putCampaign(campaigns: PushStores['campaigns'], campaign: Campaign): Promise<void> {
  await campaigns.putCampaign(campaign);
  await sleep(FORGOTTEN_MS);
}
