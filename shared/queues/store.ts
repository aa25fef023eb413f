/** Queues on SQS. */
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Queue } from './queue.ts';

export function sqsQueue<Message>({
  client,
  url,
}: {
  readonly client: SQSClient;
  readonly url: string;
}): Queue<Message> {
  return {
    async send(message, { delaySeconds } = {}) {
      await client.send(
        new SendMessageCommand({
          QueueUrl: url,
          MessageBody: JSON.stringify(message),
          ...(delaySeconds !== undefined && { DelaySeconds: delaySeconds }),
        }),
      );
    },
  };
}
