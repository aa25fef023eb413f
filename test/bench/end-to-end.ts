/** Webhooks a second through the deployed stack on the emulator, and how old news is when its order is stored. */
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { planDay } from '../../demo/day.ts';
import { createRandom } from '../../demo/random.ts';
import { shopifyOddities, shopifyStories } from '../../demo/shopify.ts';
import { deploy, localEnvironment } from '../../local/deploy.ts';
import { connectShop, untilIdle } from '../../local/deployed-demo.ts';
import { startEmulator } from '../../local/emulator/emulator.ts';
import { STATE_DIR } from '../../local/endpoints.ts';
import { play, postOverHttp } from '../../local/play.ts';
import { shopifyDoor } from '../../shared/channels/shopify/door.ts';
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
    const shop = {
      connection: 'bench',
      secret: 'bench',
      startMs: Date.parse('2026-11-11T01:00:00Z'),
      everyMs: 60_000,
      webhookUrl: '',
      shop: 'tea',
    };
    await connectShop({ channel: 'shopify', ...shop, settings: {} }, { deployment, webhookUrl });
    const channel = { door: shopifyDoor, stories: shopifyStories, oddities: shopifyOddities };
    const deliveries = planDay(channel, { random, shop, count });
    const post = postOverHttp(webhookUrl);
    await play(deliveries.slice(0, 40), { post, atOnce: 8, onProgress: () => undefined }); // warm-up
    await untilIdle(sqsClient(), outputs);
    const startedMs = Date.now();
    await play(deliveries.slice(40), { post, atOnce: 8, onProgress: () => undefined });
    const acknowledgedMs = Date.now() - startedMs;
    await untilIdle(sqsClient(), outputs);
    const settledMs = Date.now() - startedMs;
    const [ingest, archive, orders] = await Promise.all(
      [outputs.IngestLogGroup, outputs.ArchiveLogGroup, outputs.OrdersLogGroup].map((group) =>
        logLines(group, startedMs),
      ),
    );
    const freshness = freshnessIn(orders ?? []);
    const measured = deliveries.length - 40;
    const logBytes = (lines: readonly string[] = []) =>
      Math.round(lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0) / measured);
    const rate = (ms: number) => Math.round((measured / ms) * 1000);
    return [
      { name: 'acknowledged', value: rate(acknowledgedMs), unit: 'webhooks/s' },
      { name: 'through to orders', value: rate(settledMs), unit: 'webhooks/s' },
      { name: 'freshness p50', value: Math.round(percentile(freshness, 50)), unit: 'ms' },
      { name: 'freshness p99', value: Math.round(percentile(freshness, 99)), unit: 'ms' },
      { name: 'logs of ingest, a webhook', value: logBytes(ingest), unit: 'B' },
      { name: 'logs of archive, a webhook', value: logBytes(archive), unit: 'B' },
      { name: 'logs of orders, a webhook', value: logBytes(orders), unit: 'B' },
    ];
  } finally {
    await emulator.stop();
  }
}

async function logLines(logGroupName: string, startTime: number): Promise<string[]> {
  const client = new CloudWatchLogsClient({});
  const lines: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(new FilterLogEventsCommand({ logGroupName, startTime, nextToken }));
    lines.push(...(page.events ?? []).map((event) => event.message ?? ''));
    nextToken = page.nextToken;
  } while (nextToken);
  return lines;
}

/** The metric, from the lines in the embedded metric format that carry it. */
const freshnessIn = (lines: readonly string[]): number[] =>
  lines
    .filter((line) => line.includes('"freshnessMillis"'))
    .flatMap((line) => [JSON.parse(line.slice(line.indexOf('{'))).freshnessMillis ?? []].flat().map(Number));
