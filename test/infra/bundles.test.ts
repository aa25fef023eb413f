/** What is deployed starts: each bundle is loaded as Lambda does it, from a folder with nothing around it. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../../infra/defaults/bundle.ts';

const ENVIRONMENT = {
  AWS_REGION: 'us-east-1',
  OPERATIONS_TABLE: 'operations',
  ENGAGEMENT_TABLE: 'engagement',
  DELIVER_QUEUE_URL: 'https://sqs/deliver',
  PUSH_QUEUE_URL: 'https://sqs/push',
  PUSH_CREDENTIALS_PREFIX: '/tributary/push',
  SIGNING_SECRETS_PREFIX: '/tributary/subscribers',
  WEBHOOK_HOSTS: '',
  ORDERS_TABLE: 'orders',
  CUSTOMERS_TABLE: 'customers',
  LAKE_BUCKET: 'lake',
  INBOX_QUEUE_URL: 'https://sqs/inbox',
  WORK_QUEUE_URL: 'https://sqs/work',
  WAKE_QUEUE_URL: 'https://sqs/wake',
  SECRETS_PREFIX: '/tributary/connections',
  ANY_API_BASE: 'false',
  EVENT_BUS: 'bus',
  IDENTITY_KEYS: '/tributary/identity/keys',
  REPORTING_CURRENCY: 'CNY',
};

describe.each(['ingest', 'archive', 'orders', 'hydrate', 'publish', 'deliver', 'push', 'population'])('%s', (name) => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), `bundle-${name}-`));
    cpSync(bundle(name), folder, { recursive: true });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('loads, and has a handler', () => {
    const script = `import(${JSON.stringify(path.join(folder, 'index.mjs'))}).then((m) => console.log(typeof m.handler))`;
    const env = { PATH: process.env.PATH, ...ENVIRONMENT };
    expect(execFileSync(process.execPath, ['-e', script], { env, encoding: 'utf8' })).toContain('function');
  });

  it('has what it needs of the platforms: ingest their doors, who reads messages the adapters too', () => {
    const code = readdirSync(folder)
      .map((file) => readFileSync(path.join(folder, file), 'utf8'))
      .join('');
    const reads = name === 'orders' || name === 'hydrate';
    expect(code.includes('x-shopify-hmac-sha256')).toBe(reads || name === 'ingest');
    expect(code.includes('shop_order_detail')).toBe(reads);
  });
});
