/** Looks at each part of a deployment; changes nothing. */
import { type Connection, webhookAddress } from '../../shared/connections/connection.ts';
import { connectionOf } from '../../shared/lanes/lane.ts';
import { missingOutputs } from '../deployment.ts';
import { plural } from '../output.ts';
import { post } from '../play.ts';
import type { Deployment, Site, StackDescription, World } from '../world.ts';
import { judgeApi } from './api.ts';
import { bad, check, type Finding, ok, type Verdict, warn } from './check.ts';
import { judgePush } from './push.ts';
import { judgeSubscribers } from './subscribers.ts';

/** More than this waiting is a backlog: some seconds of work of one function. */
const BACKLOG = 1_000;
const QUARANTINE_LOOK = 100;
/** What an output says where there is none. */
const NONE = 'none';

export function judgeStack(site: Site, description: StackDescription): Verdict {
  const { status } = description;
  const missing = missingOutputs(site, description);
  if (missing.length > 0) {
    return bad(
      `Stack ${site.stack} lacks the outputs ${missing.join(', ')}.`,
      'Deploy this version again: npx cdk deploy.',
    );
  }
  if (status.endsWith('_IN_PROGRESS')) {
    return warn(`Stack ${site.stack} is being changed (${status}).`, 'Wait until that is done, then run doctor again.');
  }
  if (status.includes('FAILED')) {
    return bad(
      `The last change of stack ${site.stack} failed (${status}).`,
      'See its events in CloudFormation, then npx cdk deploy.',
    );
  }
  if (status.includes('ROLLBACK')) {
    return warn(
      `The last change of stack ${site.stack} was rolled back (${status}); it runs as before.`,
      'See its events in CloudFormation.',
    );
  }
  return ok(`Stack ${site.stack} is complete (${status}).`);
}

/** All that can be asked at once. */
export function inspect(deployment: Deployment, world: World): Promise<Finding>[] {
  return [
    check('tables', () => judgeTables(deployment)),
    check('lake', () => judgeLake(deployment)),
    check('inboxQueue', () => judgeQueue(deployment, 'inbox', deployment.outputs.InboxQueueUrl)),
    check('workQueue', () => judgeQueue(deployment, 'work', deployment.outputs.WorkQueueUrl)),
    check('wakeQueue', () => judgeQueue(deployment, 'wake', deployment.outputs.WakeQueueUrl)),
    check('profilesQueue', () => judgeQueue(deployment, 'profiles', deployment.outputs.ProfilesQueueUrl)),
    check('deliverQueue', () => judgeQueue(deployment, 'deliver', deployment.outputs.DeliverQueueUrl)),
    check('exportsQueue', () => judgeQueue(deployment, 'exports', deployment.outputs.ExportsQueueUrl)),
    check('pushQueue', () => judgeQueue(deployment, 'push', deployment.outputs.PushQueueUrl)),
    check('behaviourQueue', () => ifThere(deployment, 'behaviour', deployment.outputs.BehaviourQueueUrl, judgeQueue)),
    check('inboxDeadLetters', () => judgeDeadLetters(deployment, 'inbox', deployment.outputs.InboxDeadLetterQueueUrl)),
    check('workDeadLetters', () => judgeDeadLetters(deployment, 'work', deployment.outputs.WorkDeadLetterQueueUrl)),
    check('wakeDeadLetters', () => judgeDeadLetters(deployment, 'wake', deployment.outputs.WakeDeadLetterQueueUrl)),
    check('profilesDeadLetters', () =>
      judgeDeadLetters(deployment, 'profiles', deployment.outputs.ProfilesDeadLetterQueueUrl),
    ),
    check('publishDeadLetters', () => judgeUntold(deployment)),
    check('deliverDeadLetters', () =>
      judgeDeadLetters(deployment, 'deliver', deployment.outputs.DeliverDeadLetterQueueUrl),
    ),
    check('exportsDeadLetters', () =>
      judgeDeadLetters(deployment, 'exports', deployment.outputs.ExportsDeadLetterQueueUrl),
    ),
    check('pushDeadLetters', () => judgeDeadLetters(deployment, 'push', deployment.outputs.PushDeadLetterQueueUrl)),
    check('behaviourDeadLetters', () =>
      ifThere(deployment, 'behaviour', deployment.outputs.BehaviourDeadLetterQueueUrl, judgeDeadLetters),
    ),
    check('push', () => judgePush(deployment)),
    check('fetches', () => judgeFetches(deployment)),
    check('subscribers', () => judgeSubscribers(deployment)),
    check('connections', () => judgeConnections(deployment)),
    check('quarantine', () => judgeQuarantine(deployment)),
    check('webhook', () => judgeWebhook(deployment, world)),
    check('api', () => judgeApi(deployment, world)),
  ];
}

async function judgeTables({ outputs, inspection }: Deployment): Promise<Verdict> {
  const { OrdersTable, CustomersTable, EngagementTable, OperationsTable } = outputs;
  const tables = [OrdersTable, CustomersTable, EngagementTable, OperationsTable];
  const states = await Promise.all(tables.map(async (name) => ({ name, status: await inspection.tableStatus(name) })));
  const resting = states.filter(({ status }) => status !== 'ACTIVE' && status !== 'UPDATING');
  if (resting.length === 0) return ok(`${tables.length} tables are active.`);
  const seen = resting.map(({ name, status }) => `${name} is ${status}`).join(', ');
  return bad(`${seen}.`, 'Wait if it is being made; otherwise deploy again: npx cdk deploy.');
}

async function judgeLake({ outputs, inspection }: Deployment): Promise<Verdict> {
  await inspection.reachBucket();
  return ok(`Bucket ${outputs.LakeBucket} answers.`);
}

async function judgeQueue({ inspection }: Deployment, name: string, url: string): Promise<Verdict> {
  const { waiting, inFlight } = await inspection.queueState(url);
  const seen = `The ${name} queue has ${waiting} waiting and ${inFlight} in work.`;
  if (waiting <= BACKLOG) return ok(seen);
  return warn(seen, "If it does not shrink within minutes, see the consuming function's log and its throttles.");
}

/** Some queues are there only with the HTTP API. */
async function ifThere(deployment: Deployment, name: string, url: string, judge: typeof judgeQueue): Promise<Verdict> {
  if (url === NONE) return ok(`There is no ${name} queue, as there is no HTTP API.`);
  return judge(deployment, name, url);
}

async function judgeDeadLetters({ inspection, site }: Deployment, name: string, url: string): Promise<Verdict> {
  const { arn, waiting, inFlight } = await inspection.queueState(url);
  const dead = waiting + inFlight;
  if (dead === 0) return ok(`The ${name} dead-letter queue is empty.`);
  const endpoint = site.endpoint === undefined ? '' : ` --endpoint-url ${site.endpoint}`;
  return bad(
    `The ${name} dead-letter queue holds ${plural(dead, 'message')}: tried several times, kept for you.`,
    `Find the cause in the consuming function's log, then put them back: aws sqs start-message-move-task --source-arn ${arn}${endpoint}`,
  );
}

/** A stream has no messages to put back: these say where in it lies what was given up. */
async function judgeUntold({ inspection, outputs, site }: Deployment): Promise<Verdict> {
  const url = outputs.PublishDeadLetterQueueUrl;
  const { waiting, inFlight } = await inspection.queueState(url);
  const untold = waiting + inFlight;
  if (untold === 0) return ok('The publish dead-letter queue is empty.');
  const endpoint = site.endpoint === undefined ? '' : ` --endpoint-url ${site.endpoint}`;
  return bad(
    `Changes of profiles were not told, ${plural(untold, 'batch', 'batches')} of them: tried several times.`,
    `The publish function's log says which and why; they lie in the table's stream for a day. docs/events.md says how to read and tell them. Then aws sqs purge-queue --queue-url ${url}${endpoint}`,
  );
}

/** Lanes of connections whose last word is a failure; those of subscribers are looked at with them. */
async function judgeFetches({ lanes }: Deployment): Promise<Verdict> {
  const failing = (await lanes.listLanes()).flatMap(({ party, health: { lastFailure, lastSuccessAt = 0 } }) => {
    const connection = connectionOf(party);
    const isFailing = connection !== undefined && lastFailure !== undefined && lastFailure.at > lastSuccessAt;
    return isFailing ? [`${connection} (${lastFailure.code})`] : [];
  });
  if (failing.length === 0) return ok("Calls of platforms' APIs succeed, where there are any.");
  return warn(
    `Last failed: ${failing.join(', ')}.`,
    'What they should have brought is tried again. For credentials: tributary connect CHANNEL --connection ID --credentials-file FILE.',
  );
}

async function judgeConnections(deployment: Deployment): Promise<Verdict> {
  const all = await deployment.connections.listConnections();
  if (all.length === 0)
    return warn('There is no connection yet.', 'Make the first: tributary connect CHANNEL --connection ID.');
  const active = all.filter((connection) => connection.status === 'active');
  const bare = await withoutSecret(deployment, active);
  if (bare.length > 0) {
    return bad(
      `Without a secret: ${names(bare)}.`,
      'Give it again: tributary connect CHANNEL --connection ID --secret-file FILE.',
    );
  }
  const moved = active.filter(
    (connection) => connection.webhookUrl !== webhookAddress(deployment.webhookBaseUrl, connection),
  );
  if (moved.length > 0) {
    return warn(
      `The address of ${names(moved)} is not where the deployment answers now (${deployment.webhookBaseUrl}).`,
      'Renew it with tributary connect CHANNEL --connection ID, and give the new one to the platform.',
    );
  }
  const told = await unconnectedShops(deployment);
  if (told.length > 0) {
    return warn(
      `Webhooks come of shops that are not connected: ${told.join(', ')}.`,
      'Connect them, or mend the shop id in the credentials of the connection; what came is in the lake.',
    );
  }
  return ok(`${plural(active.length, 'active connection')} of ${all.length}, each with a secret.`);
}

/** `shop 4463799 at my-shop` */
async function unconnectedShops({ health }: Deployment): Promise<string[]> {
  const found: string[] = [];
  for (const [id, { unconnectedShop }] of await health.listHealth())
    if (unconnectedShop) found.push(`shop ${unconnectedShop.shop} at ${id}`);
  return found;
}

async function withoutSecret({ secrets }: Deployment, connections: readonly Connection[]): Promise<Connection[]> {
  const found: Connection[] = [];
  // One after the other: SSM takes 40 reads a second for the whole account, and webhooks need some of them.
  for (const connection of connections) {
    if (!(await secrets.getWebhookSecrets(connection.id))) found.push(connection);
  }
  return found;
}

const names = (connections: readonly Connection[]): string => connections.map(({ id }) => id).join(', ');

async function judgeQuarantine({ quarantine }: Deployment): Promise<Verdict> {
  const { items, nextCursor } = await quarantine.list({ status: 'open', limit: QUARANTINE_LOOK });
  if (items.length === 0) return ok('Nothing in quarantine is open.');
  const count = nextCursor === null ? plural(items.length, 'message') : `More than ${QUARANTINE_LOOK} messages`;
  const codes = [...new Set(items.map(({ code }) => code))].sort().join(', ');
  return warn(`${count} in quarantine: ${codes}.`, 'See tributary quarantine list; retry after a fix, or dismiss.');
}

const NOBODY = 'tributary-doctor-asks-for-nobody';

/**
 * Strangers must be refused, and must not learn which connections exist: an unsigned request to one that does gets the
 * very answer that an unknown one gets.
 */
async function judgeWebhook({ connections, webhookBaseUrl }: Deployment, world: World): Promise<Verdict> {
  const active = (await connections.listConnections()).find(
    ({ status, channel }) => status === 'active' && world.doors.has(channel),
  );
  const door = world.doors.get(active?.channel ?? '') ?? [...world.doors.values()][0];
  if (!door) return bad('This version has no channel.', 'Check the installation.');
  const { channel } = door;
  const unsigned = {
    method: 'POST',
    query: '',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{}'),
  };
  const ask = (id: string) => {
    const url = webhookAddress(webhookBaseUrl, { channel, id });
    return post(world, { ...unsigned, url });
  };
  const stranger = await ask(NOBODY);
  if (stranger.status === undefined) {
    return bad(
      `${webhookBaseUrl} gave no answer: ${stranger.error ?? ''}`,
      'Check that the address is right and the API is deployed.',
    );
  }
  const expected = door.refuse?.({ ...unsigned, url: '' }).status ?? 401;
  if (stranger.status !== expected) {
    return bad(
      `An unknown connection was answered ${stranger.status}, not ${expected}.`,
      stranger.status >= 500
        ? "See the ingest function's log."
        : 'Check that the address leads to this deployment, and to this version of it.',
    );
  }
  const seen = `Strangers are refused with ${expected} in ${stranger.durationMs} ms`;
  if (!active) return ok(`${seen}.`);
  const unproven = await ask(active.id);
  if (unproven.status === stranger.status && unproven.body === stranger.body) {
    return ok(`${seen}, alike for connections that exist.`);
  }
  return bad(
    `An unsigned request to ${active.id} is answered otherwise (${unproven.status ?? 'not at all'}) than one to an unknown connection, so strangers can tell which exist.`,
    'Deploy this version again: npx cdk deploy.',
  );
}
