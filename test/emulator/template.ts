/** A small stack of every behaviour our pipeline leans on; functions are inline, so a deploy takes a moment. */

/** Each function reports what it was given to the queue `RESULTS`, and does as the record's content says. */
const CODE = `
const { SQSClient, SendMessageCommand } = require('@aws-sdk/client-sqs');
const results = new SQSClient({});
const tell = (message) => results.send(new SendMessageCommand({ QueueUrl: process.env.RESULTS, MessageBody: JSON.stringify(message) }));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
exports.http = async (event) => event.rawPath.endsWith('/silent') ? { statusCode: 204 } :
  { statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(event) };
exports.queue = async (event) => {
  const batchItemFailures = [];
  for (const record of event.Records) {
    await tell({ by: 'queue', body: record.body, receives: record.attributes.ApproximateReceiveCount, at: Date.now() });
    if (record.body.includes('poison')) batchItemFailures.push({ itemIdentifier: record.messageId });
  }
  return { batchItemFailures };
};
exports.stream = async (event) => {
  const ids = event.Records.map((record) => record.dynamodb.Keys.pk.S);
  await tell({ by: 'stream', ids, events: event.Records.map((record) => record.eventName), expired: event.Records.every((record) => record.userIdentity?.principalId === 'dynamodb.amazonaws.com'), at: Date.now() });
  if (ids.some((id) => id.startsWith('throws'))) throw new Error('poison');
  const bad = event.Records.find((record) => record.dynamodb.Keys.pk.S.startsWith('reported'));
  return { batchItemFailures: bad ? [{ itemIdentifier: bad.dynamodb.SequenceNumber }] : [] };
};
exports.slow = async () => { await pause(4000); return {}; };
`;

export type Settings = { visibilityTimeout: number; index: boolean };

export function template({ visibilityTimeout, index }: Settings): string {
  const queue = (properties: object = {}) => ({ Type: 'AWS::SQS::Queue', Properties: properties });
  const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
  const lambda = (handler: string, more: object = {}) => ({
    Type: 'AWS::Lambda::Function',
    Properties: {
      Runtime: 'nodejs22.x',
      Architectures: ['arm64'],
      Handler: `index.${handler}`,
      Role: arn('Role'),
      Timeout: 10,
      Code: { ZipFile: CODE },
      Environment: { Variables: { RESULTS: { Ref: 'Results' }, VISIBILITY: String(visibilityTimeout) } },
      ...more,
    },
  });
  const mapping = (fn: string, source: object, more: object) => ({
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: { FunctionName: { Ref: fn }, EventSourceArn: source, ...more },
  });
  const streamArn = { 'Fn::GetAtt': ['Table', 'StreamArn'] };
  const alarm = (more: object) => ({
    Type: 'AWS::CloudWatch::Alarm',
    Properties: { ComparisonOperator: 'GreaterThanThreshold', Threshold: 1, EvaluationPeriods: 1, ...more },
  });
  const byCity = {
    IndexName: 'byCity',
    KeySchema: [{ AttributeName: 'city', KeyType: 'HASH' }],
    Projection: { ProjectionType: 'ALL' },
  };
  const resources = {
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: { AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [] } },
    },
    Results: queue(),
    DeadLetters: queue(),
    StreamDeadLetters: queue(),
    Queue: queue({
      VisibilityTimeout: visibilityTimeout,
      RedrivePolicy: { deadLetterTargetArn: arn('DeadLetters'), maxReceiveCount: 2 },
    }),
    SlowQueue: queue({ VisibilityTimeout: 60 }),
    Kept: queue(),
    Table: {
      Type: 'AWS::DynamoDB::GlobalTable',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: ['pk', ...(index ? ['city'] : [])].map((name) => ({
          AttributeName: name,
          AttributeType: 'S',
        })),
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        ...(index ? { GlobalSecondaryIndexes: [byCity] } : {}),
        StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
        Replicas: [{ Region: { Ref: 'AWS::Region' } }],
      },
    },
    Bucket: { Type: 'AWS::S3::Bucket', Properties: { Tags: [{ Key: 'kind', Value: 'lake' }] } },
    Http: lambda('http'),
    Worker: lambda('queue'),
    Stream: lambda('stream'),
    Slow: lambda('slow', { ReservedConcurrentExecutions: 1, DeadLetterConfig: { TargetArn: arn('DeadLetters') } }),
    QueueToWorker: mapping('Worker', arn('Queue'), {
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    }),
    QueueToSlow: mapping('Slow', arn('SlowQueue'), { BatchSize: 1 }),
    TableToStream: mapping('Stream', streamArn, {
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 1,
      DestinationConfig: { OnFailure: { Destination: arn('StreamDeadLetters') } },
    }),
    TableToSlow: mapping('Slow', streamArn, { StartingPosition: 'LATEST', BatchSize: 1 }),
    Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'emulator-test', ProtocolType: 'HTTP' } },
    Stage: {
      Type: 'AWS::ApiGatewayV2::Stage',
      Properties: { ApiId: { Ref: 'Api' }, StageName: '$default', AutoDeploy: true },
    },
    Integration: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ApiId: { Ref: 'Api' },
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: arn('Http'),
        PayloadFormatVersion: '2.0',
      },
    },
    Route: {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ApiId: { Ref: 'Api' },
        RouteKey: 'ANY /webhooks/{channel}/{connection}',
        Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'Integration' }]] },
      },
    },
    Logs: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 7 } },
    Errors: {
      Type: 'AWS::Logs::MetricFilter',
      Properties: {
        LogGroupName: { Ref: 'Logs' },
        FilterPattern: '{ $.level = "ERROR" }',
        MetricTransformations: [{ MetricName: 'errors', MetricNamespace: 'Test', MetricValue: '1' }],
      },
    },
    Plain: alarm({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Period: 60,
      Statistic: 'Maximum',
    }),
    Expression: alarm({ Metrics: [{ Id: 'e', Expression: '1 + 1' }] }),
    Composite: { Type: 'AWS::CloudWatch::CompositeAlarm', Properties: { AlarmRule: 'FALSE' } },
    Board: { Type: 'AWS::CloudWatch::Dashboard', Properties: { DashboardBody: '{"widgets":[]}' } },
    SavedQuery: { Type: 'AWS::Logs::QueryDefinition', Properties: { Name: 'slow', QueryString: 'fields @message' } },
  };
  const refs = [
    'Results',
    'DeadLetters',
    'StreamDeadLetters',
    'Queue',
    'SlowQueue',
    'Kept',
    'Table',
    'Bucket',
    'Api',
    'Slow',
  ];
  const outputs = Object.fromEntries(refs.map((id) => [id, { Value: { Ref: id } }]));
  return JSON.stringify({ Resources: resources, Outputs: { ...outputs, StreamArn: { Value: streamArn } } });
}
