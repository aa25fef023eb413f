/** Customers for tests: what they bought, under which identifiers, as the entries that orders make. */
import type { IdentifierType } from '../../shared/identity/identifiers.ts';
import { keyIdentifier } from '../../shared/identity/identifiers.ts';
import { BUILT_IN } from '../../shared/identity/linking-versions.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import { sealer } from '../../shared/identity/seal.ts';
import type { CustomerStore, Entry } from '../../shared/profiles/customer.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { customerRules } from '../../shared/profiles/rules.ts';
import type { Rules } from '../../shared/profiles/update.ts';
import { NO_SEGMENTS } from '../../shared/segments/catalogue.ts';
import { FALLBACK } from '../../shared/tiers/clv/model.ts';
import { defaultPolicy } from '../../shared/tiers/default-policy.ts';
import type { Instant } from '../../shared/time/instant.ts';

/** Not secret, and so never another's. */
export const KEYS = { guest: 'g'.repeat(32), lookup: 'l'.repeat(32) };
export const SEALER = sealer({ current: 1, keys: new Map([[1, Buffer.alloc(32, 7)]]) });

export const testRules = (store: CustomerStore<StoredProfile>, reportingCurrency = 'CNY'): Rules<StoredProfile> =>
  customerRules({
    store,
    linking: BUILT_IN,
    policy: defaultPolicy({ currency: reportingCurrency }),
    model: FALLBACK,
    segments: NO_SEGMENTS,
    reportingCurrency,
  });

// The cast is the constructor of the brand.
export const personaId = (text: string): PersonaId => text as PersonaId;

export interface Bought {
  /** `shopify/shop/ann` */
  readonly by: string;
  /** By itself the order's name, so each in a test is another order. */
  readonly at: string;
  readonly name?: string;
  readonly minor?: number;
  readonly identifiers?: Partial<Record<IdentifierType, string>>;
}

const WEAK: ReadonlySet<IdentifierType> = new Set(['name_address', 'card_fingerprint']);

export function bought({ by, at, name, minor = 10_000, identifiers = {} }: Bought): Entry {
  const persona = personaId(by);
  const [channel = '', connection = ''] = by.split('/');
  const key = `${channel}/${connection}/${at}`;
  // The cast: tests give it in that form.
  const paidAt = at as Instant;
  // The cast: the keys are those of the parameter's type.
  const given = (Object.entries(identifiers) as [IdentifierType, string][]).map(([type, value]) => {
    const strength = WEAK.has(type) ? ('weak' as const) : ('strong' as const);
    return { value, keyed: keyIdentifier({ type, value, scope: 'brand', strength, verified: false }, KEYS.lookup) };
  });
  const money = { paid: minor, refunded: 0, net: minor };
  return {
    persona,
    day: at.slice(0, 10),
    key,
    revision: 1,
    reading: 1,
    content: {
      contribution: { key, revision: 1, paidAt, counts: true, currency: 'CNY', ...money, reporting: money, channel },
      receivedAt: paidAt,
      identifiers: given.map(({ keyed }) => keyed),
      values: Object.fromEntries(given.map(({ value, keyed }) => [keyed.hash, value])),
      ...(name !== undefined && { name }),
    },
  };
}

/** One customer on three channels, held together by a phone and an email. */
export const ANNE: readonly Bought[] = [
  {
    by: 'shopify/shop/anne',
    at: '2026-03-01T08:00:00.000Z',
    name: 'Anne Novak',
    minor: 250_000,
    identifiers: { phone: '+8613912345678', email: 'anne.novak@example.org' },
  },
  {
    by: 'douyin/live/dy-7',
    at: '2026-05-02T08:00:00.000Z',
    name: 'Anne Novak',
    minor: 80_000,
    identifiers: { phone: '+8613912345678' },
  },
  {
    by: 'square/tills/guest:email:x1',
    at: '2026-11-03T08:00:00.000Z',
    minor: 42_568,
    identifiers: { email: 'anne.novak@example.org' },
  },
];

/** Another on Anne's phone, by another name. */
export const PETER: Bought = {
  by: 'shopify/shop/peter',
  at: '2026-06-01T08:00:00.000Z',
  name: 'Peter Novak',
  minor: 5_000,
  identifiers: { phone: '+8613912345678' },
};
