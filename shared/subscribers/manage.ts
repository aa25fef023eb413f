/** What people do with subscribers. Whoever calls has checked who asks, and the form of what is asked. */
import { randomBytes } from 'node:crypto';
import pMap from 'p-map';
import { deliveryParty, type LaneStore, type LaneUpkeep } from '../lanes/lane.ts';
import { reopenLane } from '../lanes/reopen.ts';
import type { WakeMessage } from '../queues/messages.ts';
import type { Queue } from '../queues/queue.ts';
import type { Clock } from '../runtime/clock.ts';
import { Conflict, NotFound } from '../runtime/errors.ts';
import { instant } from '../time/instant.ts';
import { clearSubscriber } from './clear.ts';
import type { DeadLetterStore } from './dead-letter.ts';
import { failureOf, isSuccess, outboundOf, TIMEOUT_MS } from './delivery.ts';
import type { AllowedHosts } from './hosts.ts';
import { type Message, testMessage } from './message.ts';
import type { Send } from './send.ts';
import { newSigningSecret, replaceSigningSecret } from './sign.ts';
import { statusOf } from './status.ts';
import {
  type SigningSecretStore,
  SUBSCRIBERS_MOST,
  type Subscriber,
  type SubscriberStore,
  type SubscriberWishes,
  stopOf,
} from './subscriber.ts';
import { type RefusalCode, readTarget } from './target.ts';
import { type RotatedSecret, type SubscriberView, type TestResult, viewOf } from './views.ts';

/** All that the functions below need; each says which of it. */
export interface Management {
  readonly subscribers: SubscriberStore;
  readonly secrets: SigningSecretStore;
  readonly lanes: LaneStore<Message> & LaneUpkeep;
  readonly deadLetters: DeadLetterStore;
  /** Of the function that delivers. */
  readonly wakes: Queue<WakeMessage>;
  readonly hosts: AllowedHosts;
  readonly send: Send;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly newSecret: () => string;
}
export type Needs<Name extends keyof Management> = Pick<Management, Name>;

/** For `newId` and `newSecret`. */
export const RANDOM_NAMES: Needs<'newId' | 'newSecret'> = {
  newId: () => `sub_${randomBytes(12).toString('base64url')}`,
  newSecret: newSigningSecret,
};

/** Expected: the person can do something about it. */
export interface Refused {
  readonly kind: 'refused';
  readonly code: RefusalCode | 'too_many';
  readonly message: string;
}

export type AddOutcome = Refused | { readonly kind: 'added'; readonly subscriber: Subscriber; readonly secret: string };
export type ChangeOutcome = Refused | { readonly kind: 'changed'; readonly subscriber: Subscriber };

/**
 * It hears of what happens from some seconds later on.
 *
 * @throws Conflict if there is one of that id
 */
export async function addSubscriber(
  { id, wishes, by }: { readonly id?: string | undefined; readonly wishes: SubscriberWishes; readonly by: string },
  {
    subscribers,
    secrets,
    hosts,
    clock,
    newId,
    newSecret,
  }: Needs<'subscribers' | 'secrets' | 'hosts' | 'clock' | 'newId' | 'newSecret'>,
): Promise<AddOutcome> {
  const target = readTarget(wishes.url, hosts);
  if (target.kind === 'refused') return target;
  const known = await subscribers.listSubscribers();
  if (known.some((other) => other.id === id))
    throw new Conflict('subscriber_exists', `There is a subscriber ${id} already.`);
  if (known.length >= SUBSCRIBERS_MOST)
    return { kind: 'refused', code: 'too_many', message: `There are ${SUBSCRIBERS_MOST} subscribers: no more can be.` };
  const createdAt = instant(clock().getTime());
  const subscriber: Subscriber = { ...wishes, id: id ?? newId(), revision: 1, createdAt, by };
  const secret = newSecret();
  // First the subscriber: of two who add the same at once, one fails here, and has put no secret in place of the other's.
  await subscribers.putSubscriber(subscriber);
  try {
    await secrets.putSecrets(subscriber.id, { current: secret });
  } catch (error) {
    // Nobody knows its secret: so that the same can be asked for again, it goes. Why it could not be put matters more than whether it does.
    await subscribers.removeSubscriber(subscriber.id, subscriber.revision).catch(() => undefined);
    throw error;
  }
  return { kind: 'added', subscriber, secret };
}

/**
 * `revision`: the one that was seen. With `paused: false` one that was given up is tried again.
 *
 * @throws NotFound · Conflict if it was changed meanwhile
 */
export async function changeSubscriber(
  {
    id,
    revision,
    wishes,
    by,
  }: {
    readonly id: string;
    readonly revision: number;
    readonly wishes: SubscriberWishes;
    readonly by: string;
  },
  { subscribers, lanes, wakes, hosts, clock }: Needs<'subscribers' | 'lanes' | 'wakes' | 'hosts' | 'clock'>,
): Promise<ChangeOutcome> {
  const known = await findSubscriber(id, subscribers);
  if (known.revision !== revision) throw changed(id);
  const target = readTarget(wishes.url, hosts);
  if (target.kind === 'refused') return target;
  const { createdAt, gaveUp } = known;
  const subscriber: Subscriber = {
    ...wishes,
    id,
    revision: revision + 1,
    createdAt,
    by,
    ...(wishes.paused && gaveUp && { gaveUp }),
  };
  await subscribers.putSubscriber(subscriber);
  const isOther = known.url !== subscriber.url || stopOf(known) !== stopOf(subscriber);
  if (isOther) await beginAnew(id, { lanes, wakes, clock });
  return { kind: 'changed', subscriber };
}

/** What waits in its lane is sent now, or where it is paused, put among the dead letters. */
async function beginAnew(id: string, { lanes, wakes, clock }: Needs<'lanes' | 'wakes' | 'clock'>): Promise<void> {
  const party = deliveryParty(id);
  await reopenLane(lanes, party, clock().getTime());
  await wakes.send({ wake: party });
}

/** So much is removed while the person waits; the rest by the function that delivers. */
const REMOVED_MOST = 500;

/**
 * With its secret, its messages and dead letters. Done again, it finishes what broke off.
 *
 * @throws NotFound · Conflict if it was changed meanwhile
 */
export async function removeSubscriber(
  { id, revision }: { readonly id: string; readonly revision: number },
  {
    subscribers,
    secrets,
    lanes,
    deadLetters,
    wakes,
  }: Needs<'subscribers' | 'secrets' | 'lanes' | 'deadLetters' | 'wakes'>,
): Promise<void> {
  const known = await subscribers.getSubscriber(id);
  if (known && known.revision !== revision) throw changed(id);
  if (known) await subscribers.removeSubscriber(id, revision);
  await secrets.removeSecrets(id);
  const isCleared = await clearSubscriber(id, { lanes, deadLetters }, REMOVED_MOST);
  if (!isCleared) await wakes.send({ wake: deliveryParty(id) });
  if (!known) throw notFound(id);
}

/**
 * `overlapMs`: how long the secret before signs as well, a day unless said; 0: not at all, once the function that delivers has
 * read anew, which takes a minute.
 *
 * @throws NotFound
 */
export async function rotateSecret(
  { id, overlapMs }: { readonly id: string; readonly overlapMs?: number },
  { subscribers, secrets, clock, newSecret }: Needs<'subscribers' | 'secrets' | 'clock' | 'newSecret'>,
): Promise<RotatedSecret> {
  await findSubscriber(id, subscribers);
  const now = clock();
  const secret = newSecret();
  const next = replaceSigningSecret(await secrets.getSecrets(id), secret, { now, overlapMs });
  await secrets.putSecrets(id, next);
  return { secret, ...(next.previous && { previousValidUntil: next.previous.until }) };
}

/**
 * Sends a message now, also to one that is paused, and says what came of it. Nothing is stored, nothing is tried again.
 *
 * @throws NotFound
 */
export async function testSubscriber(
  { id }: { readonly id: string },
  { subscribers, secrets, send, clock, newId }: Needs<'subscribers' | 'secrets' | 'send' | 'clock' | 'newId'>,
): Promise<TestResult> {
  const { url } = await findSubscriber(id, subscribers);
  const signing = await secrets.getSecrets(id);
  if (!signing) return { delivered: false, tookMs: 0, code: 'secret_missing' };
  const now = clock();
  const message = testMessage(`test_${newId()}`, id, instant(now.getTime()));
  const answer = await send({ ...outboundOf(message, url, signing, now), timeoutMs: TIMEOUT_MS });
  const tookMs = Math.max(0, clock().getTime() - now.getTime());
  if (answer.kind === 'unanswered') return { delivered: false, tookMs, code: answer.code };
  const { status } = answer;
  if (isSuccess(status)) return { delivered: true, status, tookMs };
  return { delivered: false, status, tookMs, code: failureOf(answer, now).code };
}

/** @throws NotFound */
export async function describeSubscriber(
  id: string,
  stores: Needs<'subscribers' | 'lanes' | 'deadLetters'>,
): Promise<SubscriberView> {
  const subscriber = await findSubscriber(id, stores.subscribers);
  return viewOf(subscriber, await statusOf(subscriber, stores));
}

const AT_ONCE = 16;

/** All of them, by id. */
export async function describeSubscribers(
  stores: Needs<'subscribers' | 'lanes' | 'deadLetters'>,
): Promise<SubscriberView[]> {
  const all = await stores.subscribers.listSubscribers();
  return pMap(all, async (subscriber) => viewOf(subscriber, await statusOf(subscriber, stores)), {
    concurrency: AT_ONCE,
  });
}

/** @throws NotFound */
export async function findSubscriber(
  id: string,
  subscribers: Pick<SubscriberStore, 'getSubscriber'>,
): Promise<Subscriber> {
  const known = await subscribers.getSubscriber(id);
  if (!known) throw notFound(id);
  return known;
}

const notFound = (id: string) => new NotFound('subscriber_not_found', `There is no subscriber ${id}.`);
const changed = (id: string) =>
  new Conflict('subscriber_changed', `Subscriber ${id} was changed meanwhile. Look at it again.`);
