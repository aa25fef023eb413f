/** The real program in this process, before a deployment in memory whose functions are the real ones. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { SQSEvent } from 'aws-lambda';
import { v7 as uuidv7 } from 'uuid';
import { afterAll } from 'vitest';
import { runProgram } from '../../cli/program.ts';
import type { Deployment, QueueState, StackDescription, World } from '../../cli/world.ts';
import { createIngest } from '../../functions/ingest/handler.ts';
import { createOrders } from '../../functions/orders/handler.ts';
import { adaptersOf } from '../../shared/channels/registry.ts';
import { connectionDirectory, doorDirectory, shopDirectory } from '../../shared/connections/directory.ts';
import { healthNotes } from '../../shared/connections/health.ts';
import type { FetchDetail } from '../../shared/hydration/fetch-detail.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import { EnvelopeId } from '../../shared/lake/envelope.ts';
import { rawObjectKey } from '../../shared/lake/object-key.ts';
import type { Entry } from '../../shared/profiles/customer.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { updateCustomers } from '../../shared/profiles/update.ts';
import { eventsBetween } from '../../shared/publish/events.ts';
import { rowsOf } from '../../shared/publish/history.ts';
import type { Cause, ProfilesMessage, WorkMessage } from '../../shared/queues/messages.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { instant } from '../../shared/time/instant.ts';
import { KEYS, testRules } from '../profiles/people.ts';
import { toApiEvent } from '../simulation/models/api-gateway.ts';
import { memoryConnections, memoryHealth, memorySecrets } from '../simulation/models/connections.ts';
import { memoryCustomers } from '../simulation/models/customers.ts';
import { memoryHistory } from '../simulation/models/history.ts';
import { memoryLake } from '../simulation/models/lake.ts';
import { memoryLanes } from '../simulation/models/lanes.ts';
import { memoryLinking } from '../simulation/models/linking.ts';
import { memoryOrders } from '../simulation/models/orders.ts';
import { memoryQuarantine } from '../simulation/models/quarantine.ts';
import { memoryRates } from '../simulation/models/rates.ts';
import { memorySegments } from '../simulation/models/segments.ts';
import { memoryDeadLetters, memorySubscribers } from '../simulation/models/subscribers.ts';
import { memoryPolicies } from '../simulation/models/tiers.ts';
import { bluntTill, thinTill, till } from './till.ts';

const BASE = 'https://hooks.example';
const silent: Telemetry = { measure() {}, info() {}, warn() {}, error() {}, flush() {} };
const tills = [till, bluntTill, thinTill];
const adapters = adaptersOf(tills);
const doors = new Map(tills.map(({ door }) => [door.channel, door]));

export const OUTPUTS = {
  ApiId: 'api',
  WebhookBaseUrl: BASE,
  ApiUrl: 'none',
  LakeBucket: 'lake',
  OrdersTable: 'orders',
  CustomersTable: 'customers',
  EngagementTable: 'engagement',
  OperationsTable: 'operations',
  InboxQueueUrl: 'http://localhost:4566/000000000000/inbox',
  InboxDeadLetterQueueUrl: 'http://localhost:4566/000000000000/inbox-dead',
  WorkQueueUrl: 'http://localhost:4566/000000000000/work',
  WorkDeadLetterQueueUrl: 'http://localhost:4566/000000000000/work-dead',
  WakeQueueUrl: 'http://localhost:4566/000000000000/wake',
  WakeDeadLetterQueueUrl: 'http://localhost:4566/000000000000/wake-dead',
  ProfilesQueueUrl: 'http://localhost:4566/000000000000/profiles',
  ProfilesDeadLetterQueueUrl: 'http://localhost:4566/000000000000/profiles-dead',
  PublishDeadLetterQueueUrl: 'http://localhost:4566/000000000000/publish-dead',
  DeliverQueueUrl: 'http://localhost:4566/000000000000/deliver',
  DeliverDeadLetterQueueUrl: 'http://localhost:4566/000000000000/deliver-dead',
  ExportsQueueUrl: 'http://localhost:4566/000000000000/exports',
  ExportsDeadLetterQueueUrl: 'http://localhost:4566/000000000000/exports-dead',
  PushQueueUrl: 'http://localhost:4566/000000000000/push',
  PushDeadLetterQueueUrl: 'http://localhost:4566/000000000000/push-dead',
  BehaviourQueueUrl: 'http://localhost:4566/000000000000/behaviour',
  BehaviourDeadLetterQueueUrl: 'http://localhost:4566/000000000000/behaviour-dead',
  IdentityKeysParameter: '/tributary/test/identity',
  AnyApiBase: 'false' as const,
  FixedAddress: 'none',
  ReportingCurrency: 'CNY',
  SecretsPrefix: '/tributary/test/connections',
};

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function createTestDeployment() {
  let nowMs = Date.parse('2026-11-24T09:00:00.000Z');
  const clock = () => new Date(nowMs++);
  const [connections, secrets, lake, orders] = [memoryConnections(), memorySecrets(), memoryLake(), memoryOrders()];
  const quarantine = memoryQuarantine();
  const rates = memoryRates();
  const policies = memoryPolicies();
  const linking = memoryLinking();
  const history = memoryHistory();
  const segments = memorySegments();
  const [subscribers, deadLetters] = [memorySubscribers(), memoryDeadLetters()];
  const customers = memoryCustomers<StoredProfile>({
    // As publish does of the table's stream.
    onPlace: (now, before) => {
      for (const { profile, entry } of eventsBetween(before, now).flatMap(rowsOf))
        void history.putHistory(profile, entry);
    },
  });
  const rules = testRules(customers, OUTPUTS.ReportingCurrency);
  const [lanes, health] = [memoryLanes<FetchDetail>(), memoryHealth()];
  /** By name, where they are not empty. */
  const queues = new Map<string, QueueState>();
  const description: StackDescription = { status: 'CREATE_COMPLETE', outputs: OUTPUTS };
  const requests: WorkMessage[] = [];
  const notices: ProfilesMessage[] = [];
  /** Whether the orders and the profiles function run at all. */
  const switches = { orders: true, profiles: true, description };

  /** What the profiles function does of orders that have these entries, and of personas to be derived anew. */
  async function update(entries: readonly Entry[], personas: readonly PersonaId[] = [], cause: Cause = 'live') {
    await updateCustomers({ entries, personas }, customers, rules, { now: instant(clock().getTime()), cause });
  }

  async function notice(message: ProfilesMessage): Promise<void> {
    notices.push(message);
    if (!switches.profiles || !('personas' in message)) return;
    // The cast: messages name personas.
    await update([], message.personas as PersonaId[], message.cause);
  }

  async function work(message: WorkMessage): Promise<void> {
    requests.push(message);
    if (!switches.orders) return;
    // The directory is new each time, as if its cache had expired.
    const handler = createOrders({
      adapters,
      connections: connectionDirectory(connections, clock),
      shops: shopDirectory(connections, clock),
      lake,
      orders,
      quarantine,
      lanes,
      wakes: { send: async () => {} },
      health: healthNotes(health, clock),
      clock,
      telemetry: silent,
    });
    // The cast: all that the handler reads of a record.
    await handler({ Records: [{ messageId: '1', body: JSON.stringify(message) }] } as SQSEvent);
  }

  const fetchIngest: typeof fetch = async (input, init) => {
    const url = new URL(String(input));
    const [, , channel, connection] = url.pathname.split('/');
    const handler = createIngest({
      doors,
      connections: doorDirectory({ connections, secrets }, clock),
      clock,
      newEnvelopeId: () => EnvelopeId.parse(uuidv7()),
      telemetry: silent,
      inbox: {
        async keep(envelope) {
          const object = rawObjectKey([envelope]);
          await lake.write(object, [envelope]);
          return work({ object, cause: 'live' });
        },
      },
    });
    const body = Buffer.from(await new Response(init?.body ?? null).arrayBuffer());
    const request = {
      method: init?.method ?? 'GET',
      url: '',
      query: url.search.slice(1),
      headers: Object.fromEntries(new Headers(init?.headers)),
      body,
    };
    const { statusCode, body: text } = await handler(
      toApiEvent({ channel: channel ?? '', connection: connection ?? '', request }),
    );
    return new Response(text ?? '', { status: statusCode ?? 500 });
  };

  const site = { kind: 'local' as const, stack: 'tributary', endpoint: 'http://localhost:4566' };
  const deployment: Deployment = {
    site,
    outputs: OUTPUTS,
    webhookBaseUrl: BASE,
    connections,
    secrets,
    health,
    lanes,
    rates,
    policies,
    linking,
    orders,
    quarantine,
    lake,
    work: { send: work },
    customers: async () => customers,
    history,
    segments,
    subscribers,
    deadLetters,
    identityKeys: async () => KEYS,
    profiles: { send: notice },
    inspection: {
      tableStatus: async () => 'ACTIVE',
      reachBucket: async () => {},
      queueState: async (url) => {
        const name = url.split('/').at(-1) ?? '';
        return queues.get(name) ?? { arn: `arn:aws:sqs:us-east-1:000000000000:${name}`, waiting: 0, inFlight: 0 };
      },
      listObjects: async (prefix) => lake.objects().filter((key) => key.startsWith(prefix)),
    },
  };

  async function run(args: readonly string[], changes: Partial<World> = {}): Promise<Ran> {
    let [stdout, stderr] = ['', ''];
    const world: World = {
      env: {},
      cwd: '/',
      out: (text) => {
        stdout += text;
      },
      err: (text) => {
        stderr += text;
      },
      readStdin: async () => '',
      clock,
      sleep: async (ms) => {
        nowMs += ms;
      },
      fetch: fetchIngest,
      doors,
      adapters,
      locate: async () => site,
      describe: async () => switches.description,
      open: async () => deployment,
      ...changes,
    };
    const code = await runProgram(args, world);
    return { code, stdout, stderr };
  }

  /** A line as typed: words without spaces. */
  const type = (line: string, changes?: Partial<World>) => run(line.split(' ').filter(Boolean), changes);
  const later = (ms: number) => {
    nowMs += ms;
  };
  return {
    run,
    type,
    later,
    deployment,
    segments,
    subscribers,
    deadLetters,
    lake,
    queues,
    switches,
    requests,
    notices,
    customers,
    update,
    fetchIngest,
  };
}

const caseFolders: string[] = [];
afterAll(() => Promise.all(caseFolders.map((folder) => rm(folder, { recursive: true, force: true }))));

export async function caseFolder(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tributary-case-'));
  caseFolders.push(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
  return folder;
}

export const saleCase = (body: string, event = 'sale'): Promise<string> =>
  caseFolder({
    'request.json': JSON.stringify({
      method: 'POST',
      path: '/webhooks/till/recorded',
      query: '',
      headers: { 'X-Till-Event': event, 'x-till-signature': 'of another day', 'content-length': '3' },
      receivedAt: '2026-11-24T02:00:00.000Z',
      secret: 'of another day',
    }),
    'body.json': body,
  });
