/**
 * Wake queue → fetches from platforms' APIs → inbox queue. One message wakes one lane; a sweep, each minute, looks for lanes
 * whose wake was lost or is due later than a message can wait.
 */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import pMap from 'p-map';
import type { Adapters } from '../../shared/channels/registry.ts';
import type { Connection } from '../../shared/connections/connection.ts';
import type { ConnectionStore, Directory } from '../../shared/connections/directory.ts';
import { type ErrandDependencies, openErrand } from '../../shared/hydration/errand.ts';
import type { FetchDetail } from '../../shared/hydration/fetch-detail.ts';
import { connectionOf, hydrationParty, type LaneStore } from '../../shared/lanes/lane.ts';
import { type LaneTask, type Runner, runLane } from '../../shared/lanes/run.ts';
import { WakeMessage } from '../../shared/queues/messages.ts';
import type { Queue } from '../../shared/queues/queue.ts';
import { consumeBatch } from '../../shared/queues/sqs-batch.ts';

export interface HydrateDependencies extends ErrandDependencies {
  readonly adapters: Adapters;
  readonly connections: Directory<Connection> & Pick<ConnectionStore, 'listConnections'>;
  readonly lanes: LaneStore<FetchDetail>;
  readonly wakes: Queue<WakeMessage>;
  readonly newHolder: () => string;
}

const LANES_AT_ONCE = 16;

export function createHydrate(dependencies: HydrateDependencies) {
  return (event: SQSEvent): Promise<SQSBatchResponse> =>
    consumeBatch(event, WakeMessage, dependencies.telemetry, {
      atOnce: 1,
      handle: (message) => ('sweep' in message ? sweep(dependencies) : wake(message.wake, dependencies)),
      failure: 'Lane could not be run',
    });
}

async function wake(party: string, dependencies: HydrateDependencies): Promise<void> {
  const task = await taskFor(party, dependencies);
  if (!task) return;
  const runner: Runner<FetchDetail> = dependencies;
  await runLane(task, runner);
}

/** Undefined where there is nobody to call: the connection is gone or disabled, and its work waits until it is back. */
async function taskFor(party: string, dependencies: HydrateDependencies): Promise<LaneTask<FetchDetail> | undefined> {
  const id = connectionOf(party);
  const connection = id === undefined ? undefined : await dependencies.connections.find(id);
  if (connection?.status !== 'active') return undefined;
  const adapter = await dependencies.adapters.find(connection.channel);
  const api = adapter?.api;
  if (!api) return undefined;
  return {
    party: hydrationParty(connection.id),
    limits: api.limits,
    open: (opening) => openErrand({ adapter, api, connection }, opening, dependencies),
  };
}

/** Work that is due while nobody holds its lane and nothing says to wait. */
async function sweep({ connections, lanes, wakes, clock }: HydrateDependencies): Promise<void> {
  const nowMs = clock().getTime();
  const active = (await connections.listConnections()).filter(({ status }) => status === 'active');
  const states = new Map((await lanes.listLanes()).map((state) => [state.party, state]));
  await pMap(
    active,
    async ({ id }) => {
      const party = hydrationParty(id);
      const { holder, notBefore = 0 } = states.get(party) ?? {};
      if (notBefore > nowMs || (holder && holder.until > nowMs)) return;
      const [due] = await lanes.listDue(party, nowMs, 1);
      if (due) await wakes.send({ wake: party });
    },
    { concurrency: LANES_AT_ONCE, stopOnError: false },
  );
}
