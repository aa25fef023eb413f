/** What is promised of the stages that record, take snapshots and preview: who may do what, when they run, what goes by itself. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { PreviewConfig } from '../../functions/preview/config.ts';
import { RecordConfig } from '../../functions/record/config.ts';
import { RecordAllConfig } from '../../functions/record-all/config.ts';
import { SnapshotConfig } from '../../functions/snapshot/config.ts';
import { createAlarms } from '../../infra/defaults/alarms.ts';
import { bundle, bundleTogether } from '../../infra/defaults/bundle.ts';
import { putTogether } from '../../infra/defaults/duckdb.ts';
import { identityKeysOf } from '../../infra/identity-keys.ts';
import { Lake } from '../../infra/lake.ts';
import { PreviewStage } from '../../infra/preview-stage.ts';
import { RecordAllStage, RecordStage } from '../../infra/record-stage.ts';
import { readSettings } from '../../infra/settings.ts';
import { SnapshotStage, snapshotCode } from '../../infra/snapshot-stage.ts';
import { Tables } from '../../infra/tables.ts';
import { createApp, target } from '../infra/template.ts';

function open(context: Record<string, unknown> = {}) {
  const settings = readSettings(context, {});
  const app = createApp();
  const stack = new Stack(app, settings.stack);
  const alarms = createAlarms(stack, settings);
  const lake = new Lake(stack, 'Lake', settings).bucket;
  const { customers, engagement } = new Tables(stack, 'Tables', settings);
  const code = snapshotCode(settings);
  const common = { settings, alarms, lake };
  const recording = { ...common, customers, identityKeys: identityKeysOf(stack) };
  new RecordStage(stack, 'RecordStage', recording);
  new RecordAllStage(stack, 'RecordAllStage', recording);
  new SnapshotStage(stack, 'SnapshotStage', { ...common, code });
  const preview = new PreviewStage(stack, 'PreviewStage', { ...common, engagement, code });
  return { app, stack, preview };
}

const synthesize = (context?: Record<string, unknown>) => {
  const opened = open(context);
  const { Resources } = Template.fromStack(opened.stack).toJSON();
  return { ...opened, resources: Resources as Record<string, { Type: string; Properties: Record<string, unknown> }> };
};

const { stack, preview, resources } = synthesize();
const ofType = (type: string, all = resources) =>
  Object.entries(all).flatMap(([id, resource]) => (resource.Type === type ? [{ id, ...resource }] : []));
const fn = (stage: string, all = resources) =>
  ofType('AWS::Lambda::Function', all).find(({ id }) => id.startsWith(`${stage}Stage`))?.Properties ?? {};

const Statement = z.object({
  Action: z.union([z.string(), z.array(z.string())]),
  Resource: z.unknown(),
  Condition: z.unknown().optional(),
});
const nameOf = (resource: unknown): string => {
  const id = target(resource);
  if (id) return id.replace(/[0-9A-F]{8}$/, '');
  if (typeof resource === 'string') return resource;
  const { 'Fn::Join': join } = resource as { 'Fn::Join'?: [string, unknown[]] };
  return (join?.[1] ?? []).map(nameOf).join('');
};
function linesOf(stage: string): string[] {
  const role = target(fn(stage).Role);
  const statements = ofType('AWS::IAM::Policy')
    .filter(({ Properties }) => (Properties.Roles as unknown[]).some((one) => target(one) === role))
    .flatMap(({ Properties }) => (Properties.PolicyDocument as { Statement: unknown[] }).Statement);
  const lines = statements.flatMap((statement) => {
    const { Action, Resource } = Statement.parse(statement);
    return [Action].flat().flatMap((action) => [Resource].flat().map((one) => `${action} ${nameOf(one)}`));
  });
  return lines.filter((line) => !/^(logs|xray):/.test(line)).sort();
}

describe('permissions', () => {
  const FOLLOW = ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'].map((it) => `dynamodb:${it}`);
  const KEYS = /^ssm:GetParameter .*identity\/keys$/;
  it.each([
    [
      'Record',
      [
        ...FOLLOW.map((action) => `${action} TablesCustomers`),
        's3:PutObject LakeBucket/rows/*',
        'sqs:SendMessage RecordStageDeadLetterQueue',
      ],
    ],
    [
      'RecordAll',
      [
        'dynamodb:BatchGetItem TablesCustomers',
        'dynamodb:GetItem TablesCustomers',
        'dynamodb:Query TablesCustomers',
        'dynamodb:Query TablesCustomers/index/review',
        's3:GetObject LakeBucket/snapshots/recording.json',
        's3:ListBucket LakeBucket',
        's3:PutObject LakeBucket/rows/*',
        's3:PutObject LakeBucket/snapshots/recording.json',
      ],
    ],
    [
      'Snapshot',
      [
        's3:AbortMultipartUpload LakeBucket/snapshots/*',
        's3:DeleteObject LakeBucket/snapshots/*',
        's3:GetObject LakeBucket/rows/*',
        's3:GetObject LakeBucket/snapshots/*',
        's3:ListBucket LakeBucket',
        's3:PutObject LakeBucket/snapshots/*',
      ],
    ],
    [
      'Preview',
      [
        'dynamodb:GetItem TablesEngagement',
        'dynamodb:Query TablesEngagement',
        's3:GetObject LakeBucket/snapshots/*',
        's3:ListBucket LakeBucket',
      ],
    ],
  ])('of %s are exactly these, and the keys of identity where something is opened', (stage, expected) => {
    const lines = linesOf(stage);
    expect(lines.filter((line) => !KEYS.test(line))).toEqual(expected);
    expect(lines.some((line) => KEYS.test(line))).toBe(stage.startsWith('Record'));
  });

  it('let whoever previews do just that', () => {
    const [only, ...others] = preview.permissions.map((one) => stack.resolve(one.toStatementJson()));
    expect(others).toEqual([]);
    expect(only).toMatchObject({ Action: 'lambda:InvokeFunction' });
  });

  it('pass cdk-nag', () => {
    const { app } = open({ 'tributary:previewConcurrency': 5 });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    expect(() => app.synth()).not.toThrow();
  });
});

describe('functions', () => {
  it.each([
    ['Record', RecordConfig],
    ['RecordAll', RecordAllConfig],
    ['Snapshot', SnapshotConfig],
    ['Preview', PreviewConfig],
  ])('%s gets the environment that it reads, and no more', (stage, schema) => {
    const { Variables } = fn(stage).Environment as { Variables: Record<string, unknown> };
    expect(Object.keys(Variables).sort()).toEqual(Object.keys(schema.shape).sort());
    const deployed = Object.entries(Variables).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : 'token',
    ]);
    expect(schema.safeParse(Object.fromEntries(deployed)).success).toBe(true);
  });

  it('with DuckDB have one code between them, memory beyond its own, and a disk', () => {
    const [snapshot, previews] = [fn('Snapshot'), fn('Preview')];
    expect(previews.Code).toEqual(snapshot.Code);
    expect([snapshot.Handler, previews.Handler]).toEqual(['snapshot.handler', 'preview.handler']);
    for (const one of [snapshot, previews]) {
      const { DUCKDB_MEMORY_MIB } = (one.Environment as { Variables: Record<string, string> }).Variables;
      expect(Number(one.MemorySize) - Number(DUCKDB_MEMORY_MIB)).toBeGreaterThan(1_000);
      expect((one.EphemeralStorage as { Size: number }).Size).toBeGreaterThanOrEqual(4_096);
    }
    expect(synthesizedCode('x86_64')).not.toEqual(synthesizedCode('arm64'));
  });
  const synthesizedCode = (architecture: string) =>
    fn('Snapshot', synthesize({ 'tributary:architecture': architecture }).resources).Code;

  it('that preview are set apart only where that is asked for', () => {
    expect(fn('Preview').ReservedConcurrentExecutions).toBeUndefined();
    const five = synthesize({ 'tributary:previewConcurrency': 5 }).resources;
    expect(fn('Preview', five).ReservedConcurrentExecutions).toBe(5);
  });

  it('run when they are to', () => {
    const every = (all: typeof resources) =>
      ofType('AWS::Scheduler::Schedule', all).map(({ id, Properties }) => [
        id.replace(/Stage.*/, ''),
        Properties.ScheduleExpression,
      ]);
    expect(every(resources)).toEqual([
      ['RecordAll', 'rate(15 minutes)'],
      ['Snapshot', 'rate(15 minutes)'],
    ]);
    expect(every(synthesize({ 'tributary:snapshotMinutes': 60 }).resources)).toContainEqual([
      'Snapshot',
      'rate(1 hour)',
    ]);
  });
});

describe('the stream', () => {
  const [mapping, ...others] = ofType('AWS::Lambda::EventSourceMapping');
  it('is recorded where it tells of places, months and marks', () => {
    expect(others).toEqual([]);
    expect(target(mapping?.Properties.EventSourceArn)).toMatch(/^TablesCustomers/);
    const S = ['place', { prefix: 'content#month#' }, { prefix: 'content#mark#' }];
    const Pattern = JSON.stringify({ dynamodb: { Keys: { sk: { S } } } });
    expect(mapping?.Properties.FilterCriteria).toEqual({ Filters: [{ Pattern }] });
  });

  it('waits for a minute, and sets aside what always fails', () => {
    expect(mapping?.Properties).toMatchObject({
      MaximumBatchingWindowInSeconds: 60,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      StartingPosition: 'TRIM_HORIZON',
    });
    const { OnFailure } = Object(mapping?.Properties.DestinationConfig);
    expect(target(OnFailure.Destination)).toMatch(/^RecordStageDeadLetterQueue/);
  });
});

it('rows and superseded snapshots go by themselves', () => {
  const [bucket] = ofType('AWS::S3::Bucket');
  const { Rules }: { Rules: Record<string, unknown>[] } = Object(bucket?.Properties.LifecycleConfiguration);
  expect(Rules).toContainEqual(
    expect.objectContaining({
      Prefix: 'rows/',
      ExpirationInDays: 14,
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
    }),
  );
  const ofSnapshots = Rules.filter(({ Prefix }) => Prefix === 'snapshots/');
  expect(ofSnapshots).toEqual([expect.objectContaining({ NoncurrentVersionExpiration: { NoncurrentDays: 1 } })]);
  // Nothing expires the newest: it may be old where nothing changes.
  expect(ofSnapshots[0]).not.toHaveProperty('ExpirationInDays');
});

it.each([
  ['Record', ['Errors', 'IteratorAge']],
  ['RecordAll', ['Errors']],
  ['Snapshot', ['Errors']],
  ['Preview', ['Errors']],
])('an alarm rings where %s fails', (stage, expected) => {
  const id = ofType('AWS::Lambda::Function').find((one) => one.id.startsWith(`${stage}Stage`))?.id;
  const alarms = ofType('AWS::CloudWatch::Alarm').filter(({ Properties }) =>
    ((Properties.Dimensions as { Value: unknown }[]) ?? []).some(({ Value }) => target(Value) === id),
  );
  expect(alarms.map(({ Properties }) => Properties.MetricName).sort()).toEqual(expected);
});

it.each([
  [15, 180],
  [1440, 3 * 1440],
])('an alarm rings where no snapshot succeeds for long: every %i minutes, after %i', (snapshotMinutes, late) => {
  const all = synthesize({ 'tributary:snapshotMinutes': snapshotMinutes }).resources;
  const [alarm, ...others] = ofType('AWS::CloudWatch::Alarm', all).filter(
    ({ Properties }) => Properties.MetricName === 'snapshotAgeMillis',
  );
  expect(others).toEqual([]);
  expect(alarm?.Properties).toMatchObject({
    Namespace: 'Tributary',
    Dimensions: [
      { Name: 'event', Value: 'snapshot' },
      { Name: 'service', Value: 'snapshot' },
    ],
    Statistic: 'Minimum',
    Threshold: late * 60_000,
    Period: 3600,
    EvaluationPeriods: late / 60,
    TreatMissingData: 'breaching',
  });
});

describe('what is deployed', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'bundle-duckdb-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const environment = {
    PATH: process.env.PATH,
    AWS_REGION: 'us-east-1',
    CUSTOMERS_TABLE: 'customers',
    ENGAGEMENT_TABLE: 'engagement',
    LAKE_BUCKET: 'lake',
    IDENTITY_KEYS: '/tributary/identity/keys',
    DUCKDB_MEMORY_MIB: '500',
  };
  const load = (file: string) =>
    execFileSync(
      process.execPath,
      ['-e', `import(${JSON.stringify(file)}).then((m) => console.log(typeof m.handler))`],
      {
        env: environment,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );

  it.each(['record', 'record-all'])('of %s starts', (name) => {
    expect(load(path.join(bundle(name), 'index.mjs'))).toContain('function');
  });

  // Elsewhere the library of Linux does not run.
  it.runIf(process.platform === 'linux')(
    'of snapshot and preview starts, with the library beside it, and is within limits',
    () => {
      const architecture = process.arch === 'arm64' ? 'arm64' : 'x86_64';
      putTogether(bundleTogether(['snapshot', 'preview']), architecture, folder);
      for (const name of ['snapshot', 'preview']) expect(load(path.join(folder, `${name}.mjs`))).toContain('function');
      const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
      const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(path.join(parentPath, name)).size, 0);
      expect(bytes).toBeLessThan(120 * 1024 * 1024);
    },
  );
});
