/** The stores on DynamoDB keep their contracts on Amazon's own DynamoDB Local. Without Java the suite is skipped, and says so. */
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dynamoAudit, dynamoIdempotency } from '../../shared/api/store.ts';
import { dynamoVisitors } from '../../shared/behaviour/store.ts';
import { dynamoCampaigns } from '../../shared/campaigns/store.ts';
import { dynamoProducts } from '../../shared/catalogue/store.ts';
import { dynamoConnections, dynamoHealth } from '../../shared/connections/store.ts';
import { dynamoDerivations } from '../../shared/derivations/store.ts';
import { dynamoExports } from '../../shared/exports/store.ts';
import { FetchDetail } from '../../shared/hydration/fetch-detail.ts';
import { dynamoLinking } from '../../shared/identity/store.ts';
import { dynamoLanes } from '../../shared/lanes/store.ts';
import { dynamoOrders } from '../../shared/orders/store.ts';
import { dynamoCustomers } from '../../shared/profiles/store.ts';
import { dynamoAttributedOrders, dynamoResults } from '../../shared/proof/store.ts';
import { dynamoHistory } from '../../shared/publish/store.ts';
import { dynamoTokens } from '../../shared/push/accounts/store.ts';
import {
  dynamoCampaignTests,
  dynamoContactLogs,
  dynamoDevices,
  dynamoRuns,
  dynamoSendRecords,
  dynamoSuppressions,
  dynamoVisitorConsents,
} from '../../shared/push/store.ts';
import { dynamoQuarantine } from '../../shared/quarantine/store.ts';
import { dynamoRates } from '../../shared/rates/store.ts';
import { dynamoRows, dynamoVersions } from '../../shared/recommendations/store.ts';
import { dynamoMemberships, dynamoSegments } from '../../shared/segments/store.ts';
import { dynamoSources } from '../../shared/sources/store.ts';
import { dynamoDeadLetters, dynamoSubscribers } from '../../shared/subscribers/store.ts';
import { dynamoModels, dynamoPolicies } from '../../shared/tiers/store.ts';
import { CUSTOMERS_KEY, createTable, ENGAGEMENT_KEY, OPERATIONS_KEY, ORDERS_KEY, TEST_SEALER } from './aws.ts';
import { auditLogContract, idempotencyStoreContract } from './contracts/api.ts';
import { connectionStoreContract, healthStoreContract } from './contracts/connections.ts';
import { customerStoreContract } from './contracts/customers.ts';
import { derivationStoreContract } from './contracts/derivations.ts';
import { exportStoreContract } from './contracts/exports.ts';
import { historyStoreContract } from './contracts/history.ts';
import { laneStoreContract } from './contracts/lanes.ts';
import { linkingStoreContract } from './contracts/linking.ts';
import { orderStoreContract } from './contracts/order-store.ts';
import { productStoreContract } from './contracts/products.ts';
import { attributedOrderStoreContract, resultStoreContract } from './contracts/proof.ts';
import {
  campaignStoreContract,
  campaignTestStoreContract,
  contactLogStoreContract,
  deviceStoreContract,
  runStoreContract,
  sendRecordStoreContract,
  suppressionListContract,
  tokenCacheContract,
  visitorConsentStoreContract,
} from './contracts/push.ts';
import { quarantineContract } from './contracts/quarantine.ts';
import { rateStoreContract } from './contracts/rates.ts';
import { rowStoreContract, versionStoreContract } from './contracts/recommendations.ts';
import { newOrder, orderUpdates, partsOf } from './contracts/samples.ts';
import { membershipStoreContract, segmentStoreContract } from './contracts/segments.ts';
import { sourceStoreContract } from './contracts/sources.ts';
import { deadLetterStoreContract, subscriberStoreContract } from './contracts/subscribers.ts';
import { modelStoreContract, policyStoreContract } from './contracts/tiers.ts';
import { visitorStoreContract } from './contracts/visitors.ts';
import { hasJava, startDynamoDbLocal, startObjects } from './dynamodb-local.ts';

const java = hasJava();

describe.skipIf(!java)(`stores on DynamoDB Local${java ? '' : ' (not run: there is no java)'}`, () => {
  let dynamo: Awaited<ReturnType<typeof startDynamoDbLocal>>;
  let objects: Awaited<ReturnType<typeof startObjects>>;
  beforeAll(async () => {
    [dynamo, objects] = await Promise.all([startDynamoDbLocal(), startObjects()]);
  });
  afterAll(async () => {
    await Promise.all([dynamo.stop(), objects.stop()]);
  });

  const table = async (key: readonly string[]) => ({
    client: dynamo.client,
    table: (await createTable(dynamo.client, key)).name,
  });
  const makeOrders = async () => {
    const at = await table(ORDERS_KEY);
    return { at, store: dynamoOrders({ ...at, overflow: { client: objects.client, bucket: 'overflow' } }) };
  };

  orderStoreContract('DynamoDB Local', async () => (await makeOrders()).store);
  quarantineContract('DynamoDB Local', async () => dynamoQuarantine(await table(OPERATIONS_KEY)), {
    beyondOnePage: true,
  });
  connectionStoreContract('DynamoDB Local', async () => dynamoConnections(await table(OPERATIONS_KEY)));

  healthStoreContract('DynamoDB Local', async () => dynamoHealth(await table(OPERATIONS_KEY)));
  linkingStoreContract('DynamoDB Local', async () => dynamoLinking(await table(OPERATIONS_KEY)));
  rateStoreContract('DynamoDB Local', async () => dynamoRates(await table(OPERATIONS_KEY)));
  policyStoreContract('DynamoDB Local', async () => dynamoPolicies(await table(OPERATIONS_KEY)));
  modelStoreContract('DynamoDB Local', async () => dynamoModels(await table(OPERATIONS_KEY)));
  segmentStoreContract('DynamoDB Local', async () => dynamoSegments(await table(ENGAGEMENT_KEY)));
  membershipStoreContract('DynamoDB Local', async () => dynamoMemberships(await table(ENGAGEMENT_KEY)));
  productStoreContract('DynamoDB Local', async () => dynamoProducts(await table(ENGAGEMENT_KEY)));
  exportStoreContract('DynamoDB Local', async () => dynamoExports(await table(ENGAGEMENT_KEY)));
  campaignStoreContract('DynamoDB Local', async () => dynamoCampaigns(await table(ENGAGEMENT_KEY)));
  deviceStoreContract('DynamoDB Local', async () =>
    dynamoDevices({ ...(await table(ENGAGEMENT_KEY)), sealer: TEST_SEALER }),
  );
  visitorConsentStoreContract('DynamoDB Local', async () =>
    dynamoVisitorConsents({ ...(await table(ENGAGEMENT_KEY)), sealer: TEST_SEALER }),
  );
  suppressionListContract('DynamoDB Local', async () =>
    dynamoSuppressions({ ...(await table(ENGAGEMENT_KEY)), key: 'a key' }),
  );
  campaignTestStoreContract('DynamoDB Local', async () => dynamoCampaignTests(await table(ENGAGEMENT_KEY)));
  tokenCacheContract('DynamoDB Local', async () => {
    let nowMs = Date.UTC(2026, 10, 24, 10);
    return {
      tokens: dynamoTokens({
        ...(await table(OPERATIONS_KEY)),
        sealer: TEST_SEALER,
        clock: () => new Date(nowMs),
      }),
      later: (ms) => {
        nowMs += ms;
      },
    };
  });
  contactLogStoreContract('DynamoDB Local', async () => dynamoContactLogs(await table(ENGAGEMENT_KEY)));
  sendRecordStoreContract('DynamoDB Local', async () => dynamoSendRecords(await table(ENGAGEMENT_KEY)));
  runStoreContract('DynamoDB Local', async () => dynamoRuns(await table(ENGAGEMENT_KEY)));
  resultStoreContract('DynamoDB Local', async () => dynamoResults(await table(ENGAGEMENT_KEY)));
  attributedOrderStoreContract('DynamoDB Local', async () => dynamoAttributedOrders(await table(ENGAGEMENT_KEY)));
  versionStoreContract('DynamoDB Local', async () => dynamoVersions(await table(ENGAGEMENT_KEY)));
  rowStoreContract('DynamoDB Local', async () => dynamoRows(await table(ENGAGEMENT_KEY)));
  subscriberStoreContract('DynamoDB Local', async () => dynamoSubscribers(await table(ENGAGEMENT_KEY)));
  deadLetterStoreContract('DynamoDB Local', async () => dynamoDeadLetters(await table(ENGAGEMENT_KEY)));
  idempotencyStoreContract('DynamoDB Local', async () =>
    dynamoIdempotency({ ...(await table(ENGAGEMENT_KEY)), sealer: TEST_SEALER }),
  );
  auditLogContract('DynamoDB Local', async () => dynamoAudit(await table(ENGAGEMENT_KEY)));
  sourceStoreContract('DynamoDB Local', async () => dynamoSources(await table(OPERATIONS_KEY)));
  visitorStoreContract('DynamoDB Local', async () =>
    dynamoVisitors({ ...(await table(ENGAGEMENT_KEY)), sealer: TEST_SEALER }),
  );
  customerStoreContract('DynamoDB Local', async () =>
    dynamoCustomers({ ...(await table(CUSTOMERS_KEY)), sealer: TEST_SEALER }),
  );
  derivationStoreContract('DynamoDB Local', async () => dynamoDerivations(await table(OPERATIONS_KEY)));
  historyStoreContract('DynamoDB Local', async () => dynamoHistory(await table(CUSTOMERS_KEY)));
  laneStoreContract('DynamoDB Local', async () =>
    dynamoLanes({ ...(await table(OPERATIONS_KEY)), detail: FetchDetail }),
  );

  it('charges at most two write units for a typical order of two lines', async () => {
    const { at, store } = await makeOrders();
    const updates = orderUpdates(
      (parts) => parts.single.lines?.value.length === 2 && Object.keys(parts.refunds).length === 0,
    );
    const order = newOrder({ parts: partsOf(updates) });
    await store.putOrder(order);
    const { Item } = await at.client.send(new GetCommand({ TableName: at.table, Key: { key: order.key } }));
    const { ConsumedCapacity } = await at.client.send(
      new PutCommand({ TableName: at.table, Item, ReturnConsumedCapacity: 'TOTAL' }),
    );
    expect(ConsumedCapacity?.CapacityUnits).toBeLessThanOrEqual(2);
  });
});
