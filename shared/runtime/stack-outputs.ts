/** The outputs of the stack: infra writes them, the CLI and local tools read them. Names are added, never changed. */
import * as z from 'zod';

const Text = z.string().min(1);

export const StackOutputs = z.object({
  Region: Text,
  ApiId: Text,
  /** `{WebhookBaseUrl}/webhooks/{channel}/{connection}`; on an emulator it is made from ApiId instead. */
  WebhookBaseUrl: Text,
  /** Of the HTTP API for people and programs, `none` where no issuer of tokens is set; on an emulator its address is made from RestApiId. */
  RestApiId: Text,
  ApiUrl: Text,
  LakeBucket: Text,
  OrdersTable: Text,
  CustomersTable: Text,
  EngagementTable: Text,
  OperationsTable: Text,
  InboxQueueUrl: Text,
  InboxDeadLetterQueueUrl: Text,
  WorkQueueUrl: Text,
  WorkDeadLetterQueueUrl: Text,
  WakeQueueUrl: Text,
  WakeDeadLetterQueueUrl: Text,
  ProfilesQueueUrl: Text,
  ProfilesDeadLetterQueueUrl: Text,
  /** Name of the SSM parameter that holds the keys of identity. */
  IdentityKeysParameter: Text,
  /** The EventBridge bus on which profile events are told. */
  BusName: Text,
  PublishDeadLetterQueueUrl: Text,
  DeliverQueueUrl: Text,
  DeliverDeadLetterQueueUrl: Text,
  PushQueueUrl: Text,
  PushDeadLetterQueueUrl: Text,
  ExportsQueueUrl: Text,
  ExportsDeadLetterQueueUrl: Text,
  /** `none` where there is no HTTP API. */
  BehaviourQueueUrl: Text,
  BehaviourDeadLetterQueueUrl: Text,
  RecordDeadLetterQueueUrl: Text,
  RecordOrdersDeadLetterQueueUrl: Text,
  /** Name of the function that takes a snapshot of all profiles when it is asked to. */
  SnapshotFunction: Text,
  /** Name of the function that makes recommendations when it is asked to. */
  RecommendFunction: Text,
  /** Name of the function that attributes orders to campaigns' messages when it is asked to. */
  AttributeFunction: Text,
  /** Of the SSM parameters that hold what messages to subscribers are signed with. */
  SigningSecretsPrefix: Text,
  /** Of the SSM parameters that hold the secrets of connections. */
  SecretsPrefix: Text,
  /** Whether connections may name any host as their platform's API. */
  AnyApiBase: z.enum(['true', 'false']),
  /** The address from which platforms' APIs are called, `none` unless a setting asked for one. */
  FixedAddress: Text,
  /** ISO 4217: what facts, tiers and segments compare in. */
  ReportingCurrency: z.string().regex(/^[A-Z]{3}$/),
  DashboardName: Text,
  IngestLogGroup: Text,
  ArchiveLogGroup: Text,
  OrdersLogGroup: Text,
  HydrateLogGroup: Text,
  ProfilesLogGroup: Text,
  PublishLogGroup: Text,
  DeliverLogGroup: Text,
  ExportsLogGroup: Text,
  PushLogGroup: Text,
  RecordLogGroup: Text,
  RecordOrdersLogGroup: Text,
  SnapshotLogGroup: Text,
  PreviewLogGroup: Text,
  AttributeLogGroup: Text,
  RecommendLogGroup: Text,
  /** `none` likewise. */
  ApiLogGroup: Text,
  /** `none` likewise. */
  CollectLogGroup: Text,
  BehaviourLogGroup: Text,
  PopulationLogGroup: Text,
});
export type StackOutputs = z.infer<typeof StackOutputs>;
