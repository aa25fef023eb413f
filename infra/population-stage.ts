/** Once a day: customers table → a model of how customers buy, and the numbers of the policy's percentiles, in the operations table. */
import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type * as z from 'zod';
import type { PopulationConfig } from '../functions/population/config.ts';
import { REVIEW_INDEX } from '../shared/profiles/store.ts';
import { METRIC_NAMESPACE, type Metric as MetricName } from '../shared/runtime/telemetry.ts';
import type { Alarms } from './defaults/alarms.ts';
import { createFunction } from './defaults/function.ts';
import { allow } from './defaults/permissions.ts';
import { InvokeFunction } from './defaults/schedule.ts';
import type { IdentityKeys } from './identity-keys.ts';
import type { Settings } from './settings.ts';

export interface PopulationStageProps {
  readonly settings: Settings;
  readonly alarms: Alarms;
  readonly lake: Bucket;
  readonly customers: TableV2;
  readonly operations: TableV2;
  readonly identityKeys: IdentityKeys;
}

const NOT_RENEWED = {
  survey: 'Not even a part of the customers could be read in time. Are reads of the customers table throttled?',
  model: 'A new model of how customers buy knows no values, so the old one stays. Are exchange rates loaded?',
  policy:
    "With the population's numbers the tier policy contradicts itself, so the old numbers stay. Put another policy.",
};

export class PopulationStage extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: PopulationStageProps) {
    super(scope, id);
    const { settings, alarms, lake, customers, operations, identityKeys } = props;
    this.function = createFunction(this, settings, {
      name: 'population',
      timeout: Duration.minutes(15), // the longest there is; what was not read by then is left out
      memoryMiB: 1024, // some 150 bytes a customer; and for the share of a processor, which opens what is sealed
      environment: {
        OPERATIONS_TABLE: operations.tableName,
        CUSTOMERS_TABLE: customers.tableName,
        IDENTITY_KEYS: identityKeys.parameterName,
        REPORTING_CURRENCY: settings.reportingCurrency,
      } satisfies z.input<typeof PopulationConfig>,
      permissions: [
        allow(['dynamodb:Query'], `${customers.tableArn}/index/${REVIEW_INDEX}`),
        allow(['dynamodb:BatchGetItem'], customers.tableArn),
        allow(['dynamodb:Query', 'dynamodb:PutItem'], operations.tableArn),
        allow(['ssm:GetParameter'], identityKeys.arn),
      ],
      keysOf: { bucket: lake, prefixes: {} },
    });
    new Schedule(this, 'Daily', {
      // UTC: the small hours in China, as all profiles may be derived anew after it; and no full hour, when everybody's schedules run.
      schedule: ScheduleExpression.cron({ minute: '17', hour: '19' }),
      target: new InvokeFunction(this, this.function, {
        input: ScheduleTargetInput.fromObject({ force: false }),
        // Lambda itself tries twice more what fails. The next one comes tomorrow.
        retryAttempts: 0,
        maxEventAge: Duration.hours(1),
      }),
      description: 'A model of how customers buy, and the numbers of the percentiles, at most once a week',
    });
    alarms.ring(this, 'Errors', {
      metric: this.function.metricErrors({ period: Duration.minutes(5) }),
      above: 0,
      description:
        'Population threw or timed out. The model and the policy in use stay; it runs again tomorrow. See its log.',
    });
    for (const [event, description] of Object.entries(NOT_RENEWED)) {
      alarms.ring(this, `NotRenewed-${event}`, {
        metric: new Metric({
          namespace: METRIC_NAMESPACE,
          metricName: 'notRenewed' satisfies MetricName,
          dimensionsMap: { service: 'population', event },
          statistic: 'Sum',
          period: Duration.hours(1),
        }),
        above: 0,
        description,
      });
    }
  }
}
