/** What is promised of the stage that delivers, by itself: who may do what, who is woken when, what rings. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Stack, Validations } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { ManagedPolicy, type PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { DeliverConfig } from '../../functions/deliver/config.ts';
import { createAlarms } from '../../infra/defaults/alarms.ts';
import { bundle } from '../../infra/defaults/bundle.ts';
import { DeliverStage, fanOutPermissions, managePermissions } from '../../infra/deliver-stage.ts';
import { signingSecretsOf } from '../../infra/secret-parameters.ts';
import { readSettings } from '../../infra/settings.ts';
import { createApp } from '../infra/template.ts';

function open(context: Record<string, unknown> = {}) {
  const settings = readSettings(context, {});
  const app = createApp();
  const stack = new Stack(app, settings.stack);
  const table = (id: string) =>
    new TableV2(stack, id, {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
    });
  const [operations, engagement] = [table('Operations'), table('Engagement')];
  const signingSecrets = signingSecretsOf(stack);
  const stage = new DeliverStage(stack, 'DeliverStage', {
    settings,
    alarms: createAlarms(stack, settings),
    lake: new Bucket(stack, 'Lake'),
    operations,
    engagement,
    signingSecrets,
  });
  const stores = { operations, engagement, queue: stage.wake.queue };
  return { app, stack, stores, signingSecrets };
}

const synthesize = (context?: Record<string, unknown>) => {
  const opened = open(context);
  return { ...opened, template: Template.fromStack(opened.stack) };
};

const { stack, stores, signingSecrets, template } = synthesize();
const [fn] = Object.values(template.findResources('AWS::Lambda::Function'));

/** `dynamodb:PutItem Operations lane, lane#deliver/*`: an action, on what, and of which keys. */
function linesOf(statements: readonly unknown[]): string[] {
  const lines = statements.flatMap((statement) => {
    const { Action, Resource, Condition } = statement as Record<string, unknown>;
    const keys = (Condition as { 'ForAllValues:StringLike'?: Record<string, unknown> } | undefined)?.[
      'ForAllValues:StringLike'
    ]?.['dynamodb:LeadingKeys'];
    return [Action]
      .flat()
      .flatMap((action) =>
        [Resource]
          .flat()
          .map((resource) => [action, nameOf(resource), [keys ?? []].flat().join(', ')].join(' ').trim()),
      );
  });
  return lines.filter((line) => !/^(logs|xray):/.test(line)).sort();
}

function nameOf(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const { 'Fn::GetAtt': att, 'Fn::Join': join } = resource as {
    'Fn::GetAtt'?: string[];
    'Fn::Join'?: [string, unknown[]];
  };
  if (att) return String(att[0]).replace(/[0-9A-F]{8}$/, '');
  const [, parts] = join ?? ['', []];
  return parts
    .filter((part) => typeof part === 'string' || 'Fn::GetAtt' in Object(part))
    .map(nameOf)
    .join('')
    .replace(/^arn:.*:parameter/, 'parameter');
}

const policyOf = (statements: readonly PolicyStatement[]) =>
  linesOf(statements.map((one) => stack.resolve(one.toJSON())));
const LANES = 'lane#deliver/*';
const DEAD_LETTERS = 'dead-letter#*';

describe('deliver', () => {
  it('may do exactly this', () => {
    const statements = Object.values(template.findResources('AWS::IAM::Policy'))
      .filter((policy) => JSON.stringify(policy.Properties.Roles).includes('DeliverStageRole'))
      .flatMap((policy) => policy.Properties.PolicyDocument.Statement);
    expect(linesOf(statements)).toEqual(
      [
        ...['DeleteItem', 'GetItem', 'PutItem', 'Query'].map((it) => `dynamodb:${it} Operations lane, ${LANES}`),
        `dynamodb:Query Operations/index/due ${LANES}`,
        ...['GetItem', 'PutItem', 'Query'].map((it) => `dynamodb:${it} Engagement subscriber, ${DEAD_LETTERS}`),
        `dynamodb:DeleteItem Engagement ${DEAD_LETTERS}`,
        ...['DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage', 'SendMessage'].map(
          (it) => `sqs:${it} DeliverStageQueue`,
        ),
        'ssm:GetParameter parameter/tributary/Tributary/subscribers/*',
      ].sort(),
    );
  });

  it('gets the environment that it reads, and no more', () => {
    expect(Object.keys(fn?.Properties.Environment.Variables).sort()).toEqual(Object.keys(DeliverConfig.shape).sort());
    const hosts = synthesize({ 'tributary:webhookHosts': 'localhost:8080' });
    hosts.template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { WEBHOOK_HOSTS: 'localhost:8080' } },
    });
  });

  it('is woken by a message at a time, and by a sweep each minute; its lease outlives it', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 50 },
    });
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'rate(1 minute)',
      Target: Match.objectLike({ Input: JSON.stringify({ sweep: true }) }),
    });
    expect(fn?.Properties.Timeout).toBeLessThan(75);
    template.hasResourceProperties('AWS::SQS::Queue', { QueueName: 'Tributary-deliver', VisibilityTimeout: 360 });
  });

  it('rings when it fails, when a subscriber is given up, when messages die', () => {
    const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(({ Properties }) => Properties);
    expect(alarms.map(({ MetricName }) => MetricName).sort()).toEqual([
      'ApproximateAgeOfOldestMessage',
      'ApproximateNumberOfMessagesVisible',
      'Errors',
      'deliveryDied',
      'subscriberGaveUp',
    ]);
    for (const [metric, event] of [
      ['deliveryDied', 'message'],
      ['subscriberGaveUp', 'subscriber'],
    ]) {
      const alarm = alarms.find(({ MetricName }) => MetricName === metric);
      expect(alarm).toMatchObject({ Namespace: 'Tributary', Threshold: 0, Statistic: 'Sum' });
      expect(alarm?.Dimensions).toEqual(
        expect.arrayContaining([
          { Name: 'service', Value: 'deliver' },
          { Name: 'event', Value: event },
        ]),
      );
    }
  });
});

describe('others', () => {
  it('who tell of events may put them into lanes, and no more', () => {
    expect(policyOf(fanOutPermissions(stores))).toEqual([
      `dynamodb:PutItem Engagement ${DEAD_LETTERS}`,
      `dynamodb:PutItem Operations ${LANES}`,
      'dynamodb:Query Engagement subscriber',
      'sqs:SendMessage DeliverStageQueue',
    ]);
  });

  it('who manage subscribers may change them, their messages and secrets', () => {
    expect(policyOf(managePermissions({ ...stores, signingSecrets }))).toEqual(
      [
        ...['DeleteItem', 'GetItem', 'PutItem', 'Query'].flatMap((it) => [
          `dynamodb:${it} Operations lane, ${LANES}`,
          `dynamodb:${it} Engagement subscriber, ${DEAD_LETTERS}`,
        ]),
        `dynamodb:Query Operations/index/due ${LANES}`,
        'sqs:SendMessage DeliverStageQueue',
        ...['DeleteParameter', 'GetParameter', 'PutParameter'].map(
          (it) => `ssm:${it} parameter/tributary/Tributary/subscribers/*`,
        ),
      ].sort(),
    );
  });
});

it('cdk-nag finds nothing in the stage that was not meant', () => {
  const { app, stack: nagged, stores: given, signingSecrets: parameters } = open();
  new ManagedPolicy(nagged, 'Careless', { statements: managePermissions({ ...given, signingSecrets: parameters }) });
  const findings: string[] = [];
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  // It throws, as the bucket and the tables here are not as the product makes them; the report is written all the same.
  expect(() => app.synth()).toThrow();
  const { pluginReports } = JSON.parse(readFileSync(path.join(app.outdir, 'validation-report.json'), 'utf8'));
  for (const { violations } of pluginReports) {
    for (const { ruleName, violatingConstructs } of violations)
      for (const { constructPath } of violatingConstructs) findings.push(`${ruleName} ${constructPath}`);
  }
  expect(findings.filter((finding) => finding.includes('Careless'))).not.toEqual([]); // it does look
  expect(findings.filter((finding) => finding.includes('DeliverStage'))).toEqual([]);
});

it('its bundle loads, and has a handler', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'bundle-deliver-'));
  try {
    cpSync(bundle('deliver'), folder, { recursive: true });
    const script = `import(${JSON.stringify(path.join(folder, 'index.mjs'))}).then((m) => console.log(typeof m.handler))`;
    const env = {
      PATH: process.env.PATH,
      AWS_REGION: 'us-east-1',
      OPERATIONS_TABLE: 'operations',
      ENGAGEMENT_TABLE: 'engagement',
      DELIVER_QUEUE_URL: 'https://sqs/deliver',
      SIGNING_SECRETS_PREFIX: '/tributary/subscribers',
      WEBHOOK_HOSTS: '',
    };
    const run = (hosts: string) =>
      execFileSync(process.execPath, ['-e', script], {
        env: { ...env, WEBHOOK_HOSTS: hosts },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    expect(run('')).toContain('function');
    expect(run('localhost:8080')).toContain('function');
    expect(() => run('http://localhost')).toThrow();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
