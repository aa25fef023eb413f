/**
 * Push queue → messages to customers. One message wakes the lane of one campaign, goes over a page of a scheduled run's audience, or
 * of those who are likely to want what is in stock again; a sweep, each minute, begins the runs that are due, and looks for lanes whose wake was lost or that wait for the morning.
 */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import pMap from 'p-map';
import * as z from 'zod';
import { type Runner, runLane } from '../../shared/lanes/run.ts';
import { openPush, PUSH_LIMITS, type PushDependencies } from '../../shared/push/errand.ts';
import { campaignOf, type PushWork, pushParty } from '../../shared/push/push-work.ts';
import { continueRestock, type RestockDependencies } from '../../shared/push/restock.ts';
import { beginRuns, continueRun, type RunDependencies } from '../../shared/push/runs.ts';
import { sendTest, type TestDependencies } from '../../shared/push/test-send.ts';
import { RestockMessage, RunMessage, TestMessage, WakeMessage } from '../../shared/queues/messages.ts';
import { consumeBatch } from '../../shared/queues/sqs-batch.ts';

export const PushMessage = z.union([WakeMessage, RunMessage, RestockMessage, TestMessage]);
export type PushMessage = z.infer<typeof PushMessage>;

/** What sending needs of the customers' keys, which are read when there is something to send. */
export type Opened = Pick<
  PushDependencies,
  'customers' | 'visitors' | 'visitorConsents' | 'suppressions' | 'recommender'
> & {
  readonly devices: PushDependencies['devices'] & TestDependencies['devices'];
};

export interface PushHandlerDependencies
  extends Omit<PushDependencies, keyof Opened | 'campaigns'>,
    Pick<TestDependencies, 'tests'>,
    RunDependencies,
    RestockDependencies,
    Omit<Runner<PushWork>, 'wakes'> {
  readonly campaigns: PushDependencies['campaigns'] & RunDependencies['campaigns'];
  readonly lanes: Runner<PushWork>['lanes'];
  readonly wakes: RestockDependencies['wakes'];
  readonly open: () => Promise<Opened>;
}

const LANES_AT_ONCE = 16;

export function createPush(given: PushHandlerDependencies) {
  return (event: SQSEvent): Promise<SQSBatchResponse> =>
    consumeBatch(event, PushMessage, given.telemetry, {
      atOnce: 1,
      handle: async (message) => {
        if ('run' in message) return continueRun(message.run, given);
        if ('restocked' in message) return continueRestock(message.restocked, given);
        if ('test' in message) return sendTest(message.test, { ...given, ...(await given.open()) });
        if ('wake' in message) return wake(message.wake, given);
        // Neither keeps the other from its work.
        for (const part of await Promise.allSettled([beginRuns(given), sweep(given)]))
          if (part.status === 'rejected') throw part.reason;
      },
      failure: 'Campaign could not be run',
      about: (message) => ('wake' in message ? { party: message.wake } : {}),
    });
}

async function wake(text: string, given: PushHandlerDependencies): Promise<void> {
  const id = campaignOf(text);
  if (id === undefined) return;
  const opened = await given.open();
  await runLane(
    { party: pushParty(id), limits: PUSH_LIMITS, open: (opening) => openPush(id, opening, { ...given, ...opened }) },
    given,
  );
}

/** Work that is due while nobody holds its lane and nothing says to wait. */
async function sweep({ campaigns, lanes, wakes, clock }: PushHandlerDependencies): Promise<void> {
  const nowMs = clock().getTime();
  const states = new Map((await lanes.listLanes()).map((state) => [state.party, state]));
  const parties = (await campaigns.listCampaigns()).map(({ id }) => pushParty(id));
  await pMap(
    parties,
    async (party) => {
      const { holder, notBefore = 0 } = states.get(party) ?? {};
      if (notBefore > nowMs || (holder && holder.until > nowMs)) return;
      const [due] = await lanes.listDue(party, nowMs, 1);
      if (due) await wakes.send({ wake: party });
    },
    { concurrency: LANES_AT_ONCE, stopOnError: false },
  );
}
