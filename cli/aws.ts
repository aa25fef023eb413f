/** The deployment's stores and what `doctor` asks, over AWS clients. */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { HeadBucketCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { dynamoConnections, dynamoHealth, ssmSecrets } from '../shared/connections/store.ts';
import { dynamoLinking, ssmKeys } from '../shared/identity/store.ts';
import { s3Lake } from '../shared/lake/store.ts';
import { dynamoLanes } from '../shared/lanes/store.ts';
import { dynamoOrders } from '../shared/orders/store.ts';
import type { StoredProfile } from '../shared/profiles/profile.ts';
import { dynamoCustomers } from '../shared/profiles/store.ts';
import { dynamoHistory } from '../shared/publish/store.ts';
import { dynamoQuarantine } from '../shared/quarantine/store.ts';
import { sqsQueue } from '../shared/queues/store.ts';
import { dynamoRates } from '../shared/rates/store.ts';
import { dynamoClient, sqsClient, ssmClient } from '../shared/runtime/clients.ts';
import { s3Client } from '../shared/runtime/s3.ts';
import { dynamoSegments } from '../shared/segments/store.ts';
import { dynamoDeadLetters, dynamoSubscribers } from '../shared/subscribers/store.ts';
import { dynamoPolicies } from '../shared/tiers/store.ts';
import { CliError } from './errors.ts';
import type { Deployment, Inspection, NeededOutputs, Site, StackDescription } from './world.ts';

export async function describeStack(site: Site): Promise<StackDescription> {
  enter(site);
  const client = new CloudFormationClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000 },
  });
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: site.stack }));
    const [stack] = Stacks ?? [];
    if (!stack) throw noStack(site);
    const outputs = (stack.Outputs ?? []).flatMap(({ OutputKey, OutputValue }) =>
      OutputKey === undefined || OutputValue === undefined ? [] : [[OutputKey, OutputValue]],
    );
    return { status: stack.StackStatus ?? 'unknown', outputs: Object.fromEntries(outputs) };
  } catch (error) {
    if (error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message)) {
      throw noStack(site, error);
    }
    throw error;
  }
}

function noStack({ kind, stack, region }: Site, cause?: Error): CliError {
  const advice =
    kind === 'local'
      ? 'Start the local deployment again with `npm start`.'
      : 'Check the name, the region (AWS_REGION) and the account, or deploy it with `npx cdk deploy`.';
  return new CliError('stack_not_found', `There is no stack ${stack}${region ? ` in ${region}` : ''}. ${advice}`, {
    cause,
  });
}

/**
 * The shared clients take region, credentials and endpoint from the environment, so it is set here, for this process. A
 * profile would hide the credentials that an emulator takes, and would send those of a real account to it.
 */
function enter({ kind, endpoint, region }: Site): void {
  if (kind === 'aws') return;
  const { env } = process;
  if (endpoint) env.AWS_ENDPOINT_URL = endpoint;
  if (region) env.AWS_REGION = region;
  delete env.AWS_PROFILE;
  if (env.AWS_ACCESS_KEY_ID && env.AWS_SECRET_ACCESS_KEY) return;
  env.AWS_ACCESS_KEY_ID = 'test';
  env.AWS_SECRET_ACCESS_KEY = 'test';
  delete env.AWS_SESSION_TOKEN;
}

export function openDeployment(site: Site, outputs: NeededOutputs): Deployment {
  enter(site);
  const clients = { dynamo: dynamoClient(), s3: s3Client(), sqs: sqsClient() };
  const operations = { client: clients.dynamo, table: outputs.OperationsTable };
  const engagement = { client: clients.dynamo, table: outputs.EngagementTable };
  const bucket = { client: clients.s3, bucket: outputs.LakeBucket };
  // Keeps what it loaded.
  const keys = ssmKeys({ client: ssmClient(), name: outputs.IdentityKeysParameter });
  return {
    site,
    outputs,
    webhookBaseUrl: site.webhookUrl ?? outputs.WebhookBaseUrl,
    connections: dynamoConnections(operations),
    health: dynamoHealth(operations),
    lanes: dynamoLanes({ ...operations, detail: z.unknown() }),
    secrets: ssmSecrets({ client: ssmClient(), prefix: outputs.SecretsPrefix }),
    rates: dynamoRates(operations),
    policies: dynamoPolicies(operations),
    linking: dynamoLinking(operations),
    orders: dynamoOrders({ client: clients.dynamo, table: outputs.OrdersTable, overflow: bucket }),
    quarantine: dynamoQuarantine(operations),
    lake: s3Lake(bucket),
    work: sqsQueue({ client: clients.sqs, url: outputs.WorkQueueUrl }),
    customers: async () => {
      const { sealer } = await keys.load();
      return dynamoCustomers<StoredProfile>({ client: clients.dynamo, table: outputs.CustomersTable, sealer });
    },
    history: dynamoHistory({ client: clients.dynamo, table: outputs.CustomersTable }),
    segments: dynamoSegments(engagement),
    subscribers: dynamoSubscribers(engagement),
    deadLetters: dynamoDeadLetters(engagement),
    identityKeys: () => keys.load(),
    profiles: sqsQueue({ client: clients.sqs, url: outputs.ProfilesQueueUrl }),
    inspection: inspectAws(clients, outputs.LakeBucket),
  };
}

function inspectAws(
  {
    dynamo,
    s3,
    sqs,
  }: {
    readonly dynamo: ReturnType<typeof dynamoClient>;
    readonly s3: ReturnType<typeof s3Client>;
    readonly sqs: ReturnType<typeof sqsClient>;
  },
  bucket: string,
): Inspection {
  return {
    async tableStatus(table) {
      const { Table } = await dynamo.send(new DescribeTableCommand({ TableName: table }));
      return Table?.TableStatus ?? 'unknown';
    },

    async reachBucket() {
      await s3.send(new HeadBucketCommand({ Bucket: bucket }));
    },

    async queueState(url) {
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl: url,
          AttributeNames: ['QueueArn', 'ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
        }),
      );
      return {
        arn: Attributes.QueueArn ?? '',
        waiting: Number(Attributes.ApproximateNumberOfMessages ?? 0),
        inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
      };
    },

    async listObjects(prefix) {
      const keys: string[] = [];
      let token: string | undefined;
      do {
        const page = await s3.send(
          new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
        );
        keys.push(...(page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key])));
        token = page.NextContinuationToken;
      } while (token !== undefined);
      return keys;
    },
  };
}
