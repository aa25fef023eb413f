/** What is promised of the stage that makes recommendations: what it may do, when it runs, what goes by itself, that it starts. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { RecommendConfig } from '../../functions/recommend/config.ts';
import { RecommendEvent } from '../../functions/recommend/handler.ts';
import { createAlarms } from '../../infra/defaults/alarms.ts';
import { bundleTogether } from '../../infra/defaults/bundle.ts';
import { putTogether } from '../../infra/defaults/duckdb.ts';
import { identityKeysOf } from '../../infra/identity-keys.ts';
import { Lake } from '../../infra/lake.ts';
import { RecommendStage, recommenderPermissions } from '../../infra/recommend-stage.ts';
import { readSettings } from '../../infra/settings.ts';
import { snapshotCode } from '../../infra/snapshot-stage.ts';
import { Tables } from '../../infra/tables.ts';
import { createApp, target } from '../infra/template.ts';

function open(context: Record<string, unknown> = {}) {
  const settings = readSettings(context, {});
  const app = createApp();
  const stack = new Stack(app, settings.stack);
  const lake = new Lake(stack, 'Lake', settings).bucket;
  const { engagement, operations, customers } = new Tables(stack, 'Tables', settings);
  const queueOf = (name: string) => Queue.fromQueueArn(stack, name, `arn:aws:sqs:eu-west-1:123456789012:${name}`);
  const stage = new RecommendStage(stack, 'RecommendStage', {
    ...{ settings, lake, engagement, operations, customers, identityKeys: identityKeysOf(stack) },
    ...{ alarms: createAlarms(stack, settings), profiles: queueOf('profiles'), push: queueOf('push') },
    code: snapshotCode(settings),
  });
  return { app, stack, stage, engagement };
}

const { stack, stage, engagement } = open();
const { Resources } = Template.fromStack(stack).toJSON();
const ofType = (type: string, all: typeof Resources = Resources) =>
  // The cast: a template's resources are of this form.
  Object.entries(all as Record<string, { Type: string; Properties: Record<string, unknown> }>).flatMap(
    ([id, resource]) => (resource.Type === type ? [{ id, ...resource }] : []),
  );
const [fn, ...others] = ofType('AWS::Lambda::Function');

const Statement = z.object({ Action: z.union([z.string(), z.array(z.string())]), Resource: z.unknown() });
const Condition = z.object({
  Condition: z.object({ 'ForAllValues:StringLike': z.object({ 'dynamodb:LeadingKeys': z.array(z.string()) }) }),
});
const Join = z.object({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) });
const nameOf = (resource: unknown): string => {
  const id = target(resource);
  if (id) return id.replace(/[0-9A-F]{8}$/, '');
  if (typeof resource === 'string') return resource;
  const join = Join.safeParse(resource);
  return join.success ? join.data['Fn::Join'][1].map(nameOf).join('') : '';
};
const linesOf = (statement: unknown): string[] => {
  const { Action, Resource } = Statement.parse(statement);
  const keys = Condition.safeParse(statement).data?.Condition['ForAllValues:StringLike']['dynamodb:LeadingKeys'];
  const of = keys ? ` ${keys.join(' ')}` : '';
  return [Action].flat().flatMap((action) => [Resource].flat().map((one) => `${action} ${nameOf(one)}${of}`));
};
const resolved = (statements: readonly { toStatementJson(): unknown }[]) =>
  statements.flatMap((one) => linesOf(stack.resolve(one.toStatementJson())));

const KEYS = 'arn:AWS::Partition:ssm:AWS::Region:AWS::AccountId:parameter/tributary/Tributary/identity/keys';

it('may do exactly this', () => {
  const Policy = z.object({
    Roles: z.array(z.unknown()),
    PolicyDocument: z.object({ Statement: z.array(z.unknown()) }),
  });
  const statements = ofType('AWS::IAM::Policy')
    .map(({ Properties }) => Policy.parse(Properties))
    .filter(({ Roles }) => Roles.some((one) => target(one) === target(fn?.Properties.Role)))
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  const lines = statements.flatMap(linesOf).filter((line) => !/^(logs|xray):/.test(line));
  const written = ['behaviour', 'lines', 'recommendations'];
  const onFiles = (action: string, of: readonly string[]) => of.map((one) => `s3:${action} LakeBucket/${one}`);
  expect(lines.sort()).toEqual(
    [
      'dynamodb:BatchWriteItem TablesEngagement recommended-*',
      'dynamodb:GetItem TablesCustomers',
      'dynamodb:GetItem TablesEngagement recommendations',
      'dynamodb:PutItem TablesCustomers persona#*',
      'dynamodb:PutItem TablesEngagement recommendations',
      'dynamodb:PutItem TablesOperations lane#push/*',
      'dynamodb:Query TablesCustomers',
      'dynamodb:Query TablesEngagement campaigns',
      'dynamodb:Query TablesEngagement products#* stock#*',
      'dynamodb:Query TablesEngagement segments',
      ...onFiles('AbortMultipartUpload', [...written.map((one) => `${one}/*`), 'catalogue/products.ndjson.gz']),
      ...onFiles(
        'DeleteObject',
        written.map((one) => `${one}/*`),
      ),
      ...onFiles('GetObject', [...written.map((one) => `${one}/*`), 'catalogue/products.ndjson.gz']),
      ...onFiles('GetObject', ['events/*', 'rows/lines/*', 'snapshots/*']),
      's3:ListBucket LakeBucket',
      ...onFiles('PutObject', [...written.map((one) => `${one}/*`), 'catalogue/products.ndjson.gz']),
      'sqs:SendMessage arn:aws:sqs:eu-west-1:123456789012:profiles',
      'sqs:SendMessage arn:aws:sqs:eu-west-1:123456789012:push',
      `ssm:GetParameter ${KEYS}`,
    ].sort(),
  );
});

it('lets whoever shows recommendations read, and whoever manages them swap and begin, and no more', () => {
  const read = 'TablesEngagement recommendations recommended-* products#* stock#* visitor#* visitors#*';
  expect(resolved(recommenderPermissions({ engagement }))).toEqual([
    `dynamodb:GetItem ${read}`,
    `dynamodb:Query ${read}`,
  ]);
  expect(resolved(stage.managePermissions)).toEqual([
    'dynamodb:PutItem TablesEngagement recommendations',
    expect.stringMatching(/^lambda:InvokeFunction RecommendStage/),
  ]);
});

it('passes cdk-nag', () => {
  const { app } = open();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  expect(() => app.synth()).not.toThrow();
});

it('gets the environment that it reads, and no more, and leaves memory to Node', () => {
  expect(others).toEqual([]);
  const { Variables } = z.object({ Variables: z.record(z.string(), z.unknown()) }).parse(fn?.Properties.Environment);
  expect(Object.keys(Variables).sort()).toEqual(Object.keys(RecommendConfig.shape).sort());
  const deployed = Object.entries(Variables).map(([key, value]) => [key, typeof value === 'string' ? value : 'token']);
  expect(RecommendConfig.safeParse(Object.fromEntries(deployed)).success).toBe(true);
  expect(Number(fn?.Properties.MemorySize) - Number(Variables.DUCKDB_MEMORY_MIB)).toBeGreaterThan(1_000);
});

it('runs each hour, or as often as is said, of who has changed', () => {
  const Schedule = z.object({ ScheduleExpression: z.string(), Target: z.object({ Input: z.string() }) });
  const schedules = (all?: typeof Resources) =>
    ofType('AWS::Scheduler::Schedule', all).map(({ Properties }) => Schedule.parse(Properties));
  const [only, ...more] = schedules();
  expect(more).toEqual([]);
  expect(only?.ScheduleExpression).toBe('rate(1 hour)');
  expect(RecommendEvent.parse(JSON.parse(only?.Target.Input ?? ''))).toEqual({ full: false });
  const often = Template.fromStack(open({ 'tributary:recommendMinutes': 15 }).stack).toJSON();
  expect(schedules(often.Resources).map((one) => one.ScheduleExpression)).toEqual(['rate(15 minutes)']);
});

it('rings where it fails', () => {
  const Alarm = z.object({ MetricName: z.string(), Dimensions: z.array(z.object({ Value: z.unknown() })).default([]) });
  const alarms = ofType('AWS::CloudWatch::Alarm')
    .map(({ Properties }) => Alarm.safeParse(Properties).data)
    .filter((alarm) => alarm?.Dimensions.some(({ Value }) => target(Value) === fn?.id));
  expect(alarms.map((alarm) => alarm?.MetricName)).toEqual(['Errors']);
});

it('keeps no superseded file for longer than a day', () => {
  const Rules = z.object({
    LifecycleConfiguration: z.object({
      Rules: z.array(
        z.object({
          Prefix: z.string().optional(),
          NoncurrentVersionExpiration: z.object({ NoncurrentDays: z.int() }).optional(),
        }),
      ),
    }),
  });
  const [bucket] = ofType('AWS::S3::Bucket').flatMap(({ Properties }) => Rules.safeParse(Properties).data ?? []);
  const days = new Map(
    bucket?.LifecycleConfiguration.Rules.map((rule) => [rule.Prefix, rule.NoncurrentVersionExpiration?.NoncurrentDays]),
  );
  for (const prefix of ['behaviour/', 'lines/', 'recommendations/', 'catalogue/products.ndjson.gz'])
    expect([prefix, days.get(prefix)]).toEqual([prefix, 1]);
});

describe('what is deployed', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'bundle-recommend-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const environment = {
    ...{ PATH: process.env.PATH, AWS_REGION: 'us-east-1', LAKE_BUCKET: 'lake', ENGAGEMENT_TABLE: 'engagement' },
    ...{ OPERATIONS_TABLE: 'operations', CUSTOMERS_TABLE: 'customers', IDENTITY_KEYS: '/keys' },
    ...{ PROFILES_QUEUE_URL: 'https://sqs/p', PUSH_QUEUE_URL: 'https://sqs/q', DUCKDB_MEMORY_MIB: '500' },
  };
  // Elsewhere the library of Linux does not run.
  it.runIf(process.platform === 'linux')('starts, with the library beside it', () => {
    putTogether(bundleTogether(['recommend']), process.arch === 'arm64' ? 'arm64' : 'x86_64', folder);
    const file = JSON.stringify(path.join(folder, 'recommend.mjs'));
    const script = `import(${file}).then((m) => console.log(typeof m.handler))`;
    const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
    expect(execFileSync(process.execPath, ['-e', script], { env: environment, encoding: 'utf8', stdio })).toContain(
      'function',
    );
  });
});
