/**
 * Telling a subscriber what waits in its lane, while the lane is held. A message that is not taken is tried for a day; then it is a
 * dead letter. Where nothing was taken for a day, or the subscriber says that it is gone, nothing more is sent until a person has
 * looked; what waits and what comes is kept among the dead letters.
 */
import { retryAfterMs } from '../channels/platform-api.ts';
import type { Work } from '../lanes/lane.ts';
import { type Errand, type LaneTask, NotNow, type Opening, type Outcome } from '../lanes/run.ts';
import { type Cache, createCache } from '../runtime/cache.ts';
import type { Clock } from '../runtime/clock.ts';
import { Conflict } from '../runtime/errors.ts';
import type { Telemetry } from '../runtime/telemetry.ts';
import { instant } from '../time/instant.ts';
import type { DeadLetterStore } from './dead-letter.ts';
import type { Message } from './message.ts';
import { nextTryAt, PATIENCE_MS } from './retries.ts';
import type { Answer, Send } from './send.ts';
import { signatureHeaders } from './sign.ts';
import { type SigningSecrets, type Subscriber, type SubscriberStore, stopOf } from './subscriber.ts';

export interface DeliveryDependencies {
  readonly subscribers: Pick<SubscriberStore, 'getSubscriber' | 'putSubscriber'>;
  /** By id of the subscriber. */
  readonly secrets: Cache<SigningSecrets>;
  readonly deadLetters: Pick<DeadLetterStore, 'putDeadLetter'>;
  readonly send: Send;
  readonly clock: Clock;
  readonly random: () => number;
  readonly telemetry: Telemetry;
}

/** One that answers in a tenth of a second takes some 140 a second; one that answers 429 gets half, and half again. */
export const DELIVERY_LIMITS: LaneTask<Message>['limits'] = { perSecond: 200, burst: 200, atOnce: 16 };

export const TIMEOUT_MS = 15_000;
/** A change of the subscriber holds for what is sent after this. */
const KNOWN_FOR_MS = 5_000;

export const openDelivery = async (
  subscriber: string,
  opening: Opening,
  dependencies: DeliveryDependencies,
): Promise<Errand<Message>> => new Delivery(subscriber, opening, dependencies);

/** Why a try led nowhere. */
interface Failure {
  readonly code: string;
  /** It asks to be left alone so long: no other message is sent meanwhile. */
  readonly retryAfterMs?: number | undefined;
  readonly tooMuch?: boolean;
}

/** By these a receiver says that a signature does not hold. */
const REFUSES_SIGNATURES: ReadonlySet<number> = new Set([400, 401, 403]);
const SECRETS_FRESH_MS = 2_000;

class Delivery implements Errand<Message> {
  readonly #id: string;
  readonly #opening: Opening;
  readonly #its: DeliveryDependencies;
  readonly #known: Cache<Subscriber>;
  #failingSince: number | undefined;

  constructor(id: string, opening: Opening, dependencies: DeliveryDependencies) {
    this.#id = id;
    this.#opening = opening;
    this.#its = dependencies;
    this.#failingSince = opening.health.failingSince;
    this.#known = createCache({
      load: (key) => dependencies.subscribers.getSubscriber(key),
      clock: dependencies.clock,
      maxAgeMs: KNOWN_FOR_MS,
      maxEntries: 1,
    });
  }

  health = () => ({ failingSince: this.#failingSince });

  async perform(work: Work<Message>): Promise<Outcome<Message>> {
    const subscriber = await this.#known.get(this.#id);
    if (!subscriber) return { kind: 'moved' }; // nobody wants it any more
    const stop = stopOf(subscriber);
    if (stop !== undefined) {
      await this.#bury(work, stop);
      return { kind: 'moved' };
    }
    const secrets = await this.#secrets();
    if (!secrets) {
      this.#count('secret_missing');
      return { kind: 'party_down', code: 'secret_missing' };
    }
    try {
      await this.#opening.pace();
    } catch (error) {
      if (error instanceof NotNow) return { kind: 'unbegun' };
      throw error;
    }
    return this.#try(work, subscriber, secrets);
  }

  async #try(work: Work<Message>, subscriber: Subscriber, secrets: SigningSecrets): Promise<Outcome<Message>> {
    const { clock, send } = this.#its;
    const now = clock();
    const timeoutMs = Math.min(TIMEOUT_MS, this.#opening.deadline - now.getTime());
    if (timeoutMs <= 0) return { kind: 'unbegun' };
    const answer = await send({ ...outboundOf(work.detail, subscriber.url, secrets, now), timeoutMs });
    if (answer.kind === 'answered' && isSuccess(answer.status)) return this.#delivered(work);
    if (answer.kind === 'answered' && REFUSES_SIGNATURES.has(answer.status)) {
      // One that trusts its new secret already, before we have read that there is one.
      const known = await this.#its.secrets.get(this.#id, { freshWithinMs: SECRETS_FRESH_MS });
      if (known && known.current !== secrets.current) return this.#try(work, subscriber, known);
    }
    const failure = failureOf(answer, clock());
    if (failure.code === GONE) return this.#isGone(work, subscriber, now.getTime());
    return this.#failed(work, subscriber, failure, now.getTime());
  }

  #delivered({ detail: { type, occurredAt } }: Work<Message>): Outcome<Message> {
    const nowMs = this.#its.clock().getTime();
    this.#failingSince = undefined;
    this.#its.telemetry.measure('delivered', 1, { event: type });
    this.#its.telemetry.measure('deliveredMillis', nowMs - Date.parse(occurredAt), { event: type });
    // A row is one event: whatever was asked meanwhile is the same.
    return { kind: 'done', covers: () => true };
  }

  async #isGone(work: Work<Message>, { url }: Subscriber, triedAt: number): Promise<Outcome<Message>> {
    this.#count(GONE);
    await this.#bury(work, GONE, triedAt);
    await this.#giveUp(url, GONE);
    return { kind: 'failed', code: GONE, at: 'never' };
  }

  async #failed(
    work: Work<Message>,
    { url }: Subscriber,
    { code, retryAfterMs: waitMs, tooMuch }: Failure,
    triedAt: number,
  ): Promise<Outcome<Message>> {
    const nowMs = this.#its.clock().getTime();
    this.#count(code);
    this.#failingSince ??= triedAt;
    const asked = { ...(waitMs !== undefined && { retryAfterMs: waitMs }), ...(tooMuch && { tooMuch: true as const }) };
    const { attempts, subject: message } = work;
    const about = { subscriber: this.#id, message, code, attempts: attempts + 1 };
    const at = nextTryAt({ failures: attempts, firstTriedAt: work.triedAt ?? triedAt }, nowMs, this.#its.random);
    // While it is down most of what waits is not tried one by one: the subscriber's day is over for all of it.
    const isDown = nowMs - this.#failingSince >= PATIENCE_MS;
    if (at !== undefined && !isDown) {
      this.#its.telemetry.info('Message not taken', about);
      return { kind: 'failed', code, at: Math.max(at, nowMs + (waitMs ?? 0)), ...asked };
    }
    await this.#bury(work, code, triedAt);
    this.#its.telemetry.measure('deliveryDied', 1, { event: 'message' });
    this.#its.telemetry.warn('Message given up', about);
    if (isDown) await this.#giveUp(url, code);
    return { kind: 'failed', code, at: 'never', ...asked };
  }

  async #bury({ detail, attempts, triedAt: first }: Work<Message>, code: string, triedAt?: number): Promise<void> {
    const firstTriedAt = first ?? triedAt;
    await this.#its.deadLetters.putDeadLetter({
      subscriber: this.#id,
      message: detail,
      code,
      attempts: triedAt === undefined ? attempts : attempts + 1,
      ...(firstTriedAt !== undefined && { firstTriedAt: instant(firstTriedAt) }),
      ...(triedAt !== undefined && { lastTriedAt: instant(triedAt) }),
      diedAt: instant(this.#its.clock().getTime()),
    });
  }

  /** Unless somebody has changed it meanwhile: then what failed there says nothing of how it is now. */
  async #giveUp(url: string, code: string): Promise<void> {
    const { subscribers, clock, telemetry } = this.#its;
    const now = await this.#known.get(this.#id, { freshWithinMs: 0 });
    if (!now || stopOf(now) !== undefined || now.url !== url) return;
    const gaveUp = { at: instant(clock().getTime()), code };
    try {
      await subscribers.putSubscriber({ ...now, revision: now.revision + 1, gaveUp });
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      return;
    } finally {
      await this.#known.get(this.#id, { freshWithinMs: 0 });
    }
    telemetry.measure('subscriberGaveUp', 1, { event: 'subscriber' });
    telemetry.warn('Subscriber given up', { subscriber: this.#id, code });
  }

  /** One that is not known yet may be a second old. */
  #secrets = async (): Promise<SigningSecrets | undefined> =>
    (await this.#its.secrets.get(this.#id)) ?? this.#its.secrets.get(this.#id, { freshWithinMs: 0 });

  #count(code: string): void {
    this.#its.telemetry.measure('deliveryFailed', 1, { event: classOf(code) });
  }
}

const GONE = 'gone';

export const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** What is sent for a message, whoever sends it. */
export function outboundOf(message: Message, url: string, secrets: SigningSecrets, now: Date) {
  return {
    url,
    body: message.body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Tributary-Webhooks/1',
      ...signatureHeaders(message, secrets, now),
    },
  };
}

/** Of an answer that is no success. */
export function failureOf(answer: Answer, now: Date): Failure {
  if (answer.kind === 'unanswered') return { code: answer.code };
  const { status, retryAfter } = answer;
  if (status === 410) return { code: GONE };
  if (status >= 300 && status < 400) return { code: 'redirected' };
  const code = `http_${status}`;
  const wait = retryAfter === undefined ? undefined : waitOf(retryAfter, now);
  if (status === 429) return { code, retryAfterMs: wait, tooMuch: true };
  return status === 503 ? { code, retryAfterMs: wait } : { code };
}

/** Whatever it says, it is asked again after a day. */
function waitOf(retryAfter: string, now: Date): number | undefined {
  const waitMs = retryAfterMs({ status: 0, headers: { 'retry-after': retryAfter }, body: '' }, now);
  return waitMs === undefined ? undefined : Math.min(waitMs, PATIENCE_MS);
}

/** A subscriber may answer with any number, and each would be a metric. */
const classOf = (code: string): string => (code === 'http_429' ? code : code.replace(/^http_(\d)\d\d$/, 'http_$1xx'));
