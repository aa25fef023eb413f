/** What an order identifies by, what only looks like it, and the persona that it gives. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { douyinIdentifiers } from '../../shared/channels/douyin/identifiers.ts';
import { shopeeIdentifiers } from '../../shared/channels/shopee/identifiers.ts';
import { shopifyIdentifiers } from '../../shared/channels/shopify/identifiers.ts';
import { squareIdentifiers } from '../../shared/channels/square/identifiers.ts';
import { ConnectionId } from '../../shared/connections/connection.ts';
import { readIdentity } from '../../shared/identity/contribution.ts';
import {
  type IdentifierDeclaration,
  type IdentityConnection,
  identifiersOf,
  keyIdentifier,
} from '../../shared/identity/identifiers.ts';
import { keyedHash } from '../../shared/identity/key.ts';
import { compareNames, nameKey } from '../../shared/identity/names.ts';
import { links, personaOf } from '../../shared/identity/persona.ts';
import { checkEmail, checkPhone } from '../../shared/identity/unlinkable.ts';
import type { CanonicalOrder } from '../../shared/orders/canonical-order.ts';
import { instant } from '../../shared/time/instant.ts';

const connection: IdentityConnection = { id: ConnectionId.parse('demo'), channel: 'shopify', region: 'CN' };
const KEY = 'a key of tests';

const order = (buyer: CanonicalOrder['buyer'], rest: Partial<CanonicalOrder> = {}): CanonicalOrder => ({
  key: 'shopify/demo/1',
  channel: 'shopify',
  connection: 'demo',
  category: 'ecommerce',
  orderId: '1',
  payment: 'paid',
  lines: [],
  refunds: [],
  buyer,
  test: false,
  flags: [],
  revision: 1,
  ...rest,
});

describe('phones', () => {
  test.each([
    ['138 1384 0021', 'CN', '+8613813840021'],
    ['+86 138-1384-0021', undefined, '+8613813840021'],
    ['0086 13813840021', 'CN', '+8613813840021'],
    ['8613813840021', 'CN', '+8613813840021'],
    ['１３８１３８４００２１', 'CN', '+8613813840021'],
    ['＋８６１３８１３８４００２１', undefined, '+8613813840021'],
    ['9123 4567', 'HK', '+85291234567'],
    ['+852 9123 4567', 'CN', '+85291234567'],
    ['6612 3456', 'MO', '+85366123456'],
    ['0912-345-678', 'TW', '+886912345678'],
    ['+886 0912 345 678', 'TW', '+886912345678'],
    ['(503) 555-0123', 'US', '+15035550123'],
  ])('%s in %s is %s', (text, region, value) => {
    expect(checkPhone(text, region)).toEqual({ kind: 'clear', value });
  });

  test.each([
    ['138****0021', 'CN', 'masked'],
    ['138＊＊＊＊0021', 'CN', 'masked'],
    ['18412345670-1234', 'CN', 'virtual_number'],
    ['18412345670转1234', 'CN', 'virtual_number'],
    ['18412345670,1234', 'CN', 'virtual_number'],
    ['18412345670 ext 1234', 'CN', 'virtual_number'],
    ['18412345670_1234', 'CN', 'virtual_number'],
    ['4008123456', 'CN', 'service_number'],
    ['+1 800 234 5678', undefined, 'service_number'],
    ['13800138000', 'CN', 'blocked'],
    ['13800000000', 'CN', 'blocked'],
    ['13888888888', 'CN', 'blocked'],
    ['13123456789', 'CN', 'blocked'],
    ['00000000', 'HK', 'not_a_phone'],
    ['12345', 'CN', 'not_a_phone'],
    ['13813840021', undefined, 'not_a_phone'],
    ['call me', 'CN', 'not_a_phone'],
  ])('%s in %s does not link: %s', (text, region, reason) => {
    expect(checkPhone(text, region)).toEqual({ kind: 'rejected', reason });
  });
});

describe('emails', () => {
  test.each([
    ['Li.Na@Example.COM', 'li.na@example.com'],
    ['ｌｉ＠ｅｘａｍｐｌｅ．ｃｏｍ', 'li@example.com'],
    [' li+shop@example.co.uk ', 'li+shop@example.co.uk'],
    ['test.person@example.com', 'test.person@example.com'],
  ])('%s is %s', (text, value) => {
    expect(checkEmail(text)).toEqual({ kind: 'clear', value });
  });

  test.each([
    ['l***@example.com', 'masked'],
    ['nobody', 'not_an_email'],
    ['a@b', 'not_an_email'],
    ['7d9f@scs.tiktok.com', 'relay_email'],
    ['x1y2@marketplace.amazon.co.jp', 'relay_email'],
    ['abc@members.ebay.com', 'relay_email'],
    ['abc@members.ebay.co.uk', 'relay_email'],
    ['abc@PrivateRelay.AppleID.com', 'relay_email'],
    ['test@brand.example.com', 'blocked'],
    ['no-reply@brand.com', 'blocked'],
    ['li@shop.invalid', 'blocked'],
  ])('%s does not link: %s', (text, reason) => {
    expect(checkEmail(text)).toEqual({ kind: 'rejected', reason });
  });

  test('a look-alike of a relay domain is an ordinary one', () => {
    expect(checkEmail('li@notscs.tiktok.com.example.com').kind).toBe('clear');
    expect(checkEmail('li@mymembers.ebay.com').kind).toBe('clear');
  });
});

describe('an order', () => {
  test('gives what its platform declares, with scope and strength', () => {
    const given = order(
      { buyerId: '77', name: 'Li Na', phone: '+8613813840021', email: 'li@example.com' },
      { shipTo: { country: 'CN', city: '杭州', district: '西湖区' } },
    );
    const { identifiers, rejected } = identifiersOf(given, connection, shopifyIdentifiers);
    expect(rejected).toEqual([]);
    expect(identifiers).toEqual([
      { type: 'buyer_id', value: '77', scope: 'shopify/demo', strength: 'strong', verified: true },
      { type: 'phone', value: '+8613813840021', scope: 'brand', strength: 'strong', verified: false },
      { type: 'email', value: 'li@example.com', scope: 'brand', strength: 'strong', verified: false },
      { type: 'name_address', value: 'li na|cn||杭州|西湖区|', scope: 'brand', strength: 'weak', verified: false },
    ]);
  });

  test('gives the reason of each value that does not link', () => {
    const own = { ...connection, ownContacts: ['138 1384 0021', 'Shop@Example.com'] };
    expect(
      identifiersOf(order({ phone: '+8613813840021', email: 'shop@example.com' }), own, shopifyIdentifiers),
    ).toEqual({
      identifiers: [],
      rejected: [
        { type: 'phone', value: '+8613813840021', reason: 'own_contact' },
        { type: 'email', value: 'shop@example.com', reason: 'own_contact' },
      ],
    });
    expect(identifiersOf(order({ phone: '138****0021' }), connection, shopifyIdentifiers).rejected).toEqual([
      { type: 'phone', value: '138****0021', reason: 'masked' },
    ]);
  });

  test('no name and address without a district or a postal code', () => {
    const given = order({ name: 'Li Na' }, { shipTo: { country: 'CN', city: '杭州' } });
    expect(identifiersOf(given, connection, shopifyIdentifiers).identifiers).toEqual([]);
  });

  test.each<[string, IdentifierDeclaration, Partial<IdentityConnection>, CanonicalOrder['buyer'], string[]]>([
    ['shopee in a site', shopeeIdentifiers, { channel: 'shopee', region: 'TW' }, { buyerId: '7' }, ['shopee:TW']],
    ['douyin', douyinIdentifiers, { channel: 'douyin' }, { buyerId: 'd', openId: 'o' }, ['douyin/demo', 'douyin/demo']],
    ['douyin with an app', douyinIdentifiers, { channel: 'douyin', app: '9' }, { openId: 'o' }, ['douyin:app:9']],
    ['square', squareIdentifiers, { channel: 'square' }, { buyerId: 'S', email: 'a@b.co' }, ['square/demo', 'brand']],
  ])('%s: scopes', (_, declaration, settings, buyer, scopes) => {
    const { identifiers } = identifiersOf(order(buyer), { ...connection, ...settings }, declaration);
    expect(identifiers.map(({ scope }) => scope)).toEqual(scopes);
  });

  test('a Shopee shop without a region keeps its buyers to itself', () => {
    const { identifiers } = identifiersOf(
      order({ buyerId: '7' }),
      { id: connection.id, channel: 'shopee' },
      shopeeIdentifiers,
    );
    expect(identifiers[0]?.scope).toBe('shopee/demo');
  });

  test('links only once paid, and never as a test or deleted', () => {
    expect(links(order({}))).toBe(true);
    expect(links(order({}, { payment: 'refunded' }))).toBe(true);
    expect(links(order({}, { payment: 'unpaid' }))).toBe(false);
    expect(links(order({}, { test: true }))).toBe(false);
    expect(links(order({}, { deletedAt: '2026-01-01T00:00:00.000Z' }))).toBe(false);
    const { payment: _, ...refundOnly } = order({});
    expect(links(refundOnly)).toBe(false);
  });
});

describe('the persona of an order', () => {
  const of = (buyer: CanonicalOrder['buyer'], settings = connection) =>
    personaOf(order(buyer), settings, shopifyIdentifiers, KEY);

  test("is the shop's buyer id, in the clear", () => {
    expect(of({ buyerId: '77', phone: '+8613813840021' })).toBe('shopify/demo/77');
  });

  test('else a guest, named by a keyed hash: nothing personal, no other key gives the same', () => {
    const guest = of({ phone: '+8613813840021', email: 'li@example.com' });
    expect(guest).toMatch(/^shopify\/demo\/guest:phone:[\w-]{22}$/);
    expect(of({ phone: '+8613813840021' })).toBe(guest);
    expect(personaOf(order({ phone: '+8613813840021' }), connection, shopifyIdentifiers, 'another')).not.toBe(guest);
    expect(of({ email: 'li@example.com' })).toMatch(/guest:email:/);
  });

  test('two of a family who check out as guests with one phone are two', () => {
    const [anna, peter] = ['Anna Schmidt', 'Peter Schmidt'].map((name) => of({ name, phone: '+8613813840021' }));
    expect(anna).not.toBe(peter);
    expect(of({ name: 'SCHMIDT, Anna', phone: '+8613813840021' })).toBe(anna);
    expect(of({ name: '小雨 陈', phone: '+8613813840021' })).toBe(of({ name: '陈小雨', phone: '+8613813840021' }));
  });

  test('a relay email names a guest at one shop, though it links nobody', () => {
    expect(of({ email: 'x@scs.tiktok.com' })).toMatch(/guest:email:/);
  });

  test.each([[{}], [{ name: 'Li Na' }], [{ phone: '138****0021' }], [{ email: 'test@brand.com' }], [{ buyerId: '0' }]])(
    '%j gives none',
    (buyer) => {
      expect(of(buyer)).toBeUndefined();
    },
  );
});

describe('what an order contributes', () => {
  const reading = {
    connection,
    declaration: shopifyIdentifiers,
    keys: { guest: 'guests', lookup: 'lookups' },
    receivedAt: instant(0),
  };
  const buyer = { name: 'Li Na', phone: '+8613813840021', email: 'li@example.com' };

  test('a persona and hashed identifiers; of an order never paid, no identifiers', () => {
    const { contribution } = readIdentity(order(buyer), reading);
    expect(contribution).toMatchObject({ order: 'shopify/demo/1', receivedAt: instant(0), name: 'Li Na' });
    expect(contribution?.identifiers.map(({ type }) => type)).toEqual(['phone', 'email']);
    const unpaid = readIdentity(order(buyer, { payment: 'unpaid' }), reading).contribution;
    expect(unpaid).toEqual({ ...contribution, identifiers: [] });
  });

  test('but for the name, nothing in it can be read', () => {
    const { name: _, ...hashed } = readIdentity(order(buyer), reading).contribution ?? {};
    expect(JSON.stringify(hashed)).not.toMatch(/13813840021|li@example|Li Na/i);
  });

  test('nothing, where it identifies nobody; the reasons stay', () => {
    const { contribution, rejected } = readIdentity(order({ phone: '138****0021' }), reading);
    expect(contribution).toBeUndefined();
    expect(rejected).toEqual([{ type: 'phone', value: '138****0021', reason: 'masked' }]);
  });
});

describe('keyed hashes', () => {
  test('differ by type, scope, value and key, and hide the value', () => {
    const phone = {
      type: 'phone',
      value: '+8613813840021',
      scope: 'brand',
      strength: 'strong',
      verified: false,
    } as const;
    const { hash } = keyIdentifier(phone, KEY);
    expect(hash).toMatch(/^[\w-]{22}$/);
    expect(keyIdentifier(phone, KEY)).not.toHaveProperty('value');
    for (const other of [
      { ...phone, value: '+8613813840022' },
      { ...phone, scope: 'shopify/demo' },
      { ...phone, type: 'email' as const },
    ])
      expect(keyIdentifier(other, KEY).hash).not.toBe(hash);
    expect(keyIdentifier(phone, 'another').hash).not.toBe(hash);
  });

  test('parts do not run into each other', () => {
    const parts = fc.array(fc.string(), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        expect(keyedHash(KEY, a) === keyedHash(KEY, b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });
});

describe('names', () => {
  test.each([
    ['José García', 'GARCIA, Jose', 'same'],
    ['张伟', '张 伟', 'same'],
    ['陈小雨', '小雨 陈', 'same'],
    ['陈 小雨', '小雨 陈', 'same'],
    ['陈小雨', '小雨', 'possible'],
    ['陈小雨', '小雨 王', 'contradicting'],
    ['张伟', '张伟 先生', 'same'],
    ['Zhang Wei', 'ZhangWei', 'same'],
    ['Wei Zhang', 'Zhang Wei', 'same'],
    ["Sinead O'Brien", 'sinead obrien', 'same'],
    ['Anna Schmidt', 'A. Schmidt', 'possible'],
    ['Anna Schmidt', 'Schmidt', 'possible'],
    ['Mrs Schmidt', 'Anna Schmidt', 'possible'],
    ['John James Smith', 'J J Smith', 'possible'],
    ['张伟', '张先生', 'possible'],
    ['张伟', '伟', 'possible'],
    ['张伟', 'Zhang Wei', 'unknown'],
    ['张**', '李娜', 'unknown'],
    ['先生', '李娜', 'unknown'],
    ['', 'Anna', 'unknown'],
    ['Anna Schmidt', 'Peter Schmidt', 'contradicting'],
    ['Anna Schmidt', 'B. Schmidt', 'contradicting'],
    ['张伟', '张丽', 'contradicting'],
    ['张伟', '李伟', 'contradicting'],
  ])('%s and %s: %s', (a, b, verdict) => {
    expect(compareNames(a, b)).toBe(verdict);
    expect(compareNames(b, a)).toBe(verdict);
  });

  test('no order of two names matters, and a name is the same as itself', () => {
    const name = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.array(fc.constantFrom('张', '伟', '小雨', ' ', '先生'), { maxLength: 5 }).map((all) => all.join('')),
      fc.array(fc.constantFrom('anna', 'a', 'an', 'li', 'l'), { maxLength: 4 }).map((all) => all.join(' ')),
    );
    fc.assert(
      fc.property(name, name, (a, b) => {
        expect(compareNames(a, b)).toBe(compareNames(b, a));
        if (nameKey(a) !== undefined) expect(compareNames(a, a)).toBe('same');
        if (compareNames(a, b) === 'same' && !/\s/.test(a + b)) expect(nameKey(a)).toBe(nameKey(b));
      }),
      { numRuns: 2000 },
    );
  });
});
