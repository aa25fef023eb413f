/** What is promised of the stages of behaviour, by themselves: who may do what, who may post where, what rings, what it weighs. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it, test } from 'vitest';
import { BehaviourConfig } from '../../functions/behaviour/config.ts';
import { CollectConfig } from '../../functions/collect/config.ts';
import { BehaviourStage } from '../../infra/behaviour-stage.ts';
import { CollectStage, sourcePermissions } from '../../infra/collect-stage.ts';
import { createAlarms } from '../../infra/defaults/alarms.ts';
import { bundle } from '../../infra/defaults/bundle.ts';
import { createHttpStage } from '../../infra/defaults/http-stage.ts';
import { identityKeysOf } from '../../infra/identity-keys.ts';
import { serverKeysOf } from '../../infra/secret-parameters.ts';
import { readSettings } from '../../infra/settings.ts';
import { COLLECT_PATHS } from '../../shared/behaviour/paths.ts';
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
  const alarms = createAlarms(stack, settings);
  const lake = new Bucket(stack, 'Lake');
  const behaviour = new BehaviourStage(stack, 'BehaviourStage', {
    settings,
    alarms,
    lake,
    engagement,
    operations,
    identityKeys: identityKeysOf(stack),
    profiles: new Queue(stack, 'ProfilesQueue'),
  });
  const api = new HttpApi(stack, 'Api', { createDefaultStage: false });
  const serverKeys = serverKeysOf(stack);
  new CollectStage(stack, 'CollectStage', {
    settings,
    alarms,
    lake,
    operations,
    serverKeys,
    behaviour: behaviour.queue.queue,
    api,
    stage: createHttpStage(stack, { httpApi: api, settings, throttle: { rateLimit: 50, burstLimit: 100 } }),
  });
  return { app, stack, operations, serverKeys };
}

const { stack, operations, serverKeys } = open();
const template = Template.fromStack(stack);
const propertiesOf = (type: string) => Object.values(template.findResources(type)).map(({ Properties }) => Properties);

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: { readonly 'ForAllValues:StringLike'?: { readonly 'dynamodb:LeadingKeys'?: string | string[] } };
}

/** `dynamodb:PutItem Engagement visitor#*`: an action, on what, and of which keys. */
function linesOf(statements: readonly Statement[]): string[] {
  const lines = statements.flatMap(({ Action, Resource, Condition }) => {
    const keys = [Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'] ?? []].flat().join(', ');
    return [Action]
      .flat()
      .flatMap((action) => [Resource].flat().map((resource) => `${action} ${nameOf(resource)} ${keys}`.trim()));
  });
  return lines.filter((line) => !/^(logs|xray):/.test(line)).sort();
}

function nameOf(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const { 'Fn::GetAtt': att, 'Fn::Join': join } = Object(resource) as {
    readonly 'Fn::GetAtt'?: string[];
    readonly 'Fn::Join'?: [string, unknown[]];
  };
  if (att) return String(att[0]).replace(/[0-9A-F]{8}$/, '');
  const parts = (join?.[1] ?? []).filter((part) => typeof part === 'string' || 'Fn::GetAtt' in Object(part));
  return parts
    .map(nameOf)
    .join('')
    .replace(/^arn:.*:parameter/, 'parameter');
}

const permissionsOf = (role: string) =>
  linesOf(
    Object.values(template.findResources('AWS::IAM::Policy'))
      .filter(({ Properties }) => JSON.stringify(Properties.Roles).includes(role))
      .flatMap(({ Properties }): Statement[] => Properties.PolicyDocument.Statement),
  );

describe('permissions', () => {
  it('collect may read sources and their keys, and send', () => {
    expect(permissionsOf('CollectStageRole')).toEqual([
      'dynamodb:Query Operations source',
      'sqs:SendMessage BehaviourStageQueue',
      'ssm:GetParameter parameter/tributary/Tributary/sources/*',
    ]);
  });

  it('behaviour may keep visitors and rows, and send', () => {
    expect(permissionsOf('BehaviourStageRole')).toEqual(
      [
        'dynamodb:GetItem Engagement visitor#*',
        'dynamodb:PutItem Engagement visitor#*',
        'dynamodb:PutItem Engagement visitors#*',
        // Carts, into the lanes of campaigns.
        'dynamodb:GetItem Operations lane#push/*',
        'dynamodb:PutItem Operations lane#push/*',
        'dynamodb:Query Engagement campaigns',
        's3:PutObject Lake/events/*',
        'sqs:DeleteMessage BehaviourStageQueue',
        'sqs:GetQueueAttributes BehaviourStageQueue',
        'sqs:ReceiveMessage BehaviourStageQueue',
        'sqs:SendMessage ProfilesQueue',
        'ssm:GetParameter parameter/tributary/Tributary/identity/keys',
        'ssm:PutParameter parameter/tributary/Tributary/identity/keys',
      ].sort(),
    );
  });

  it('who manage sources may change them and their keys', () => {
    expect(linesOf(sourcePermissions({ operations, serverKeys }).map((one) => stack.resolve(one.toJSON())))).toEqual(
      [
        ...['DeleteItem', 'GetItem', 'PutItem', 'Query'].map((it) => `dynamodb:${it} Operations source`),
        ...['DeleteParameter', 'GetParameter', 'PutParameter'].map(
          (it) => `ssm:${it} parameter/tributary/Tributary/sources/*`,
        ),
      ].sort(),
    );
  });
});

describe('routes', () => {
  const paths = Object.keys(COLLECT_PATHS);
  it('are those of SDKs, asked for without a token, and for browsers as well', () => {
    const routes = propertiesOf('AWS::ApiGatewayV2::Route');
    expect(routes.map(({ RouteKey }) => RouteKey).sort()).toEqual(
      paths.flatMap((at) => [`POST ${at}`, `OPTIONS ${at}`]).sort(),
    );
    expect(new Set(routes.map(({ AuthorizationType }) => AuthorizationType))).toEqual(new Set(['NONE']));
  });

  it('have limits of their own, and are there before them', () => {
    const limited = Template.fromStack(
      open({ 'tributary:collectThrottleRate': '7', 'tributary:collectThrottleBurst': '9' }).stack,
    );
    const [stage] = Object.values(limited.findResources('AWS::ApiGatewayV2::Stage'));
    expect(stage?.Properties.DefaultRouteSettings).toEqual({ ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 });
    expect(stage?.Properties.RouteSettings).toEqual(
      Object.fromEntries(paths.map((at) => [`POST ${at}`, { ThrottlingRateLimit: 7, ThrottlingBurstLimit: 9 }])),
    );
    expect(stage?.DependsOn).toHaveLength(2 * paths.length);
  });
});

it('events are forgotten after 400 days, for good', () => {
  const [bucket] = propertiesOf('AWS::S3::Bucket');
  expect(bucket?.LifecycleConfiguration.Rules).toContainEqual(
    expect.objectContaining({
      Prefix: 'events/',
      ExpirationInDays: 400,
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
      Status: 'Enabled',
    }),
  );
});

it('rings where requests are not stored, where a function fails, where events wait or are given up', () => {
  const metrics = propertiesOf('AWS::CloudWatch::Alarm').map(({ MetricName }) => MetricName);
  expect(metrics.sort()).toEqual([
    'ApproximateAgeOfOldestMessage',
    'ApproximateNumberOfMessagesVisible',
    'Errors',
    'Errors',
    'collectDeferred',
  ]);
});

it('cdk-nag finds nothing in the stages that was not meant', () => {
  const { app, stack: nagged, ...given } = open();
  new ManagedPolicy(nagged, 'Careless', { statements: sourcePermissions(given) });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  // It throws, as the bucket, tables and queue here are not as the product makes them; the report is written all the same.
  expect(() => app.synth()).toThrow();
  const { pluginReports } = JSON.parse(readFileSync(path.join(app.outdir, 'validation-report.json'), 'utf8')) as {
    readonly pluginReports: readonly {
      readonly violations: readonly {
        readonly ruleName: string;
        readonly violatingConstructs: readonly { readonly constructPath: string }[];
      }[];
    }[];
  };
  const findings = pluginReports.flatMap(({ violations }) =>
    violations.flatMap(({ ruleName, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => `${ruleName} ${constructPath}`),
    ),
  );
  expect(findings.filter((finding) => finding.includes('Careless'))).not.toEqual([]); // it does look
  expect(findings.filter((finding) => /(Collect|Behaviour)Stage/.test(finding))).toEqual([]);
});

describe.each([
  ['collect', CollectConfig, 460],
  ['behaviour', BehaviourConfig, 1_250],
] as const)('the bundle of %s', (name, config, mostKilobytes) => {
  const folder = mkdtempSync(path.join(tmpdir(), `bundle-${name}-`));
  cpSync(bundle(name), folder, { recursive: true });

  it('gets the environment that it reads, and no more; loads, and has a handler', () => {
    const environment = Object.fromEntries(Object.keys(config.shape).map((key) => [key, '/x']));
    const variables = propertiesOf('AWS::Lambda::Function').map(({ Environment }) =>
      Object.keys(Environment.Variables).sort(),
    );
    expect(variables).toContainEqual(Object.keys(config.shape).sort());
    const script = `import(${JSON.stringify(path.join(folder, 'index.mjs'))}).then((m) => console.log(typeof m.handler))`;
    const env = { PATH: process.env.PATH, AWS_REGION: 'us-east-1', ...environment };
    expect(execFileSync(process.execPath, ['-e', script], { env, encoding: 'utf8' })).toContain('function');
  });

  test(`weighs at most ${mostKilobytes} KB`, () => {
    const bytes = readdirSync(folder).reduce((sum, file) => sum + readFileSync(path.join(folder, file)).byteLength, 0);
    rmSync(folder, { recursive: true });
    expect(bytes / 1024).toBeLessThan(mostKilobytes);
  });
});
