/** One line of a function's permissions. The grant methods of CDK allow more than these functions ask for. */
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

export const allow = (actions: readonly string[], ...resources: readonly string[]): PolicyStatement =>
  new PolicyStatement({ actions: [...actions], resources: [...resources] });

/** What Lambda itself calls, with the function's role, to read a queue. */
export const consume = (queueArn: string): PolicyStatement =>
  allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], queueArn);

/** Of items of a table, or of an index of it, whose partition keys are like these. */
export const ofItems = (keys: readonly string[], actions: readonly string[], resource: string): PolicyStatement =>
  new PolicyStatement({
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [resource],
    conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [...keys] } },
  });
