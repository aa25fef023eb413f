/**
 * Fan-out and deliver over the models of stores and queues, in time that a test turns by hand. Each subscriber is at a host of
 * its own name, `https://<id>.example`, and answers as the test says.
 */
import { createRandom } from '../../demo/random.ts';
import { createDeliver } from '../../functions/deliver/handler.ts';
import { deliveryParty } from '../../shared/lanes/lane.ts';
import type { WakeMessage } from '../../shared/queues/messages.ts';
import type { Metric, Telemetry } from '../../shared/runtime/telemetry.ts';
import { createFanOut } from '../../shared/subscribers/fan-out.ts';
import { NO_HOSTS } from '../../shared/subscribers/hosts.ts';
import { addSubscriber, changeSubscriber, type Management, RANDOM_NAMES } from '../../shared/subscribers/manage.ts';
import type { Message } from '../../shared/subscribers/message.ts';
import type { Answer, Outbound, Send } from '../../shared/subscribers/send.ts';
import type { Subscriber, SubscriberWishes } from '../../shared/subscribers/subscriber.ts';
import { TestTime } from '../hydration/test-time.ts';
import { pollQueue } from '../simulation/models/event-source.ts';
import { memoryLanes } from '../simulation/models/lanes.ts';
import { memoryQueue } from '../simulation/models/queue.ts';
import { memoryDeadLetters, memorySigningSecrets, memorySubscribers } from '../simulation/models/subscribers.ts';
import { MINUTE, START_MS, wishes } from './samples.ts';

export interface Called extends Outbound {
  readonly subscriber: string;
  readonly atMs: number;
  readonly message: string;
}
type Receiver = (call: Called) => Answer | Promise<Answer>;

export const answered = (status: number, retryAfter?: string): Answer => ({
  kind: 'answered',
  status,
  ...(retryAfter !== undefined && { retryAfter }),
});

const LATENCY_MS = 100;

export type Stage = Awaited<ReturnType<typeof openStage>>;

export async function openStage({
  subscribers: ids = ['shop'],
  sweeps = true,
  seed = 1,
}: {
  readonly subscribers?: readonly string[];
  /** Off, only wakes wake: what a lost one costs is then seen. */
  readonly sweeps?: boolean;
  readonly seed?: number;
} = {}) {
  const time = new TestTime(START_MS);
  const random = createRandom(seed);
  const stores = {
    subscribers: memorySubscribers(),
    secrets: memorySigningSecrets(),
    lanes: memoryLanes<Message>(),
    deadLetters: memoryDeadLetters(),
  };
  const wakes = memoryQueue<WakeMessage>({
    name: 'deliver',
    time,
    visibilityTimeoutMs: 6 * MINUTE,
    maxReceiveCount: 10,
  });
  const calls: Called[] = [];
  const taken: Called[] = [];
  const receivers = new Map<string, Receiver>();
  const send: Send = async (outbound) => {
    const subscriber = new URL(outbound.url).hostname.replace(/\.example$/, '');
    const call = { ...outbound, subscriber, atMs: time.nowMs(), message: outbound.headers['webhook-id'] ?? '' };
    calls.push(call);
    const receiver = receivers.get(subscriber);
    const answer = receiver ? await receiver(call) : answered(200);
    await time.sleep(LATENCY_MS);
    if (answer.kind === 'answered' && answer.status < 300) taken.push(call);
    return answer;
  };
  const told: string[] = [];
  const measured: { readonly metric: Metric; readonly value: number; readonly event: string | undefined }[] = [];
  const telemetry = listening(told, measured);
  let holders = 0;
  const newDeliver = () =>
    createDeliver({
      ...stores,
      wakes,
      send,
      clock: time.clock,
      sleep: time.sleep,
      random: random.next,
      newHolder: () => `holder-${++holders}`,
      telemetry,
    });
  const current = { deliver: newDeliver() };
  pollQueue({
    queue: wakes,
    batchSize: 1,
    time,
    windowMs: 0,
    concurrency: 50,
    invoke: (event) => current.deliver(event),
  });
  const sweep = () => {
    void wakes.send({ sweep: true });
    time.after(MINUTE, sweep);
  };
  if (sweeps) time.after(MINUTE, sweep);

  const management: Management = { ...stores, ...RANDOM_NAMES, wakes, send, hosts: NO_HOSTS, clock: time.clock };
  const add = async (id: string, change: Partial<SubscriberWishes> = {}) => {
    const outcome = await addSubscriber(
      { id, wishes: wishes(`https://${id}.example/hooks`, change), by: 'operator' },
      management,
    );
    if (outcome.kind !== 'added') throw new Error(outcome.message);
    return outcome;
  };
  const secrets = new Map<string, string>();
  for (const id of ids) secrets.set(id, (await add(id)).secret);
  const subscriber = async (id = 'shop'): Promise<Subscriber> => {
    const found = await stores.subscribers.getSubscriber(id);
    if (!found) throw new Error(`no ${id}`);
    return found;
  };

  return {
    time,
    stores,
    wakes,
    management,
    calls,
    taken,
    receivers,
    told,
    measured,
    secrets,
    add,
    subscriber,
    fanOut: createFanOut({ ...stores, wakes, clock: time.clock }),
    tell: (events: Parameters<ReturnType<typeof createFanOut>['tell']>[0]) =>
      createFanOut({ ...stores, wakes, clock: time.clock }).tell(events),
    /** A cold start. */
    restart() {
      current.deliver = newDeliver();
    },
    play: (ms: number) => time.play(ms),
    async change(change: Partial<SubscriberWishes>, id = 'shop') {
      const { revision, url, events, paused } = await subscriber(id);
      const outcome = await changeSubscriber(
        { id, revision, wishes: { url, events, paused, ...change }, by: 'operator' },
        management,
      );
      if (outcome.kind === 'refused') throw new Error(outcome.message);
    },
    /** Ids of the messages that it took, in that order. */
    takenBy: (id = 'shop') => taken.filter((call) => call.subscriber === id).map(({ message }) => message),
    callsOf: (id = 'shop') => calls.filter((call) => call.subscriber === id),
    lane: async (id = 'shop') => {
      const lane = await stores.lanes.getLane(deliveryParty(id));
      if (!lane) throw new Error(`${id} has no lane yet`);
      return lane;
    },
    waiting: (id = 'shop') => stores.lanes.waiting().filter(({ party }) => party === deliveryParty(id)),
    deadLetters: async (id = 'shop') => (await stores.deadLetters.listDeadLetters(id, 10_000)).items,
    count: (metric: Metric, event?: string) =>
      measured.filter((one) => one.metric === metric && (event === undefined || one.event === event)).length,
  };
}

/** Everything that operators could read. */
function listening(
  told: string[],
  measured: { metric: Metric; value: number; event: string | undefined }[],
): Telemetry {
  const tell = (...all: unknown[]) => {
    told.push(all.map((part) => (part instanceof Error ? `${part.stack}` : JSON.stringify(part))).join(' '));
  };
  return {
    info: tell,
    warn: tell,
    error: tell,
    measure: (metric, value, { event }) => measured.push({ metric, value, event }),
    flush: () => undefined,
  };
}
