/** All that a command touches besides its arguments. Tests give another world to the same program. */
import type * as z from 'zod';
import type { Door } from '../shared/channels/adapter.ts';
import type { Adapters } from '../shared/channels/registry.ts';
import type { ConnectionStore, SecretStore } from '../shared/connections/directory.ts';
import type { HealthStore } from '../shared/connections/health.ts';
import type { IdentityKeys } from '../shared/identity/contribution.ts';
import type { LinkingStore } from '../shared/identity/linking-versions.ts';
import type { Lake } from '../shared/lake/lake.ts';
import type { LaneStore } from '../shared/lanes/lane.ts';
import type { OrderStore } from '../shared/orders/apply.ts';
import type { CustomerIndex, CustomerStore } from '../shared/profiles/customer.ts';
import type { StoredProfile } from '../shared/profiles/profile.ts';
import type { HistoryStore } from '../shared/publish/history.ts';
import type { Quarantine } from '../shared/quarantine/quarantine.ts';
import type { ProfilesMessage, WorkMessage } from '../shared/queues/messages.ts';
import type { Queue } from '../shared/queues/queue.ts';
import type { RateStore } from '../shared/rates/rate-store.ts';
import type { Clock } from '../shared/runtime/clock.ts';
import { StackOutputs } from '../shared/runtime/stack-outputs.ts';
import type { SegmentStore } from '../shared/segments/segment-store.ts';
import type { DeadLetterStore } from '../shared/subscribers/dead-letter.ts';
import type { SubscriberStore } from '../shared/subscribers/subscriber.ts';
import type { PolicyStore } from '../shared/tiers/policy-store.ts';

/** Which deployment is meant; knowing it needs no network. */
export interface Site {
  readonly kind: 'local' | 'aws';
  readonly stack: string;
  /** Of an emulator. */
  readonly endpoint?: string;
  readonly region?: string;
  /** Base of the webhook addresses, where it is not the stack's output. */
  readonly webhookUrl?: string;
  /** Of the HTTP API, and what a local deployment takes as a token with all roles. */
  readonly apiUrl?: string;
  readonly token?: string;
}

export interface StackDescription {
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/** Those outputs of the stack that commands need. */
export const NeededOutputs = StackOutputs.pick({
  ApiId: true,
  WebhookBaseUrl: true,
  ApiUrl: true,
  LakeBucket: true,
  OrdersTable: true,
  CustomersTable: true,
  EngagementTable: true,
  OperationsTable: true,
  InboxQueueUrl: true,
  InboxDeadLetterQueueUrl: true,
  WorkQueueUrl: true,
  WorkDeadLetterQueueUrl: true,
  WakeQueueUrl: true,
  WakeDeadLetterQueueUrl: true,
  ProfilesQueueUrl: true,
  ProfilesDeadLetterQueueUrl: true,
  PublishDeadLetterQueueUrl: true,
  DeliverQueueUrl: true,
  DeliverDeadLetterQueueUrl: true,
  ExportsQueueUrl: true,
  ExportsDeadLetterQueueUrl: true,
  PushQueueUrl: true,
  PushDeadLetterQueueUrl: true,
  BehaviourQueueUrl: true,
  BehaviourDeadLetterQueueUrl: true,
  IdentityKeysParameter: true,
  AnyApiBase: true,
  FixedAddress: true,
  ReportingCurrency: true,
  SecretsPrefix: true,
});
export type NeededOutputs = z.infer<typeof NeededOutputs>;

export interface QueueState {
  readonly arn: string;
  readonly waiting: number;
  readonly inFlight: number;
}

/** What only `doctor` asks. */
export interface Inspection {
  /** `ACTIVE` when all is well. */
  tableStatus(table: string): Promise<string>;
  /** Throws if the bucket can't be reached. */
  reachBucket(): Promise<void>;
  queueState(url: string): Promise<QueueState>;
  listObjects(prefix: string): Promise<string[]>;
}

export type Customers = CustomerStore<StoredProfile> & CustomerIndex;

export interface Deployment {
  readonly site: Site;
  readonly outputs: NeededOutputs;
  readonly webhookBaseUrl: string;
  readonly connections: ConnectionStore;
  readonly secrets: SecretStore;
  readonly health: Pick<HealthStore, 'listHealth'>;
  readonly lanes: LaneStore<unknown>;
  readonly rates: RateStore;
  readonly policies: PolicyStore;
  readonly linking: LinkingStore;
  readonly orders: Pick<OrderStore, 'getOrder'>;
  readonly quarantine: Pick<Quarantine, 'get' | 'list' | 'close'>;
  readonly lake: Pick<Lake, 'read'>;
  readonly work: Queue<WorkMessage>;
  /** The keys that open it are read when it is first asked for, and only then: most commands read nothing personal. */
  readonly customers: () => Promise<Customers>;
  readonly history: Pick<HistoryStore, 'listHistory'>;
  readonly segments: Pick<SegmentStore, 'listSegments' | 'listVersions'>;
  readonly subscribers: Pick<SubscriberStore, 'listSubscribers'>;
  readonly deadLetters: Pick<DeadLetterStore, 'countDeadLetters'>;
  /** Of lookups, and of guests' names. */
  readonly identityKeys: () => Promise<IdentityKeys>;
  readonly profiles: Queue<ProfilesMessage>;
  readonly inspection: Inspection;
}

export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where relative paths begin. */
  readonly cwd: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly readStdin: () => Promise<string>;
  /** Absent where there is nobody to ask. Undefined when the person gave up. */
  readonly askSecret?: (question: string) => Promise<string | undefined>;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  readonly fetch: typeof fetch;
  readonly doors: ReadonlyMap<string, Door>;
  readonly adapters: Adapters;
  readonly locate: (stack: string | undefined) => Promise<Site>;
  readonly describe: (site: Site) => Promise<StackDescription>;
  readonly open: (site: Site, outputs: NeededOutputs) => Promise<Deployment>;
}
