/** What the stack promises, whatever resources it takes. One line here for each sentence an operator relies on. */
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ArchiveConfig } from '../../functions/archive/config.ts';
import { HydrateConfig } from '../../functions/hydrate/config.ts';
import { IngestConfig } from '../../functions/ingest/config.ts';
import { OrdersConfig } from '../../functions/orders/config.ts';
import { PopulationConfig } from '../../functions/population/config.ts';
import { PublishConfig } from '../../functions/publish/config.ts';
import { DOORS } from '../../shared/channels/registry.ts';
import { METRICS } from '../../shared/runtime/telemetry.ts';
import { functions, queues, type Resource, synthesize, target } from './template.ts';

const trial = synthesize();
const production = synthesize({ 'tributary:production': true, 'tributary:alarmEmail': 'ops@example.com' });
const DAY_S = 24 * 60 * 60;

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Principal?: unknown;
  readonly Condition?: Record<string, Record<string, unknown>>;
}
const list = <Item>(value: Item | Item[]): Item[] => (Array.isArray(value) ? value : [value]);
const statements = ({ Properties }: Resource): Statement[] =>
  (Properties.PolicyDocument as { Statement: Statement[] }).Statement;
const refusesPlainHttp = (policy: Resource) =>
  statements(policy).some(
    ({ Effect, Condition }) => Effect === 'Deny' && Condition?.Bool?.['aws:SecureTransport'] === 'false',
  );

const alarmsOn = (metric: string, dimension: string, { ofType } = trial) =>
  ofType('AWS::CloudWatch::Alarm').filter(
    ({ Properties }) =>
      Properties.MetricName === metric &&
      (Properties.Dimensions as { Value: unknown }[]).some(({ Value }) => (target(Value) ?? Value) === dimension),
  );

describe('queues', () => {
  const { all, live, dead } = queues(trial);
  const policies = trial.ofType('AWS::SQS::QueuePolicy');
  const mappings = trial.ofType('AWS::Lambda::EventSourceMapping');

  it.each(all)('$id keeps messages 14 days, encrypted, and refuses plain HTTP', ({ id, Properties }) => {
    expect(Properties).toMatchObject({ MessageRetentionPeriod: 14 * DAY_S, SqsManagedSseEnabled: true });
    const own = policies.filter((policy) => (policy.Properties.Queues as unknown[]).some((it) => target(it) === id));
    expect(own.some(refusesPlainHttp)).toBe(true);
  });

  it.each(live)('$id has a dead-letter queue of its own, with an alarm at the first message', ({ deadLetters }) => {
    expect(deadLetters).toBeDefined();
    expect(live.filter((other) => other.deadLetters === deadLetters)).toHaveLength(1);
    const alarms = alarmsOn('ApproximateNumberOfMessagesVisible', `${deadLetters}`);
    expect(alarms.map(({ Properties }) => Properties.Threshold)).toEqual([0]);
  });

  it.each(live)('$id has an alarm when its consumer falls behind', ({ Properties, id }) => {
    expect(Properties.RedriveAllowPolicy).toEqual({ redrivePermission: 'denyAll' });
    expect(alarmsOn('ApproximateAgeOfOldestMessage', id)).toHaveLength(1);
  });

  it.each(all.filter(({ id }) => dead.has(id)))('$id takes dead letters of one queue only', ({ Properties }) => {
    expect(Properties.RedriveAllowPolicy).toMatchObject({
      redrivePermission: 'byQueue',
      sourceQueueArns: [expect.anything()],
    });
  });

  it.each(live)('$id hides a message for six times as long as its consumer may take', ({ id, Properties }) => {
    const feeds = mappings.filter((mapping) => target(mapping.Properties.EventSourceArn) === id);
    expect(feeds).toHaveLength(1);
    for (const { Properties: feed } of feeds) {
      expect(feed.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
      const timeout = Number(trial.resources[`${target(feed.FunctionName)}`]?.Properties.Timeout);
      const window = Number(feed.MaximumBatchingWindowInSeconds ?? 0);
      expect(Properties.VisibilityTimeout).toBeGreaterThanOrEqual(6 * timeout + window);
    }
  });
});

describe('functions', () => {
  const all = functions(trial);

  it('are those we know, and CDK adds none', () => {
    expect([...all.keys()].sort()).toEqual([
      'archive',
      'attribute',
      'deliver',
      'exports',
      'hydrate',
      'ingest',
      'orders',
      'population',
      'preview',
      'profiles',
      'publish',
      'push',
      'recommend',
      'record',
      'recordall',
      'recordorders',
      'recordordersall',
      'snapshot',
    ]);
  });

  it.each([...all])(
    '%s runs on arm64, is traced, and logs JSON to a group of its own with an end',
    (_, { Properties }) => {
      expect(Properties).toMatchObject({
        Architectures: ['arm64'],
        TracingConfig: { Mode: 'Active' },
        LoggingConfig: { LogFormat: 'JSON', ApplicationLogLevel: 'INFO', SystemLogLevel: 'WARN' },
      });
      expect(Properties.ReservedConcurrentExecutions).toBeUndefined();
      const group = target((Properties.LoggingConfig as { LogGroup: unknown }).LogGroup);
      expect(trial.resources[`${group}`]?.Properties.RetentionInDays).toBe(30);
      const sharing = [...all.values()].filter(
        (other) => target((other.Properties.LoggingConfig as { LogGroup: unknown }).LogGroup) === group,
      );
      expect(sharing).toHaveLength(1);
    },
  );

  const configs: [string, { readonly shape: object } & z.core.$ZodType][] = [
    ['ingest', IngestConfig],
    ['archive', ArchiveConfig],
    ['orders', OrdersConfig],
    ['hydrate', HydrateConfig],
    ['publish', PublishConfig],
    ['population', PopulationConfig],
  ];
  it.each(configs)('%s gets the environment that it reads, and no more', (name, schema) => {
    const environment = all.get(name)?.Properties.Environment as { Variables: Record<string, unknown> } | undefined;
    const Variables = environment?.Variables ?? {};
    expect(Object.keys(Variables).sort()).toEqual(Object.keys(schema.shape).sort());
    const deployed = Object.entries(Variables).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : 'token',
    ]);
    expect(z.safeParse(schema, Object.fromEntries(deployed)).success).toBe(true);
  });
});

describe('permissions', () => {
  const COMMON = ['logs:CreateLogStream', 'logs:PutLogEvents', 'xray:PutTelemetryRecords', 'xray:PutTraceSegments'];
  const CONSUME = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];
  const FOLLOW = ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'].map((it) => `dynamodb:${it}`);

  const granted = (name: string): Statement[] => {
    const role = target(functions(trial).get(name)?.Properties.Role);
    return trial
      .ofType('AWS::IAM::Policy')
      .filter(({ Properties }) => (Properties.Roles as unknown[]).some((it) => target(it) === role))
      .flatMap(statements);
  };
  /** `dynamodb:GetItem TablesOrders`: an action on what it may touch, named without CDK's hash. */
  const lines = (name: string) =>
    granted(name)
      .flatMap(({ Action, Resource }) =>
        list(Action).flatMap((action) => list(Resource).map((resource) => `${action} ${describeResource(resource)}`)),
      )
      .filter((line) => !COMMON.some((action) => line.startsWith(action)))
      .sort();
  const describeResource = (resource: unknown): string => {
    const id = target(resource);
    if (id) return id.replace(/[0-9A-F]{8}$/, '');
    if (typeof resource === 'string') return resource;
    const [, parts] = (resource as { 'Fn::Join': [string, unknown[]] })['Fn::Join'];
    return parts
      .map((part) => (typeof part === 'string' ? part : describeResource(part)))
      .join('')
      .replace(/^arn:.*:parameter/, 'parameter');
  };

  const table: [string, string[]][] = [
    [
      'ingest',
      [
        'dynamodb:GetItem TablesOperations',
        's3:PutObject LakeBucket/raw/*',
        'sqs:SendMessage ArchiveStageQueue',
        'ssm:GetParameter parameter/tributary/Tributary/connections/*/webhook',
      ],
    ],
    [
      'archive',
      [
        ...CONSUME.map((action) => `${action} ArchiveStageQueue`),
        's3:PutObject LakeBucket/raw/*',
        'sqs:SendMessage OrdersStageQueue',
      ],
    ],
    [
      'orders',
      [
        ...CONSUME.map((action) => `${action} OrdersStageQueue`),
        'dynamodb:GetItem TablesOperations',
        'dynamodb:GetItem TablesOrders',
        'dynamodb:PutItem TablesOperations',
        'dynamodb:PutItem TablesOrders',
        'dynamodb:Query TablesOperations',
        'dynamodb:UpdateItem TablesOperations',
        's3:GetObject LakeBucket/orders/*',
        's3:GetObject LakeBucket/raw/*',
        's3:PutObject LakeBucket/orders/*',
        'sqs:SendMessage WakeQueue',
      ],
    ],
    [
      'hydrate',
      [
        ...CONSUME.map((action) => `${action} WakeQueue`),
        'dynamodb:DeleteItem TablesOperations',
        'dynamodb:GetItem TablesOperations',
        'dynamodb:PutItem TablesOperations',
        'dynamodb:Query TablesOperations',
        'dynamodb:Query TablesOperations/index/due',
        's3:PutObject LakeBucket/raw/*',
        'sqs:SendMessage ArchiveStageQueue',
        'sqs:SendMessage WakeQueue',
        'ssm:GetParameter parameter/tributary/Tributary/connections/*/credentials',
        'ssm:GetParameter parameter/tributary/Tributary/connections/*/tokens',
        'ssm:PutParameter parameter/tributary/Tributary/connections/*/tokens',
      ],
    ],
    [
      'publish',
      [
        ...FOLLOW.map((action) => `${action} TablesCustomers`),
        'dynamodb:PutItem TablesCustomers',
        'dynamodb:PutItem TablesEngagement',
        'dynamodb:PutItem TablesEngagement',
        'dynamodb:PutItem TablesOperations',
        'dynamodb:Query TablesEngagement',
        'dynamodb:PutItem TablesOperations',
        'dynamodb:Query TablesEngagement',
        'sqs:SendMessage DeliverStageQueue',
        'sqs:SendMessage PushStageQueue',
        'events:PutEvents PublishStageBus',
        'sqs:SendMessage PublishStageDeadLetterQueue',
        'ssm:GetParameter parameter/tributary/Tributary/identity/keys',
      ],
    ],
    [
      'deliver',
      [
        ...CONSUME.map((action) => `${action} DeliverStageQueue`),
        'dynamodb:DeleteItem TablesEngagement',
        'dynamodb:DeleteItem TablesOperations',
        'dynamodb:GetItem TablesEngagement',
        'dynamodb:GetItem TablesOperations',
        'dynamodb:PutItem TablesEngagement',
        'dynamodb:PutItem TablesOperations',
        'dynamodb:Query TablesEngagement',
        'dynamodb:Query TablesOperations',
        'dynamodb:Query TablesOperations/index/due',
        'sqs:SendMessage DeliverStageQueue',
        'ssm:GetParameter parameter/tributary/Tributary/subscribers/*',
      ],
    ],
    [
      'push',
      [
        ...CONSUME.map((action) => `${action} PushStageQueue`),
        ...['GetItem', 'Query'].map((action) => `dynamodb:${action} TablesCustomers`),
        // States of lanes, which it removes none of; work in its own; access tokens; what is next in a lane.
        ...['GetItem', 'PutItem', 'Query'].map((action) => `dynamodb:${action} TablesOperations`),
        ...['DeleteItem', 'GetItem', 'PutItem'].map((action) => `dynamodb:${action} TablesOperations`),
        ...['DeleteItem', 'GetItem', 'PutItem'].map((action) => `dynamodb:${action} TablesOperations`),
        'dynamodb:Query TablesOperations/index/due',
        // Campaigns; runs; members; what was sent; budgets; devices.
        ...[
          'GetItem',
          'Query',
          'PutItem',
          'Query',
          'GetItem',
          'PutItem',
          'UpdateItem',
          'DeleteItem',
          'GetItem',
          'Query',
        ].map((action) => `dynamodb:${action} TablesEngagement`),
        // Visitors and the suppression list; whose visitors are, and what they agreed to; tests.
        ...['GetItem', 'Query', 'GetItem', 'PutItem'].map((action) => `dynamodb:${action} TablesEngagement`),
        // What is recommended, to whom, and what can be bought.
        ...['GetItem', 'Query'].map((action) => `dynamodb:${action} TablesEngagement`),
        // To whom word of messages goes: the bus, and lanes or dead letters of subscribers.
        'events:PutEvents PublishStageBus',
        ...['Query', 'PutItem'].map((action) => `dynamodb:${action} TablesEngagement`),
        'dynamodb:PutItem TablesOperations',
        'sqs:SendMessage DeliverStageQueue',
        'sqs:SendMessage PushStageQueue',
        'ssm:GetParameter parameter/tributary/Tributary/push/*',
        'ssm:GetParameter parameter/tributary/Tributary/identity/keys',
        'ssm:PutParameter parameter/tributary/Tributary/identity/keys',
      ],
    ],
    [
      'population',
      [
        'dynamodb:BatchGetItem TablesCustomers',
        'dynamodb:PutItem TablesOperations',
        'dynamodb:Query TablesCustomers/index/review',
        'dynamodb:Query TablesOperations',
        'ssm:GetParameter parameter/tributary/Tributary/identity/keys',
      ],
    ],
  ];
  it.each(table)('%s may do exactly this', (name, expected) => {
    expect(lines(name)).toEqual([...expected].sort());
    const actions = new Set(granted(name).flatMap(({ Action }) => list(Action)));
    for (const action of COMMON) expect(actions).toContain(action);
  });

  it('names every action, and every resource but for X-Ray', () => {
    for (const policy of trial.ofType('AWS::IAM::Policy')) {
      for (const { Action, Resource } of statements(policy)) {
        expect(list(Action).filter((action) => action.includes('*'))).toEqual([]);
        const onlyTraces = list(Action).every((action) => action.startsWith('xray:'));
        if (!onlyTraces) expect(list(Resource)).not.toContain('*');
      }
    }
  });

  it('come from these lists alone, not from managed policies', () => {
    for (const { Properties } of trial.ofType('AWS::IAM::Role')) {
      expect(Properties.ManagedPolicyArns).toBeUndefined();
      expect(Properties.Policies).toBeUndefined();
    }
  });
});

describe('the lake', () => {
  it.each(trial.ofType('AWS::S3::Bucket'))('$id is encrypted, private, versioned, and outlives the stack', (bucket) => {
    const flags = {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    };
    expect(bucket.Properties).toMatchObject({
      BucketEncryption: { ServerSideEncryptionConfiguration: [expect.anything()] },
      PublicAccessBlockConfiguration: flags,
      VersioningConfiguration: { Status: 'Enabled' },
    });
    expect(bucket.DeletionPolicy).toBe('Retain');
    const policies = trial.ofType('AWS::S3::BucketPolicy').filter((it) => target(it.Properties.Bucket) === bucket.id);
    expect(policies.some(refusesPlainHttp)).toBe(true);
  });

  it('moves raw objects, and nothing else, to cheaper storage', () => {
    const rules = ({ ofType }: typeof trial) =>
      ofType('AWS::S3::Bucket').flatMap(
        ({ Properties }) => (Properties.LifecycleConfiguration as { Rules: Record<string, unknown>[] }).Rules,
      );
    const cooled = rules(trial).filter((rule) => rule.Transitions);
    expect(cooled.map((rule) => rule.Prefix)).toEqual(['raw/']);
    const forgotten = rules(trial).filter((rule) => rule.ExpirationInDays);
    expect(new Set(forgotten.map((rule) => rule.Prefix))).toEqual(new Set(['exports/', 'rows/']));
    expect(rules(synthesize({ 'tributary:coolAfterDays': 0 })).filter((rule) => rule.Transitions)).toEqual([]);
  });
});

describe('tables', () => {
  it.each([
    ['in production are protected, restorable and kept', true],
    ['of a trial are not', false],
  ])('%s', (_, safe) => {
    const { ofType } = safe ? production : trial;
    const tables = ofType('AWS::DynamoDB::GlobalTable');
    expect(tables).not.toEqual([]);
    for (const { Properties, DeletionPolicy } of tables) {
      expect(Properties).toMatchObject({ BillingMode: 'PAY_PER_REQUEST', SSESpecification: { SSEEnabled: true } });
      for (const replica of Properties.Replicas as Record<string, unknown>[]) {
        expect(replica.DeletionProtectionEnabled ?? false).toBe(safe);
        expect(replica.PointInTimeRecoverySpecification).toEqual({ PointInTimeRecoveryEnabled: safe });
      }
      expect(DeletionPolicy).toBe(safe ? 'Retain' : 'Delete');
    }
  });

  it('have the keys that the stores write', () => {
    const keys = trial
      .ofType('AWS::DynamoDB::GlobalTable')
      .map(({ Properties }) => (Properties.KeySchema as { AttributeName: string }[]).map((it) => it.AttributeName));
    expect(keys).toEqual(expect.arrayContaining([['key'], ['pk', 'sk']]));
  });

  it('stream orders and customers, old and new; forget what has expired', () => {
    const [orders, customers, operations] = trial.ofType('AWS::DynamoDB::GlobalTable');
    for (const table of [orders, customers])
      expect(table?.Properties.StreamSpecification).toEqual({ StreamViewType: 'NEW_AND_OLD_IMAGES' });
    expect(operations?.Properties.TimeToLiveSpecification).toEqual({ AttributeName: 'expiresAt', Enabled: true });
  });
});

describe('the edge', () => {
  it('has one route, throttled, whose log says nothing of who called', () => {
    const routes = trial.ofType('AWS::ApiGatewayV2::Route').map(({ Properties }) => Properties.RouteKey);
    expect(routes).toEqual(['ANY /webhooks/{channel}/{connection}']);
    const [stage] = synthesize({ 'tributary:throttleRate': 7, 'tributary:throttleBurst': 9 }).ofType(
      'AWS::ApiGatewayV2::Stage',
    );
    expect(stage?.Properties.DefaultRouteSettings).toEqual({ ThrottlingRateLimit: 7, ThrottlingBurstLimit: 9 });
    const format = JSON.stringify(stage?.Properties.AccessLogSettings);
    expect(format).toContain('$context.status');
    expect(format).not.toMatch(/sourceIp|userAgent|\$context\.path|identity|authorizer|queryString|header/i);
  });

  it('keeps instances warm only if told to, and then calls those', () => {
    expect(trial.ofType('AWS::Lambda::Alias')).toEqual([]);
    const warm = synthesize({ 'tributary:provisionedConcurrency': 3 });
    const [alias] = warm.ofType('AWS::Lambda::Alias');
    expect(alias?.Properties.ProvisionedConcurrencyConfig).toEqual({ ProvisionedConcurrentExecutions: 3 });
    const [integration] = warm.ofType('AWS::ApiGatewayV2::Integration');
    expect(target(integration?.Properties.IntegrationUri)).toBe(alias?.id);
  });
});

/** How often a queue is told to sweep. */
function sweepOf(queue: RegExp): string | undefined {
  const schedule = trial.ofType('AWS::Scheduler::Schedule').find(({ Properties }) => {
    const { Arn, Input } = Properties.Target as Record<string, unknown>;
    return queue.test(target(Arn) ?? '') && Input === JSON.stringify({ sweep: true });
  });
  return schedule && String(schedule.Properties.ScheduleExpression);
}

describe('profiles', () => {
  it('are swept every five minutes, by a message on their own queue', () => {
    expect(sweepOf(/^ProfilesStageQueue/)).toBe('rate(5 minutes)');
  });

  it('follow the orders stream: a record that always fails is set aside, and the shard goes on', () => {
    const streams = trial
      .ofType('AWS::Lambda::EventSourceMapping')
      .filter(({ Properties }) => String(target(Properties.FunctionName)).startsWith('ProfilesStage'))
      .filter(({ Properties }) => Properties.StartingPosition === 'TRIM_HORIZON');
    expect(streams).toHaveLength(1);
    const [properties] = streams.map(({ Properties }) => Properties);
    expect(properties).toMatchObject({ BisectBatchOnFunctionError: true, MaximumRetryAttempts: 20 });
    const { OnFailure } = (properties?.DestinationConfig ?? {}) as { OnFailure?: { Destination: unknown } };
    expect(target(OnFailure?.Destination)).toMatch(/^ProfilesStageDeadLetterQueue/);
  });
});

describe('hydration', () => {
  it('is swept every minute, by a message on its own queue', () => {
    expect(sweepOf(/^WakeQueue/)).toBe('rate(1 minute)');
  });

  it('leaves its lease to nobody while it runs', () => {
    expect(functions(trial).get('hydrate')?.Properties.Timeout).toBeLessThan(75);
  });

  it('calls from one fixed address where that is asked for, and only it does', () => {
    expect(trial.ofType('AWS::EC2::VPC')).toEqual([]);
    const fixed = synthesize({ 'tributary:fixedAddress': true });
    expect(fixed.ofType('AWS::EC2::NatGateway')).toHaveLength(1);
    const inNetwork = [...functions(fixed)].filter(([, { Properties }]) => Properties.VpcConfig !== undefined);
    expect(inNetwork.map(([name]) => name)).toEqual(['hydrate']);
  });
});

describe('operators', () => {
  it.each([...DOORS.keys()])('are told of %s webhooks that were deferred or quarantined', (channel) => {
    for (const [metric, service] of [
      ['deferred', 'ingest'],
      ['quarantined', 'orders'],
      ['quarantined', 'hydrate'],
    ] as const) {
      const alarms = alarmsOn(metric, channel).filter(({ Properties }) =>
        JSON.stringify(Properties.Dimensions).includes(service),
      );
      expect(alarms).toHaveLength(1);
      expect(alarms[0]?.Properties).toMatchObject({
        Namespace: 'Tributary',
        Threshold: 0,
        Dimensions: expect.arrayContaining([
          { Name: 'service', Value: service },
          { Name: 'channel', Value: channel },
        ]),
      });
    }
  });

  it('are told when ingest fails or is refused, or the API answers 5xx', () => {
    const ingest = `${functions(trial).get('ingest')?.id}`;
    const [api] = trial.ofType('AWS::ApiGatewayV2::Api');
    expect(alarmsOn('Errors', ingest)).toHaveLength(1);
    expect(alarmsOn('Throttles', ingest)).toHaveLength(1);
    expect(alarmsOn('5xx', `${api?.id}`)).toHaveLength(1);
  });

  it('are mailed every alarm if they gave an address, else none', () => {
    const actions = ({ ofType }: typeof trial) =>
      ofType('AWS::CloudWatch::Alarm').map(({ Properties }) => list(Properties.AlarmActions ?? []).map(target));
    const [topic] = production.ofType('AWS::SNS::Topic');
    expect(new Set(actions(production).flat())).toEqual(new Set([topic?.id]));
    expect(actions(production).every((targets) => targets.length === 1)).toBe(true);
    expect(actions(trial).flat()).toEqual([]);
    const publishers = production.ofType('AWS::SNS::TopicPolicy').flatMap(statements);
    expect(publishers).toContainEqual(
      expect.objectContaining({ Effect: 'Allow', Principal: { Service: 'cloudwatch.amazonaws.com' } }),
    );
  });

  it('see every metric and queue on the dashboard', () => {
    const [dashboard] = trial.ofType('AWS::CloudWatch::Dashboard');
    const body = JSON.stringify(dashboard?.Properties.DashboardBody);
    for (const metric of Object.keys(METRICS)) expect(body).toContain(`MetricName=\\\\\\"${metric}\\\\\\"`);
    for (const { id } of queues(trial).all) expect(body).toContain(id);
  });

  it('find every log group with an end', () => {
    for (const { Properties } of trial.ofType('AWS::Logs::LogGroup')) expect(Properties.RetentionInDays).toBe(30);
  });

  it('find these outputs, whose names others rely on', () => {
    expect(Object.keys(trial.outputs)).toEqual(
      expect.arrayContaining([
        ...['Region', 'ApiId', 'WebhookBaseUrl', 'LakeBucket', 'OrdersTable', 'OperationsTable', 'SecretsPrefix'],
        ...['InboxQueueUrl', 'InboxDeadLetterQueueUrl', 'WorkQueueUrl', 'WorkDeadLetterQueueUrl'],
        ...['DashboardName', 'OrdersLogGroup'],
      ]),
    );
  });
});
