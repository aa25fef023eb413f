/**
 * edge → ingest → inbox queue → archive → lake and work queue → orders → orders table; and for what is thin, orders → lanes and
 * wake queue → hydrate → inbox queue. From the stream of the orders table → profiles → customers table, and from its stream →
 * publish → event bus, deliver → subscribers, and push → customers. Beside them collect → behaviour queue → behaviour → lake, visitors, profiles.
 * The same stack is deployed to AWS and, for development, to an emulator: no resource here is only for one of them.
 */
import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { StackOutputs } from '../shared/runtime/stack-outputs.ts';
import { ApiStage } from './api-stage.ts';
import { ArchiveStage } from './archive-stage.ts';
import { AttributeStage } from './attribute-stage.ts';
import { BehaviourStage } from './behaviour-stage.ts';
import { CollectStage } from './collect-stage.ts';
import { Dashboard } from './dashboard.ts';
import { createAlarms } from './defaults/alarms.ts';
import { DeliverStage } from './deliver-stage.ts';
import { Edge } from './edge.ts';
import { ExportsStage } from './exports-stage.ts';
import { createWakeQueue, HydrateStage } from './hydrate-stage.ts';
import { identityKeysOf } from './identity-keys.ts';
import { IngestStage } from './ingest-stage.ts';
import { Lake } from './lake.ts';
import { OrdersStage } from './orders-stage.ts';
import { PopulationStage } from './population-stage.ts';
import { PreviewStage } from './preview-stage.ts';
import { ProfilesStage } from './profiles-stage.ts';
import { PublishStage } from './publish-stage.ts';
import { PushStage } from './push-stage.ts';
import { RecommendStage } from './recommend-stage.ts';
import { RecordOrdersAllStage, RecordOrdersStage } from './record-orders-stage.ts';
import { RecordAllStage, RecordStage } from './record-stage.ts';
import { pushCredentialsOf, serverKeysOf, signingSecretsOf } from './secret-parameters.ts';
import { secretsOf } from './secrets.ts';
import type { Settings } from './settings.ts';
import { SnapshotStage, snapshotCode } from './snapshot-stage.ts';
import { Tables } from './tables.ts';

/** Of what no setting asked for. */
const NONE = 'none';

export class TributaryStack extends Stack {
  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id, {
      description: 'Tributary: order webhooks in, one current order out',
      terminationProtection: settings.production,
    });
    const alarms = createAlarms(this, settings);
    const lake = new Lake(this, 'Lake', settings).bucket;
    const { orders, customers, engagement, operations } = new Tables(this, 'Tables', settings);
    const secrets = secretsOf(this);
    const wake = createWakeQueue(this, alarms);
    // Against the flow: each stage owns the queue it reads, and is told the one it writes.
    const ordersStage = new OrdersStage(this, 'OrdersStage', {
      settings,
      alarms,
      lake,
      orders,
      operations,
      wake: wake.queue,
    });
    const work = ordersStage.work;
    const archiveStage = new ArchiveStage(this, 'ArchiveStage', { settings, alarms, lake, work: work.queue });
    const inbox = archiveStage.inbox;
    const ingestStage = new IngestStage(this, 'IngestStage', {
      settings,
      alarms,
      inbox: inbox.queue,
      lake,
      operations,
      secrets,
    });
    const hydrateStage = new HydrateStage(this, 'HydrateStage', {
      settings,
      alarms,
      lake,
      operations,
      secrets,
      inbox: inbox.queue,
      wake,
    });
    const identityKeys = identityKeysOf(this);
    const profilesStage = new ProfilesStage(this, 'ProfilesStage', {
      settings,
      alarms,
      lake,
      orders,
      customers,
      engagement,
      operations,
      identityKeys,
    });
    const signingSecrets = signingSecretsOf(this);
    const deliverStage = new DeliverStage(this, 'DeliverStage', {
      settings,
      alarms,
      lake,
      operations,
      engagement,
      signingSecrets,
    });
    const pushCredentials = pushCredentialsOf(this);
    const pushStage = new PushStage(this, 'PushStage', {
      settings,
      alarms,
      lake,
      operations,
      engagement,
      customers,
      identityKeys,
      credentials: pushCredentials,
      deliver: deliverStage.wake.queue,
    });
    const publishStage = new PublishStage(this, 'PublishStage', {
      settings,
      alarms,
      lake,
      customers,
      engagement,
      operations,
      deliver: deliverStage.wake.queue,
      push: pushStage.wake.queue,
      identityKeys,
    });
    pushStage.tellOn(publishStage.bus);
    const exportsStage = new ExportsStage(this, 'ExportsStage', {
      settings,
      alarms,
      lake,
      customers,
      engagement,
      identityKeys,
    });
    const populationStage = new PopulationStage(this, 'PopulationStage', {
      settings,
      alarms,
      lake,
      customers,
      operations,
      identityKeys,
    });
    const recordStage = new RecordStage(this, 'RecordStage', { settings, alarms, lake, customers, identityKeys });
    const recordAllStage = new RecordAllStage(this, 'RecordAllStage', {
      settings,
      alarms,
      lake,
      customers,
      identityKeys,
    });
    const recordingOrders = { settings, alarms, lake, orders, operations, identityKeys };
    const recordOrdersStage = new RecordOrdersStage(this, 'RecordOrdersStage', recordingOrders);
    const recordOrdersAllStage = new RecordOrdersAllStage(this, 'RecordOrdersAllStage', recordingOrders);
    const code = snapshotCode(settings);
    const snapshotStage = new SnapshotStage(this, 'SnapshotStage', { settings, alarms, lake, code });
    const previewStage = new PreviewStage(this, 'PreviewStage', { settings, alarms, lake, engagement, code });
    const recommendStage = new RecommendStage(this, 'RecommendStage', {
      settings,
      alarms,
      lake,
      engagement,
      operations,
      customers,
      identityKeys,
      profiles: profilesStage.queue.queue,
      push: pushStage.wake.queue,
      code,
    });
    const attributeStage = new AttributeStage(this, 'AttributeStage', {
      settings,
      alarms,
      lake,
      engagement,
      operations,
      deliver: deliverStage.wake.queue,
      bus: publishStage.bus,
      code,
    });
    const serverKeys = serverKeysOf(this);
    const { apiIssuer: issuer, apiAudience: audience } = settings;
    const apiStage =
      issuer !== undefined && audience !== undefined
        ? new ApiStage(this, 'ApiStage', {
            settings,
            issuer,
            audience,
            alarms,
            lake,
            orders,
            customers,
            engagement,
            operations,
            identityKeys,
            signingSecrets,
            serverKeys,
            pushCredentials,
            profiles: profilesStage.queue.queue,
            deliver: deliverStage.wake.queue,
            exports: exportsStage.queue.queue,
            push: pushStage.wake.queue,
            preview: previewStage,
            recommend: recommendStage,
          })
        : undefined;
    // Sources of events are kept by the API, and what they send comes in by it.
    const behaviourStage = apiStage
      ? new BehaviourStage(this, 'BehaviourStage', {
          settings,
          alarms,
          lake,
          engagement,
          operations,
          identityKeys,
          profiles: profilesStage.queue.queue,
        })
      : undefined;
    const collectStage =
      apiStage && behaviourStage
        ? new CollectStage(this, 'CollectStage', {
            settings,
            alarms,
            lake,
            operations,
            serverKeys,
            behaviour: behaviourStage.queue.queue,
            api: apiStage.api,
            stage: apiStage.stage,
          })
        : undefined;
    const edge = new Edge(this, 'Edge', { settings, alarms, ingest: ingestStage.target });
    const dashboard = new Dashboard(this, 'Dashboard', {
      ingest: ingestStage.function,
      archive: archiveStage.function,
      orders: ordersStage.function,
      hydrate: hydrateStage.function,
      profiles: profilesStage.function,
      publish: publishStage.function,
      deliver: deliverStage.function,
      exports: exportsStage.function,
      record: recordStage.function,
      recordAll: recordAllStage.function,
      recordOrders: recordOrdersStage.function,
      recordOrdersAll: recordOrdersAllStage.function,
      snapshot: snapshotStage.function,
      preview: previewStage.function,
      population: populationStage.function,
      attribute: attributeStage.function,
      recommend: recommendStage.function,
      inbox,
      work,
      wake,
      profilesQueue: profilesStage.queue,
      publishDeadLetters: publishStage.deadLetterQueue,
      recordDeadLetters: recordStage.deadLetterQueue,
      recordOrdersDeadLetters: recordOrdersStage.deadLetterQueue,
      deliverQueue: deliverStage.wake,
      push: pushStage.function,
      pushQueue: pushStage.wake,
      exportsQueue: exportsStage.queue,
      collect: collectStage?.function,
      behaviour: behaviourStage?.function,
      behaviourQueue: behaviourStage?.queue,
    });

    this.output({
      Region: this.region,
      ApiId: edge.api.apiId,
      WebhookBaseUrl: edge.api.apiEndpoint,
      RestApiId: apiStage?.api.apiId ?? NONE,
      ApiUrl: apiStage?.api.apiEndpoint ?? NONE,
      LakeBucket: lake.bucketName,
      OrdersTable: orders.tableName,
      CustomersTable: customers.tableName,
      EngagementTable: engagement.tableName,
      OperationsTable: operations.tableName,
      InboxQueueUrl: inbox.queue.queueUrl,
      InboxDeadLetterQueueUrl: inbox.deadLetterQueue.queueUrl,
      WorkQueueUrl: work.queue.queueUrl,
      WorkDeadLetterQueueUrl: work.deadLetterQueue.queueUrl,
      WakeQueueUrl: wake.queue.queueUrl,
      WakeDeadLetterQueueUrl: wake.deadLetterQueue.queueUrl,
      ProfilesQueueUrl: profilesStage.queue.queue.queueUrl,
      ProfilesDeadLetterQueueUrl: profilesStage.queue.deadLetterQueue.queueUrl,
      IdentityKeysParameter: identityKeys.parameterName,
      BusName: publishStage.bus.eventBusName,
      PublishDeadLetterQueueUrl: publishStage.deadLetterQueue.queueUrl,
      DeliverQueueUrl: deliverStage.wake.queue.queueUrl,
      DeliverDeadLetterQueueUrl: deliverStage.wake.deadLetterQueue.queueUrl,
      PushQueueUrl: pushStage.wake.queue.queueUrl,
      PushDeadLetterQueueUrl: pushStage.wake.deadLetterQueue.queueUrl,
      ExportsQueueUrl: exportsStage.queue.queue.queueUrl,
      ExportsDeadLetterQueueUrl: exportsStage.queue.deadLetterQueue.queueUrl,
      BehaviourQueueUrl: behaviourStage?.queue.queue.queueUrl ?? NONE,
      BehaviourDeadLetterQueueUrl: behaviourStage?.queue.deadLetterQueue.queueUrl ?? NONE,
      RecordDeadLetterQueueUrl: recordStage.deadLetterQueue.queueUrl,
      RecordOrdersDeadLetterQueueUrl: recordOrdersStage.deadLetterQueue.queueUrl,
      SnapshotFunction: snapshotStage.function.functionName,
      AttributeFunction: attributeStage.function.functionName,
      RecommendFunction: recommendStage.function.functionName,
      SigningSecretsPrefix: signingSecrets.prefix,
      SecretsPrefix: secrets.prefix,
      AnyApiBase: settings.anyApiBase ? 'true' : 'false',
      ReportingCurrency: settings.reportingCurrency,
      FixedAddress: hydrateStage.address ?? NONE,
      DashboardName: dashboard.name,
      IngestLogGroup: ingestStage.function.logGroup.logGroupName,
      ArchiveLogGroup: archiveStage.function.logGroup.logGroupName,
      OrdersLogGroup: ordersStage.function.logGroup.logGroupName,
      HydrateLogGroup: hydrateStage.function.logGroup.logGroupName,
      ProfilesLogGroup: profilesStage.function.logGroup.logGroupName,
      PublishLogGroup: publishStage.function.logGroup.logGroupName,
      DeliverLogGroup: deliverStage.function.logGroup.logGroupName,
      PushLogGroup: pushStage.function.logGroup.logGroupName,
      RecordLogGroup: recordStage.function.logGroup.logGroupName,
      RecordOrdersLogGroup: recordOrdersStage.function.logGroup.logGroupName,
      SnapshotLogGroup: snapshotStage.function.logGroup.logGroupName,
      PreviewLogGroup: previewStage.function.logGroup.logGroupName,
      AttributeLogGroup: attributeStage.function.logGroup.logGroupName,
      RecommendLogGroup: recommendStage.function.logGroup.logGroupName,
      ExportsLogGroup: exportsStage.function.logGroup.logGroupName,
      ApiLogGroup: apiStage?.function.logGroup.logGroupName ?? NONE,
      CollectLogGroup: collectStage?.function.logGroup.logGroupName ?? NONE,
      BehaviourLogGroup: behaviourStage?.function.logGroup.logGroupName ?? NONE,
      PopulationLogGroup: populationStage.function.logGroup.logGroupName,
    });
  }

  private output(values: StackOutputs): void {
    for (const [name, value] of Object.entries(values))
      new CfnOutput(this, `Output${name}`, { value }).overrideLogicalId(name);
  }
}
