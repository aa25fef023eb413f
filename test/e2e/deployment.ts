/** The deployed stack that `npm test` hands to end-to-end tests by the environment. */
import { readFileSync } from 'node:fs';
import type { PlannedDelivery } from '../../demo/day.ts';
import type { ShopOptions } from '../../demo/delivery.ts';
import type { Deployment } from '../../local/deploy.ts';
import { connectShop, type NewShop, readOrders, untilIdle } from '../../local/deployed-demo.ts';
import { Endpoints } from '../../local/endpoints.ts';
import { postOverHttp } from '../../local/play.ts';
import type { CanonicalOrder } from '../../shared/orders/canonical-order.ts';
import { dynamoClient, sqsClient } from '../../shared/runtime/clients.ts';
import { StackOutputs } from '../../shared/runtime/stack-outputs.ts';

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: npm test deploys the stack and sets it.`);
  return value;
}

export const endpoints = Endpoints.parse(JSON.parse(readFileSync(required('TRIBUTARY_ENDPOINTS'), 'utf8')));
export const deployment: Deployment = {
  stack: endpoints.stack,
  outputs: StackOutputs.parse(JSON.parse(required('TRIBUTARY_OUTPUTS'))),
};
export const { outputs } = deployment;
export const post = postOverHttp(endpoints.webhookUrl);

/** A shop of its own for each test, connected and ready. */
export async function openShop(connection: string, secret = `secret of ${connection}`): Promise<ShopOptions> {
  const shop = {
    connection,
    secret,
    startMs: Date.parse('2026-11-11T01:00:00Z'),
    everyMs: 60_000,
    webhookUrl: '',
    shop: 'tea',
  };
  const settings = { currency: 'USD', region: 'US', timezone: 'America/New_York' };
  await connectOn({ channel: 'shopify', ...shop, settings });
  return shop;
}

export const connectOn = (shop: NewShop): Promise<void> =>
  connectShop(shop, { deployment, webhookUrl: endpoints.webhookUrl });

/** A message whose function died comes back after six times the function's minute. */
const SETTLES_MS = 400_000;

/** Until all is done; for these connections, all that is to be fetched as well. */
export const settle = (...connections: readonly string[]): Promise<void> =>
  untilIdle(sqsClient(), outputs, { connections, patienceMs: SETTLES_MS });

/** A shop's orders, without what tells one shop, or one way there, from another. */
export async function comparableOrders(
  connection: string,
): Promise<Omit<CanonicalOrder, 'key' | 'connection' | 'revision'>[]> {
  const orders = await readOrders(dynamoClient(), outputs, connection);
  return orders.map(({ key: _, connection: __, revision: ___, ...order }) => order);
}

export const withKind =
  (kind: PlannedDelivery['kind']) =>
  (delivery: Omit<PlannedDelivery, 'kind'>): PlannedDelivery => ({ ...delivery, kind });
