/**
 * Shoppers with known truth, seeded: households that share a phone and a surname, numbers given to the next owner, typing
 * errors, masked, virtual and relay values, tills that type their own number, and resellers who order for dozens. Their
 * orders go through the very code that reads real ones.
 */
import { douyinIdentifiers } from '../../shared/channels/douyin/identifiers.ts';
import { shopeeIdentifiers } from '../../shared/channels/shopee/identifiers.ts';
import { shopifyIdentifiers } from '../../shared/channels/shopify/identifiers.ts';
import { squareIdentifiers } from '../../shared/channels/square/identifiers.ts';
import { ConnectionId } from '../../shared/connections/connection.ts';
import { normalizeEmail, normalizePhone } from '../../shared/identity/contact.ts';
import {
  type IdentifierDeclaration,
  type IdentityConnection,
  identifiersOf,
  keyIdentifier,
  type OrderIdentifiers,
} from '../../shared/identity/identifiers.ts';
import { links, personaOf } from '../../shared/identity/persona.ts';
import type { CanonicalOrder } from '../../shared/orders/canonical-order.ts';
import { orderKey } from '../../shared/orders/order-key.ts';
import { compact } from '../../shared/text/compact.ts';
import { instant } from '../../shared/time/instant.ts';
import type { Labelled } from './measure.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly people: number;
  /** Share of orders with a phone that come without a name. */
  readonly unnamed: number;
  /** Share of people who use an email of the household, which no rule can tell from their own. */
  readonly familyEmails: number;
}

/** How orders become identifiers: with switches that turn a protection off, to show what it is worth. */
export interface Reading {
  /** Masked, virtual, relay and placeholder values link as if they were ordinary. */
  readonly rejectedLink?: true;
  readonly ownContactsLink?: true;
  readonly unpaidLink?: true;
}

export interface WorldOrder {
  readonly order: CanonicalOrder;
  readonly person: string;
  readonly shop: Shop;
  readonly at: number;
}

interface Shop {
  readonly connection: IdentityConnection;
  readonly category: CanonicalOrder['category'];
  readonly declaration: IdentifierDeclaration;
}

const OWN_PHONE = '+8657188880012';
const OWN_EMAIL = 'shop@brand.example.com';

const shop = (channel: string, id: string, category: Shop['category'], declaration: IdentifierDeclaration): Shop => ({
  connection: { id: ConnectionId.parse(id), channel, region: 'CN', ownContacts: [OWN_PHONE, OWN_EMAIL] },
  category,
  declaration,
});
const WEB = shop('shopify', 'web', 'ecommerce', shopifyIdentifiers);
const LIVE = shop('douyin', 'live', 'live', douyinIdentifiers);
/** A till with a loyalty programme: cards and phones besides. */
const TILL = shop('square', 'till', 'pos', [
  ...squareIdentifiers,
  { from: 'memberCard', scope: 'brand', strength: 'strong', verified: true },
  { from: 'phone', scope: 'brand', strength: 'strong', verified: false },
]);
const ABROAD = [
  shop('shopee', 'my', 'cross_border', shopeeIdentifiers),
  shop('shopee', 'sg', 'cross_border', shopeeIdentifiers),
];

export function makeOrders(options: WorldOptions): WorldOrder[] {
  return new World(options).orders();
}

interface Person {
  readonly id: string;
  readonly name: string;
  /** As a form with first and last name has it: 小雨 陈. */
  readonly formName: string;
  readonly phone: string;
  readonly email: string;
  readonly card: string;
  readonly home: NonNullable<CanonicalOrder['shipTo']>;
  /** Day from which they have their number. */
  readonly since: number;
}

class World {
  readonly #options: WorldOptions;
  readonly #next: () => number;
  #orders = 0;
  #phones = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#next = random(options.seed);
  }

  orders(): WorldOrder[] {
    const people: Person[] = [];
    while (people.length < this.#options.people) people.push(...this.#household(people.length, people));
    const orders = people.flatMap((person) => this.#ordersOf(person, people));
    return [...orders, ...this.#resellers(people)];
  }

  #chance = (share: number): boolean => this.#next() < share;
  #pick = <T>(values: readonly T[]): T => {
    const value = values[Math.floor(this.#next() * values.length)];
    if (value === undefined) throw new RangeError('nothing to pick from');
    return value;
  };
  #number = (below: number): number => Math.floor(this.#next() * below);

  #household(start: number, before: readonly Person[]): Person[] {
    const chinese = this.#chance(0.7);
    const family = this.#pick(chinese ? HAN_FAMILY : LATIN_FAMILY);
    const shared = this.#phone();
    const email = `family.${start}@mail.example.com`;
    const home = {
      country: 'CN',
      province: '浙江省',
      city: '杭州市',
      district: this.#pick(DISTRICTS),
      postalCode: String(310_000 + this.#number(900)),
    };
    const given = new Set<string>();
    for (let size = 1 + this.#number(4); given.size < size; ) given.add(this.#pick(chinese ? HAN_GIVEN : LATIN_GIVEN));
    return [...given].map((first, index) => {
      // A number given up by somebody of another household: its new owner buys later than the old one.
      const recycled = before.length > 50 && this.#chance(0.03) ? this.#pick(before.slice(0, -20)).phone : undefined;
      return {
        id: String(start + index),
        name: chinese ? family + first : `${first} ${family}`,
        formName: `${first} ${family}`,
        phone: recycled ?? (this.#chance(0.35) ? shared : this.#phone()),
        email: this.#chance(this.#options.familyEmails) ? email : `${latin(first)}${start + index}@mail.example.com`,
        card: `MC${100_000 + start + index}`,
        home,
        since: recycled ? 400 : 0,
      };
    });
  }

  #phone(): string {
    // Spread over the numbers of a prefix; none is given twice.
    const digits = String((this.#phones++ * 7_919 + 10_007) % 100_000_000).padStart(8, '0');
    return `+86${this.#pick(['139', '136', '158', '187'])}${digits}`;
  }

  #ordersOf(person: Person, people: readonly Person[]): WorldOrder[] {
    const orders: WorldOrder[] = [];
    const buy = (shop: Shop, buyer: () => CanonicalOrder['buyer'], shipped: boolean) => {
      for (let number = 1 + this.#number(2); number > 0; number--)
        orders.push(this.#order(person, shop, buyer(), shipped));
      // Somebody else's email, typed into a checkout that is never paid.
      if (shop === WEB && this.#chance(0.05)) {
        const { order, ...rest } = this.#order(person, shop, { ...buyer(), email: this.#pick(people).email }, shipped);
        orders.push({ ...rest, order: { ...order, payment: 'unpaid' } });
      }
    };
    if (this.#chance(0.6)) {
      const account = this.#chance(0.8) ? `7${person.id}` : undefined;
      buy(
        WEB,
        () => this.#contact({ ...person, name: person.formName }, { buyerId: account, phone: 0.7, email: 0.9 }),
        true,
      );
    }
    if (this.#chance(0.5)) {
      const voucher = this.#chance(0.4);
      buy(
        LIVE,
        () => this.#contact(person, { buyerId: `doudian${person.id}`, phone: voucher ? 1 : 0, email: 0 }),
        !voucher,
      );
    }
    if (this.#chance(0.5)) {
      const account = this.#chance(0.6) ? `SQ${person.id}` : undefined;
      const card = this.#chance(0.4) ? person.card : undefined;
      buy(TILL, () => this.#contact(person, { buyerId: account, memberCard: card, phone: 0.4, email: 0.4 }), false);
    }
    for (const shop of ABROAD)
      if (this.#chance(0.2)) buy(shop, () => ({ buyerId: `55${person.id}`, name: mask(person.name) }), true);
    return orders;
  }

  #contact(
    person: Person,
    {
      buyerId,
      memberCard,
      phone,
      email,
    }: { buyerId: string | undefined; memberCard?: string | undefined; phone: number; email: number },
  ): CanonicalOrder['buyer'] {
    const givesPhone = this.#chance(phone);
    const named = !givesPhone || !this.#chance(this.#options.unnamed);
    return compact({
      buyerId,
      memberCard,
      name: named ? person.name : undefined,
      phone: givesPhone ? normalizePhone(this.#asPhone(person), 'CN') : undefined,
      email: this.#chance(email) ? normalizeEmail(this.#asEmail(person)) : undefined,
    });
  }

  /** As people, platforms and staff write it. */
  #asPhone({ phone }: Person): string {
    const national = phone.slice(3);
    const fate = this.#next();
    if (fate < 0.02) return this.#pick(['13800138000', '13888888888', '13800000000']);
    if (fate < 0.03) return OWN_PHONE;
    if (fate < 0.08) return `${national.slice(0, 3)}****${national.slice(7)}`;
    if (fate < 0.11) return `1841234567${this.#number(3)}-${1000 + this.#number(40)}`;
    if (fate < 0.13) return typo(national, DIGITS, this.#number);
    return this.#pick([
      national,
      phone,
      `0086 ${national}`,
      `${national.slice(0, 3)} ${national.slice(3, 7)} ${national.slice(7)}`,
      fullWidth(national),
    ]);
  }

  #asEmail({ id, email }: Person): string {
    const fate = this.#next();
    if (fate < 0.02) return this.#pick(['test@mail.example.com', 'noreply@mail.example.com']);
    if (fate < 0.03) return OWN_EMAIL;
    if (fate < 0.06) return `buyer${id}@scs.tiktok.com`;
    if (fate < 0.1) return typo(email, 'abcdefghijklmnopqrstuvwxyz', this.#number);
    return this.#pick([email, email.toUpperCase(), fullWidth(email)]);
  }

  #order(
    person: Person,
    { connection, category, declaration }: Shop,
    buyer: CanonicalOrder['buyer'],
    shipped: boolean,
  ): WorldOrder {
    const orderId = String(this.#orders++);
    const { channel, id } = connection;
    const order: CanonicalOrder = {
      key: orderKey({ channel, connection: id, orderId }),
      channel,
      connection: id,
      category,
      orderId,
      payment: 'paid',
      lines: [],
      refunds: [],
      buyer,
      ...(shipped && { shipTo: person.home }),
      test: false,
      flags: [],
      revision: 1,
    };
    return {
      order,
      person: person.id,
      shop: { connection, category, declaration },
      at: (person.since + this.#number(365)) * 86_400_000,
    };
  }

  /** Order for others with their own email: one for thirty people each. */
  #resellers(people: readonly Person[]): WorldOrder[] {
    return ['one', 'two'].flatMap((reseller) =>
      people
        .slice(0, 30)
        .map((person) =>
          this.#order(
            person,
            WEB,
            { buyerId: `R${reseller}${person.id}`, name: person.name, email: `${reseller}@reseller.example.com` },
            true,
          ),
        ),
    );
  }
}

const GUEST_KEY = 'guests of the evaluation';

/** What the orders contribute; those that give no persona are left out, as they make no profile, and those never paid. */
export function contributionsOf(orders: readonly WorldOrder[], reading: Reading = {}): Labelled[] {
  return orders.flatMap(({ order, person, shop, at }): Labelled[] => {
    const connection = reading.ownContactsLink ? { ...shop.connection, ownContacts: [] } : shop.connection;
    const known = identifiersOf(order, connection, shop.declaration);
    const { identifiers } = reading.rejectedLink ? takenAsGiven(known) : known;
    const persona = personaOf(order, connection, shop.declaration, GUEST_KEY, known);
    if (persona === undefined || !(links(order) || reading.unpaidLink)) return [];
    const { name } = order.buyer;
    return [
      {
        person,
        contribution: {
          persona,
          order: orderKey({ channel: order.channel, connection: order.connection, orderId: order.orderId }),
          receivedAt: instant(at),
          identifiers: identifiers.map((one) => keyIdentifier(one, 'evaluation')),
          ...(name !== undefined && { name }),
        },
      },
    ];
  });
}

const takenAsGiven = ({ identifiers, rejected }: OrderIdentifiers): OrderIdentifiers => ({
  identifiers: [
    ...identifiers,
    ...rejected.map(
      ({ type, value }) => ({ type, value, scope: 'brand', strength: 'strong', verified: false }) as const,
    ),
  ],
  rejected: [],
});

/** mulberry32, by Tommy Ettinger (public domain): 32 bits of state, the same numbers everywhere. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const DIGITS = '0123456789';

/** One character replaced. */
function typo(text: string, alphabet: string, number: (below: number) => number): string {
  const at = 3 + number(text.length - 3);
  return text.slice(0, at) + alphabet[number(alphabet.length)] + text.slice(at + 1);
}

const mask = (name: string): string => `${[...name][0]}**`;
const fullWidth = (text: string): string =>
  text.replace(/[!-~]/g, (char) => String.fromCharCode(char.charCodeAt(0) + 0xfee0));
const latin = (text: string): string => (/^[A-Za-z]+$/.test(text) ? text.toLowerCase() : `u${text.codePointAt(0)}`);

const HAN_FAMILY = [...'王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗'];
const HAN_GIVEN = [
  '伟',
  '芳',
  '娜',
  '敏',
  '静',
  '丽',
  '强',
  '磊',
  '洋',
  '勇',
  '艳',
  '杰',
  '娟',
  '涛',
  '明',
  '超',
  '秀英',
  '建国',
  '志强',
  '雨桐',
  '子涵',
  '欣怡',
  '梓轩',
  '浩然',
  '思远',
];
const LATIN_FAMILY = [
  'Schmidt',
  'Garcia',
  'Tanaka',
  'Silva',
  'Novak',
  'Larsen',
  'Rossi',
  'Dubois',
  'Kowalski',
  'Nguyen',
  "O'Brien",
  'Jansen',
];
const LATIN_GIVEN = [
  'Anna',
  'Peter',
  'Yui',
  'Joao',
  'Marta',
  'Lars',
  'Giulia',
  'Pierre',
  'Zofia',
  'Minh',
  'Sean',
  'Eva',
  'Tom',
  'Sara',
  'Ivan',
  'Mia',
  'Noah',
  'Lena',
];
const DISTRICTS = ['西湖区', '上城区', '拱墅区', '滨江区', '余杭区', '萧山区', '临平区', '钱塘区'];
