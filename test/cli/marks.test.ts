/** `tag` and `consent`. */
import { expect, test } from 'vitest';
import { ANNE } from '../profiles/people.ts';
import { createApiDeployment } from './run-api.ts';

const ID = 'shopify/shop/anne';

async function withAnne() {
  const made = createApiDeployment();
  await made.api.buy(...ANNE);
  return made;
}

test('tags are given and taken away, and shown', async () => {
  const made = await withAnne();
  const given = await made.run(['tag', ID, '--add', 'VIP', '--add', '老 客户']);
  expect(given).toMatchObject({ code: 0, stdout: `Tags of ${ID}\n  VIP\n  老 客户\n` });
  made.api.later(1);
  const { stdout } = await made.run(['tag', 'douyin/live/dy-7', '--remove', 'VIP', '--remove', '老 客户']);
  expect(stdout).toBe(`${ID} has no tags.\n`);
  expect(await made.ask(`tag ${ID} --add a`)).toEqual({ profile: ID, tags: ['a'] });
});

test('consents are given and refused, each with where it was said', async () => {
  const made = await withAnne();
  expect((await made.type(`consent ${ID}`)).stdout).toContain('has consented to nothing');
  await made.type(`consent ${ID} --give push --source checkout --wording 2026-03`);
  const { stdout } = await made.type(`consent ${ID} --refuse sms --purpose service`);
  expect(stdout).toMatch(/push +given +2026-11-25 09:00 UTC {2}checkout, wording 2026-03\n/);
  expect(stdout).toMatch(/service\/sms +refused +2026-11-25 09:00 UTC {2}command line\n/);
  expect((await made.type(`consent ${ID} --refuse-all`)).stdout).toMatch(/\* +refused/);
  expect((await made.ask(`consent ${ID}`)).consent).toMatchObject({
    push: { given: true },
    'service/sms': { given: false },
  });
});

test.each([
  [`tag ${ID}`, 2, 'Say which tag'],
  [`tag ${ID} --add ${'x'.repeat(65)}`, 2, 'at most 64|1 to 64'],
  ['tag shopify/shop/nobody --add VIP', 1, 'There is no profile'],
  [`consent ${ID} --give push --refuse push`, 2, 'both given and refused'],
  [`consent ${ID} --give Push`, 2, 'small letters'],
  [`consent ${ID} --give push --purpose fun`, 2, 'marketing, service, personalisation'],
])('%s: refused', async (line, code, said) => {
  const made = await withAnne();
  const ran = await made.type(line);
  expect(ran).toMatchObject({ code, stdout: '' });
  expect(ran.stderr).toMatch(new RegExp(said));
});
