import { expect, test } from 'vitest';
import { createApiDeployment } from './run-api.ts';

async function withShop() {
  const made = createApiDeployment();
  const added = await made.ask('sources add Shop --id web-shop --zone Asia/Shanghai --currency CNY --region CN');
  return { ...made, added };
}

test('adds one, and shows its server key this once', async () => {
  const made = createApiDeployment();
  const { stdout } = await made.type('sources add App --kind app --id app');
  expect(stdout).toMatch(/^Source app is taken from at once, under the write key wk_[\w-]+/);
  expect(stdout).toMatch(/\n {2}sk_[\w-]+\n/);
  expect((await made.type('sources')).stdout).not.toContain('sk_');
});

test('lists them with their write keys', async () => {
  const { type, ask, added } = await withShop();
  expect((await ask('sources list')).items).toMatchObject([{ id: 'web-shop', kind: 'web', writeKey: added.writeKey }]);
  expect((await type('sources')).stdout).toMatch(/web-shop +Shop +web +wk_[\w-]+ +active +Asia\/Shanghai +CNY/);
  expect((await createApiDeployment().type('sources')).stdout).toContain('No source yet.');
});

test('disables and enables, and leaves all else as it is', async () => {
  const { type, ask, added } = await withShop();
  expect((await type('sources disable web-shop')).stdout).toContain('tributary sources enable web-shop');
  expect((await type('sources')).stdout).toContain('disabled 2026-11-25');
  await type('sources disable web-shop');
  const enabled = await ask('sources enable web-shop');
  const { serverKey: _, ...known } = added;
  expect(enabled).toEqual({ ...known, revision: 3 });
});

test('replaces a key', async () => {
  const { type, ask } = await withShop();
  expect((await type('sources rotate web-shop --key server')).stdout).toMatch(
    /Until 2026-11-26 09:00 UTC the one before is taken as well\.[\s\S]*sk_/,
  );
  const { key, previousValidUntil } = await ask('sources rotate web-shop --key write --expire-now');
  expect(key).toMatch(/^wk_/);
  expect(previousValidUntil).toBeUndefined();
  expect((await type('sources rotate web-shop')).code).toBe(2);
});

test('removes one, and says where there is none', async () => {
  const { type, ask } = await withShop();
  expect(await ask('sources remove web-shop')).toEqual({ removed: 'web-shop' });
  expect((await type('sources remove web-shop')).code).toBe(1);
  expect((await type('sources remove a/b')).code).toBe(2);
});
