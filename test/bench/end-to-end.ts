/** Webhooks a second through the deployed stack on the emulator, and how old news is when its order is stored. */
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { planDay } from '../../demo/day.ts';
import { createRandom } from '../../demo/random.ts';
import { shopifyStories } from '../../demo/shopify.ts';
import { deploy, localEnvironment } from '../../local/deploy.ts';
import { connectShop, untilIdle } from '../../local/deployed-demo.ts';
import { startEmulator } from '../../local/emulator/emulator.ts';
import { STATE_DIR } from '../../local/endpoints.ts';
import { play, postOverHttp } from '../../local/play.ts';
import { sqsClient } from '../../shared/runtime/clients.ts';
import { percentile, type Row } from './measure.ts';

export async function benchEndToEnd(count: number): Promise<Row[]> {
  const stateDir = `${STATE_DIR}/bench`;
  const emulator = await startEmulator({ stateDir, report: () => undefined });
  try {
    Object.assign(process.env, localEnvironment(emulator.endpoint));
    const deployment = await deploy({ endpoint: emulator.endpoint, stateDir, report: () => undefined });
    const { outputs } = deployment;
    const webhookUrl = `${emulator.endpoint}/_aws/execute-api/${outputs.ApiId}`;
    const random = createRandom(1);
    const shop = { connection: 'bench', secret: 'bench', startMs: Date.parse('2026-11-11T01:00:00Z'), everyMs: 60_000 };
    await connectShop({ deployment, webhookUrl, shop });
    const deliveries = planDay(shopifyStories(random, shop), { random, shop, count });
    const post = postOverHttp(webhookUrl);
    await play(deliveries.slice(0, 40), { post, atOnce: 8, onProgress: () => undefined }); // warm-up
    await untilIdle(sqsClient(), outputs);
    const startedMs = Date.now();
    await play(deliveries.slice(40), { post, atOnce: 8, onProgress: () => undefined });
    const acknowledgedMs = Date.now() - startedMs;
    await untilIdle(sqsClient(), outputs);
    const settledMs = Date.now() - startedMs;
    const freshness = await freshnessSince(outputs.OrdersLogGroup, startedMs);
    const rate = (ms: number) => Math.round(((deliveries.length - 40) / ms) * 1000);
    return [
      { name: 'acknowledged', value: rate(acknowledgedMs), unit: 'webhooks/s' },
      { name: 'through to orders', value: rate(settledMs), unit: 'webhooks/s' },
      { name: 'freshness p50', value: Math.round(percentile(freshness, 50)), unit: 'ms' },
      { name: 'freshness p99', value: Math.round(percentile(freshness, 99)), unit: 'ms' },
    ];
  } finally {
    await emulator.stop();
  }
}

async function freshnessSince(logGroupName: string, startTime: number): Promise<number[]> {
  const client = new CloudWatchLogsClient({});
  const found: number[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(
      new FilterLogEventsCommand({ logGroupName, startTime, filterPattern: '"freshnessMillis"', nextToken }),
    );
    for (const { message = '' } of page.events ?? []) {
      const { freshnessMillis = [] } = JSON.parse(message.slice(message.indexOf('{')));
      found.push(...[freshnessMillis].flat().map(Number));
    }
    nextToken = page.nextToken;
  } while (nextToken);
  return found;
}
