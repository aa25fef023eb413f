/** From an identify to the profile: the brand's word joins a user of its shop with who bought, by the rules by which orders join. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recentBehaviour } from '../../shared/behaviour/recent.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import { explainProfile } from '../../shared/profiles/explain.ts';
import { identifiedMessage } from '../../shared/profiles/identified-message.ts';
import { IDENTIFIED_MOST } from '../../shared/profiles/identify.ts';
import { readProfile } from '../../shared/profiles/unified.ts';
import type { ProfilesMessage } from '../../shared/queues/messages.ts';
import { instant } from '../../shared/time/instant.ts';
import { SEALER } from '../profiles/people.ts';
import { openStage, START_MS, type Stage } from '../profiles/stage.ts';
import { toyOrder } from '../simulation/toy-orders.ts';
import { createStage, SERVER_KEY } from './stage.ts';

// The casts are the constructor of the brand.
const USER = 'web/web-shop/u42' as PersonaId;
const ANNE = 'toy/north/anne' as PersonaId;
const PHONE = '+4915123570007';

const order = (
  number: number,
  version: { readonly phone?: string; readonly email?: string; readonly account?: string },
) =>
  toyOrder({ shop: 'north', number }, [
    { paidAt: instant(START_MS - 3 * 24 * 60 * 60_000), total: 1_000, account: 'anne', ...version },
  ]);

/** What an identify under the server key sends to profiles. */
async function identify(traits: object, userId = 'u42') {
  const web = createStage();
  const events = [
    { type: 'track', event: 'Product Viewed', anonymousId: 'phone', messageId: 'v', properties: { product_id: 'tea' } },
    { type: 'identify', userId, anonymousId: 'phone', messageId: 'i', traits },
  ];
  await web.post({ path: '/v1/batch', key: SERVER_KEY, body: { batch: events } });
  expect(await web.work()).toEqual([]);
  return { web, messages: [...web.profiles] };
}

async function handled(stage: Stage, messages: readonly ProfilesMessage[]): Promise<void> {
  const { batchItemFailures } = await stage.handle(...messages);
  expect(batchItemFailures).toEqual([]);
}
const rootOf = async ({ customers }: Stage, persona: PersonaId) => (await customers.getPlace(persona))?.root;

describe('a user whom the brand identifies', () => {
  it.each([
    ['before the order', true],
    ['after it', false],
  ])('%s is the customer who bought', async (_, isBefore) => {
    const stage = openStage();
    const { web, messages } = await identify({ phone: PHONE });
    if (isBefore) await handled(stage, messages);
    await stage.put(order(1, { phone: PHONE }));
    if (!isBefore) await handled(stage, messages);
    const profile = await readProfile(ANNE, stage.customers);
    expect(profile?.personas.map(({ id }) => id).sort()).toEqual([ANNE, USER]);
    expect(profile?.facts).toMatchObject({ orders: 1, netSpend: 1_000 });
    expect(profile?.identifiers).toContainEqual({ type: 'phone', value: PHONE, verified: false, shared: false });
    const members = (profile?.personas ?? []).map(({ id }) => id as PersonaId);
    const recent = await recentBehaviour(members, web.visitors);
    expect(recent?.views.map((view) => view.product.productId)).toEqual(['tea']);
    const explained = await explainProfile(ANNE, stage.customers);
    expect(explained?.evidence).toHaveLength(1);
  });

  it('of two sources is one, though nothing was bought, and it is explained whose word that is', async () => {
    const stage = openStage();
    await handled(stage, (await identify({ email: 'anne@example.org' })).messages);
    await handled(stage, (await identify({ email: 'anne@example.org' }, 'u43')).messages);
    const explained = await explainProfile(USER, stage.customers);
    expect(explained?.personas).toHaveLength(2);
    expect(explained?.evidence.map(({ en }) => en)).toEqual([
      expect.stringMatching(/is that of 2 personas, by the brand's own word, seen on 2026-11-25/),
    ]);
  });

  it('is a customer without an order until one comes', async () => {
    const stage = openStage();
    await handled(stage, (await identify({ phone: PHONE })).messages);
    const profile = await readProfile(USER, stage.customers);
    expect(profile?.facts.orders).toBe(0);
    expect(profile?.tier.value).toBe('base');
  });

  it('is parted by a cut, which lasts', async () => {
    const stage = openStage();
    const { messages } = await identify({ phone: PHONE });
    await stage.put(order(1, { phone: PHONE }));
    await handled(stage, messages);
    const cut = { kind: 'unlink' as const, id: 'c', at: instant(START_MS), by: 'an operator', reason: 'no' };
    await stage.customers.putDecision([USER, ANNE], { ...cut, off: [USER], kept: [ANNE] });
    await stage.handle({ personas: [ANNE], cause: 'live' });
    await handled(stage, messages);
    expect(await rootOf(stage, USER)).toBe(USER);
    expect(await rootOf(stage, ANNE)).toBe(ANNE);
    await stage.customers.putDecision([USER, ANNE], { ...cut, kind: 'withdraw', id: 'w', of: 'c' });
    await stage.handle({ personas: [ANNE], cause: 'live' });
    expect(await rootOf(stage, USER)).toBe(await rootOf(stage, ANNE));
  });

  it.each([
    ['a masked phone', { phone: '138****1234' }],
    ['a placeholder', { phone: '13800138000', email: 'test@example.com' }],
    ['a relay', { email: 'x1@privaterelay.appleid.com' }],
    ['no contact at all', { phone: 'call me', email: 'at work', memberCard: '000' }],
  ])('by %s links nobody', async (_, traits) => {
    expect((await identify(traits)).messages).toEqual([]);
  });

  it('said again changes nothing', async () => {
    const stage = openStage();
    const { messages } = await identify({ phone: PHONE, email: 'anne@example.org' });
    await handled(stage, messages);
    const before = stage.customers.places();
    await handled(stage, messages);
    await handled(stage, messages);
    expect(stage.customers.places()).toEqual(before);
  });

  it('comes to the same in any order of orders and words, told once or twice', async () => {
    const message = (persona: PersonaId, value: string, minute: number) =>
      identifiedMessage(
        {
          persona,
          at: instant(START_MS + minute * 60_000),
          identifiers: [{ type: 'email', value, scope: 'brand', strength: 'strong', verified: false }],
        },
        SEALER,
      );
    // The cast is the constructor of the brand.
    const other = 'web/app/u7' as PersonaId;
    const steps: readonly ((stage: Stage) => Promise<void>)[] = [
      (stage) => stage.put(order(1, { email: 'a@example.org' })),
      (stage) => stage.put(order(2, { email: 'b@example.org', account: 'ann' })),
      (stage) => handled(stage, [message(USER, 'a@example.org', 5)]),
      (stage) => handled(stage, [message(USER, 'a@example.org', 1)]),
      (stage) => handled(stage, [message(USER, 'b@example.org', 2)]),
      (stage) => handled(stage, [message(other, 'c@example.org', 3)]),
    ];
    const play = async (indices: readonly number[]) => {
      const stage = openStage();
      for (const index of indices) await steps[index]?.(stage);
      return stage.customers.places().map(({ persona, root, members, profile }) => ({
        persona,
        root,
        members,
        // Of who is another's alias, what it had when it was last somebody.
        orders: persona === root ? profile?.facts.orders : 0,
      }));
    };
    const expected = await play([0, 1, 2, 3, 4, 5]);
    expect(expected).toHaveLength(4);
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 0, 2, 3, 4], { minLength: 10 }), async (indices) => {
        expect(await play(indices)).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  it('comes to the same though a function dies at any of its writes', async () => {
    const { messages } = await identify({ phone: PHONE, email: 'anne@example.org' });
    const whole = openStage();
    await whole.put(order(1, { phone: PHONE }));
    await handled(whole, messages);
    const shown = (stage: Stage) =>
      stage.customers.places().map(({ persona, root, members }) => ({ persona, root, members }));
    for (let write = 1; ; write++) {
      let left = Number.POSITIVE_INFINITY;
      const stage = openStage({
        wrap: (customers) =>
          new Proxy(customers, {
            get(target, key) {
              const member: unknown = Reflect.get(target, key);
              if (typeof member !== 'function' || !String(key).startsWith('put')) return member;
              return (...args: unknown[]) =>
                --left < 0 ? Promise.reject(new Error('died')) : member.apply(target, args);
            },
          }),
      });
      await stage.put(order(1, { phone: PHONE }));
      left = write - 1;
      const { batchItemFailures } = await stage.handle(...messages);
      const hasDied = batchItemFailures.length > 0;
      left = Number.POSITIVE_INFINITY;
      if (hasDied) await handled(stage, messages);
      expect(shown(stage)).toEqual(shown(whole));
      if (!hasDied) break;
    }
  });

  it('meets the order that comes at the same moment', async () => {
    const { messages } = await identify({ phone: PHONE });
    const stage = openStage();
    await Promise.all([handled(stage, messages), stage.put(order(1, { phone: PHONE }))]);
    await stage.drain();
    expect(await rootOf(stage, USER)).toBe(await rootOf(stage, ANNE));
  });

  it('under an id that many share is nobody: what is too much links no more', async () => {
    const stage = openStage();
    for (let n = 0; n < IDENTIFIED_MOST + 10; n++)
      await handled(stage, (await identify({ email: `somebody${n}@example.org` })).messages);
    const { identified = [] } = await stage.customers.getContent(USER);
    expect(identified).toHaveLength(IDENTIFIED_MOST);
  });

  it('lies nowhere in the clear on its way', async () => {
    const { messages } = await identify({ phone: PHONE, email: 'anne@example.org' });
    expect(messages).toHaveLength(1);
    expect(JSON.stringify(messages)).not.toMatch(/anne|123570007/);
  });
});

describe('a cart', () => {
  const add = { type: 'track', event: 'Product Added', anonymousId: 'phone', properties: { product_id: 'tea' } };
  const post = async (web: ReturnType<typeof createStage>, ...batch: object[]) => {
    await web.post({ path: '/v1/batch', key: SERVER_KEY, body: { batch } });
    expect(await web.work()).toEqual([]);
  };

  it('of who signs in is told of, and each later word of it', async () => {
    const web = createStage();
    await post(web, { ...add, messageId: 'a' });
    expect(web.carts).toEqual([]);
    await post(web, { type: 'identify', userId: 'u42', anonymousId: 'phone', messageId: 'i' });
    await post(web, { ...add, messageId: 'b' });
    await post(web, {
      type: 'track',
      event: 'Product Viewed',
      anonymousId: 'phone',
      properties: { product_id: 'tea' },
    });
    expect(web.carts.map(({ persona }) => persona)).toEqual([USER, USER]);
  });

  it('that was ordered or emptied is not', async () => {
    const web = createStage();
    const who = { anonymousId: 'phone', userId: 'u42' };
    await post(web, { ...add, ...who, messageId: 'a' });
    await post(web, { type: 'track', event: 'Order Completed', ...who, messageId: 'o', properties: { products: [] } });
    await post(web, { ...add, ...who, event: 'Product Removed', messageId: 'r' });
    expect(web.carts).toHaveLength(1);
  });
});
