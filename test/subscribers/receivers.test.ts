/** Ten receivers on this machine, over real connections: one is dead, one never answers, and the others notice nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { expect, it } from 'vitest';
import { createDeliver } from '../../functions/deliver/handler.ts';
import type { WakeMessage } from '../../shared/queues/messages.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { createFanOut } from '../../shared/subscribers/fan-out.ts';
import { readHosts } from '../../shared/subscribers/hosts.ts';
import { addSubscriber, type Management, RANDOM_NAMES } from '../../shared/subscribers/manage.ts';
import type { Message } from '../../shared/subscribers/message.ts';
import { createSender, systemResolve } from '../../shared/subscribers/send.ts';
import { pollQueue } from '../simulation/models/event-source.ts';
import { memoryLanes } from '../simulation/models/lanes.ts';
import { memoryQueue } from '../simulation/models/queue.ts';
import { memoryDeadLetters, memorySigningSecrets, memorySubscribers } from '../simulation/models/subscribers.ts';
import { realTime } from '../simulation/models/time.ts';
import { MINUTE, manyEvents, wishes } from './samples.ts';
import { bodyOf, listenHttp } from './servers.ts';

const QUIET: Telemetry = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  measure: () => undefined,
  flush: () => undefined,
};
const EVENTS = manyEvents(60);

it('eight of ten get all, verified by the official library, while the ninth still hangs', async () => {
  const stores = {
    subscribers: memorySubscribers(),
    secrets: memorySigningSecrets(),
    lanes: memoryLanes<Message>(),
    deadLetters: memoryDeadLetters(),
  };
  const wakes = memoryQueue<WakeMessage>({
    name: 'deliver',
    time: realTime,
    visibilityTimeoutMs: 6 * MINUTE,
    maxReceiveCount: 10,
  });
  const clock = () => new Date();
  const send = createSender({ hosts: readHosts('127.0.0.1'), resolve: systemResolve });
  const management: Management = {
    ...stores,
    ...RANDOM_NAMES,
    wakes,
    send,
    hosts: readHosts('127.0.0.1'),
    clock,
  };
  const add = async (id: string, port: number) => {
    const outcome = await addSubscriber(
      { id, wishes: wishes(`http://127.0.0.1:${port}/hooks`), by: 'test' },
      management,
    );
    if (outcome.kind === 'refused') throw new Error(outcome.code);
    return outcome.secret;
  };

  const taken = new Map<string, Set<string>>();
  const refused: unknown[] = [];
  for (let number = 1; number <= 8; number++) {
    const id = `fine-${number}`;
    const events = new Set<string>();
    taken.set(id, events);
    let verify = (_body: string, _headers: Record<string, string>): unknown => undefined;
    const { port } = await listenHttp(async (request, response) => {
      try {
        // The cast: of these headers none comes twice.
        verify(await bodyOf(request), request.headers as Record<string, string>);
        events.add(String(request.headers['webhook-id']));
        response.writeHead(204).end();
      } catch (error) {
        refused.push(error);
        response.writeHead(401).end();
      }
    });
    const webhook = new Webhook(await add(id, port));
    verify = (body, headers) => webhook.verify(body, headers);
  }
  let hanging = 0;
  const slow = await listenHttp(() => hanging++);
  await add('slow', slow.port);
  const dead = await listenHttp(() => undefined);
  await new Promise((resolve) => dead.server.close(resolve));
  await add('dead', dead.port);

  const deliver = createDeliver({
    ...stores,
    wakes,
    send,
    clock,
    sleep,
    random: Math.random,
    newHolder: RANDOM_NAMES.newId,
    telemetry: QUIET,
  });
  pollQueue({ queue: wakes, batchSize: 1, time: realTime, windowMs: 0, concurrency: 50, invoke: deliver });
  const { tell } = createFanOut({ ...stores, wakes, clock });
  for (const event of EVENTS) await tell([event]);
  const isDone = () => [...taken.values()].every(({ size }) => size === EVENTS.length);
  while (!isDone()) await sleep(20);

  expect(refused).toEqual([]);
  // None of its first messages has come to an end: they have 15 seconds.
  expect(hanging).toBeGreaterThan(0);
  const waiting = (id: string) => stores.lanes.waiting().filter(({ party }) => party === `deliver/${id}`);
  expect(waiting('slow')).toHaveLength(EVENTS.length);
  expect(waiting('slow').every(({ attempts }) => attempts === 0)).toBe(true);
  expect(waiting('dead')).toHaveLength(EVENTS.length);
});
