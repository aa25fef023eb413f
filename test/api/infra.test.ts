/** What is promised of the API's stage: who gets in, what its function may do, what it weighs. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ApiConfig } from '../../functions/api/config.ts';
import { bundle } from '../../infra/defaults/bundle.ts';
import { readSettings } from '../../infra/settings.ts';
import { TributaryStack } from '../../infra/tributary-stack.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { COLLECT_PATHS } from '../../shared/behaviour/paths.ts';
import { createApp, functions, type Synthesized, synthesize, target } from '../infra/template.ts';

const OPEN = {
  'tributary:apiIssuer': 'https://issuer.example/',
  'tributary:apiAudience': 'tributary,console',
  'tributary:apiCorsOrigins': 'https://console.example',
  'tributary:apiThrottleRate': '20',
};
const open = synthesize(OPEN);
const closed = synthesize();

const outputOf = ({ outputs }: Synthesized, name: string) => (outputs[name] as { Value: unknown }).Value;

describe('without an issuer', () => {
  it('there is no API, and the outputs say so', () => {
    expect(functions(closed).has('api')).toBe(false);
    expect(closed.ofType('AWS::ApiGatewayV2::Authorizer')).toEqual([]);
    for (const name of ['ApiUrl', 'RestApiId', 'ApiLogGroup', 'BehaviourQueueUrl', 'CollectLogGroup'])
      expect(outputOf(closed, name)).toBe('none');
  });
});

describe('with one', () => {
  const apis = open.ofType('AWS::ApiGatewayV2::Api').filter(({ id }) => id.startsWith('ApiStage'));
  const routes = open
    .ofType('AWS::ApiGatewayV2::Route')
    .filter(({ Properties }) => target(Properties.ApiId) === apis[0]?.id);

  it('the API is one of its own, which outputs name', () => {
    expect(apis).toHaveLength(1);
    expect(target(outputOf(open, 'RestApiId'))).toBe(apis[0]?.id);
    expect(target(outputOf(open, 'ApiUrl'))).toBe(apis[0]?.id);
    expect(open.ofType('AWS::ApiGatewayV2::Api')).toHaveLength(2);
  });

  it('tokens are proven by the gateway, by issuer and audience', () => {
    const [authorizer] = open.ofType('AWS::ApiGatewayV2::Authorizer');
    expect(authorizer?.Properties).toMatchObject({
      AuthorizerType: 'JWT',
      IdentitySource: ['$request.header.Authorization'],
      JwtConfiguration: { Issuer: 'https://issuer.example/', Audience: ['tributary', 'console'] },
    });
  });

  it('what needs a role is behind it, what does not is not', () => {
    const anyone = Object.values(ROUTES).filter(({ role }) => role === 'anyone');
    const withoutToken = routes.filter(({ Properties }) => Properties.AuthorizationType !== 'JWT');
    expect(withoutToken.map(({ Properties }) => Properties.RouteKey).sort()).toEqual(
      [
        ...anyone.map(({ path: at }) => `GET ${at}`),
        // By write keys: see infra/collect-stage.ts.
        ...Object.keys(COLLECT_PATHS).flatMap((at) => [`POST ${at}`, `OPTIONS ${at}`]),
      ].sort(),
    );
    const proven = routes.filter(({ Properties }) => Properties.AuthorizationType === 'JWT');
    expect(proven.map(({ Properties }) => Properties.RouteKey).sort()).toEqual(
      ['DELETE', 'GET', 'HEAD', 'PATCH', 'POST', 'PUT'].map((method) => `${method} /v1/{proxy+}`),
    );
    for (const { path: at, role } of Object.values(ROUTES)) if (role !== 'anyone') expect(at).toMatch(/^\/v1\//);
  });

  it('pages of the origins that are named may call it, and no others', () => {
    expect(apis[0]?.Properties.CorsConfiguration).toMatchObject({
      AllowOrigins: ['https://console.example'],
      AllowHeaders: ['authorization', 'content-type', 'idempotency-key', 'if-match'],
      ExposeHeaders: ['etag', 'idempotency-replayed', 'retry-after', 'x-request-id'],
    });
  });

  it('it is throttled, and logs requests without who made them', () => {
    const stage = open
      .ofType('AWS::ApiGatewayV2::Stage')
      .find(({ Properties }) => target(Properties.ApiId) === apis[0]?.id);
    expect(stage?.Properties.DefaultRouteSettings).toEqual({ ThrottlingRateLimit: 20, ThrottlingBurstLimit: 100 });
    const { Format } = (stage?.Properties.AccessLogSettings ?? {}) as { Format: string };
    expect(JSON.parse(Format)).toMatchObject({ route: '$context.routeKey', status: '$context.status' });
    expect(Format).not.toMatch(/sourceIp|userAgent|path|claims/);
  });

  it('its errors ring', () => {
    const metrics = open
      .ofType('AWS::CloudWatch::Alarm')
      .filter(({ id }) => id.startsWith('ApiStage'))
      .map(({ Properties }) => Properties.MetricName);
    expect(metrics.sort()).toEqual(['5xx', 'Errors']);
  });

  it('its function gets the environment that it reads, and no more', () => {
    const environment = (functions(open).get('api')?.Properties.Environment ?? {}) as { Variables: object };
    expect(Object.keys(environment.Variables).sort()).toEqual(Object.keys(ApiConfig.shape).sort());
  });

  it('cdk-nag finds nothing that was not meant, and without origins there is no CORS', () => {
    const app = createApp();
    const settings = readSettings({ ...OPEN, 'tributary:apiCorsOrigins': '' }, {});
    const stack = new TributaryStack(app, settings.stack, settings);
    for (const { Properties } of Object.values(Template.fromStack(stack).findResources('AWS::ApiGatewayV2::Api')))
      expect(Properties).not.toHaveProperty('CorsConfiguration');
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    const { directory } = app.synth();
    const Report = z.object({
      pluginReports: z.array(z.object({ violations: z.array(z.object({ ruleName: z.string() })) })),
    });
    const report = Report.parse(JSON.parse(readFileSync(path.join(directory, 'validation-report.json'), 'utf8')));
    expect(report.pluginReports.flatMap(({ violations }) => violations)).toEqual([]);
  });
});

describe('its function', () => {
  interface Statement {
    readonly Action: string | string[];
    readonly Resource: unknown;
    readonly Condition?: { readonly 'ForAllValues:StringLike'?: { readonly 'dynamodb:LeadingKeys'?: string[] } };
  }
  const list = <Item>(value: Item | Item[]): Item[] => (Array.isArray(value) ? value : [value]);
  const described = (resource: unknown): string => {
    const id = target(resource);
    if (id) return id.replace(/[0-9A-F]{8}$/, '');
    if (typeof resource === 'string') return resource;
    const [, parts] = (resource as { 'Fn::Join': [string, unknown[]] })['Fn::Join'];
    const text = parts.map((part) => (typeof part === 'string' ? part : described(part))).join('');
    return text.replace(/^arn:.*:parameter/, 'parameter');
  };
  const role = target(functions(open).get('api')?.Properties.Role);
  const lines = open
    .ofType('AWS::IAM::Policy')
    .filter(({ Properties }) => (Properties.Roles as unknown[]).some((one) => target(one) === role))
    .flatMap(({ Properties }) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement)
    .flatMap(({ Action, Resource, Condition }) =>
      list(Action).flatMap((action) => {
        const keys = Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'];
        const of = keys ? ` of ${list(keys).join(', ')}` : '';
        return list(Resource).map((resource) => `${action} ${described(resource)}${of}`);
      }),
    );

  it('changes what the routes change, and nothing else', () => {
    const writes = lines.filter((line) =>
      /PutItem|UpdateItem|DeleteItem|PutObject|SendMessage|PutParameter|DeleteP/.test(line),
    );
    expect(writes.sort()).toEqual(
      [
        'dynamodb:DeleteItem TablesEngagement of export-schedules',
        'dynamodb:DeleteItem TablesEngagement of idempotency#*',
        'dynamodb:DeleteItem TablesEngagement of products#*, stock#*, listing#*',
        'dynamodb:DeleteItem TablesEngagement of push-provider, device#*, devices#*, suppressed#*',
        'dynamodb:DeleteItem TablesEngagement of subscriber, dead-letter#*',
        'dynamodb:DeleteItem TablesOperations of lane, lane#deliver/*',
        'dynamodb:DeleteItem TablesOperations of source',
        'dynamodb:PutItem TablesCustomers of persona#*',
        'dynamodb:PutItem TablesEngagement of audit#*',
        'dynamodb:PutItem TablesEngagement of campaigns, campaign-versions#*, push-policy, push-provider, device#*, devices#*, visitor-consents#*, suppressed#*, campaign-tests#*',
        'dynamodb:PutItem TablesEngagement of recommendations',
        'dynamodb:PutItem TablesEngagement of export-schedules',
        'dynamodb:PutItem TablesEngagement of exports#*',
        'dynamodb:PutItem TablesEngagement of idempotency#*',
        'dynamodb:PutItem TablesEngagement of products#*, stock#*, listing#*',
        'dynamodb:PutItem TablesEngagement of segments, segment-versions#*',
        'dynamodb:PutItem TablesEngagement of subscriber, dead-letter#*',
        'dynamodb:PutItem TablesOperations of lane, lane#deliver/*',
        'dynamodb:PutItem TablesOperations of source',
        'dynamodb:PutItem TablesOperations of tier-policy',
        'dynamodb:UpdateItem TablesEngagement of idempotency#*',
        'dynamodb:UpdateItem TablesEngagement of push-budget#*',
        'dynamodb:UpdateItem TablesEngagement of products#*, stock#*, listing#*',
        'sqs:SendMessage DeliverStageQueue',
        'sqs:SendMessage ExportsStageQueue',
        'sqs:SendMessage ProfilesStageQueue',
        'sqs:SendMessage PushStageQueue',
        'ssm:DeleteParameter parameter/tributary/Tributary/sources/*',
        'ssm:DeleteParameter parameter/tributary/Tributary/push/*',
        'ssm:PutParameter parameter/tributary/Tributary/push/*',
        'ssm:DeleteParameter parameter/tributary/Tributary/subscribers/*',
        'ssm:PutParameter parameter/tributary/Tributary/identity/keys',
        'ssm:PutParameter parameter/tributary/Tributary/sources/*',
        'ssm:PutParameter parameter/tributary/Tributary/subscribers/*',
      ].sort(),
    );
  });

  it('reads no secret of a connection, and no raw webhook', () => {
    expect(lines.filter((line) => line.includes('/connections/') || line.includes('/raw/'))).toEqual([]);
  });

  const folder = mkdtempSync(path.join(tmpdir(), 'bundle-api-'));
  cpSync(bundle('api'), folder, { recursive: true });

  it('loads as Lambda does it, and has a handler', () => {
    const environment = Object.fromEntries(Object.keys(ApiConfig.shape).map((name) => [name, '/x']));
    const script = `import(${JSON.stringify(path.join(folder, 'index.mjs'))}).then((m) => console.log(typeof m.handler))`;
    const env = {
      PATH: process.env.PATH,
      AWS_REGION: 'us-east-1',
      ...environment,
      REPORTING_CURRENCY: 'CNY',
      WEBHOOK_HOSTS: '',
    };
    expect(execFileSync(process.execPath, ['-e', script], { env, encoding: 'utf8' })).toContain('function');
  });

  it('weighs at most 1.2 MB at its start, and brings neither the OpenAPI builder nor the database of exports', () => {
    const read = (file: string) => readFileSync(path.join(folder, file), 'utf8');
    const seen = new Set<string>();
    const visit = (file: string): number => {
      if (seen.has(file)) return 0;
      seen.add(file);
      const text = read(file);
      const imported = [...text.matchAll(/(?:from|import)"\.\/([^"]+\.mjs)"/g)].flatMap(([, name]) => name ?? []);
      return Buffer.byteLength(text) + imported.reduce((sum, name) => sum + visit(name), 0);
    };
    expect(visit('index.mjs') / 1024).toBeLessThan(1.2 * 1024);
    const all = readdirSync(folder).map(read).join('');
    // Not toContain: what it prints where it fails is a megabyte.
    expect(['zod-openapi', 'duckdb'].filter((name) => all.includes(name))).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});
