/**
 * AWS clients. Region, credentials and, for an emulator, the endpoint come from the environment; nothing here knows
 * which it is. Timeouts are short: a call that hangs is worth less than a retry.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

export const common = { maxAttempts: 3, requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000 } };

export const dynamoClient = (): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(new DynamoDBClient(common), { marshallOptions: { removeUndefinedValues: true } });

// The URL names the queue; where to reach it is the endpoint's business.
export const sqsClient = (): SQSClient => new SQSClient({ ...common, useQueueUrlAsEndpoint: false });

export const ssmClient = (): SSMClient => new SSMClient(common);
