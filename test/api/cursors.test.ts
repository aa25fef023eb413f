/** Cursors that somebody made up, with a digest that is right: they are refused like any other that is none. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { storePage } from '../../functions/api/pages.ts';
import { Refusal } from '../../functions/api/problem.ts';
import { ordersOf } from '../../functions/api/profile-orders.ts';
import { dynamoAudit } from '../../shared/api/store.ts';
import type { PageOf } from '../../shared/profiles/customer.ts';
import { dynamoMemberships } from '../../shared/segments/store.ts';
import { personaId } from '../publish/samples.ts';
import { queriesOf } from '../segments/queried-rows.ts';

const LIST = ['a list'];
function madeUp(after: string): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([LIST, after]))
    .digest('base64url')
    .slice(0, 12);
  return `${digest}${Buffer.from(after).toString('base64url')}`;
}
const encoded = (after: unknown): string => Buffer.from(JSON.stringify(after)).toString('base64url');

const { client, asked } = queriesOf([]);
const members = dynamoMemberships({ client, table: 'engagement' });
const audit = dynamoAudit({ client, table: 'engagement' });
const NOW = new Date('2026-11-25T09:00:00.000Z');

type Read = (limit: number, after: string | undefined) => Promise<PageOf<unknown>>;
const LISTS: Readonly<Record<'members' | 'audit' | 'orders', Read>> = {
  members: (limit, after) => members.listMembers('sleeping', limit, after),
  audit: (limit, after) => audit.listEntries(NOW, limit, after),
  orders: (limit, after) =>
    ordersOf([personaId('shopify/shop/1')], { limit, after }, { listEntriesOf: async () => ({ items: [] }) }),
};

test.each([
  ['members', 'nonsense'],
  ['members', encoded('nonsense')],
  ['members', encoded([99, 'x'])],
  ['members', encoded([0, ''])],
  ['audit', 'zzz'],
  ['audit', '9999-12-31T00:00:00.000Z#x'],
  ['audit', '2026-99-99T99:99:99.999Z#x'],
  ['orders', 'nonsense'],
  ['orders', '[[0]]'],
  ['orders', JSON.stringify(Array.from({ length: 400 }, () => [0, null, 0]))],
] as const)('%s: %s', async (list, after) => {
  asked.length = 0;
  const page = storePage(LIST, { limit: 5, cursor: madeUp(after) }, LISTS[list]);
  await expect(page).rejects.toThrow(Refusal);
  await expect(page).rejects.toMatchObject({ status: 400, code: 'cursor_invalid' });
  expect(asked).toEqual([]);
});

test('what DynamoDB does not take was never a place', async () => {
  const refuse = async () => {
    throw Object.assign(new Error('The provided starting key is outside query boundaries'), {
      name: 'ValidationException',
    });
  };
  await expect(storePage(LIST, { limit: 5, cursor: madeUp('x') }, refuse)).rejects.toMatchObject({ status: 400 });
  await expect(storePage(LIST, { limit: 5 }, refuse)).rejects.toMatchObject({ name: 'ValidationException' });
});
