/**
 * What the demo shows of campaigns: products are recommended on the year of history that was sent, two campaigns write to who has agreed,
 * by providers that are models on this machine, and what the customers buy afterwards counts for the messages, until they return it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import Table from 'cli-table3';
import { DEMO_CAMPAIGNS, demoProducts } from '../demo/campaigns.ts';
import type { PlannedDelivery } from '../demo/day.ts';
import { accountsOf, type HistoryShop, tellOccasion } from '../demo/history.ts';
import { createRandom } from '../demo/random.ts';
import { REGULARS, type Regular } from '../demo/regulars.ts';
import { ApiProblem, type Client, createClient } from '../shared/api/client.ts';
import { ROUTES } from '../shared/api/routes.ts';
import { SUPPRESSIONS } from '../shared/campaigns/suppression.ts';
import type { StackOutputs } from '../shared/runtime/stack-outputs.ts';
import { type Providers, startProviders } from '../test/providers/all.ts';

export interface CampaignsDemo {
  readonly apiUrl: string;
  readonly token: string;
  readonly outputs: Pick<StackOutputs, 'SnapshotFunction' | 'RecommendFunction' | 'AttributeFunction'>;
  readonly shops: readonly HistoryShop[];
  readonly webhookUrlOf: (channel: string, connection: string) => string;
  readonly play: (deliveries: PlannedDelivery[]) => Promise<unknown>;
  readonly say: (line: string) => void;
}

/** A regular as the shops know them. */
interface Known {
  readonly regular: Regular;
  readonly persona: string;
  readonly profile: string;
}

const PATIENCE_MS = 180_000;
const DAY_MS = 24 * 60 * 60_000;
/** Platforms tell of an order within a minute; what comes after the return is no part of the demo. */
const MINUTE_MS = 60_000;
const RETURNED_AFTER_MS = 2 * MINUTE_MS;
const SEEN_MS = 3 * MINUTE_MS;
/** Orders of those who were written to: apart from those of the history and the day. */
const FIRST_NUMBER = 2_000_001;

export async function showCampaigns(demo: CampaignsDemo): Promise<void> {
  const { apiUrl, token, shops, say } = demo;
  const api = createClient({ baseUrl: apiUrl, token });
  const providers = await startProviders();
  try {
    const products = demoProducts(shops);
    await api.call(ROUTES.putProducts, { body: { products: [...products] } });
    const known = await knownRegulars(api, shops);
    await connect(api, providers);
    const told = await agree(api, known);
    say(`\n${products.length} products, each as all shops name it. ${told}`);
    await startCampaigns(api);
    await recommend(api, known, demo);
    await untilSettled(api);
    await showSends(api, providers, say);
    await showOrders(api, known, demo);
    await pause(api);
  } finally {
    await providers.close();
  }
}

async function invoke(name: string, payload: object = {}): Promise<unknown> {
  const { Payload, FunctionError } = await new LambdaClient({}).send(
    new InvokeCommand({ FunctionName: name, Payload: Buffer.from(JSON.stringify(payload)) }),
  );
  const text = Buffer.from(Payload ?? []).toString('utf8');
  if (FunctionError !== undefined) throw new Error(`${name} failed: ${text}`);
  return JSON.parse(text || 'null');
}

async function knownRegulars(api: Client, shops: readonly HistoryShop[]): Promise<Known[]> {
  const known: Known[] = [];
  for (const regular of REGULARS) {
    const [account] = accountsOf(regular, shops);
    if (!account) continue;
    const profile = await api.call(ROUTES.getProfile, { params: { id: account.persona } }).catch(unlessMissing);
    if (profile) known.push({ regular, persona: account.persona, profile: profile.id });
  }
  return known;
}

/** FCM for phones abroad, JPush for those in China. */
async function connect(api: Client, providers: Providers): Promise<void> {
  for (const provider of ['fcm', 'jpush'] as const)
    await api.call(ROUTES.putPushProvider, {
      params: { provider },
      body: JSON.parse(providers.credentialsOf(provider)),
    });
  const { version } = await api.call(ROUTES.getPushPolicy);
  // The demo is run at any hour of the day, and nobody's phone rings.
  await api.call(ROUTES.putPushPolicy, { ifMatch: version, body: { holdout: 0, quietHours: null } });
}

/** Most have the app and agree; some refuse, some were never asked, some have no app. */
async function agree(api: Client, known: readonly Known[]): Promise<string> {
  const counts = { agree: 0, refuse: 0, silent: 0, none: 0 };
  for (const [index, { regular, persona }] of known.entries()) {
    const isChinese = regular.person.country === 'CN';
    const says = index % 5 === 2 ? 'refuse' : index % 7 === 3 ? 'silent' : 'agree';
    counts[says]++;
    if (says !== 'silent')
      await api.call(ROUTES.putConsents, {
        params: { id: persona },
        body: { consents: [{ channel: 'push', given: says === 'agree', source: 'app settings', wording: '2026-01' }] },
      });
    if (index % 11 === 8) {
      counts.none++;
      continue;
    }
    const device = `phone-of-${regular.person.id}`;
    await api.call(ROUTES.putDevice, {
      params: { id: device },
      body: {
        profile: persona,
        endpoint: isChinese ? { provider: 'jpush', registrationId: device } : { provider: 'fcm', token: device },
        locale: isChinese ? 'zh-CN' : 'en-US',
      },
    });
  }
  return `Of ${known.length} regulars ${counts.agree} have agreed to be written to, ${counts.refuse} have refused, ${counts.silent} were never asked; ${counts.none} have no app.`;
}

async function startCampaigns(api: Client): Promise<void> {
  for (const campaign of DEMO_CAMPAIGNS) {
    // A deployment that was used before has them already.
    await api.call(ROUTES.createCampaign, { body: campaign }).catch(unlessThere);
    await api.call(ROUTES.startCampaign, { params: { id: campaign.id } });
  }
}

async function pause(api: Client): Promise<void> {
  for (const { id } of DEMO_CAMPAIGNS) await api.call(ROUTES.pauseCampaign, { params: { id } });
}

/** Over a snapshot and a build of now, and not of within the hour. */
async function recommend(api: Client, known: readonly Known[], { outputs, say }: CampaignsDemo): Promise<void> {
  say('\nRecommendations are made of all orders, by SQL on DuckDB in a function.');
  await invoke(outputs.SnapshotFunction);
  await invoke(outputs.RecommendFunction, { full: true });
  const { current } = await api.call(ROUTES.getRecommendationVersions);
  if (!current) return say('There are none yet: `npx tributary doctor` says more.');
  say(`Version ${current.id}: ${current.customers} customers.`);
  const regular = known.find(({ regular: { purchases } }) => purchases.length >= 4) ?? known[0];
  if (!regular) return;
  const { items } = await api.call(ROUTES.recommendToProfile, { params: { id: regular.profile }, query: { limit: 3 } });
  say(`To ${regular.regular.name} (npx tributary recommendations show ${regular.profile}):`);
  for (const { product, title, why } of items)
    say(`  ${title?.zh ?? product} ${title?.en ?? ''}: ${why.zh} / ${why.en}`);
}

const reportOf = (api: Client, id: string) => api.call(ROUTES.reportCampaign, { params: { id } });

/** Until both have decided on somebody, and then no more for a while. The schedule comes each minute. */
async function untilSettled(api: Client): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (let still = 0, before = ''; still < 8 && Date.now() < deadline; ) {
    const reports = await Promise.all(DEMO_CAMPAIGNS.map(({ id }) => reportOf(api, id)));
    const now = reports.map(({ occurrences, waiting }) => `${occurrences} ${waiting}`).join();
    const isBegun = reports.every(({ occurrences, waiting }) => occurrences > 0 && waiting === 0);
    still = isBegun && now === before ? still + 1 : 0;
    before = now;
    await sleep(1_000);
  }
}

async function showSends(api: Client, providers: Providers, say: CampaignsDemo['say']): Promise<void> {
  const table = new Table({
    head: ['campaign', 'customers', 'sent', 'held out', 'kept back, and why'],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'left'],
  });
  for (const { id, name } of DEMO_CAMPAIGNS) {
    const { occurrences, sent, heldOut, suppressed } = await reportOf(api, id);
    const reasons = Object.entries(suppressed).map(
      // The cast: the report names reasons by their codes.
      ([code, count]) => `${count} ${SUPPRESSIONS[code as keyof typeof SUPPRESSIONS].zh} (${code})`,
    );
    table.push([`${name} (${id})`, occurrences, sent, heldOut.global + heldOut.campaign, reasons.join('\n')]);
  }
  say(`\n${table.toString()}`);
  const [english] = providers.fcm.taken;
  const [chinese] = providers.jpush.taken;
  const { fcm, jpush } = providers;
  say(
    `FCM took ${fcm.taken.length} messages, JPush ${jpush.taken.length}: models that check tokens, headers and sizes.`,
  );
  for (const taken of [english?.message, chinese?.notification]) if (taken) say(`  ${textOf(taken)}`);
}

const textOf = (message: unknown): string =>
  [...JSON.stringify(message).matchAll(/"(?:title|body|alert)":"((?:[^"\\]|\\.)*)"/g)]
    .map(([, text]) => String(JSON.parse(`"${text}"`)))
    .filter((text, index, all) => all.indexOf(text) === index)
    .join(' · ');

/** Of those who were written to some buy, in any shop; one sends it back. */
async function showOrders(api: Client, known: readonly Known[], demo: CampaignsDemo): Promise<void> {
  const { say, outputs } = demo;
  const buyers = (await writtenTo(api, known)).slice(0, 3);
  if (buyers.length === 0) return say('Nobody was written to.');
  say(`\nThen ${buyers.map(({ regular }) => regular.name).join(', ')} buy.`);
  // An order counts that was paid after the message, to the second in which platforms tell the time.
  await sleep(1_000);
  const nowMs = Date.now();
  // Shopify tells of a return at once; others by several messages, over days.
  const returning = buyers.findIndex(({ regular }) => lastOf(regular)?.on === 'shopify');
  const deliveries = buyers.map(({ regular }, index) =>
    ordersOf(regular, { index, nowMs, isReturned: index === returning }, demo),
  );
  const isReturn = ({ atMs }: PlannedDelivery) => atMs > nowMs + MINUTE_MS;
  await demo.play(deliveries.flat().filter((delivery) => !isReturn(delivery)));
  const attributed = async (count: number) => {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      await invoke(outputs.SnapshotFunction);
      await invoke(outputs.AttributeFunction);
      const reports = await Promise.all(DEMO_CAMPAIGNS.map(({ id }) => reportOf(api, id)));
      const orders = reports.reduce((sum, report) => sum + (report.attributed?.orders ?? 0), 0);
      if (orders === count || Date.now() > deadline) return showProof(reports, say);
      await sleep(2_000);
    }
  };
  await attributed(buyers.length);
  const back = deliveries[returning]?.filter(isReturn) ?? [];
  if (back.length === 0) return;
  say(`${buyers[returning]?.regular.name} sends it back, and it counts no more.`);
  await demo.play(back);
  await attributed(buyers.length - 1);
  say('The holdout, lift and its interval: npx tributary campaign report win-back');
}

async function writtenTo(api: Client, known: readonly Known[]): Promise<Known[]> {
  const profiles = new Set<string>();
  for (const { id } of DEMO_CAMPAIGNS) {
    const { items } = await api.call(ROUTES.listSendsOfCampaign, { params: { id }, query: { limit: 200 } });
    for (const { profile, state } of items) if (state === 'sent') profiles.add(profile);
  }
  return known.filter(({ profile }) => profiles.has(profile));
}

const lastOf = ({ purchases }: Regular) => purchases.filter(({ guest, back }) => !guest && !back).at(-1);

interface Ordering {
  readonly index: number;
  readonly nowMs: number;
  /** Its return is among the deliveries, though it is yet to come. */
  readonly isReturned: boolean;
}

/** What they bought last, once more, where they bought it. */
function ordersOf(
  regular: Regular,
  { index, nowMs, isReturned }: Ordering,
  { shops, webhookUrlOf }: CampaignsDemo,
): PlannedDelivery[] {
  const last = lastOf(regular);
  if (!last) return [];
  const { on, handedOver, goods } = last;
  // A parcel is not there to be sent back for hours.
  const returned = { handedOver: 'counter', back: { daysAgo: -RETURNED_AFTER_MS / DAY_MS, extent: 'all' } } as const;
  const purchase = { on, handedOver, goods, daysAgo: 0, ...(isReturned && returned) };
  const random = createRandom(nowMs % DAY_MS);
  const number = FIRST_NUMBER + (nowMs % 1_000_000) + index;
  const told = tellOccasion({ regular, purchase, paidAtMs: nowMs }, { random, shops, number, nowMs, webhookUrlOf });
  return told.filter(({ atMs }) => atMs <= nowMs + (isReturned ? SEEN_MS : MINUTE_MS));
}

type Report = Awaited<ReturnType<typeof reportOf>>;

function showProof(reports: readonly Report[], say: CampaignsDemo['say']): void {
  for (const { campaign, attributed, lift } of reports) {
    const nets = Object.entries(attributed?.net ?? {}).map(
      ([currency, { net }]) => `${(net / 100).toFixed(2)} ${currency}`,
    );
    const brought = `${attributed?.orders ?? 0} orders${nets.length > 0 ? `, ${nets.join(' and ')}` : ''}`;
    say(
      `  ${campaign}: ${brought}. Lift: ${lift === null ? 'not reckoned yet' : 'why' in lift ? lift.why : lift.kind}.`,
    );
  }
}

const unlessStatus =
  (status: number) =>
  (error: unknown): undefined => {
    if (error instanceof ApiProblem && error.status === status) return undefined;
    throw error;
  };
const unlessThere = unlessStatus(409);
const unlessMissing = unlessStatus(404);
