/**
 * Browse events of pages, apps and servers → behaviour queue. Its routes are of the HTTP API, where people's programs find them, but
 * no token is asked for there: the function goes by write keys, and the routes have limits of their own.
 */
import { Duration } from 'aws-cdk-lib';
import { type CfnRoute, type CfnStage, type HttpApi, HttpMethod, type HttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type * as z from 'zod';
import type { CollectConfig } from '../functions/collect/config.ts';
import { COLLECT_PATHS } from '../shared/behaviour/paths.ts';
import { METRIC_NAMESPACE, type Metric as MetricName } from '../shared/runtime/telemetry.ts';
import { SOURCES } from '../shared/sources/store.ts';
import { acknowledge } from './defaults/acknowledge.ts';
import type { Alarms } from './defaults/alarms.ts';
import { createFunction } from './defaults/function.ts';
import { allow, ofItems } from './defaults/permissions.ts';
import type { SecretParameters } from './secret-parameters.ts';
import type { Settings } from './settings.ts';

export interface CollectStageProps {
  readonly settings: Settings;
  readonly alarms: Alarms;
  readonly lake: Bucket;
  readonly operations: TableV2;
  readonly serverKeys: SecretParameters;
  /** Of the stage that reads it. */
  readonly behaviour: IQueue;
  /** Of the HTTP API. */
  readonly api: HttpApi;
  readonly stage: HttpStage;
}

export class CollectStage extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: CollectStageProps) {
    super(scope, id);
    const { settings, alarms, lake, operations, serverKeys, behaviour } = props;
    this.function = createFunction(this, settings, {
      name: 'collect',
      // Pages send as they are left, and wait for nothing.
      timeout: Duration.seconds(10),
      memoryMiB: 1024, // for its share of a processor, as ingest's: a cold start is twice as long at 512
      environment: {
        OPERATIONS_TABLE: operations.tableName,
        BEHAVIOUR_QUEUE_URL: behaviour.queueUrl,
        SERVER_KEYS_PREFIX: serverKeys.prefix,
      } satisfies z.input<typeof CollectConfig>,
      permissions: [
        ofItems([SOURCES], ['Query'], operations.tableArn),
        allow(['ssm:GetParameter'], serverKeys.arn),
        allow(['sqs:SendMessage'], behaviour.queueArn),
      ],
      keysOf: { bucket: lake, prefixes: {} },
      wildcards: serverKeys.findings,
    });
    this.addRoutes(props);
    alarms.ring(this, 'Errors', {
      metric: this.function.metricErrors({ period: Duration.minutes(5) }),
      above: 0,
      description: 'Collect threw, timed out or did not start, and answered 500. See its log; SDKs send again.',
    });
    alarms.ring(this, 'Deferred', {
      metric: new Metric({
        namespace: METRIC_NAMESPACE,
        metricName: 'collectDeferred' satisfies MetricName,
        dimensionsMap: { service: 'collect', event: 'request' },
        statistic: 'Sum',
        period: Duration.minutes(5),
      }),
      above: 0,
      description: 'Events could not be queued and were answered 503. See the log of collect; SDKs send them again.',
    });
  }

  private addRoutes({ settings, api, stage }: CollectStageProps): void {
    const integration = new HttpLambdaIntegration('Collect', this.function);
    const routes = Object.keys(COLLECT_PATHS).flatMap((path) =>
      // OPTIONS: pages of any shop ask before they post, unless the gateway answers for the origins of a setting.
      api.addRoutes({ path, methods: [HttpMethod.POST, HttpMethod.OPTIONS], integration }),
    );
    for (const route of routes) {
      acknowledge(route, {
        'AwsSolutions-APIG4':
          'Pages have no secret to prove themselves by: a publishable key says which source they are of, and what they say of people links nothing.',
      });
    }
    const throttled = Object.keys(COLLECT_PATHS).map((path) => [
      `POST ${path}`,
      { ThrottlingRateLimit: settings.collectThrottleRate, ThrottlingBurstLimit: settings.collectThrottleBurst },
    ]);
    // The cast: what the L2 stage makes.
    const cfnStage = stage.node.defaultChild as CfnStage;
    cfnStage.routeSettings = Object.fromEntries(throttled);
    // The gateway refuses limits of a route that is not there yet.
    for (const route of routes) cfnStage.addResourceDependency(route.node.defaultChild as CfnRoute);
  }
}

/** What shared/sources/manage.ts does; whose role has them needs `serverKeys.findings`, too. */
export const sourcePermissions = ({
  operations,
  serverKeys,
}: Pick<CollectStageProps, 'operations' | 'serverKeys'>): PolicyStatement[] => [
  ofItems([SOURCES], ['GetItem', 'PutItem', 'DeleteItem', 'Query'], operations.tableArn),
  allow(['ssm:GetParameter', 'ssm:PutParameter', 'ssm:DeleteParameter'], serverKeys.arn),
];
