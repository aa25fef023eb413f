/**
 * Previews, asked of the function that has the snapshot.
 * # | question                     | function | key                 | read
 * 1 | what a segment would be like | preview  | Lambda, by its name | as of the snapshot
 * Asked by: 1 api.
 */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { common } from '../runtime/clients.ts';
import { Defect } from '../runtime/errors.ts';
import { Busy, NoSnapshot, type Previewer } from './preview.ts';
import { PreviewReply } from './reply.ts';

/** A first question waits until the snapshot has come, and counting takes 20 seconds at most (see answer.ts); an API's answer may take half a minute. */
const PATIENCE_MS = 26_000;

/** Asks once: whoever waits would rather ask again than wait for twice as long. */
export const previewClient = (): LambdaClient =>
  new LambdaClient({
    ...common,
    maxAttempts: 1,
    requestHandler: { ...common.requestHandler, requestTimeout: PATIENCE_MS, throwOnRequestTimeout: true },
  });

export function lambdaPreviewer({
  client,
  functionName,
}: {
  readonly client: LambdaClient;
  readonly functionName: string;
}): Previewer {
  return {
    async preview(question) {
      const payload = await invoke(JSON.stringify(question), client, functionName);
      const reply = PreviewReply.safeParse(payload);
      if (!reply.success)
        throw new Defect('preview_unreadable', 'The preview function answered in no form that is known.');
      switch (reply.data.kind) {
        case 'preview':
          return reply.data.preview;
        case 'no_snapshot':
          throw new NoSnapshot('No snapshot of all profiles was taken yet.');
        case 'took_too_long':
          throw new Busy('Counting took too long. Ask again in a moment, or of less.');
        case 'question_invalid':
          throw new Defect('preview_question_invalid', 'The preview function could not read the question.');
      }
    },
  };
}

async function invoke(question: string, client: LambdaClient, functionName: string): Promise<unknown> {
  try {
    const { Payload, FunctionError } = await client.send(
      new InvokeCommand({ FunctionName: functionName, Payload: question }),
    );
    if (FunctionError !== undefined)
      throw new Defect('preview_failed', `The preview function failed (${FunctionError}). See its log.`);
    return JSON.parse(Buffer.from(Payload ?? []).toString('utf8') || 'null');
  } catch (error) {
    if (error instanceof Error && error.name === 'TooManyRequestsException')
      throw new Busy('Too many previews are being counted. Ask again in a moment.', { cause: error });
    if (error instanceof Error && error.name === 'TimeoutError')
      throw new Busy('The snapshot is still being fetched. Ask again in a moment.', { cause: error });
    throw error;
  }
}
