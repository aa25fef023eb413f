/** Pages of members, where most rows are of those who left: what one page may cost, and that it comes to the end. */
import { expect, test } from 'vitest';
import { shardOf } from '../../shared/profiles/shard.ts';
import { dynamoMemberships, MEMBERS_PREFIX } from '../../shared/segments/store.ts';
import { instant } from '../../shared/time/instant.ts';
import { personaId } from '../publish/samples.ts';
import { queriesOf } from './queried-rows.ts';

const AT = instant(Date.UTC(2026, 10, 25));

/** Every so many stayed. */
function segmentOf(rows: number, everySo: number) {
  const items = Array.from({ length: rows }, (_, index) => {
    const profile = personaId(`shopify/shop/${String(index).padStart(6, '0')}`);
    const pk = `${MEMBERS_PREFIX}sleeping#${String(shardOf(profile)).padStart(2, '0')}`;
    const isIn = index % everySo === 0;
    const row = { segment: 'sleeping', profile, revision: 1, version: 1, since: AT, because: [] };
    return { pk, sk: profile, ...row, ...(!isIn && { leftAt: AT }) };
  });
  const queries = queriesOf(items);
  return { ...queries, members: dynamoMemberships({ client: queries.client, table: 'engagement' }) };
}

async function readAll({ members, asked }: ReturnType<typeof segmentOf>, limit: number) {
  const found: string[] = [];
  let most = 0;
  let after: string | undefined;
  do {
    const before = asked.length;
    const { items, next } = await members.listMembers('sleeping', limit, after);
    expect(items.length).toBeLessThanOrEqual(limit);
    most = Math.max(most, asked.length - before);
    found.push(...items.map(({ profile }) => profile));
    after = next;
  } while (after !== undefined);
  return { found, most };
}

test.each([
  ['all left but one', 12_000, Number.POSITIVE_INFINITY, 1],
  ['one in a thousand stayed', 12_000, 500, 24],
  ['half of them stayed', 1_000, 2, 500],
])('%s: no page asks long, and each who stayed comes once', async (_, rows, everySo, stayed) => {
  for (const limit of [1, 50, 200]) {
    if (stayed > 100 * limit) continue;
    const { found, most } = await readAll(segmentOf(rows, everySo), limit);
    expect(new Set(found).size).toBe(found.length);
    expect(found).toHaveLength(stayed);
    expect(most).toBeLessThanOrEqual(32);
  }
});

test('pages of a segment that nobody leaves read no more than they show', async () => {
  const segment = segmentOf(1_000, 1);
  expect((await readAll(segment, 50)).found).toHaveLength(1_000);
  for (const { Limit } of segment.asked) expect(Limit).toBeLessThanOrEqual(50);
});

test('they are counted over so many rows, and it is said where there are more', async () => {
  expect(await segmentOf(1_000, 4).members.countMembers('sleeping', 10_000)).toEqual({ count: 250, more: false });
  const { members, asked } = segmentOf(20_000, Number.POSITIVE_INFINITY);
  const counted = await members.countMembers('sleeping', 2_000);
  expect(counted).toEqual({ count: 1, more: true });
  expect(asked.length).toBeLessThan(40);
});
