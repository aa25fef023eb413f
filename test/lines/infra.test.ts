/** What is promised of the stages that record order lines: who may do what, when they run, what is set aside. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { RecordOrdersConfig } from '../../functions/record-orders/config.ts';
import { RecordOrdersAllConfig } from '../../functions/record-orders-all/config.ts';
import { createAlarms } from '../../infra/defaults/alarms.ts';
import { bundle } from '../../infra/defaults/bundle.ts';
import { identityKeysOf } from '../../infra/identity-keys.ts';
import { Lake } from '../../infra/lake.ts';
import { RecordOrdersAllStage, RecordOrdersStage } from '../../infra/record-orders-stage.ts';
import { readSettings } from '../../infra/settings.ts';
import { Tables } from '../../infra/tables.ts';
import { createApp, target } from '../infra/template.ts';

function open() {
  const settings = readSettings({}, {});
  const app = createApp();
  const stack = new Stack(app, settings.stack);
  const { orders, operations } = new Tables(stack, 'Tables', settings);
  const props = {
    settings,
    alarms: createAlarms(stack, settings),
    lake: new Lake(stack, 'Lake', settings).bucket,
    orders,
    operations,
    identityKeys: identityKeysOf(stack),
  };
  new RecordOrdersStage(stack, 'RecordOrdersStage', props);
  new RecordOrdersAllStage(stack, 'RecordOrdersAllStage', props);
  return { app, stack };
}

const { stack } = open();
const resources: Record<string, { Type: string; Properties: Record<string, unknown> }> =
  Template.fromStack(stack).toJSON().Resources;
const ofType = (type: string) =>
  Object.entries(resources).flatMap(([id, resource]) => (resource.Type === type ? [{ id, ...resource }] : []));
const fn = (stage: string) =>
  ofType('AWS::Lambda::Function').find(({ id }) => id.startsWith(`${stage}Stage`))?.Properties ?? {};

const Statement = z.object({ Action: z.union([z.string(), z.array(z.string())]), Resource: z.unknown() });
const list = <Item>(value: Item | Item[]): Item[] => (Array.isArray(value) ? value : [value]);
const described = (resource: unknown): string => {
  const id = target(resource);
  if (id) return id.replace(/[0-9A-F]{8}$/, '');
  if (typeof resource === 'string') return resource;
  const [, parts] = z.object({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) }).parse(resource)['Fn::Join'];
  const text = parts.map((part) => (typeof part === 'string' ? part : described(part))).join('');
  return text.replace(/^arn:.*:parameter/, 'parameter');
};
const COMMON = /^(?:logs|xray):/;

function linesOf(stage: string): string[] {
  const role = target(fn(stage).Role);
  return ofType('AWS::IAM::Policy')
    .filter(({ Properties }) =>
      list(Properties.Roles)
        .flat()
        .some((one) => target(one) === role),
    )
    .flatMap(({ Properties }) => z.array(Statement).parse(Object(Properties.PolicyDocument).Statement))
    .flatMap(({ Action, Resource }) =>
      list(Action).flatMap((action) => list(Resource).map((resource) => `${action} ${described(resource)}`)),
    )
    .filter((line) => !COMMON.test(line))
    .sort();
}

const FOLLOW = ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'];
describe('functions', () => {
  it.each<[string, string[]]>([
    [
      'RecordOrders',
      [
        ...FOLLOW.map((action) => `dynamodb:${action} TablesOrders`),
        'dynamodb:GetItem TablesOperations',
        's3:GetObject LakeBucket/orders/*',
        's3:PutObject LakeBucket/rows/lines/*',
        'sqs:SendMessage RecordOrdersStageDeadLetterQueue',
        'ssm:GetParameter parameter/tributary/Tributary/identity/keys',
        'ssm:PutParameter parameter/tributary/Tributary/identity/keys',
      ],
    ],
    [
      'RecordOrdersAll',
      [
        'dynamodb:GetItem TablesOperations',
        'dynamodb:Scan TablesOrders',
        's3:GetObject LakeBucket/lines/recording.json',
        's3:GetObject LakeBucket/orders/*',
        's3:ListBucket LakeBucket',
        's3:PutObject LakeBucket/lines/recording.json',
        's3:PutObject LakeBucket/rows/lines/*',
        'ssm:GetParameter parameter/tributary/Tributary/identity/keys',
      ],
    ],
  ])('%s may do exactly this', (stage, expected) => {
    expect(linesOf(stage)).toEqual([...expected].sort());
  });

  it.each([
    ['RecordOrders', RecordOrdersConfig],
    ['RecordOrdersAll', RecordOrdersAllConfig],
  ])('%s gets the environment that it reads, and no more', (stage, schema) => {
    const { Variables } = z.object({ Variables: z.record(z.string(), z.unknown()) }).parse(fn(stage).Environment);
    expect(Object.keys(Variables).sort()).toEqual(Object.keys(schema.shape).sort());
  });

  it.each(['record-orders', 'record-orders-all'])('%s starts as it is deployed', (name) => {
    const file = path.join(bundle(name), 'index.mjs');
    const environment = {
      PATH: process.env.PATH,
      AWS_REGION: 'us-east-1',
      LAKE_BUCKET: 'lake',
      ORDERS_TABLE: 'orders',
      OPERATIONS_TABLE: 'operations',
      IDENTITY_KEYS: '/tributary/identity/keys',
    };
    const script = `import(${JSON.stringify(file)}).then((m) => console.log(typeof m.handler))`;
    const stdout = execFileSync(process.execPath, ['-e', script], {
      env: environment,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(stdout).toContain('function');
  });
});

describe('the stream', () => {
  const [mapping, ...others] = ofType('AWS::Lambda::EventSourceMapping');

  it('is that of orders; it waits for a minute, and sets aside what always fails', () => {
    expect(others).toEqual([]);
    expect(target(mapping?.Properties.EventSourceArn)).toMatch(/^TablesOrders/);
    expect(mapping?.Properties).toMatchObject({
      MaximumBatchingWindowInSeconds: 60,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      StartingPosition: 'TRIM_HORIZON',
    });
    const { OnFailure } = Object(mapping?.Properties.DestinationConfig);
    expect(target(OnFailure.Destination)).toMatch(/^RecordOrdersStageDeadLetterQueue/);
  });

  it('rings where it is behind, where a record is given up, and where the function fails', () => {
    const of = (stage: string) =>
      ofType('AWS::CloudWatch::Alarm')
        .filter(({ id }) => id.startsWith(`${stage}Stage`))
        .map(({ Properties }) => Properties.MetricName)
        .sort();
    expect(of('RecordOrders')).toEqual(['ApproximateNumberOfMessagesVisible', 'Errors', 'IteratorAge']);
    expect(of('RecordOrdersAll')).toEqual(['Errors']);
  });
});

it('all that was there before is looked for each quarter of an hour', () => {
  const schedules = ofType('AWS::Scheduler::Schedule').map(({ Properties }) => [
    Properties.ScheduleExpression,
    Object(Properties.Target).Input,
  ]);
  expect(schedules).toEqual([['rate(15 minutes)', '{"again":false}']]);
});

it('cdk-nag finds nothing that was not meant', () => {
  const { app } = open();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  expect(() => app.synth()).not.toThrow();
});
