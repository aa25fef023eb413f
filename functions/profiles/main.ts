import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import middy from '@middy/core';
import type { DynamoDBRecord, DynamoDBStreamEvent, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { ADAPTERS, CATEGORIES } from '../../shared/channels/registry.ts';
import { connectionDirectory } from '../../shared/connections/directory.ts';
import { dynamoConnections } from '../../shared/connections/store.ts';
import { dynamoDerivations } from '../../shared/derivations/store.ts';
import { linkingSource } from '../../shared/identity/linking-versions.ts';
import { dynamoLinking, type Keys, ssmKeys } from '../../shared/identity/store.ts';
import type { OrderKey } from '../../shared/orders/order-key.ts';
import { dynamoOrders } from '../../shared/orders/store.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { dynamoCustomers } from '../../shared/profiles/store.ts';
import type { ProfilesMessage } from '../../shared/queues/messages.ts';
import { sqsQueue } from '../../shared/queues/store.ts';
import { rateSource } from '../../shared/rates/rate-source.ts';
import { dynamoRates } from '../../shared/rates/store.ts';
import { dynamoClient, sqsClient, ssmClient } from '../../shared/runtime/clients.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import { readConfig } from '../../shared/runtime/config.ts';
import { observed } from '../../shared/runtime/middleware.ts';
import { createTelemetry } from '../../shared/runtime/powertools.ts';
import { s3Client } from '../../shared/runtime/s3.ts';
import { catalogueSource } from '../../shared/segments/catalogue-source.ts';
import { compileCatalogue } from '../../shared/segments/compile.ts';
import { dynamoSegments } from '../../shared/segments/store.ts';
import { basisSource } from '../../shared/tiers/basis.ts';
import { dynamoModels, dynamoPolicies } from '../../shared/tiers/store.ts';
import { ProfilesConfig } from './config.ts';
import { createFollower, createQueueHandler, type OrderRecord, type ProfilesDependencies } from './handler.ts';

const config = readConfig(ProfilesConfig);
const telemetry = createTelemetry('profiles');
const dynamo = dynamoClient();
const operations = { client: dynamo, table: config.OPERATIONS_TABLE };
const reportingCurrency = config.REPORTING_CURRENCY;
const clock = systemClock;
const keyStore = ssmKeys({ client: ssmClient(), name: config.IDENTITY_KEYS });
const rateStore = dynamoRates(operations);
const orders = dynamoOrders({
  client: dynamo,
  table: config.ORDERS_TABLE,
  overflow: { client: s3Client(), bucket: config.LAKE_BUCKET },
});
const shared = {
  orders,
  scan: orders,
  adapters: ADAPTERS,
  connections: connectionDirectory(dynamoConnections(operations), clock),
  rates: rateSource(rateStore, { reportingCurrency, clock }),
  rateStore,
  basis: basisSource({
    policies: dynamoPolicies(operations),
    models: dynamoModels(operations),
    clock,
    reportingCurrency,
  }),
  derivations: dynamoDerivations(operations),
  queue: sqsQueue<ProfilesMessage>({ client: sqsClient(), url: config.PROFILES_QUEUE_URL }),
  linking: linkingSource(dynamoLinking(operations), clock),
  segments: catalogueSource({
    store: dynamoSegments({ client: dynamo, table: config.ENGAGEMENT_TABLE }),
    compile: ({ segments, revision }) => compileCatalogue(segments, revision, { channelCategories: CATEGORIES }),
    clock,
  }),
  reportingCurrency,
  clock,
  telemetry,
};

function dependenciesWith(keys: Keys): ProfilesDependencies {
  const customers = dynamoCustomers<StoredProfile>({
    client: dynamo,
    table: config.CUSTOMERS_TABLE,
    sealer: keys.sealer,
  });
  return { ...shared, keys, sealer: keys.sealer, customers, index: customers };
}

/** Of the stream and of the queue alike: both lead to the same customers. */
export const handler = middy(async (event: DynamoDBStreamEvent | SQSEvent): Promise<SQSBatchResponse | undefined> => {
  const dependencies = dependenciesWith(await keyStore.load());
  if (isStream(event)) {
    await createFollower(dependencies)(event.Records.flatMap(toRecord));
    return undefined;
  }
  return createQueueHandler(dependencies)(event);
}).use(observed(telemetry));

const isStream = (event: DynamoDBStreamEvent | SQSEvent): event is DynamoDBStreamEvent =>
  event.Records.some((record) => 'dynamodb' in record);

function toRecord({ dynamodb = {} }: DynamoDBRecord): readonly OrderRecord[] {
  const { Keys, OldImage, NewImage } = dynamodb;
  const key = Keys?.key?.S;
  // Orders are never removed.
  if (key === undefined || !NewImage) return [];
  // The cast: a key of the orders table.
  return [
    {
      key: key as OrderKey,
      read: async () => ({ now: await image(NewImage), before: OldImage && (await image(OldImage)) }),
    },
  ];
}

const image = (attributes: NonNullable<NonNullable<DynamoDBRecord['dynamodb']>['NewImage']>) =>
  // The cast: Lambda's type and the SDK's are of the same JSON, of which an order has no binary.
  orders.readImage(unmarshall(attributes as Record<string, AttributeValue>));
