/**
 * The regulars of the brand: a cast of invented people with what each of them bought in the last year and a bit, such that with
 * the demo's policy every tier occurs, and each rule of linking. A purchase is so many days ago, and at least two days from the
 * edge of any window, so that nobody's tier changes by itself while the demo runs; but for the one whose part that is.
 */
import type { Tier } from '../shared/tiers/policy.ts';
import { CUP, GAIWAN, GIFT_BOX, type Good, JASMINE, OOLONG, PUER, TEA_FOR_TWO, TEAPOT, WHISK } from './goods.ts';
import type { Person } from './people.ts';
import type { Scene } from './scene.ts';

/** What somebody is in the cast for, beside a tier. */
export type Part =
  /** Bought everywhere. Shopee tells nothing that links, so there they are somebody else until a person accepts the suggestion. */
  | 'four_channels'
  /** Two with one phone. */
  | 'family'
  | 'guest_then_account'
  | 'masked_phone'
  /** Would be of high value, had not most of it come back long after. */
  | 'late_refund'
  /** All came back: no order counts. */
  | 'all_refunded'
  /** Is of high value until an order is a year old, and then at once no more. */
  | 'demoted_by_time';

export type ShopChannel = 'shopify' | 'douyin' | 'square' | 'shopee';

export interface Purchase extends Pick<Scene, 'handedOver'> {
  readonly on: ShopChannel;
  readonly daysAgo: number;
  /** One for each piece. */
  readonly goods: readonly Good[];
  readonly guest?: true;
  /** Paid so that it leaves the year's window at the very instant of the demotion; `daysAgo` is only about. */
  readonly leavesTheYear?: true;
  readonly recipientShown?: true;
  readonly back?: { readonly daysAgo: number; readonly extent: 'one' | 'all' };
}

export interface Regular {
  /** As people say it. */
  readonly name: string;
  readonly person: Person;
  readonly part?: Part;
  /** Under the demo's policy, when the history ends. */
  readonly expectedTier: Tier;
  /** After the demotion. */
  readonly laterTier?: Tier;
  /** Where an account is a profile of its own, as nothing links it: its tier. */
  readonly apart?: { readonly on: ShopChannel; readonly expectedTier: Tier };
  readonly purchases: readonly Purchase[];
}

type Place = Pick<Person, 'city' | 'province' | 'country' | 'zip'>;

const place = (country: string, province: string, city: string, zip: string): Place => ({
  country,
  province,
  city,
  zip,
});
const HANGZHOU = place('CN', '浙江', '杭州', '310002');
const CHENGDU = place('CN', '四川', '成都', '610041');
const SHENZHEN = place('CN', '广东', '深圳', '518040');
const SHANGHAI = place('CN', '上海', '上海', '200031');
const SEATTLE = place('US', 'Washington', 'Seattle', '98104');
const PORTLAND = place('US', 'Oregon', 'Portland', '97209');
/** A city without provinces: neither Shopify nor Shopee names one. */
const SINGAPORE = place('SG', '', 'Singapore', '238801');

const PHONES: Readonly<Record<string, string>> = { CN: '+8613810900', US: '+12065550', SG: '+65912300' };

/** Ids apart from those of the town that the day's buyers live in (people.ts). */
const FIRST_ID = 7_900_000_000_000;

/** The n-th of the cast. A family name in Chinese letters stands first. */
function who(number: number, lastName: string, firstName: string, at: Place): { name: string; person: Person } {
  const isHan = /\p{Script=Han}/u.test(lastName);
  const tail = at.country === 'SG' ? String(number).padStart(2, '0') : String(100 + number);
  const person: Person = {
    ...at,
    id: FIRST_ID + number,
    firstName,
    lastName,
    email: `regular${number}@example.com`,
    phone: `${PHONES[at.country]}${tail}`,
  };
  return { name: isHan ? `${lastName}${firstName}` : `${firstName} ${lastName}`, person };
}

type Bought = (daysAgo: number, ...goods: readonly Good[]) => Purchase;

const bought =
  (on: ShopChannel, handedOver: Scene['handedOver']): Bought =>
  (daysAgo, ...goods) => ({ on, handedOver, daysAgo, goods });

/** Shopify's shop and the counter that it serves as well; Square's shop and its tills; Douyin; Shopee. */
const web = bought('shopify', 'parcel');
const counter = bought('shopify', 'counter');
const online = bought('square', 'parcel');
const till = bought('square', 'counter');
const live = bought('douyin', 'parcel');
const voucher = bought('douyin', 'voucher');
const shopee = bought('shopee', 'parcel');

const linxiao = who(1, '林', '晓', SINGAPORE);
const jianguo = who(12, '周', '建国', HANGZHOU);
const liumin = who(13, '刘', '敏', HANGZHOU);
const kai = who(27, '郑', '凯', SHENZHEN);

const HIGH_VALUE: readonly Regular[] = [
  {
    ...linxiao,
    // Lives abroad, and kept the number that Douyin wants.
    person: { ...linxiao.person, phone: `${PHONES.CN}101` },
    part: 'four_channels',
    expectedTier: 'high_value',
    apart: { on: 'shopee', expectedTier: 'base' },
    purchases: [
      web(150, TEAPOT),
      voucher(83, TEA_FOR_TWO),
      online(41, GIFT_BOX),
      { ...shopee(25, GAIWAN), recipientShown: true },
      web(12, OOLONG, OOLONG),
    ],
  },
  {
    ...who(2, '陈', '雨桐', HANGZHOU),
    expectedTier: 'high_value',
    purchases: [live(203, TEAPOT, GAIWAN), live(61, GIFT_BOX, PUER)],
  },
  {
    ...who(3, 'Whitfield', 'Grace', PORTLAND),
    expectedTier: 'high_value',
    purchases: [web(301, TEAPOT), web(172, GIFT_BOX), web(52, GAIWAN)],
  },
  {
    ...who(4, 'Hill', 'Marcus', SEATTLE),
    expectedTier: 'high_value',
    purchases: [till(240, TEAPOT), till(118, GIFT_BOX), till(31, PUER)],
  },
  {
    ...who(5, '赵', '敏', SHANGHAI),
    expectedTier: 'high_value',
    purchases: [voucher(330, TEA_FOR_TWO), live(101, TEAPOT), web(21, TEAPOT)],
  },
  {
    ...who(6, 'Tan', 'Wei Ming', SINGAPORE),
    expectedTier: 'high_value',
    purchases: [shopee(72, TEAPOT, TEAPOT)],
  },
  {
    ...who(7, 'Voss', 'Eleanor', SEATTLE),
    part: 'demoted_by_time',
    expectedTier: 'high_value',
    laterTier: 'stable',
    purchases: [{ ...online(365, TEAPOT, CUP), leavesTheYear: true }, web(200, GAIWAN), web(35, GAIWAN)],
  },
];

const GROWTH: readonly Regular[] = [
  {
    ...who(8, 'Nair', 'Priya', PORTLAND),
    expectedTier: 'growth',
    purchases: [web(61, OOLONG), web(18, GAIWAN)],
  },
  {
    ...who(9, '孙', '立', CHENGDU),
    expectedTier: 'growth',
    purchases: [live(70, PUER), live(33, CUP), live(9, OOLONG)],
  },
  {
    ...who(10, '何', '静', SHANGHAI),
    part: 'guest_then_account',
    expectedTier: 'growth',
    purchases: [{ ...web(75, JASMINE), guest: true }, web(14, GAIWAN)],
  },
  {
    ...who(11, 'Bergström', 'Noah', SEATTLE),
    expectedTier: 'growth',
    purchases: [till(58, OOLONG), till(16, CUP)],
  },
  {
    ...jianguo,
    part: 'family',
    expectedTier: 'growth',
    purchases: [web(66, PUER), web(22, OOLONG)],
  },
  {
    ...who(14, 'Lim', 'Jia Hui', SINGAPORE),
    expectedTier: 'growth',
    purchases: [shopee(54, OOLONG), shopee(15, CUP)],
  },
  // As many orders as in the quarter before, but larger ones.
  {
    ...who(15, '郭', '晓峰', SHENZHEN),
    expectedTier: 'growth',
    purchases: [live(160, OOLONG), live(121, OOLONG), live(63, GAIWAN), live(11, PUER)],
  },
  // Neither more nor larger ones, but a second channel.
  {
    ...who(16, 'Weiss', 'Hannah', PORTLAND),
    expectedTier: 'growth',
    purchases: [web(140, CUP), web(101, CUP), web(55, CUP), online(20, JASMINE)],
  },
  {
    ...who(17, '吴', '倩', CHENGDU),
    expectedTier: 'growth',
    purchases: [voucher(44, TEA_FOR_TWO), live(8, GIFT_BOX)],
  },
];

const STABLE: readonly Regular[] = [
  {
    ...who(18, 'Clarke', 'Owen', SEATTLE),
    expectedTier: 'stable',
    purchases: [till(225, OOLONG), till(165, OOLONG), till(108, OOLONG), till(47, OOLONG)],
  },
  {
    ...who(19, '徐', '丽', HANGZHOU),
    expectedTier: 'stable',
    purchases: [live(250, PUER), live(158, CUP), live(64, PUER)],
  },
  {
    ...who(20, 'Marchetti', 'Sofia', PORTLAND),
    expectedTier: 'stable',
    purchases: [web(210, GAIWAN), web(131, OOLONG), web(48, JASMINE)],
  },
  {
    ...who(21, '马', '超', SHENZHEN),
    expectedTier: 'stable',
    purchases: [live(184, OOLONG), live(120, JASMINE), live(57, OOLONG)],
  },
  {
    ...who(22, 'Reyes', 'Daniel', SEATTLE),
    expectedTier: 'stable',
    purchases: [counter(280, OOLONG), counter(190, WHISK), counter(99, OOLONG)],
  },
  {
    ...who(23, 'Goh', 'Mei Ling', SINGAPORE),
    expectedTier: 'stable',
    purchases: [shopee(260, OOLONG), shopee(170, JASMINE), shopee(80, OOLONG)],
  },
  // Two orders in each quarter, alike: active, and no sign of more.
  {
    ...who(24, '冯', '雪', CHENGDU),
    expectedTier: 'stable',
    purchases: [live(170, CUP), live(128, CUP), live(70, CUP), live(26, CUP)],
  },
  {
    ...who(25, 'Ferreira', 'Lucas', PORTLAND),
    expectedTier: 'stable',
    purchases: [till(330, WHISK), till(220, OOLONG), till(105, WHISK)],
  },
  {
    ...who(26, 'Stone', 'Amelia', SEATTLE),
    expectedTier: 'stable',
    purchases: [counter(150, JASMINE), counter(97, JASMINE), counter(40, CUP)],
  },
];

const BASE: readonly Regular[] = [
  {
    ...liumin,
    person: { ...liumin.person, phone: jianguo.person.phone },
    part: 'family',
    expectedTier: 'base',
    purchases: [web(47, JASMINE)],
  },
  {
    ...kai,
    person: { ...kai.person, phone: kai.person.phone.replace(/\d{4}(?=\d{4}$)/, '****') },
    part: 'masked_phone',
    expectedTier: 'base',
    purchases: [live(203, OOLONG), voucher(96, TEA_FOR_TWO)],
  },
  {
    ...who(28, '宋', '雨', SHANGHAI),
    part: 'late_refund',
    expectedTier: 'base',
    purchases: [{ ...live(120, TEAPOT, GIFT_BOX, GAIWAN), back: { daysAgo: 6, extent: 'one' } }],
  },
  {
    ...who(29, 'Novak', 'Iris', PORTLAND),
    part: 'all_refunded',
    expectedTier: 'base',
    purchases: [{ ...web(84, GAIWAN), back: { daysAgo: 77, extent: 'all' } }],
  },
  // A great deal, but more than a year ago.
  {
    ...who(30, 'Dahl', 'Henrik', SEATTLE),
    expectedTier: 'base',
    purchases: [till(372, TEAPOT, TEAPOT)],
  },
  // Every month, and then no more.
  {
    ...who(31, '许', '峰', HANGZHOU),
    expectedTier: 'base',
    purchases: [live(388, OOLONG), live(362, OOLONG), live(331, OOLONG)],
  },
  { ...who(32, '邓', '婷', CHENGDU), expectedTier: 'base', purchases: [live(2, JASMINE)] },
  { ...who(33, 'Turner', 'Jack', PORTLAND), expectedTier: 'base', purchases: [till(77, OOLONG)] },
  { ...who(34, 'Aisyah', 'Nurul', SINGAPORE), expectedTier: 'base', purchases: [shopee(110, WHISK)] },
  {
    ...who(35, 'Jensen', 'Clara', PORTLAND),
    expectedTier: 'base',
    purchases: [{ ...web(140, CUP, JASMINE), back: { daysAgo: 129, extent: 'one' } }],
  },
  { ...who(36, '高', '明', HANGZHOU), expectedTier: 'base', purchases: [voucher(193, TEA_FOR_TWO)] },
];

export const REGULARS: readonly Regular[] = [...HIGH_VALUE, ...GROWTH, ...STABLE, ...BASE];

/** Those who play a part: the family is two. */
export const playing = (part: Part): readonly Regular[] => REGULARS.filter((regular) => regular.part === part);
