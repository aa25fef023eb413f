/** `recommendations`: what a customer is shown, who wants a product, and which version is read. */
import { describe, expect, test } from 'vitest';
import { begin, NO_VERSIONS, swap, type Version } from '../../shared/recommendations/versions.ts';
import { instant } from '../../shared/time/instant.ts';
import { ANNE } from '../profiles/people.ts';
import { createApiDeployment } from './run-api.ts';

const ID = 'shopify/shop/anne';
const AT = Date.parse('2026-11-25T08:00:00.000Z');
const version = (id: string, hours: number, full = id): Version => ({
  ...{ id, full, builtAt: instant(AT + hours * 3_600_000), customers: 1_200, written: 40 },
});

async function withVersions() {
  const made = createApiDeployment();
  const { versions } = made.api.stores;
  const first = swap(begin(NO_VERSIONS, 'v1'), version('v1', 0));
  await versions.putVersions({ ...first, revision: 1 });
  await versions.putVersions({ ...swap(first, version('v2', 1, 'v1')), revision: 2 });
  return made;
}

describe('versions', () => {
  test('are none before the first is made', async () => {
    const { type, ask } = createApiDeployment();
    expect((await type('recommendations')).stdout).toBe(
      'None were made yet: they are once there is a snapshot of profiles, within the hour.\n',
    );
    expect(await ask('recommendations')).toEqual({ current: null, previous: [], held: null });
  });

  test('show which is read, what it rests on, and those before', async () => {
    const { type, ask } = await withVersions();
    const { stdout } = await type('recommendations versions');
    expect(stdout).toMatch(/read +v2, built 2026-11-25 09:00 \(UTC\)\n/);
    expect(stdout).toMatch(/of +1,?200 customers\n/);
    expect(stdout).toMatch(/rests on +v1\n/);
    expect(stdout).toMatch(/v1 +2026-11-25 08:00 +1200\n/);
    expect(await ask('recommendations')).toMatchObject({ current: { id: 'v2', full: 'v1' }, previous: [{ id: 'v1' }] });
  });

  test('go back one, and are held until somebody resumes', async () => {
    const { type, api } = await withVersions();
    const back = await type('recommendations roll-back');
    expect(back).toMatchObject({ code: 0, stderr: '' });
    expect(back.stdout).toMatch(/read +v1, /);
    expect(back.stdout).toMatch(/rests on +nothing: it is of everybody\n/);
    expect(back.stdout).toMatch(/held +since .* by .*: nothing is made until `recommendations resume`/);
    const held = await type('recommendations make --full');
    expect(held.code).not.toBe(0);
    expect(held.stderr).toMatch(/resume before another version is made/);
    const none = await type('recommendations roll-back');
    expect(none.code).not.toBe(0);
    expect(none.stderr).toContain('There is no version of recommendations before the one that is read.');
    expect((await type('recommendations resume')).stdout).not.toMatch(/held/);
    expect(api.sent.makes).toEqual([]);
  });

  test('are made on demand, of who has changed or of everybody', async () => {
    const { type, api } = await withVersions();
    expect((await type('recommendations make')).stdout).toBe(
      'It has begun. `tributary recommendations` shows its version once it is read.\n',
    );
    await type('recommendations make --full');
    expect(api.sent.makes).toEqual([false, true]);
  });

  test('are not what another word asks for', async () => {
    const { type } = await withVersions();
    const ran = await type('recommendations rollback');
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    expect(ran.stderr).toMatch(/roll-back/);
  });
});

describe('what is recommended', () => {
  test('is shown with titles and reasons, in either language', async () => {
    const made = createApiDeployment();
    await made.api.buy(...ANNE);
    await made.api.ask('PUT', '/v1/products/tea', {
      body: { title: { zh: '冻顶乌龙', en: 'Dongding' }, variants: [{ skuId: 'tea' }] },
    });
    made.api.world.recommended = [
      { product: 'tea', reason: { code: 'repurchase_due', lastDays: 32, cycleDays: 30 } },
      { product: 'shopify/shop/7', reason: { code: 'bought_together', with: 'tea' } },
    ];
    const zh = (await made.type(`recommendations show ${ID} --lang zh`)).stdout;
    expect(zh).toMatch(/1 +tea +冻顶乌龙 +你上次购买已 32 天,通常 30 天回购\n/);
    expect(zh).toMatch(/2 +shopify\/shop\/7 +- +买过 冻顶乌龙 的顾客也买\n/);
    expect(zh).toContain('Built: never');
    const en = (await made.type(`recommendations show ${ID} --lang en`)).stdout;
    expect(en).toMatch(/1 +tea +Dongding +You last bought it 32 days ago, usually after 30\n/);
    made.api.world.recommended = [];
    expect((await made.type(`recommendations show ${ID}`)).stdout).toMatch(/^There is nothing to recommend to /);
  });

  test('is of at most twenty, and of a customer who is there', async () => {
    const { type } = createApiDeployment();
    expect(await type('recommendations show till/1/x --limit 21')).toMatchObject({ code: 2, stdout: '' });
    const nobody = await type('recommendations show till/1/x');
    expect(nobody.code).not.toBe(0);
    expect(nobody.stderr).toContain('There is no such profile.');
  });
});

describe('an audience', () => {
  test('is listed, the likeliest first, as far as is asked', async () => {
    const { type, ask, api } = await withVersions();
    const content = JSON.stringify(['a', 'b', 'c'].map((one, index) => [`shopify/shop/${one}`, 0.5 / (index + 1)]));
    await api.stores.versions.putRows(version('v2', 1, 'v1'), [{ kind: 'audience', of: 'tea', content }]);
    const { stdout, stderr } = await type('recommendations audience tea --limit 2');
    expect(stdout).toMatch(/shopify\/shop\/a +0\.500\nshopify\/shop\/b +0\.250\n/);
    expect(`${stdout}${stderr}`).toMatch(/more/i);
    expect((await ask('recommendations audience tea --all')).items).toHaveLength(3);
    expect((await type('recommendations audience pot')).stdout).toMatch(/^Nobody is known to want pot: /);
  });
});
