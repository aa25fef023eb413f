import pMap from 'p-map';
import type { Lookup } from '../../shared/api/profiles.ts';
import type { IdentityKeys } from '../../shared/identity/contribution.ts';
import type { LinkingSource } from '../../shared/identity/linking-versions.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import type { CanonicalOrder } from '../../shared/orders/canonical-order.ts';
import { maskBuyer } from '../../shared/orders/mask.ts';
import { parseOrderKey } from '../../shared/orders/order-key.ts';
import type { CustomerIndex, CustomerStore, Place } from '../../shared/profiles/customer.ts';
import { explainProfile } from '../../shared/profiles/explain.ts';
import { REJECTION_WORDS } from '../../shared/profiles/explain-words.ts';
import { findProfiles, rootOf } from '../../shared/profiles/find.ts';
import { historyPage } from '../../shared/profiles/history-page.ts';
import { type OrderReadings, personaOfOrder, readOrder, rejectedOf } from '../../shared/profiles/order-reading.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { MASKED, REVEALED } from '../../shared/profiles/reveal.ts';
import { readProfile, type UnifiedProfile } from '../../shared/profiles/unified.ts';
import type { HistoryStore } from '../../shared/publish/history.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { explainSegments } from '../../shared/segments/explain-segments.ts';
import type { SegmentStore } from '../../shared/segments/segment-store.ts';
import { instant } from '../../shared/time/instant.ts';
import { fittingPage, storePage } from './pages.ts';
import { Refusal } from './problem.ts';
import { ordersOf } from './profile-orders.ts';
import type { Handlers } from './serve.ts';
import { inLanguage } from './speak.ts';

/** The keys that open customers are read when they are first needed. */
export interface ProfileReads {
  readonly customers: () => Promise<CustomerStore<StoredProfile> & CustomerIndex>;
  readonly identityKeys: () => Promise<IdentityKeys>;
  readonly linking: LinkingSource;
  readonly history: Pick<HistoryStore, 'listHistory'>;
  readonly readings: OrderReadings;
  readonly segments: Pick<SegmentStore, 'listSegments' | 'listVersions'>;
  readonly reportingCurrency: string;
  readonly clock: Clock;
}

type ProfileHandlers = Pick<
  Handlers,
  'getProfile' | 'lookUpProfiles' | 'explainProfile' | 'listOrdersOfProfile' | 'listHistoryOfProfile'
>;

const ORDERS_AT_ONCE = 16;

export const profileHandlers = (its: ProfileReads): ProfileHandlers => ({
  async getProfile({ params: { id }, revealed }) {
    const { rules } = await its.linking.load();
    const profile = await readProfile(asPersona(id), await its.customers(), rules);
    if (!profile) throw notFound();
    return { status: 200, body: revealed ? profile : masked(profile) };
  },

  async lookUpProfiles({ body }) {
    return { status: 200, body: await lookUp(body, its) };
  },

  async explainProfile({ params: { id }, query: { lang }, revealed }) {
    const store = await its.customers();
    const { persona, profile } = await requireRoot(id, store);
    const explanation = await explainProfile(persona, store, {
      rules: (await its.linking.load()).rules,
      reveal: revealed ? REVEALED : MASKED,
      rejectedOf: rejectedOf(store, its.readings),
    });
    if (!explanation) throw notFound();
    const segments = await explainSegments(profile.segments ?? [], its.segments, its.reportingCurrency);
    return { status: 200, body: inLanguage({ ...explanation, segments }, lang) };
  },

  async listOrdersOfProfile({ params: { id }, query, revealed }) {
    const store = await its.customers();
    const { members } = await requireRoot(id, store);
    // Whom it is made of is part of the place: who joins or parts meanwhile begins the list anew.
    const list = ['orders', ...members];
    const body = await fittingPage(query.limit, async (most) => {
      const asked = { ...query, limit: most };
      const page = await storePage(list, asked, (limit, after) => ordersOf(members, { limit, after }, store));
      const orders = await pMap(page.items, (key) => orderOf(key, its.readings), { concurrency: ORDERS_AT_ONCE });
      const items = orders.filter((order) => order !== undefined).map((order) => (revealed ? order : maskBuyer(order)));
      return { ...page, items };
    });
    return { status: 200, body };
  },

  async listHistoryOfProfile({ params: { id }, query }) {
    const customers = await its.customers();
    const root = await requireRoot(id, customers);
    const stores = { history: its.history, customers };
    const body = await storePage(['history', root.persona], query, (limit, after) =>
      historyPage(root, { limit, after }, stores),
    );
    return { status: 200, body };
  },
});

// The cast: whether it names a persona is what is asked.
const asPersona = (text: string): PersonaId => text as PersonaId;

const notFound = (): Refusal =>
  new Refusal(404, 'profile_not_found', 'There is no such profile, nor one that has been of that name.');

async function requireRoot(id: string, customers: Pick<CustomerStore<StoredProfile>, 'getPlace'>) {
  const root: Place<StoredProfile> | undefined = await rootOf(asPersona(id), customers);
  if (!root?.profile) throw notFound();
  return { ...root, profile: root.profile };
}

const masked = (profile: UnifiedProfile): UnifiedProfile => ({
  ...profile,
  identifiers: profile.identifiers.map((one) => ({ ...one, value: MASKED.value(one.type, one.value) })),
});

async function orderOf(key: string, readings: OrderReadings): Promise<CanonicalOrder | undefined> {
  const name = parseOrderKey(key);
  return name && readOrder(name, readings);
}

async function lookUp(wanted: Lookup, { customers, identityKeys, linking, readings, clock }: ProfileReads) {
  const keys = await identityKeys();
  const store = await customers();
  if (wanted.type === 'order') {
    const found = await personaOfOrder(wanted.value, readings, { keys, now: instant(clock().getTime()) });
    const root = found.kind === 'persona' ? await rootOf(found.persona, store) : undefined;
    return { profiles: root?.profile ? [root.persona] : [], shared: false };
  }
  const { type, value: text } = wanted;
  const region = wanted.type === 'phone' ? wanted.region : undefined;
  const found = await findProfiles({ type, text, region }, store, keys.lookup, (await linking.load()).rules);
  if (found.kind === 'found') return { profiles: found.profiles, shared: found.shared };
  const message = REJECTION_WORDS[found.reason].en;
  throw new Refusal(422, found.reason, `Nobody can be found by this: ${message}.`, {
    problems: [{ in: 'body', at: '/value', message }],
  });
}
