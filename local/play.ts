/** Plays planned deliveries against a deployment, as impatient platforms do: many at once, again if not answered well. */
import { setTimeout as sleep } from 'node:timers/promises';
import pMap from 'p-map';
import type { PlannedDelivery } from '../demo/day.ts';

/** Sends a request and gives the status of the answer. */
export type Post = (delivery: PlannedDelivery) => Promise<number>;

export interface Played {
  readonly sent: number;
  readonly acknowledged: number;
  readonly refused: number;
  readonly byConnection: ReadonlyMap<string, { acknowledged: number; refused: number }>;
  /** Sends that had to be repeated. */
  readonly retried: number;
}

const RETRIES = 8;

export async function play(
  deliveries: readonly PlannedDelivery[],
  {
    post,
    atOnce,
    onProgress,
  }: { readonly post: Post; readonly atOnce: number; readonly onProgress: (sent: number) => void },
): Promise<Played> {
  let [retried, sent] = [0, 0];
  const byConnection = new Map<string, { acknowledged: number; refused: number }>();
  for (const { connection } of deliveries) byConnection.set(connection, { acknowledged: 0, refused: 0 });
  await pMap(
    deliveries,
    async (delivery) => {
      const counts = byConnection.get(delivery.connection) ?? { acknowledged: 0, refused: 0 };
      for (let attempt = 0; ; attempt++) {
        const status = await post(delivery).catch(() => 0);
        if (status >= 200 && status < 300) counts.acknowledged++;
        else if (status >= 400 && status < 500) counts.refused++;
        else if (attempt < RETRIES) {
          retried++;
          await sleep(100 * 2 ** attempt);
          continue;
        } else throw new Error(`A delivery was not taken after ${RETRIES} retries (last status ${status || 'none'}).`);
        break;
      }
      onProgress(++sent);
    },
    { concurrency: atOnce },
  );
  const all = [...byConnection.values()];
  return {
    sent,
    acknowledged: all.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
    refused: all.reduce((sum, { refused }) => sum + refused, 0),
    byConnection,
    retried,
  };
}

export const postOverHttp =
  (webhookUrl: string): Post =>
  async ({ channel, connection, request }) => {
    const url = `${webhookUrl}/webhooks/${channel}/${connection}${request.query && `?${request.query}`}`;
    // The copy: fetch wants bytes that own their buffer.
    const answer = await fetch(url, {
      method: request.method,
      headers: request.headers,
      body: Uint8Array.from(request.body),
    });
    await answer.arrayBuffer();
    return answer.status;
  };
