/** The HTTP API that platforms reach. What was sent is in the lake; who a stranger was is not ours to keep. */
import { Duration } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledge } from './defaults/acknowledge.ts';
import type { Alarms } from './defaults/alarms.ts';
import { createHttpStage } from './defaults/http-stage.ts';
import type { Settings } from './settings.ts';

export interface EdgeProps {
  readonly settings: Settings;
  readonly alarms: Alarms;
  readonly ingest: IFunction;
}

export class Edge extends Construct {
  readonly api: HttpApi;

  constructor(scope: Construct, id: string, { settings, alarms, ingest }: EdgeProps) {
    super(scope, id);
    this.api = new HttpApi(this, 'Api', { createDefaultStage: false });
    const routes = this.api.addRoutes({
      path: '/webhooks/{channel}/{connection}',
      // ANY, so that a wrong method gets our explanation, and a platform's GET handshake comes through.
      methods: [HttpMethod.ANY],
      integration: new HttpLambdaIntegration('Ingest', ingest),
    });
    createHttpStage(this, {
      httpApi: this.api,
      settings,
      throttle: { rateLimit: settings.throttleRate, burstLimit: settings.throttleBurst },
    });
    for (const route of routes) {
      acknowledge(route, {
        'AwsSolutions-APIG4':
          'Platforms prove themselves by a signature over the raw body, each in its own way: the function checks it before anything else.',
      });
    }
    alarms.ring(this, 'ServerErrors', {
      metric: this.api.metricServerError({ statistic: 'Sum', period: Duration.minutes(5) }),
      above: 0,
      description:
        'The API answered 5xx: webhooks were not acknowledged. See the logs of ingest; platforms send again.',
    });
  }
}
