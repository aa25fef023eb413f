/**
 * JPush (极光推送), REST API v3: a push is one content for up to 1000 devices.
 *
 * Access: key and secret, HTTP basic.  Limits: 4000 bytes for Android, 2000 for iOS.  Rate: 600 requests a minute and app (free), told in
 * X-Rate-Limit headers.  Idempotency: `cid`, for a day (cid.ts).
 * Sources: https://docs.jiguang.cn/jpush/server/push/rest_api_v3_push, …/rest_api_v3_push_advanced, …/server_overview (2022-08-09), read
 * 2026-11-25; their texts are also at github.com/jpush/jpush-docs (zh/jpush/server/push).
 */
import pMap from 'p-map';
import { checkFor, preflight } from '../batch.ts';
import type { JpushCredentials } from '../credentials.ts';
import { createExchange } from '../exchange.ts';
import type { SenderOptions } from '../options.ts';
import { later, unanswered } from '../outcomes.ts';
import type { Outcome, OutgoingTo, Sender } from '../sender.ts';
import { NoToken } from '../token-source.ts';
import { JPUSH_INVALID, rateReset, readJpushAnswer } from './answer.ts';
import { createCids } from './cid.ts';
import { groupAlike, type Member } from './groups.ts';
import { checkJpush, jpushBody } from './message.ts';

const BASE_URL = 'https://api.jpush.cn';
const BATCH_MOST = 1000;
const DEVICES_MOST = 1000;
const AT_ONCE = 5;
const RATE_PER_SECOND = 10;
/** Requests that may be spent on finding the devices that JPush does not know: enough for some three among a thousand. */
const SEARCH_MOST = 32;

export function createJpushSender(credentials: JpushCredentials, options: SenderOptions): Sender {
  const { clock, timeouts } = options;
  const { appKey, masterSecret, baseUrl = BASE_URL } = credentials;
  const exchange = createExchange({ clock, ...(timeouts && { timeouts }) });
  const authorization = `Basic ${Buffer.from(`${appKey}:${masterSecret}`).toString('base64')}`;
  const cids = createCids({ appKey, url: new URL(`${baseUrl}/v3/push/cid`), authorization }, options, exchange);
  const check = (outgoing: OutgoingTo<'jpush'>) => checkJpush(outgoing, credentials);
  /** No request is left until then. */
  let closedUntilMs = 0;

  async function push(group: readonly Member[], signal: AbortSignal | undefined): Promise<Outcome> {
    const [first] = group;
    const nowMs = clock().getTime();
    if (!first || signal?.aborted) return later('aborted');
    if (closedUntilMs > nowMs) return later('rate', closedUntilMs - nowMs);
    const cid = await cids.for(group.map(({ message }) => message));
    const registrationIds = group.map(({ message }) => message.endpoint.registrationId);
    const body = jpushBody({ content: first.message.content, registrationIds, cid }, credentials, nowMs);
    const headers = { authorization, 'content-type': 'application/json' };
    const answer = await exchange.ask({ method: 'POST', url: new URL(`${baseUrl}/v3/push`), headers, body }, signal);
    if (answer.kind !== 'answered') return unanswered(answer);
    const reset = rateReset(answer);
    if (reset !== undefined) closedUntilMs = clock().getTime() + reset;
    return readJpushAnswer(answer, clock().getTime());
  }

  /** One device that is none of the app's makes JPush refuse all: halves are tried, until it is found. */
  async function pushOrSearch(
    group: readonly Member[],
    budget: { left: number },
    signal: AbortSignal | undefined,
  ): Promise<[Member, Outcome][]> {
    const outcome = await push(group, signal).catch(asOutcome);
    const isSearched = outcome.kind === 'rejected' && outcome.code === JPUSH_INVALID && group.length > 1;
    if (!isSearched || budget.left < 2) return group.map((member) => [member, outcome]);
    budget.left -= 2;
    const middle = Math.ceil(group.length / 2);
    const halves = [group.slice(0, middle), group.slice(middle)];
    const found: [Member, Outcome][] = [];
    for (const half of halves) found.push(...(await pushOrSearch(half, budget, signal)));
    return found;
  }

  return {
    provider: 'jpush',
    batchMost: BATCH_MOST,
    ratePerSecond: RATE_PER_SECOND,
    dedupes: true,
    check: checkFor('jpush', check),
    async send(batch, signal) {
      const items = preflight(batch, { provider: 'jpush', batchMost: BATCH_MOST, clock, check });
      const members = items.flatMap((item, index) => ('kind' in item ? [] : [{ index, message: item }]));
      const groups = groupAlike(members, DEVICES_MOST);
      const answers = await pMap(groups, (group) => pushOrSearch(group, { left: SEARCH_MOST }, signal), {
        concurrency: AT_ONCE,
      });
      const byIndex = new Map(answers.flat().map(([{ index }, outcome]) => [index, outcome]));
      return items.map((item, index) => ('kind' in item ? item : (byIndex.get(index) ?? later('aborted'))));
    },
    close: () => exchange.close(),
  };
}

/** Nothing has been sent yet where there is no id to send it under. */
const asOutcome = (error: unknown): Outcome => (error instanceof NoToken ? error.outcome : later('cid_store'));
