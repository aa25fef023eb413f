/** The tables, one per context. Their keys are those that the stores in shared/ write: see the head of each store.ts. */
import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  ProjectionType,
  StreamViewType,
  TableEncryptionV2,
  type TablePropsV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { DUE_INDEX } from '../shared/lanes/store.ts';
import { REVIEW_INDEX } from '../shared/profiles/store.ts';
import { acknowledge } from './defaults/acknowledge.ts';
import type { Settings } from './settings.ts';

export class Tables extends Construct {
  /** shared/orders/store.ts */
  readonly orders: TableV2;
  /** shared/profiles/store.ts */
  readonly customers: TableV2;
  /** shared/{segments,subscribers,exports,api}/store.ts */
  readonly engagement: TableV2;
  /** shared/{connections,quarantine,lanes,rates,tiers,identity,derivations}/store.ts */
  readonly operations: TableV2;

  constructor(scope: Construct, id: string, { production }: Settings) {
    super(scope, id);
    const common = {
      billing: Billing.onDemand(),
      // AWS's key in KMS: its use can be audited, and DynamoDB asks for it once in five minutes, so it costs next to nothing.
      encryption: TableEncryptionV2.awsManagedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: production },
      deletionProtection: production,
      removalPolicy: production ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    } satisfies Partial<TablePropsV2>;

    this.orders = new TableV2(this, 'Orders', {
      ...common,
      partitionKey: { name: 'key', type: AttributeType.STRING },
      // Both images: where an order's content left a customer or a day, only the old one tells.
      dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
    });
    this.customers = new TableV2(this, 'Customers', {
      ...common,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES,
      // Only profiles have both attributes. Keys alone, so a profile that is written anew costs nothing here unless its review moves.
      globalSecondaryIndexes: [
        {
          indexName: REVIEW_INDEX,
          partitionKey: { name: 'shard', type: AttributeType.STRING },
          sortKey: { name: 'lookAt', type: AttributeType.STRING },
          projectionType: ProjectionType.KEYS_ONLY,
        },
      ],
    });
    this.engagement = new TableV2(this, 'Engagement', {
      ...common,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      timeToLiveAttribute: 'expiresAt',
    });
    this.operations = new TableV2(this, 'Operations', {
      ...common,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      timeToLiveAttribute: 'expiresAt',
      // Local, so that it can be read consistently; only rows of lanes are in it.
      localSecondaryIndexes: [{ indexName: DUE_INDEX, sortKey: { name: 'dueAt', type: AttributeType.NUMBER } }],
    });

    if (production) return;
    for (const table of [this.orders, this.customers, this.engagement, this.operations]) {
      acknowledge(table, { 'AwsSolutions-DDB3': 'Not production: the tables of a trial are rebuilt from the lake.' });
    }
  }
}
