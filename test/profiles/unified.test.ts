import { beforeEach, describe, expect, test } from 'vitest';
import type { Entry } from '../../shared/profiles/customer.ts';
import { leaving } from '../../shared/profiles/entry.ts';
import { type Explanation, explainProfile } from '../../shared/profiles/explain.ts';
import { findProfiles, rootOf } from '../../shared/profiles/find.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { REVEALED } from '../../shared/profiles/reveal.ts';
import { readProfile, UnifiedProfile } from '../../shared/profiles/unified.ts';
import { updateCustomers } from '../../shared/profiles/update.ts';
import { instant } from '../../shared/time/instant.ts';
import { type MemoryCustomers, memoryCustomers } from '../simulation/models/customers.ts';
import { ANNE, type Bought, bought, KEYS, PETER, personaId, testRules } from './people.ts';

const PHONE = '+8613912345678';
const ROOT = personaId('shopify/shop/anne');
const now = instant(Date.parse('2026-11-24T09:00:00.000Z'));

let customers: MemoryCustomers<StoredProfile>;
const update = (entries: readonly Entry[]) =>
  updateCustomers({ entries }, customers, testRules(customers), { now, cause: 'live' });
const buy = (all: readonly Bought[]) => update(all.map(bought));
const find = (type: 'phone' | 'email' | 'member_card', text: string, region = 'CN') =>
  findProfiles({ type, text, region }, customers, KEYS.lookup);

beforeEach(async () => {
  customers = memoryCustomers();
  await buy(ANNE);
});

/** So many accounts of one phone, none with a name. */
const reseller = (accounts: number, phone: string): Bought[] =>
  Array.from({ length: accounts }, (_, index) => ({
    by: `shopify/shop/reseller-${String(index).padStart(2, '0')}`,
    at: `2026-07-${String(index + 1).padStart(2, '0')}T08:00:00.000Z`,
    identifiers: { phone },
  }));

describe('the unified profile', () => {
  test('is the public shape, by its id and by any alias', async () => {
    const profile = await readProfile(ROOT, customers);
    expect(UnifiedProfile.strict().parse(profile)).toEqual(profile);
    expect(profile).toMatchObject({
      id: ROOT,
      aliases: ['douyin/live/dy-7', 'square/tills/guest:email:x1'],
      personas: [
        { id: ROOT, channel: 'shopify', connection: 'shop', buyerId: 'anne' },
        { id: 'douyin/live/dy-7', channel: 'douyin', connection: 'live', buyerId: 'dy-7' },
        { id: 'square/tills/guest:email:x1', channel: 'square', connection: 'tills' },
      ],
      identifiers: [
        { type: 'phone', value: PHONE, verified: false, shared: false },
        { type: 'email', value: 'anne.novak@example.org', verified: false, shared: false },
      ],
      facts: { orders: 3, netSpend: 372_568 },
      tier: {
        value: 'high_value',
        reasons: [{ zh: expect.stringContaining('3,725.68 元'), en: expect.anything() }, {}],
      },
      segments: [],
      consent: {},
      revision: 1,
    });
    expect(profile?.personas[2]).not.toHaveProperty('buyerId');
    for (const alias of profile?.aliases ?? []) expect(await readProfile(personaId(alias), customers)).toEqual(profile);
    expect(await readProfile(personaId('shopify/shop/nobody'), customers)).toBeUndefined();
  });

  test('without an order left still reads', async () => {
    const [entry] = [PETER].map(bought);
    if (!entry) return;
    await update([entry]);
    await update([leaving(entry, 2)]);
    const profile = await readProfile(entry.persona, customers);
    expect(profile).toMatchObject({ identifiers: [], facts: { orders: 0 }, tier: { value: 'base' }, revision: 2 });
    expect(UnifiedProfile.parse(profile)).toEqual(profile);
  });

  test('says of a value that too many hold that it is shared, and rows that are out of date do not count', async () => {
    await buy(reseller(11, '+8613700001111'));
    const one = personaId('shopify/shop/reseller-00');
    expect((await readProfile(one, customers))?.identifiers).toMatchObject([{ type: 'phone', shared: true }]);
    const last = reseller(11, '+8613700001111').map(bought).at(-1);
    if (last) await update([leaving(last, 2)]);
    expect((await readProfile(one, customers))?.identifiers).toMatchObject([{ type: 'phone', shared: false }]);
  });
});

describe('finding', () => {
  test.each([
    ['phone', '139 1234 5678', 'CN'],
    ['phone', '+86 139-1234-5678', 'US'],
    ['phone', '１３９１２３４５６７８', 'CN'],
    ['email', 'Anne.Novak@EXAMPLE.org ', 'CN'],
  ] as const)('by %s %s', async (type, text, region) => {
    expect(await find(type, text, region)).toEqual({ kind: 'found', profiles: [ROOT], shared: false });
  });

  test('by a member card, which is the brand’s', async () => {
    await buy([{ by: 'square/tills/c', at: '2026-07-01T08:00:00.000Z', identifiers: { member_card: 'VIP-0042' } }]);
    expect(await find('member_card', ' VIP-0042')).toMatchObject({ profiles: ['square/tills/c'] });
  });

  test('a family’s phone leads to all of them', async () => {
    await buy([PETER]);
    expect(await find('phone', PHONE)).toMatchObject({ profiles: [ROOT, 'shopify/shop/peter'] });
  });

  test('whoever no longer carries it is not found by it', async () => {
    const entry = bought(PETER);
    await update([entry]);
    await update([leaving(entry, 2)]);
    expect(await find('phone', PHONE)).toMatchObject({ profiles: [ROOT] });
  });

  test('what is never kept finds nobody, and says why', async () => {
    expect(await find('phone', '138****1234')).toEqual({ kind: 'rejected', reason: 'masked' });
    expect(await find('phone', '12')).toEqual({ kind: 'rejected', reason: 'not_a_phone' });
    expect(await find('email', 'x@scs.tiktok.com')).toEqual({ kind: 'rejected', reason: 'relay_email' });
    expect(await find('member_card', '0000')).toEqual({ kind: 'rejected', reason: 'blocked' });
    expect(await find('phone', '+8613712345670')).toMatchObject({ kind: 'found', profiles: [] });
  });

  test('where two parted between two reads, the second look tells', async () => {
    const alias = personaId('douyin/live/dy-7');
    const places = new Map([...customers.places()].map((place) => [place.persona, place]));
    const [old, root] = [places.get(alias), places.get(ROOT)];
    if (!old || !root) return;
    let looks = 0;
    const getPlace: typeof customers.getPlace = async (persona) => {
      if (persona === ROOT) return { ...root, members: [ROOT] };
      return looks++ === 0 ? old : { ...old, root: alias, members: [alias] };
    };
    expect(await rootOf(alias, { getPlace })).toMatchObject({ persona: alias, root: alias });
  });
});

describe('an explanation', () => {
  const explain = (id = ROOT, options = {}): Promise<Explanation | undefined> => explainProfile(id, customers, options);

  test('tells the evidence and the tier, in both languages, and nothing personal', async () => {
    const explanation = await explain(personaId('douyin/live/dy-7'));
    expect(explanation?.evidence).toMatchObject([
      {
        type: 'phone',
        value: '+86139****5678',
        names: 'same',
        personas: [
          { id: ROOT, orders: 1, firstSeenAt: '2026-03-01T08:00:00.000Z' },
          { id: 'douyin/live/dy-7', orders: 1 },
        ],
        zh: '手机号 +86139****5678 出现在 2 个身份的 2 个订单中（2026-03-01 至 2026-05-02），姓名一致。',
        en: 'Phone +86139****5678 is in 2 orders of 2 personas, seen from 2026-03-01 to 2026-05-02; the names agree.',
      },
      { type: 'email', value: 'a***@example.org', names: 'unnamed' },
    ]);
    expect(explanation?.tier.zh).toContain('近 365 天净消费为 3,725.68 元');
    expect(explanation?.tier.en).toContain('CNY 3,725.68');
    expect(JSON.stringify(explanation)).not.toMatch(/Novak|13912345678|anne\.novak/);
    expect(JSON.stringify(await explain(ROOT, { reveal: REVEALED }))).toMatch(/Anne Novak/);
  });

  test('tells what is suggested, shared, rejected and decided', async () => {
    await buy([PETER, ...reseller(11, '+8613700001111')]);
    const alias = personaId('douyin/live/dy-7');
    const made = { id: 'd1', at: now, by: 'lee', reason: 'two sisters' };
    await customers.putDecision([ROOT, alias], { kind: 'unlink', ...made, off: [alias], kept: [ROOT] });
    const unsettled = await explain();
    expect(unsettled?.remarks).toMatchObject([{ en: expect.stringContaining('will follow') }]);
    expect(unsettled?.cuts).toMatchObject([{ id: 'd1', by: 'lee', why: 'two sisters', off: [alias], kept: [ROOT] }]);
    expect(unsettled?.cuts[0]?.zh).toContain('不是同一客户（lee，2026-11-24：two sisters）');
    expect(unsettled?.suggestions).toMatchObject([
      {
        with: 'shopify/shop/peter',
        reasons: [{ code: 'names_contradict', en: expect.stringContaining('+86139****5678') }],
      },
    ]);

    const one = await explain(personaId('shopify/shop/reseller-00'), {
      rejectedOf: async () => [{ type: 'phone', value: '18412345678-1234', reason: 'virtual_number' }],
    });
    expect(one?.remarks).toMatchObject([{ zh: expect.stringContaining('只有一个身份') }]);
    expect(one?.shared).toMatchObject([{ type: 'phone', value: '+86137****1111', personas: 11 }]);
    expect(one?.rejected).toMatchObject([{ reason: 'virtual_number', zh: expect.stringContaining('虚拟号') }]);
    expect(JSON.stringify(one?.rejected)).not.toContain('18412345678');

    await buy(
      reseller(22, '+8613700002222').map((account) => ({ ...account, by: account.by.replace('reseller', 'bot') })),
    );
    const bot = await explain(personaId('shopify/shop/bot-00'));
    expect(bot?.shared).toMatchObject([
      { value: '+86137****2222', personas: 21, zh: expect.stringContaining('至少由 21') },
    ]);
    expect((await readProfile(personaId('shopify/shop/bot-00'), customers))?.identifiers).toMatchObject([
      { shared: true },
    ]);
  });

  test('of a chain too long to be resolved says so, and what joins the profile all the same', async () => {
    const phone = (index: number) => `+86137${String(index).padStart(8, '0')}`;
    const chain = Array.from(
      { length: 110 },
      (_, index): Bought => ({
        by: `shopify/shop/link-${String(index).padStart(3, '0')}`,
        at: instant(Date.UTC(2026, 6, 1) + index * 3_600_000),
        // By an email with the next, by a phone with the one after.
        identifiers: {
          email: `e${index - (index % 2)}@example.org`,
          phone: phone(index + (index % 2)),
        },
      }),
    );
    for (const one of chain) await buy([one]);
    const last = await explain(personaId('shopify/shop/link-109'));
    expect(last?.remarks.map(({ en }) => en)).toContainEqual(
      expect.stringContaining('more personas than can be resolved'),
    );
    const first = await explain(personaId('shopify/shop/link-000'));
    expect(first).toMatchObject({
      aliases: { length: 48 },
      evidence: { length: 48 },
      remarks: [{ zh: expect.stringContaining('人工核查') }],
    });
  });
});
