/** Whatever `check` lets pass, the provider's own limit does; to the byte, in Chinese and in emoji. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Checked, Outgoing, Provider, PushContent } from '../../shared/senders/sender.ts';
import { openStage, type Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const MOST = { fcm: 4096, apns: 4096, web_push: 3993 } as const;

/** The longest body that passes, made of one character. */
function fill(check: (body: string) => Checked, character: string): string {
  let [passes, fails] = [0, 5_000];
  while (fails - passes > 1) {
    const middle = Math.floor((passes + fails) / 2);
    if (check(character.repeat(middle)) === 'ok') passes = middle;
    else fails = middle;
  }
  return character.repeat(passes);
}

describe.each(['fcm', 'apns', 'web_push'] as const)('%s', (provider) => {
  it.each(['a', 'é', '一', '👍', '"', '\\'])('is filled to the last byte with %s', async (character) => {
    const sender = stage.sender(provider);
    const base = stage.message(provider);
    const withBody = (body: string): Outgoing => ({ ...base, content: { ...base.content, body } });
    const body = fill((text) => sender.check(withBody(text)), character);
    // What is left is less than a character: letters go to the byte.
    let exact = body;
    while (sender.check(withBody(`${exact}a`)) === 'ok') exact += 'a';
    expect(sender.check(withBody(`${exact}a`))).toEqual({
      code: 'too_large',
      size: MOST[provider] + 1,
      most: MOST[provider],
      unit: 'bytes',
    });
    const outcomes = await sender.send([withBody(exact), withBody(`${exact}a`)]);
    expect(outcomes).toEqual([expect.objectContaining({ kind: 'sent' }), { kind: 'rejected', code: 'too_large' }]);
  });
});

it('jpush: 2000 bytes for iOS, 4000 in all', () => {
  const sender = stage.sender('jpush');
  const check = (body: string) => sender.check(stage.message('jpush', { with: { body } }));
  let body = fill(check, '一');
  while (check(`${body}a`) === 'ok') body += 'a';
  expect(check(`${body}a`)).toEqual({ code: 'too_large', size: 2001, most: 2000, unit: 'bytes' });
});

it('a web push of the largest text is a body of 4096 bytes', async () => {
  const sender = stage.sender('web_push');
  const sizes: number[] = [];
  const { faults } = stage.web_push;
  faults.always(undefined);
  const base = stage.message('web_push');
  const empty = JSON.stringify({ title: '', body: '', data: {} }).length;
  const content: PushContent = {
    title: '',
    body: 'a'.repeat(3993 - empty),
    data: {},
    expiresAt: base.content.expiresAt,
  };
  sizes.push(Buffer.byteLength(JSON.stringify({ title: '', body: content.body, data: {} })));
  expect(sizes).toEqual([3993]);
  // The model takes no more than 4096.
  expect(await sender.send([{ ...base, content }])).toEqual([{ kind: 'sent' }]);
});

const text = (most: number) =>
  fc.oneof(
    fc.string({ maxLength: most, unit: 'binary' }),
    fc.string({
      maxLength: most,
      unit: fc.constantFrom('一', '龍', '👍', '👨‍👩‍👧', 'é', 'a', '"', '\\', '\n', '\u0000', '\ud800'),
    }),
  );

describe.each<Provider>(['fcm', 'apns', 'web_push', 'jpush', 'wechat'])('%s', (provider) => {
  it('whatever is let pass is taken', async () => {
    const sender = stage.sender(provider);
    const fields = fc.record({
      thing1: text(24),
      character_string2: text(34),
      name3: text(22),
      phrase4: fc.string({ maxLength: 6, unit: fc.constantFrom('一', '龍', '中') }),
      number5: fc.constantFrom('1', '12.5', '1'.repeat(33), 'x'),
    });
    const contents = fc.record({
      title: text(400),
      body: text(1_500),
      data: fc.dictionary(text(20), text(60), { maxKeys: 4 }),
      collapseKey: text(80),
      values: fields,
    });
    let passed = 0;
    await fc.assert(
      fc.asyncProperty(contents, async ({ values, ...rest }) => {
        const base = stage.message(provider);
        // One that is right for sure, so that some pass; with what else was found.
        const [[name, value] = ['thing1', 'x']] = Object.entries(values);
        const template = {
          id: 'TPL-1',
          values: provider === 'wechat' ? { time9: '15:01', [name]: value, ...values } : {},
        };
        const message = { ...base, content: { ...base.content, ...rest, template } };
        if (sender.check(message) !== 'ok') return;
        passed++;
        expect(await sender.send([message])).toEqual([expect.objectContaining({ kind: 'sent' })]);
      }),
      { numRuns: provider === 'wechat' ? 600 : 150 },
    );
    expect(passed).toBeGreaterThan(5);
  });
});
