/** One line of a function's permissions. The grant methods of CDK allow more than these functions ask for. */
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

export const allow = (actions: readonly string[], ...resources: readonly string[]): PolicyStatement =>
  new PolicyStatement({ actions: [...actions], resources: [...resources] });

/** What Lambda itself calls, with the function's role, to read a queue. */
export const consume = (queueArn: string): PolicyStatement =>
  allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], queueArn);
