/** Alarms on single metrics, and where they go. Composite alarms and metric math would say no more, and cost more. */
import { Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { Settings } from '../settings.ts';

interface AlarmProps {
  readonly metric: IMetric;
  readonly above: number;
  /** Of the metric's periods in a row; 1 unless said. */
  readonly periods?: number;
  /** Rings also where nothing was measured in all that time: of what each success measures. */
  readonly silenceRings?: boolean;
  /** What happened and what to do, for whoever is woken. */
  readonly description: string;
}

export interface Alarms {
  ring(scope: Construct, id: string, props: AlarmProps): void;
}

export function createAlarms(scope: Construct, settings: Settings): Alarms {
  const topic = alarmTopic(scope, settings);
  return {
    ring(within, id, { metric, above, periods = 1, silenceRings = false, description }) {
      const alarm = new Alarm(within, `${id}Alarm`, {
        metric,
        threshold: above,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluationPeriods: periods,
        alarmDescription: description,
        // No requests and no messages mean no data, and mostly are no trouble.
        treatMissingData: silenceRings ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
      });
      if (topic) alarm.addAlarmAction(new SnsAction(topic));
    },
  };
}

function alarmTopic(scope: Construct, { alarmEmail, alarmTopicArn }: Settings): ITopic | undefined {
  if (alarmTopicArn !== undefined) return Topic.fromTopicArn(scope, 'AlarmTopic', alarmTopicArn);
  if (alarmEmail === undefined) return undefined;
  const topic = new Topic(scope, 'AlarmTopic', { enforceSSL: true });
  topic.addSubscription(new EmailSubscription(alarmEmail));
  // Said because enforceSSL brings a policy, which replaces the one that lets the account's alarms publish.
  topic.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  );
  return topic;
}
