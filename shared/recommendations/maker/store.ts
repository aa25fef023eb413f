/**
 * Runs of the function that makes recommendations.
 * # | question      | function | key                 | read
 * 1 | begin one now | begin    | Lambda, by its name | -
 * Asked by: 1 api.
 */
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { RecommendationManagement } from '../manage.ts';

export const lambdaMaker =
  ({
    client,
    functionName,
  }: {
    readonly client: LambdaClient;
    readonly functionName: string;
  }): RecommendationManagement['begin'] =>
  async (full) => {
    const Payload = JSON.stringify({ full });
    await client.send(new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event', Payload }));
  };
