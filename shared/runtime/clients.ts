/**
 * AWS clients. Region, credentials and, for an emulator, the endpoint come from the environment; nothing here knows
 * which it is. Timeouts are short: a call that hangs is worth less than a retry.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

const common = { maxAttempts: 3, requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000 } };

export const dynamoClient = (): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(new DynamoDBClient(common), { marshallOptions: { removeUndefinedValues: true } });

// Bucket in the path, not in the host name: works wherever the endpoint is, AWS included.
export const s3Client = (): S3Client => new S3Client({ ...common, forcePathStyle: true });

export const sqsClient = (): SQSClient => new SQSClient(common);

export const ssmClient = (): SSMClient => new SSMClient(common);
