/**
 * Reading recommendations: by itself, in memory; then as `GET /v1/profiles/{id}/recommendations` of the deployed stack on the emulator,
 * in turns with the profile itself, which is the least that such a request can take. The emulator's database and gateway share this
 * machine's cores, so the ratio says more than the times.
 */
import { deploy, localEnvironment } from '../../local/deploy.ts';
import { startEmulator } from '../../local/emulator/emulator.ts';
import { STATE_DIR } from '../../local/endpoints.ts';
import { productDirectory } from '../../shared/catalogue/directory.ts';
import { putProduct } from '../../shared/catalogue/manage.ts';
import { ProductDraft } from '../../shared/catalogue/product.ts';
import type { ProductStore } from '../../shared/catalogue/product-store.ts';
import { dynamoProducts } from '../../shared/catalogue/store.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import { ssmKeys } from '../../shared/identity/store.ts';
import type { CustomerStore } from '../../shared/profiles/customer.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { dynamoCustomers } from '../../shared/profiles/store.ts';
import { updateCustomers } from '../../shared/profiles/update.ts';
import type { RowReader, RowWriter, VersionStore } from '../../shared/recommendations/recommendation-store.ts';
import { createRecommender } from '../../shared/recommendations/recommender.ts';
import type { Row as KeptRow } from '../../shared/recommendations/rows.ts';
import { dynamoRows, dynamoVersions } from '../../shared/recommendations/store.ts';
import { begin, NO_VERSIONS, swap, versionId } from '../../shared/recommendations/versions.ts';
import { dynamoClient, ssmClient } from '../../shared/runtime/clients.ts';
import { instant } from '../../shared/time/instant.ts';
import { bought, personaId, testRules } from '../profiles/people.ts';
import { memoryCustomers } from '../simulation/models/customers.ts';
import { memoryProducts } from '../simulation/models/products.ts';
import { memoryRecommendations } from '../simulation/models/recommendations.ts';
import { cpuMs, percentile, type Row } from './measure.ts';

const CUSTOMERS = 200;
const PRODUCTS = 100;
const PER_CUSTOMER = 20;
const LIMIT = 10;
const READS = 20_000;
/** Of three requests, one after the other. */
const ROUNDS = 150;
const WARM_UP = 10;
const DAY_MS = 24 * 60 * 60 * 1000;

interface Stores {
  readonly customers: CustomerStore<StoredProfile>;
  readonly products: ProductStore;
  readonly versions: VersionStore;
  readonly rows: RowReader & RowWriter;
}

export async function benchRecommendRead(): Promise<Row[]> {
  return [...(await inMemory()), ...(await onEmulator())];
}

const clock = () => new Date();
const customer = (number: number): PersonaId => personaId(`shopify/bench/${8_100_000 + number}`);
/** Of these no build knows anything. */
const newcomer = (number: number): PersonaId => customer(CUSTOMERS + number);
const product = (number: number): string => `tea-${number % PRODUCTS}`;

async function inMemory(): Promise<Row[]> {
  const stored = memoryRecommendations();
  // The model looks through all of its rows.
  const contents = new Map<string, string>();
  const stores: Stores = {
    customers: memoryCustomers<StoredProfile>(),
    products: memoryProducts(),
    versions: stored,
    rows: {
      async putRows(_, rows) {
        for (const { kind, of, content } of rows) contents.set(`${kind} ${of}`, content);
      },
      getContent: async (kind, of) => contents.get(`${kind} ${of}`),
    },
  };
  await fill(stores);
  const { customers, rows, versions } = stores;
  const products = productDirectory(stores.products, clock);
  const recommender = createRecommender({ versions, rows, products, behaviourOf: async () => undefined, clock });
  const read = async (name: string, ids: readonly PersonaId[]): Promise<Row[]> => {
    const places = (await customers.getProfiles(ids)).map((place) => ({ ...place, members: [place.persona] }));
    const times: number[] = [];
    const startedCpuMs = cpuMs();
    for (let nth = 0; nth < READS; nth++) {
      const place = places[nth % places.length];
      if (!place) throw new Error('There is no profile.');
      const startedMs = performance.now();
      const { items } = await recommender.recommend(place, LIMIT);
      times.push((performance.now() - startedMs) * 1_000);
      if (items.length !== LIMIT) throw new Error(`There are ${items.length} items.`);
    }
    const each = ((cpuMs() - startedCpuMs) * 1_000) / READS;
    return [
      ...percentiles(name, times, 'µs'),
      { name: `${name}, processor time`, value: Math.round(each), unit: 'µs' },
    ];
  };
  return [
    ...(await read('in memory, a row', numbers(CUSTOMERS).map(customer))),
    ...(await read('in memory, what is popular', numbers(CUSTOMERS).map(newcomer))),
  ];
}

async function onEmulator(): Promise<Row[]> {
  const stateDir = `${STATE_DIR}/bench`;
  const emulator = await startEmulator({ stateDir, report: () => undefined });
  try {
    Object.assign(process.env, localEnvironment(emulator.endpoint));
    const { api, outputs } = await deploy({ endpoint: emulator.endpoint, stateDir, report: () => undefined });
    const client = dynamoClient();
    const engagement = { client, table: outputs.EngagementTable };
    const { sealer } = await ssmKeys({ client: ssmClient(), name: outputs.IdentityKeysParameter }).load();
    await fill({
      customers: dynamoCustomers<StoredProfile>({ client, table: outputs.CustomersTable, sealer }),
      products: dynamoProducts(engagement),
      versions: dynamoVersions(engagement),
      rows: dynamoRows(engagement),
    });
    const get = async (id: PersonaId, rest: string): Promise<number> => {
      const url = `${api.url}/v1/profiles/${encodeURIComponent(id)}${rest}`;
      const startedMs = performance.now();
      const response = await fetch(url, { headers: { authorization: `Bearer ${api.token}` } });
      const text = await response.text();
      if (!response.ok) throw new Error(`GET ${url} answered ${response.status} ${text.slice(0, 200)}`);
      return performance.now() - startedMs;
    };
    const times = { profile: [] as number[], recommended: [] as number[], popular: [] as number[] };
    const ask = async (nth: number) => {
      const of = nth % CUSTOMERS;
      times.profile.push(await get(customer(of), ''));
      times.recommended.push(await get(customer(of), `/recommendations?limit=${LIMIT}`));
      times.popular.push(await get(newcomer(of), `/recommendations?limit=${LIMIT}`));
    };
    for (let nth = 0; nth < WARM_UP; nth++) await ask(nth);
    for (const some of Object.values(times)) some.length = 0;
    for (let nth = 0; nth < ROUNDS; nth++) await ask(nth);
    const floor = percentile(times.profile, 50);
    return [
      ...percentiles('GET of a profile, on the emulator', times.profile, 'ms', floor),
      ...percentiles('GET of its recommendations', times.recommended, 'ms', floor),
      ...percentiles('GET of those of a newcomer', times.popular, 'ms', floor),
    ];
  } finally {
    await emulator.stop();
  }
}

function percentiles(name: string, times: readonly number[], unit: string, floor?: number): Row[] {
  return [50, 99].map((percent) => {
    const value = percentile(times, percent);
    return {
      ...{ name: `${name}, p${percent}`, value: Math.round(value * 10) / 10, unit },
      ...(floor !== undefined && { ratio: value / floor }),
    };
  });
}

async function fill({ customers, products, versions, rows }: Stores): Promise<void> {
  const nowMs = Date.now();
  for (const number of numbers(PRODUCTS)) {
    const variants = [{ skuId: product(number), price: { amount: 100, currency: 'CNY' }, stock: 9 }];
    await putProduct(
      { id: product(number), draft: ProductDraft.parse({ title: { zh: product(number) }, variants }), by: 'bench' },
      { products, restocks: { send: async () => undefined }, clock },
    );
  }
  for (const number of numbers(2 * CUSTOMERS)) {
    const entries = [90, 30].map((days) => bought({ by: customer(number), at: instant(nowMs - days * DAY_MS) }));
    await updateCustomers({ entries }, customers, testRules(customers), { now: instant(nowMs), cause: 'live' });
  }
  const builtAt = instant(nowMs - 60_000);
  const version = {
    id: versionId(builtAt),
    full: versionId(builtAt),
    builtAt,
    customers: CUSTOMERS,
    written: CUSTOMERS,
  };
  const begun = begin(NO_VERSIONS, version.id);
  await versions.putVersions(begun);
  await rows.putRows(version, [...numbers(CUSTOMERS).map(rowOf), popular]);
  await versions.putVersions(swap(begun, version));
}

const rowOf = (number: number): KeptRow => ({
  ...{ kind: 'customer', of: customer(number) },
  content: JSON.stringify({
    day: instant(Date.now()).slice(0, 10),
    items: numbers(PER_CUSTOMER).map((nth) => [product(number + nth), 'bought_before', '{"lastDays":3,"times":2}']),
  }),
});
function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}

const popular: KeptRow = { kind: 'popular', of: 'all', content: JSON.stringify(numbers(PER_CUSTOMER).map(product)) };
