/**
 * A signed message all the way through, on a connection that the operator names. It may touch no order, so what it would
 * be read as is worked out here first, by the same code as there: `ignored` is then looked for in the lake, and
 * `unacceptable` in quarantine too, where it is dismissed again. What would be read as an order is never sent.
 */
import { randomUUID } from 'node:crypto';
import type { Door } from '../../shared/channels/adapter.ts';
import type { Connection, ConnectionId } from '../../shared/connections/connection.ts';
import { type Envelope, EnvelopeId, encodeBody } from '../../shared/lake/envelope.ts';
import { rawPartition } from '../../shared/lake/object-key.ts';
import { interpret } from '../../shared/orders/interpret.ts';
import { post, signFor, succeeded, type Unsigned } from '../play.ts';
import { requireConnection } from '../session.ts';
import type { Deployment, World } from '../world.ts';
import { bad, ok, type Verdict, warn } from './check.ts';

const TIMEOUT_MS = 60_000;
const POLL_MS = 500;
/** The clock of this computer may be wrong by so much, and the hour may turn meanwhile. */
const SKEW_MS = 10 * 60_000;

export async function judgeRoundTrip(deployment: Deployment, id: ConnectionId, world: World): Promise<Verdict> {
  const connection = await requireConnection(deployment, id);
  const door = world.doors.get(connection.channel);
  const secrets = await deployment.secrets.getWebhookSecrets(id);
  if (!door || !secrets)
    return bad(`${id} can't be signed for.`, `tributary connect ${connection.channel} --connection ${id}`);
  if (connection.status === 'disabled') return bad(`${id} is disabled.`, 'Choose an active connection.');

  const mark = randomUUID();
  const probe = harmlessRequest(door, mark);
  const now = world.clock();
  const reading = interpret(envelopeLike(probe, connection, now), await world.adapters.find(door.channel), connection);
  if (reading.kind === 'updates' && reading.updates.length > 0) {
    return warn(
      `No harmless message is known for ${door.channel}, so none was sent.`,
      'Play a case with tributary send, on a connection for tests.',
    );
  }

  const partitions = partitionsNear(door.channel, now);
  const before = new Set(await listAll(deployment, partitions));
  const startedMs = world.clock().getTime();
  const elapsedMs = () => world.clock().getTime() - startedMs;
  const posted = await post(world, signFor({ door, connection, secret: secrets.current, now }, probe));
  if (!succeeded(posted)) {
    return bad(
      `A signed message to ${connection.webhookUrl} was answered ${posted.status ?? `not at all: ${posted.error ?? ''}`}.`,
      "A secret or address changed within the last minute may need that long; otherwise see the ingest function's log.",
    );
  }
  const acknowledged = `acknowledged in ${posted.durationMs} ms`;
  const envelope = await findMarked(deployment, { partitions, before, mark, world, until: startedMs + TIMEOUT_MS });
  if (!envelope) {
    return bad(
      `A signed message was ${acknowledged}, but is not in the lake after ${TIMEOUT_MS / 1_000} s.`,
      "See the archive function's log, and the inbox queue and its dead letters above.",
    );
  }
  const archived = `${acknowledged}, in the lake after ${elapsedMs()} ms`;
  if (reading.kind !== 'unacceptable')
    return ok(
      `A signed message that says nothing of an order: ${archived}, its last trace (orders: see the work queue).`,
    );

  const closed = await dismissProbe(deployment, { envelope, world, until: startedMs + TIMEOUT_MS });
  if (closed)
    return ok(
      `A signed message that means nothing: ${archived}, judged after ${elapsedMs()} ms (and dismissed again).`,
    );
  return bad(
    `A signed message was ${archived}, but not judged after ${TIMEOUT_MS / 1_000} s.`,
    "See the orders function's log, and the work queue and its dead letters above.",
  );
}

/** Kept headers that name what a message is about say something no platform says. */
function harmlessRequest({ keptHeaders }: Door, mark: string): Unsigned {
  const about = keptHeaders.filter((name) => /topic|event|type/.test(name) && !/id$/.test(name));
  return {
    method: 'POST',
    query: '',
    headers: {
      'content-type': 'application/json',
      ...Object.fromEntries(about.map((name) => [name, 'tributary/doctor'])),
    },
    body: Buffer.from(JSON.stringify({ tributaryDoctor: mark })),
  };
}

/** As ingest would wrap it. */
function envelopeLike({ headers, query, body }: Unsigned, { channel, id }: Connection, now: Date): Envelope {
  return {
    id: EnvelopeId.parse(randomUUID()),
    receivedAt: now.toISOString(),
    channel,
    connection: id,
    headers,
    query,
    ...encodeBody(body),
  };
}

function partitionsNear(channel: string, now: Date): string[] {
  const times = [now.getTime() - SKEW_MS, now.getTime() + SKEW_MS];
  return [...new Set(times.map((ms) => rawPartition({ channel, receivedAt: new Date(ms).toISOString() })))];
}

async function listAll({ inspection }: Deployment, partitions: readonly string[]): Promise<string[]> {
  return (await Promise.all(partitions.map((partition) => inspection.listObjects(partition)))).flat();
}

interface Search {
  readonly world: World;
  /** Epoch milliseconds by `world.clock`. */
  readonly until: number;
}

/** Its id is not known to the sender, so new objects are read until one holds the mark. */
async function findMarked(
  deployment: Deployment,
  {
    partitions,
    before,
    mark,
    world,
    until,
  }: Search & {
    readonly partitions: readonly string[];
    readonly before: ReadonlySet<string>;
    readonly mark: string;
  },
): Promise<Envelope | undefined> {
  const looked = new Set(before);
  for (;;) {
    for (const object of await listAll(deployment, partitions)) {
      if (looked.has(object)) continue;
      looked.add(object);
      const found = (await deployment.lake.read(object)).find(({ body }) => body.includes(mark));
      if (found) return found;
    }
    if (world.clock().getTime() >= until) return undefined;
    await world.sleep(POLL_MS);
  }
}

async function dismissProbe(
  { quarantine }: Deployment,
  { envelope, world, until }: Search & { readonly envelope: Envelope },
): Promise<boolean> {
  for (;;) {
    if (await quarantine.get(envelope.id)) {
      await quarantine.close(envelope.id, 'dismissed', world.clock());
      return true;
    }
    if (world.clock().getTime() >= until) return false;
    await world.sleep(POLL_MS);
  }
}
