/** The stores on AWS keep their contracts on the emulator at AWS_ENDPOINT_URL. Without one the suite is skipped, and says so. */
import { GetObjectCommand, NoSuchKey } from '@aws-sdk/client-s3';
import { DeleteParametersCommand, DescribeParametersCommand } from '@aws-sdk/client-ssm';
import { afterAll, describe } from 'vitest';
import { dynamoAudit, dynamoIdempotency } from '../../shared/api/store.ts';
import { dynamoVisitors } from '../../shared/behaviour/store.ts';
import { dynamoProducts } from '../../shared/catalogue/store.ts';
import { dynamoConnections, dynamoHealth, ssmSecrets } from '../../shared/connections/store.ts';
import { dynamoDerivations } from '../../shared/derivations/store.ts';
import { dynamoExports, s3ExportFiles } from '../../shared/exports/store.ts';
import { FetchDetail } from '../../shared/hydration/fetch-detail.ts';
import { dynamoLinking } from '../../shared/identity/store.ts';
import { s3Lake } from '../../shared/lake/store.ts';
import { dynamoLanes } from '../../shared/lanes/store.ts';
import { dynamoOrders } from '../../shared/orders/store.ts';
import { dynamoCustomers } from '../../shared/profiles/store.ts';
import { dynamoHistory } from '../../shared/publish/store.ts';
import { dynamoQuarantine } from '../../shared/quarantine/store.ts';
import { sqsQueue } from '../../shared/queues/store.ts';
import { dynamoRates } from '../../shared/rates/store.ts';
import { dynamoClient, sqsClient, ssmClient } from '../../shared/runtime/clients.ts';
import { s3Client } from '../../shared/runtime/s3.ts';
import { dynamoMemberships, dynamoSegments } from '../../shared/segments/store.ts';
import { dynamoSources, ssmServerKeys } from '../../shared/sources/store.ts';
import { dynamoDeadLetters, dynamoSubscribers, ssmSigningSecrets } from '../../shared/subscribers/store.ts';
import { dynamoModels, dynamoPolicies } from '../../shared/tiers/store.ts';
import {
  CUSTOMERS_KEY,
  createBucket,
  createQueue,
  createTable,
  ENGAGEMENT_KEY,
  OPERATIONS_KEY,
  ORDERS_KEY,
  type Resource,
  TEST_SEALER,
} from './aws.ts';
import { auditLogContract, idempotencyStoreContract } from './contracts/api.ts';
import { connectionStoreContract, healthStoreContract, secretStoreContract } from './contracts/connections.ts';
import { customerStoreContract } from './contracts/customers.ts';
import { derivationStoreContract } from './contracts/derivations.ts';
import { exportFilesContract, exportStoreContract } from './contracts/exports.ts';
import { historyStoreContract } from './contracts/history.ts';
import { lakeContract } from './contracts/lake.ts';
import { laneStoreContract } from './contracts/lanes.ts';
import { linkingStoreContract } from './contracts/linking.ts';
import { orderStoreContract } from './contracts/order-store.ts';
import { productStoreContract } from './contracts/products.ts';
import { quarantineContract } from './contracts/quarantine.ts';
import { queueContract } from './contracts/queue.ts';
import { rateStoreContract } from './contracts/rates.ts';
import { unique } from './contracts/samples.ts';
import { membershipStoreContract, segmentStoreContract } from './contracts/segments.ts';
import { serverKeyStoreContract, sourceStoreContract } from './contracts/sources.ts';
import {
  deadLetterStoreContract,
  signingSecretStoreContract,
  subscriberStoreContract,
} from './contracts/subscribers.ts';
import { modelStoreContract, policyStoreContract } from './contracts/tiers.ts';
import { visitorStoreContract } from './contracts/visitors.ts';

const { env } = process;
// An emulator takes any; the SDK wants some.
env.AWS_REGION ??= 'us-east-1';
env.AWS_ACCESS_KEY_ID ??= 'test';
env.AWS_SECRET_ACCESS_KEY ??= 'test';

describe.skipIf(!env.AWS_ENDPOINT_URL)('stores on the emulator', () => {
  const [dynamo, s3, sqs, ssm] = [dynamoClient(), s3Client(), sqsClient(), ssmClient()];
  const prefix = `/contract-${unique()}`;
  const resources: Resource[] = [];
  const keep = async <R extends Resource>(made: Promise<R>): Promise<R> => {
    const resource = await made;
    resources.push(resource);
    return resource;
  };

  afterAll(async () => {
    for (const resource of resources) await resource.remove();
    const { Parameters = [] } = await ssm.send(
      new DescribeParametersCommand({ ParameterFilters: [{ Key: 'Name', Option: 'BeginsWith', Values: [prefix] }] }),
    );
    const names = Parameters.flatMap(({ Name }) => (Name?.startsWith(prefix) ? [Name] : []));
    if (names.length > 0) await ssm.send(new DeleteParametersCommand({ Names: names }));
  });

  orderStoreContract('DynamoDB and S3', async () => {
    const table = await keep(createTable(dynamo, ORDERS_KEY));
    const bucket = await keep(createBucket(s3));
    return dynamoOrders({ client: dynamo, table: table.name, overflow: { client: s3, bucket: bucket.name } });
  });
  quarantineContract(
    'DynamoDB',
    async () => dynamoQuarantine({ client: dynamo, table: (await keep(createTable(dynamo, OPERATIONS_KEY))).name }),
    { beyondOnePage: false },
  );
  connectionStoreContract('DynamoDB', async () =>
    dynamoConnections({ client: dynamo, table: (await keep(createTable(dynamo, OPERATIONS_KEY))).name }),
  );
  healthStoreContract('DynamoDB', async () =>
    dynamoHealth({ client: dynamo, table: (await keep(createTable(dynamo, OPERATIONS_KEY))).name }),
  );
  linkingStoreContract('DynamoDB', async () =>
    dynamoLinking({ client: dynamo, table: (await keep(createTable(dynamo, OPERATIONS_KEY))).name }),
  );
  rateStoreContract('DynamoDB', async () =>
    dynamoRates({ client: dynamo, table: (await keep(createTable(dynamo, OPERATIONS_KEY))).name }),
  );
  policyStoreContract('DynamoDB', async () =>
    dynamoPolicies({ client: dynamo, table: (await keep(createTable(dynamo, OPERATIONS_KEY))).name }),
  );
  modelStoreContract('DynamoDB', async () =>
    dynamoModels({ client: dynamo, table: (await keep(createTable(dynamo, OPERATIONS_KEY))).name }),
  );
  segmentStoreContract('DynamoDB', async () =>
    dynamoSegments({ client: dynamo, table: (await keep(createTable(dynamo, ENGAGEMENT_KEY))).name }),
  );
  membershipStoreContract('DynamoDB', async () =>
    dynamoMemberships({ client: dynamo, table: (await keep(createTable(dynamo, ENGAGEMENT_KEY))).name }),
  );
  productStoreContract('DynamoDB', async () =>
    dynamoProducts({ client: dynamo, table: (await keep(createTable(dynamo, ENGAGEMENT_KEY))).name }),
  );
  subscriberStoreContract('DynamoDB', async () =>
    dynamoSubscribers({ client: dynamo, table: (await keep(createTable(dynamo, ENGAGEMENT_KEY))).name }),
  );
  deadLetterStoreContract('DynamoDB', async () =>
    dynamoDeadLetters({ client: dynamo, table: (await keep(createTable(dynamo, ENGAGEMENT_KEY))).name }),
  );
  idempotencyStoreContract('DynamoDB', async () =>
    dynamoIdempotency({
      client: dynamo,
      table: (await keep(createTable(dynamo, ENGAGEMENT_KEY))).name,
      sealer: TEST_SEALER,
    }),
  );
  auditLogContract('DynamoDB', async () =>
    dynamoAudit({ client: dynamo, table: (await keep(createTable(dynamo, ENGAGEMENT_KEY))).name }),
  );
  sourceStoreContract('DynamoDB', async () =>
    dynamoSources({ client: dynamo, table: (await keep(createTable(dynamo, OPERATIONS_KEY))).name }),
  );
  serverKeyStoreContract('SSM', async () => ssmServerKeys({ client: ssm, prefix }));
  visitorStoreContract('DynamoDB', async () =>
    dynamoVisitors({
      client: dynamo,
      table: (await keep(createTable(dynamo, ENGAGEMENT_KEY))).name,
      sealer: TEST_SEALER,
    }),
  );
  customerStoreContract('DynamoDB', async () =>
    dynamoCustomers({
      client: dynamo,
      table: (await keep(createTable(dynamo, CUSTOMERS_KEY))).name,
      sealer: TEST_SEALER,
    }),
  );
  derivationStoreContract('DynamoDB', async () =>
    dynamoDerivations({ client: dynamo, table: (await keep(createTable(dynamo, OPERATIONS_KEY))).name }),
  );
  historyStoreContract('DynamoDB', async () =>
    dynamoHistory({ client: dynamo, table: (await keep(createTable(dynamo, CUSTOMERS_KEY))).name }),
  );
  laneStoreContract('DynamoDB', async () =>
    dynamoLanes({ client: dynamo, table: (await keep(createTable(dynamo, OPERATIONS_KEY))).name, detail: FetchDetail }),
  );
  secretStoreContract('SSM', async () => ssmSecrets({ client: ssm, prefix }));
  signingSecretStoreContract('SSM', async () => ssmSigningSecrets({ client: ssm, prefix }));
  exportStoreContract('DynamoDB', async () =>
    dynamoExports({ client: dynamo, table: (await keep(createTable(dynamo, ENGAGEMENT_KEY))).name }),
  );
  exportFilesContract('S3', async () => {
    const { name: Bucket } = await keep(createBucket(s3));
    return {
      files: s3ExportFiles({ client: s3, bucket: Bucket }),
      async read(Key) {
        try {
          const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
          return await Body?.transformToByteArray();
        } catch (error) {
          if (error instanceof NoSuchKey) return undefined;
          throw error;
        }
      },
    };
  });
  lakeContract('S3', async () => s3Lake({ client: s3, bucket: (await keep(createBucket(s3))).name }));
  queueContract('SQS', async () => {
    const { url, receive } = await keep(createQueue(sqs));
    return { queue: sqsQueue({ client: sqs, url }), receive };
  });
});
