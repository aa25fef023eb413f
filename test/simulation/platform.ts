/**
 * The platform's side: sends every delivery, again after anything that is no 2xx in time, at most eight times more, with
 * the same payload. The network loses requests and answers, and doubles some.
 */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Random } from '../../demo/random.ts';
import type { EnvelopeId } from '../../shared/lake/envelope.ts';
import type { Invoke } from './functions.ts';
import { toApiEvent } from './models/api-gateway.ts';
import type { PlannedDelivery } from './plan.ts';
import type { Scheduler } from './scheduler.ts';

/** One request on its way through ingest. */
export interface Attempt {
  readonly delivery: PlannedDelivery;
  /** That ingest gave it; none where it was refused. */
  envelope?: EnvelopeId;
}

export interface IngestRequest {
  readonly event: APIGatewayProxyEventV2;
  readonly attempt: Attempt;
}

export interface PlatformOptions {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly channel: string;
  /** Chance that the network loses a request or an answer, or doubles a request. */
  readonly lossRate: number;
  readonly ingest: Invoke<IngestRequest, APIGatewayProxyStructuredResultV2>;
  /** Before each request: what it tells of is so at the platform. */
  readonly onSend?: (delivery: PlannedDelivery) => void;
  readonly trace?: (line: string) => void;
}

const RETRIES = 8;
const ANSWER_WITHIN_MS = 5_000;
const LONGEST_WAIT_MS = 30 * 60_000;

export class Platform {
  /** Attempts that were answered 2xx in time. */
  readonly acknowledged: Attempt[] = [];
  readonly attempts: Attempt[] = [];
  /** Deliveries that the platform gave up, with the last status it saw (0: none). */
  readonly givenUp = new Map<PlannedDelivery, number>();
  readonly #options: PlatformOptions;

  constructor(options: PlatformOptions) {
    this.#options = options;
  }

  send(delivery: PlannedDelivery): void {
    const { scheduler, random, lossRate } = this.#options;
    scheduler.after(delivery.atMs - scheduler.nowMs(), () => void this.#sendUntilHeard(delivery));
    // The platform's own mistake: a delivery that was made already is made once more.
    if (random.chance(lossRate)) {
      scheduler.after(
        delivery.atMs - scheduler.nowMs() + random.int(1, LONGEST_WAIT_MS),
        () => void this.#attempt(delivery),
      );
    }
  }

  async #sendUntilHeard(delivery: PlannedDelivery): Promise<void> {
    const { random } = this.#options;
    // Nobody is interested in how often a forger tries.
    const retries = delivery.kind === 'forged' ? 1 : RETRIES;
    let status = 0;
    for (let retry = 0; retry <= retries; retry++) {
      if (retry > 0) await this.#wait(random.int(1_000, LONGEST_WAIT_MS));
      status = await this.#attempt(delivery);
      if (isSuccess(status)) return;
    }
    this.givenUp.set(delivery, status);
  }

  /** The status that the platform sees in time; 0 if none. */
  async #attempt(delivery: PlannedDelivery): Promise<number> {
    const { scheduler, random, lossRate, ingest, channel, trace } = this.#options;
    const attempt: Attempt = { delivery };
    if (random.chance(lossRate)) return 0;
    this.attempts.push(attempt);
    this.#options.onSend?.(delivery);
    const sentMs = scheduler.nowMs();
    const answer = await ingest({ event: toApiEvent({ ...delivery, channel }), attempt });
    const inTime = scheduler.nowMs() - sentMs <= ANSWER_WITHIN_MS;
    const heard = inTime && !random.chance(lossRate);
    const status = (heard && answer?.statusCode) || 0;
    trace?.(
      `${scheduler.nowMs()} platform delivery ${delivery.index} (${delivery.kind}): ${status || 'no answer in time'}, envelope ${attempt.envelope ?? 'none'}`,
    );
    if (isSuccess(status)) this.acknowledged.push(attempt);
    return status;
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#options.scheduler.after(delayMs, resolve));
  }
}

const isSuccess = (status: number) => status >= 200 && status < 300;
