/**
 * The HTTP API for people and their programs, apart from the one that platforms reach. The gateway proves tokens, by the issuer that a
 * setting names; the function decides by the roles in them.
 */
import { Duration } from 'aws-cdk-lib';
import { CorsHttpMethod, HttpApi, HttpMethod, type HttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type * as z from 'zod';
import type { ApiConfig } from '../functions/api/config.ts';
import type { Route } from '../shared/api/route.ts';
import { ROUTES } from '../shared/api/routes.ts';
import { AUDIT_PREFIX, IDEMPOTENCY_PREFIX } from '../shared/api/store.ts';
import { LISTING_PREFIX, PRODUCTS_PREFIX, STOCK_PREFIX } from '../shared/catalogue/store.ts';
import { EXPORTS_PREFIX } from '../shared/exports/export-files.ts';
import { OVERFLOW_PREFIX } from '../shared/orders/store.ts';
import { PERSONA_PREFIX, REVIEW_INDEX } from '../shared/profiles/store.ts';
import { SEGMENTS, VERSIONS_PREFIX } from '../shared/segments/store.ts';
import { POLICIES } from '../shared/tiers/store.ts';
import { proofPermissions } from './attribute-stage.ts';
import { sourcePermissions } from './collect-stage.ts';
import { acknowledge } from './defaults/acknowledge.ts';
import type { Alarms } from './defaults/alarms.ts';
import { createFunction } from './defaults/function.ts';
import { createHttpStage } from './defaults/http-stage.ts';
import { allow, ofItems } from './defaults/permissions.ts';
import { managePermissions } from './deliver-stage.ts';
import { EXPORT_KEYS_REASON, exportPermissions } from './exports-stage.ts';
import type { IdentityKeys } from './identity-keys.ts';
import type { PreviewStage } from './preview-stage.ts';
import { pushManagePermissions } from './push-stage.ts';
import { type RecommendStage, recommenderPermissions } from './recommend-stage.ts';
import type { SecretParameters } from './secret-parameters.ts';
import type { Settings } from './settings.ts';

export interface ApiStageProps {
  readonly settings: Settings;
  /** Whose tokens it takes, and for whom they have to be. */
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly alarms: Alarms;
  readonly lake: Bucket;
  readonly orders: TableV2;
  readonly customers: TableV2;
  readonly engagement: TableV2;
  readonly operations: TableV2;
  readonly identityKeys: IdentityKeys;
  readonly signingSecrets: SecretParameters;
  readonly serverKeys: SecretParameters;
  readonly pushCredentials: SecretParameters;
  /** Of the stages that read them. */
  readonly profiles: IQueue;
  readonly deliver: IQueue;
  readonly exports: IQueue;
  readonly push: IQueue;
  readonly preview: PreviewStage;
  readonly recommend: RecommendStage;
}

/** The gateway waits for half a minute, no longer. */
const TIMEOUT = Duration.seconds(29);

export class ApiStage extends Construct {
  readonly function: LambdaFunction;
  readonly api: HttpApi;
  readonly stage: HttpStage;

  constructor(scope: Construct, id: string, props: ApiStageProps) {
    super(scope, id);
    const { settings, alarms } = props;
    this.function = this.createFunction(props);
    this.api = this.createApi(props);
    this.stage = createHttpStage(this, {
      httpApi: this.api,
      settings,
      throttle: { rateLimit: settings.apiThrottleRate, burstLimit: settings.apiThrottleBurst },
    });
    alarms.ring(this, 'Errors', {
      metric: this.function.metricErrors({ period: Duration.minutes(5) }),
      above: 0,
      description: 'The function of the HTTP API threw, timed out or did not start. See its log.',
    });
    alarms.ring(this, 'ServerErrors', {
      metric: this.api.metricServerError({ statistic: 'Sum', period: Duration.minutes(5) }),
      above: 0,
      description: 'The HTTP API answered 5xx. See the log of its function: each has the id of the request.',
    });
  }

  private createFunction(props: ApiStageProps): LambdaFunction {
    const { settings, lake, orders, customers, engagement, operations, identityKeys, signingSecrets } = props;
    return createFunction(this, settings, {
      name: 'api',
      timeout: TIMEOUT,
      memoryMiB: 1024, // for the share of a processor: people wait for it, and a preview opens what is sealed
      environment: {
        ORDERS_TABLE: orders.tableName,
        CUSTOMERS_TABLE: customers.tableName,
        OPERATIONS_TABLE: operations.tableName,
        ENGAGEMENT_TABLE: engagement.tableName,
        LAKE_BUCKET: lake.bucketName,
        PROFILES_QUEUE_URL: props.profiles.queueUrl,
        DELIVER_QUEUE_URL: props.deliver.queueUrl,
        EXPORTS_QUEUE_URL: props.exports.queueUrl,
        PUSH_QUEUE_URL: props.push.queueUrl,
        RECOMMEND_FUNCTION: props.recommend.function.functionName,
        PREVIEW_FUNCTION: props.preview.function.functionName,
        IDENTITY_KEYS: identityKeys.parameterName,
        SIGNING_SECRETS_PREFIX: signingSecrets.prefix,
        SERVER_KEYS_PREFIX: props.serverKeys.prefix,
        PUSH_CREDENTIALS_PREFIX: props.pushCredentials.prefix,
        BRAND: settings.brand,
        REPORTING_CURRENCY: settings.reportingCurrency,
        ROLES_CLAIM: settings.apiRolesClaim,
        WEBHOOK_HOSTS: settings.webhookHosts,
      } satisfies z.input<typeof ApiConfig>,
      permissions: permissionsOf(props),
      keysOf: {
        bucket: lake,
        prefixes: {
          [OVERFLOW_PREFIX]: 'The names of these objects are made of what is in them.',
          [EXPORTS_PREFIX]: EXPORT_KEYS_REASON,
        },
      },
      wildcards: { ...signingSecrets.findings, ...props.serverKeys.findings, ...props.pushCredentials.findings },
    });
  }

  private createApi({ settings, issuer, audience }: ApiStageProps): HttpApi {
    const { apiCorsOrigins } = settings;
    const api = new HttpApi(this, 'Api', {
      createDefaultStage: false,
      ...(apiCorsOrigins.length > 0 && { corsPreflight: corsOf(apiCorsOrigins) }),
    });
    const integration = new HttpLambdaIntegration('Function', this.function);
    const authorizer = new HttpJwtAuthorizer('Tokens', issuer, { jwtAudience: [...audience] });
    api.addRoutes({ path: '/v1/{proxy+}', methods: METHODS, integration, authorizer });
    for (const { path } of Object.values<Route>(ROUTES).filter(({ role }) => role === 'anyone')) {
      for (const route of api.addRoutes({ path, methods: [HttpMethod.GET], integration })) {
        acknowledge(route, {
          'AwsSolutions-APIG4': 'What the interface and the events look like is the same for everybody, and no secret.',
        });
      }
    }
    return api;
  }
}

/** Not ANY: that takes in OPTIONS, and a browser's preflight bears no token. The function says which of them a path has. */
const METHODS = [HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE, HttpMethod.HEAD];

const corsOf = (origins: readonly string[]) => ({
  allowOrigins: [...origins],
  allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST, CorsHttpMethod.PUT, CorsHttpMethod.DELETE],
  allowHeaders: ['authorization', 'content-type', 'idempotency-key', 'if-match'],
  exposeHeaders: ['etag', 'idempotency-replayed', 'retry-after', 'x-request-id'],
  maxAge: Duration.hours(1),
});

function permissionsOf(props: ApiStageProps): PolicyStatement[] {
  const { lake, orders, customers, engagement, operations, identityKeys, signingSecrets } = props;
  return [
    allow(['dynamodb:GetItem'], orders.tableArn),
    allow(['s3:GetObject'], lake.arnForObjects(`${OVERFLOW_PREFIX}*`)),
    allow(['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'], customers.tableArn),
    ofItems([`${PERSONA_PREFIX}*`], ['PutItem'], customers.tableArn),
    allow(['dynamodb:Query'], `${customers.tableArn}/index/${REVIEW_INDEX}`),
    allow(['dynamodb:GetItem', 'dynamodb:Query'], operations.tableArn),
    ofItems([POLICIES], ['PutItem'], operations.tableArn),
    ofItems([SEGMENTS, `${VERSIONS_PREFIX}*`], ['GetItem', 'PutItem', 'Query'], engagement.tableArn),
    ofItems(
      [`${PRODUCTS_PREFIX}*`, `${STOCK_PREFIX}*`, `${LISTING_PREFIX}*`],
      ['BatchGetItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'],
      engagement.tableArn,
    ),
    ofItems([`${IDEMPOTENCY_PREFIX}*`], ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'], engagement.tableArn),
    ofItems([`${AUDIT_PREFIX}*`], ['PutItem', 'Query'], engagement.tableArn),
    allow(['sqs:SendMessage'], props.profiles.queueArn, props.push.queueArn),
    ...props.preview.permissions,
    // Whoever needs the keys of identity first makes them.
    allow(['ssm:GetParameter', 'ssm:PutParameter'], identityKeys.arn),
    ...managePermissions({ operations, engagement, queue: props.deliver, signingSecrets }),
    ...sourcePermissions(props),
    // Members of segments among them.
    ...pushManagePermissions({ engagement, credentials: props.pushCredentials }),
    ...proofPermissions({ engagement }),
    ...recommenderPermissions({ engagement }),
    ...props.recommend.managePermissions,
    ...exportPermissions({ engagement, lake, queue: props.exports }),
  ];
}
