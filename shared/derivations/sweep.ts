/**
 * What time brings, and what people change: reviews that are due, a policy or model that came into force, rates that were loaded.
 * Each is fanned out through the profiles queue in small messages; while earlier ones wait, no more are added.
 */

import type { IdentityKeys } from '../identity/contribution.ts';
import { BUILT_IN, type LinkingSource } from '../identity/linking-versions.ts';
import type { OrderScan } from '../orders/apply.ts';
import type { Contribution } from '../profiles/contribution.ts';
import { type CustomerIndex, INDEX_SHARDS } from '../profiles/customer.ts';
import { entryOfOrder, type FollowDependencies, follow } from '../profiles/follow-orders.ts';
import type { ProfilesMessage } from '../queues/messages.ts';
import type { Queue, QueueDepth } from '../queues/queue.ts';
import type { RateStore } from '../rates/rate-store.ts';
import { LONGEST_GAP_DAYS } from '../rates/rate-table.ts';
import type { Clock } from '../runtime/clock.ts';
import { Conflict, isPassing } from '../runtime/errors.ts';
import { CATALOGUE_AGE_MS, type CatalogueSource } from '../segments/catalogue-source.ts';
import type { BasisSource } from '../tiers/basis.ts';
import { FALLBACK } from '../tiers/clv/model.ts';
import { epochMs, type Instant, instant } from '../time/instant.ts';

/** What all profiles were derived by, or are being derived by. */
export interface Derivation {
  readonly revision: number;
  readonly policy: number;
  readonly model: string;
  /** Revision of the rates. */
  readonly rates: number;
  /** Number of the lookup key, and version of the linking rules; 1 where it was never said. */
  readonly keys?: number;
  readonly linking?: number;
  /** Revision of the segments; 0 where it was never said. */
  readonly segments?: number;
  /** Of profiles: the run that policy, model, linking rules or segments made necessary last. */
  readonly run?: string;
  readonly startedAt?: Instant;
  /** When no function holds on to what was before the run any more: until then nothing of it is derived. */
  readonly beginsAt?: Instant;
  /** The last that came to its end: every profile was derived by what it was about, or by newer. */
  readonly finished?: { readonly run: string; readonly at: Instant; readonly segments: number };
}

/** How far a run has come in one part of the table. */
export interface RunProgress {
  readonly part: number;
  readonly seen: number;
  /** That of the message that comes next. */
  readonly step?: number;
  readonly finishedAt?: Instant;
}

export interface DerivationStore {
  getDerivation(): Promise<Derivation | undefined>;
  /** Throws Conflict where the revision is not the one before. */
  putDerivation(derivation: Derivation): Promise<void>;
  putProgress(run: string, progress: RunProgress): Promise<void>;
  listProgress(run: string): Promise<RunProgress[]>;
  /** Profiles that a run has sent on their way: under a name, until they are derived. Both idempotent. */
  putPending(run: string, group: string): Promise<void>;
  removePending(run: string, group: string): Promise<void>;
  hasPending(run: string): Promise<boolean>;
}

export interface SweepDependencies {
  readonly index: Pick<CustomerIndex, 'listDue' | 'listRoots'>;
  readonly queue: Queue<ProfilesMessage> & QueueDepth;
  readonly derivations: DerivationStore;
  readonly basis: BasisSource;
  readonly rateStore: Pick<RateStore, 'getRevision' | 'listChanges'>;
  readonly linking: LinkingSource;
  readonly segments: CatalogueSource;
  readonly keys: IdentityKeys;
  readonly clock: Clock;
}

/** Profiles to a message. */
const TOGETHER = 25;
/** Due profiles of a shard that one sweep takes up: the rest waits for the next. */
const DUE_MOST = 500;
const PAGE = 100;
/** Each of them is followed before its page is done, and that within the function's minute. */
const ORDERS_PAGE = 25;
/** More messages than these are work enough. */
const WAITING_MOST = 200;
/** How long a function may decide by what it has in memory, twice over. */
const CACHES_EXPIRE_SECONDS = 120;
/** Segments are kept for less. */
const SEGMENTS_EXPIRE_SECONDS = (2 * CATALOGUE_AGE_MS) / 1000;
/** Keys are kept for longer. */
const KEYS_EXPIRE_SECONDS = 600;
/** A page that finds enough waiting comes again: after so long at first, then after twice as long each time. */
const AGAIN_SECONDS = 30;
const LONGEST_DELAY_SECONDS = 900;
/** An hour in all; then it goes on. What waits may be nothing but pages, and they must not wait for each other for ever. */
const WAITS_MOST = 8;

export interface Swept {
  readonly due: number;
  readonly started: readonly string[];
  /** Earlier work was still waiting. */
  readonly skipped: boolean;
}

/** Also what was missed: it asks for all that is due by now. */
export async function sweep(dependencies: SweepDependencies): Promise<Swept> {
  const { index, queue, clock } = dependencies;
  const started = await startDerivations(dependencies);
  // What comes to its end tells so itself, unless it dies just then.
  const { run } = (await dependencies.derivations.getDerivation()) ?? {};
  if (run !== undefined) await finishRun(run, dependencies);
  if ((await queue.depth()) > WAITING_MOST) return { due: 0, started, skipped: true };
  const now = instant(clock().getTime());
  let due = 0;
  for (let shard = 0; shard < INDEX_SHARDS; shard++) {
    const personas = await index.listDue(shard, now, DUE_MOST);
    due += personas.length;
    for (const some of inGroups(personas)) await queue.send({ personas: some, cause: 'review' });
  }
  return { due, started, skipped: false };
}

/** Messages first, then the note that they were sent: who dies in between sends them again, and deriving twice changes nothing. */
async function startDerivations(dependencies: SweepDependencies): Promise<string[]> {
  const { derivations, basis, rateStore, linking, segments, queue, clock } = dependencies;
  const known = await derivations.getDerivation();
  const { policy, model } = await basis.load({ freshWithinMs: 0 });
  const rates = await rateStore.getRevision();
  const { version: rules } = await linking.load({ freshWithinMs: 0 });
  const { revision: found } = await segments.load({ freshWithinMs: 0 });
  const { lookupNumber: keys = 1 } = dependencies.keys;
  const next: Derivation = {
    ...known,
    revision: (known?.revision ?? 0) + 1,
    policy: policy.version,
    model: model.version,
    rates,
    linking: rules,
    segments: found,
    keys,
  };
  const nowMs = clock().getTime();
  const startedAt = instant(nowMs);
  const started: string[] = [];
  // At the first look nobody knows by what they were derived: another policy may have come before it.
  const isOther =
    known === undefined || known.policy !== next.policy || known.model !== next.model || (known.linking ?? 1) !== rules;
  // While nobody has put another, nobody can have derived by another.
  const isBuiltIn = policy.version === 1 && model.version === FALLBACK.version && rules === BUILT_IN.version;
  const isWaitedFor = isOther && !(known === undefined && isBuiltIn);
  const isRefilled = (known?.segments ?? 0) !== found;
  const ofSegments = found > 0 ? `-segments-${found}` : '';
  const run =
    isOther || isRefilled ? `policy-${next.policy}-model-${next.model}-linking-${rules}${ofSegments}` : undefined;
  // Where it replaces one that has not begun, what that one waited for is waited for still.
  const waitedSeconds = known?.beginsAt === undefined ? 0 : Math.ceil((epochMs(known.beginsAt) - nowMs) / 1000);
  const delaySeconds = Math.max(isWaitedFor ? CACHES_EXPIRE_SECONDS : SEGMENTS_EXPIRE_SECONDS, waitedSeconds);
  const beginsAt = instant(nowMs + delaySeconds * 1000);
  if (run !== undefined) {
    started.push(run);
    const options = { delaySeconds };
    for (let shard = 0; shard < INDEX_SHARDS; shard++) await queue.send({ rederive: { run, shard } }, options);
  }
  const hasNewKey = keys > (known?.keys ?? 1);
  const recount = hasNewKey || rates > (known?.rates ?? 0) ? `rates-${rates}-keys-${keys}` : undefined;
  if (recount !== undefined) {
    started.push(recount);
    const options = { delaySeconds: hasNewKey ? KEYS_EXPIRE_SECONDS : CACHES_EXPIRE_SECONDS };
    const paid = hasNewKey ? undefined : await paidUnder(known?.rates ?? 0, rates, rateStore);
    const page = { run: recount, ...(paid && { paid }) };
    for (let segment = 0; segment < ORDER_SEGMENTS; segment++)
      await queue.send({ recount: { ...page, segment } }, options);
  }
  if (known && started.length === 0) return [];
  try {
    await derivations.putDerivation({ ...next, ...(run !== undefined && { run, startedAt, beginsAt }) });
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    // Another sweep did the same, or started what was newest a moment before: then ours is superseded, and has to begin anew.
    const again = await startDerivations(dependencies);
    return [...new Set([...started, ...again])];
  }
  return started;
}

interface Page {
  readonly run: string;
  readonly after?: string | undefined;
  /** How often it has waited. */
  readonly waits?: number | undefined;
  /** How many messages of this part there were before it. */
  readonly step?: number | undefined;
}

/** A page of a shard, and the message for the next one. Superseded by a newer run, it ends. */
export async function rederivePage(
  page: Page & { readonly shard: number },
  dependencies: SweepDependencies,
): Promise<void> {
  const { index, queue, derivations } = dependencies;
  const { run, shard, after } = page;
  const current = await derivations.getDerivation();
  if (current?.run !== undefined && current.run !== run) return;
  const turn = await turnOf(page, shard, derivations);
  if (!turn || (await waitsAgain(page, turn, dependencies, (waiting) => ({ rederive: waiting })))) return;
  const { items, next } = await index.listRoots(shard, PAGE, after);
  for (const [index, some] of inGroups(items).entries()) {
    const group = `${shard}-${turn.step}-${index}`;
    await derivations.putPending(run, group);
    await queue.send({ personas: some, cause: 'policy', of: { run, group } });
  }
  if (next !== undefined) await queue.send({ rederive: { run, shard, after: next, step: turn.step } });
  await note(run, { ...turn, seen: turn.seen + items.length }, { isLast: next === undefined }, dependencies);
  if (next === undefined) await finishRun(run, dependencies);
}

export interface Pending {
  readonly run: string;
  readonly group: string;
}

/** These were derived: whoever is the last of a run says that it has come to its end. */
export async function settlePending(
  { run, group }: Pending,
  dependencies: Pick<SweepDependencies, 'derivations' | 'clock'>,
): Promise<void> {
  await dependencies.derivations.removePending(run, group);
  await finishRun(run, dependencies);
}

/** If all pages were sent on their way, and none is under way any more. */
async function finishRun(
  run: string,
  { derivations, clock }: Pick<SweepDependencies, 'derivations' | 'clock'>,
): Promise<void> {
  const known = await derivations.getDerivation();
  if (known?.run !== run || known.finished?.run === run || (await derivations.hasPending(run))) return;
  const parts = await derivations.listProgress(run);
  if (parts.filter(({ finishedAt }) => finishedAt !== undefined).length < INDEX_SHARDS) return;
  const finished = { run, at: instant(clock().getTime()), segments: known.segments ?? 0 };
  try {
    await derivations.putDerivation({ ...known, revision: known.revision + 1, finished });
  } catch (error) {
    // Another said so, or began a new one; the next sweep looks again.
    if (!(error instanceof Conflict)) throw error;
  }
}

const ORDER_SEGMENTS = 16;

export interface RecountDependencies extends SweepDependencies, FollowDependencies {
  readonly scan: OrderScan;
}

interface Paid {
  readonly currencies: string[];
  readonly from: string;
  readonly to: string;
}

/** The orders that these rates are about; undefined where what they are was not told, and so of all. */
async function paidUnder(
  known: number,
  rates: number,
  rateStore: Pick<RateStore, 'listChanges'>,
): Promise<Paid | undefined> {
  const changes = (await rateStore.listChanges(known)).filter(({ revision }) => revision <= rates);
  const days = changes.flatMap(({ from, to }) => [from, to]).sort();
  const [from, last] = [days[0], days.at(-1)];
  if (changes.length < rates - known || from === undefined || last === undefined) return undefined;
  // A rate holds for the days after it, too, where they have none.
  const to = instant(Date.parse(last) + LONGEST_GAP_DAYS * DAY_MS).slice(0, 10);
  return { currencies: [...new Set(changes.flatMap(({ currencies }) => currencies))].sort(), from, to };
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** A page of the orders: those that it is about are read anew, and where that changes something, the customer is derived. */
export async function recountPage(
  page: Page & { readonly segment: number; readonly paid?: Paid | undefined },
  dependencies: RecountDependencies,
): Promise<void> {
  const { scan, queue, derivations } = dependencies;
  const { run, segment, after, paid } = page;
  const turn = await turnOf(page, segment, derivations);
  if (!turn || (await waitsAgain(page, turn, dependencies, (waiting) => ({ recount: waiting })))) return;
  const { items, next } = await scan.listOrders({ segment, of: ORDER_SEGMENTS, limit: ORDERS_PAGE, after });
  for (const order of items) {
    try {
      const entry = await entryOfOrder(order, dependencies);
      if (entry?.content && (!paid || isPaidSo(entry.content.contribution, paid)))
        await follow({ entries: [entry] }, 'backfill', dependencies);
    } catch (error) {
      if (isPassing(error)) throw error;
      // By itself: one that can never be read must not keep the others of its page from their new rates.
      await queue.send({ order: order.key, left: [], cause: 'backfill' });
    }
  }
  if (next !== undefined)
    await queue.send({ recount: { run, segment, after: next, step: turn.step, ...(paid && { paid }) } });
  await note(run, { ...turn, seen: turn.seen + items.length }, { isLast: next === undefined }, dependencies);
}

const isPaidSo = ({ currency, paidAt }: Contribution, { currencies, from, to }: Paid): boolean =>
  currencies.includes(currency) && paidAt.slice(0, 10) >= from && paidAt.slice(0, 10) <= to;

type Turn = RunProgress & Required<Pick<RunProgress, 'step'>>;

/**
 * How far its part has come, at the step that follows. Undefined where it was taken already: a message may come more than once, each
 * time with all that follows it, and those that only wait would become ever more.
 */
async function turnOf(page: Page, part: number, derivations: DerivationStore): Promise<Turn | undefined> {
  const known = (await derivations.listProgress(page.run)).find((progress) => progress.part === part);
  const { step = 0 } = page;
  return (known?.step ?? 0) > step ? undefined : { part, seen: known?.seen ?? 0, step: step + 1 };
}

/** After the message for the next step: who dies in between takes this one again. */
async function note(
  run: string,
  turn: Turn,
  { isLast }: { readonly isLast: boolean },
  { derivations, clock }: Pick<SweepDependencies, 'derivations' | 'clock'>,
): Promise<void> {
  await derivations.putProgress(run, { ...turn, ...(isLast && { finishedAt: instant(clock().getTime()) }) });
}

/** Whether it does: while enough is waiting, and not for ever. */
async function waitsAgain<Its extends Page>(
  page: Its,
  turn: Turn,
  dependencies: Pick<SweepDependencies, 'queue' | 'derivations' | 'clock'>,
  messageOf: (waiting: Its) => ProfilesMessage,
): Promise<boolean> {
  const { queue } = dependencies;
  const { run, waits = 0 } = page;
  if (waits >= WAITS_MOST || (await queue.depth()) <= WAITING_MOST) return false;
  const delaySeconds = Math.min(LONGEST_DELAY_SECONDS, AGAIN_SECONDS * 2 ** waits);
  await queue.send(messageOf({ ...page, waits: waits + 1, step: turn.step }), { delaySeconds });
  await note(run, turn, { isLast: false }, dependencies);
  return true;
}

function inGroups<Item>(items: readonly Item[]): Item[][] {
  const groups: Item[][] = [];
  for (let at = 0; at < items.length; at += TOGETHER) groups.push(items.slice(at, at + TOGETHER));
  return groups;
}
