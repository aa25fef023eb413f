/** What is promised of the stage that attributes orders: what it may do, when it runs, what goes by itself, that it starts. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { AttributeConfig } from '../../functions/attribute/config.ts';
import { AttributeStage, proofPermissions } from '../../infra/attribute-stage.ts';
import { createAlarms } from '../../infra/defaults/alarms.ts';
import { bundleTogether } from '../../infra/defaults/bundle.ts';
import { putTogether } from '../../infra/defaults/duckdb.ts';
import { Lake } from '../../infra/lake.ts';
import { readSettings } from '../../infra/settings.ts';
import { snapshotCode } from '../../infra/snapshot-stage.ts';
import { Tables } from '../../infra/tables.ts';
import { createApp, target } from '../infra/template.ts';

function open(context: Record<string, unknown> = {}) {
  const settings = readSettings(context, {});
  const app = createApp();
  const stack = new Stack(app, settings.stack);
  const lake = new Lake(stack, 'Lake', settings).bucket;
  const { engagement, operations } = new Tables(stack, 'Tables', settings);
  new AttributeStage(stack, 'AttributeStage', {
    ...{ settings, lake, engagement, alarms: createAlarms(stack, settings), code: snapshotCode(settings) },
    ...{
      operations,
      bus: new EventBus(stack, 'Bus'),
      deliver: Queue.fromQueueArn(stack, 'Deliver', 'arn:aws:sqs:eu-west-1:123456789012:deliver'),
    },
  });
  return { app, stack, engagement };
}

const { stack, engagement } = open();
const { Resources } = Template.fromStack(stack).toJSON();
const ofType = (type: string, all: typeof Resources = Resources) =>
  Object.entries(all as Record<string, { Type: string; Properties: Record<string, unknown> }>).flatMap(
    ([id, resource]) => (resource.Type === type ? [{ id, ...resource }] : []),
  );
const [fn, ...others] = ofType('AWS::Lambda::Function');

const Statement = z.object({ Action: z.union([z.string(), z.array(z.string())]), Resource: z.unknown() });
const Condition = z.object({ 'ForAllValues:StringLike': z.object({ 'dynamodb:LeadingKeys': z.array(z.string()) }) });
const nameOf = (resource: unknown): string => {
  const id = target(resource);
  if (id) return id.replace(/[0-9A-F]{8}$/, '');
  if (typeof resource === 'string') return resource;
  const { 'Fn::Join': join } = resource as { 'Fn::Join'?: [string, unknown[]] };
  return (join?.[1] ?? []).map(nameOf).join('');
};
const linesOf = (statement: unknown): string[] => {
  const { Action, Resource } = Statement.parse(statement);
  const keys = Condition.safeParse((statement as { readonly Condition?: unknown }).Condition);
  const of = keys.success ? ` ${keys.data['ForAllValues:StringLike']['dynamodb:LeadingKeys'].join(' ')}` : '';
  return [Action].flat().flatMap((action) => [Resource].flat().map((one) => `${action} ${nameOf(one)}${of}`));
};

it('may do exactly this', () => {
  const statements = ofType('AWS::IAM::Policy')
    .filter(({ Properties }) =>
      (Properties.Roles as unknown[]).some((one) => target(one) === target(fn?.Properties.Role)),
    )
    .flatMap(({ Properties }) => (Properties.PolicyDocument as { Statement: unknown[] }).Statement);
  const lines = statements.flatMap(linesOf).filter((line) => !/^(logs|xray):/.test(line));
  expect(lines.sort()).toEqual([
    'dynamodb:GetItem TablesEngagement push-policy',
    'dynamodb:PutItem TablesEngagement campaign-results attributed#*',
    'dynamodb:PutItem TablesEngagement dead-letter#*',
    'dynamodb:PutItem TablesOperations lane#deliver/*',
    'dynamodb:Query TablesEngagement campaign-results attributed#*',
    'dynamodb:Query TablesEngagement campaigns campaign-versions#* sends#*',
    'dynamodb:Query TablesEngagement subscriber',
    'events:PutEvents Bus',
    's3:AbortMultipartUpload LakeBucket/attributions/*',
    's3:AbortMultipartUpload LakeBucket/lines/*',
    's3:DeleteObject LakeBucket/lines/*',
    's3:GetObject LakeBucket/behaviour/*',
    's3:GetObject LakeBucket/lines/*',
    's3:GetObject LakeBucket/rows/lines/*',
    's3:GetObject LakeBucket/snapshots/*',
    's3:ListBucket LakeBucket',
    's3:PutObject LakeBucket/attributions/*',
    's3:PutObject LakeBucket/lines/*',
    'sqs:SendMessage arn:aws:sqs:eu-west-1:123456789012:deliver',
  ]);
});

it('lets whoever reports read, and no more', () => {
  expect(proofPermissions({ engagement }).flatMap((one) => linesOf(stack.resolve(one.toStatementJson())))).toEqual([
    'dynamodb:GetItem TablesEngagement campaign-results attributed#*',
    'dynamodb:Query TablesEngagement campaign-results attributed#*',
  ]);
});

it('passes cdk-nag', () => {
  const { app } = open();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  expect(() => app.synth()).not.toThrow();
});

it('gets the environment that it reads, and no more', () => {
  expect(others).toEqual([]);
  const { Variables = {} } = (fn?.Properties.Environment ?? {}) as { Variables?: Record<string, unknown> };
  expect(Object.keys(Variables).sort()).toEqual(Object.keys(AttributeConfig.shape).sort());
  const deployed = Object.entries(Variables).map(([key, value]) => [key, typeof value === 'string' ? value : 'token']);
  expect(AttributeConfig.safeParse(Object.fromEntries(deployed)).success).toBe(true);
  expect(Number(fn?.Properties.MemorySize) - Number(Variables.DUCKDB_MEMORY_MIB)).toBeGreaterThan(1_000);
});

it('runs each hour, or as often as is said', () => {
  const every = (all: typeof Resources) =>
    ofType('AWS::Scheduler::Schedule', all).map(({ Properties }) => Properties.ScheduleExpression);
  expect(every(Resources)).toEqual(['rate(1 hour)']);
  const often = Template.fromStack(open({ 'tributary:attributionMinutes': 5 }).stack).toJSON();
  expect(every(often.Resources)).toEqual(['rate(5 minutes)']);
  expect(() => readSettings({ 'tributary:attributionMinutes': 4 }, {})).toThrow('from 5 to 1440');
});

it('rings where it fails', () => {
  const alarms = ofType('AWS::CloudWatch::Alarm').filter(({ Properties }) =>
    ((Properties.Dimensions as { Value: unknown }[]) ?? []).some(({ Value }) => target(Value) === fn?.id),
  );
  expect(alarms.map(({ Properties }) => Properties.MetricName)).toEqual(['Errors']);
});

describe('what is deployed', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'bundle-attribute-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const environment = {
    ...{ PATH: process.env.PATH, AWS_REGION: 'us-east-1', ENGAGEMENT_TABLE: 'engagement', LAKE_BUCKET: 'lake' },
    ...{
      EVENT_BUS: 'bus',
      DUCKDB_MEMORY_MIB: '500',
      OPERATIONS_TABLE: 'operations',
      DELIVER_QUEUE_URL: 'https://sqs/d',
    },
  };
  // Elsewhere the library of Linux does not run.
  it.runIf(process.platform === 'linux')('starts, with the library beside it', () => {
    putTogether(bundleTogether(['attribute']), process.arch === 'arm64' ? 'arm64' : 'x86_64', folder);
    const file = JSON.stringify(path.join(folder, 'attribute.mjs'));
    const script = `import(${file}).then((m) => console.log(typeof m.handler))`;
    const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
    expect(execFileSync(process.execPath, ['-e', script], { env: environment, encoding: 'utf8', stdio })).toContain(
      'function',
    );
  });
});
