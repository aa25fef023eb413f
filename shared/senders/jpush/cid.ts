/**
 * The id under which JPush takes a push once. Only ids that it has given out are documented to be taken, so one is fetched before a push
 * and remembered for the messages that it is for: who sends the same again, in whatever process, sends it under the same id.
 * Source: https://docs.jiguang.cn/jpush/server/push/rest_api_v3_push_advanced, read 2026-11-25: an id is good for a day, its form is
 * {appkey}-{uuid}, ten at once are given (a thousand to who pays).
 */
import * as z from 'zod';
import type { Exchange } from '../exchange.ts';
import type { SenderOptions } from '../options.ts';
import { unanswered } from '../outcomes.ts';
import { parseAnswer } from '../parse.ts';
import type { OutgoingTo } from '../sender.ts';
import { digestOf } from '../short-id.ts';
import { withoutToken } from '../token-source.ts';
import { readJpushAnswer } from './answer.ts';

const AT_ONCE = 10;
/** A day, less what a push may take. */
const LIFE_MS = (24 * 60 - 10) * 60_000;
/** Those in hand are used up within this. */
const POOL_LIFE_MS = 60 * 60_000;

const Given = z.object({ cidlist: z.array(z.string().regex(/^[A-Za-z0-9-]{1,128}$/)).min(1) });

export interface Cids {
  /** The id for just these messages to just these devices. @throws NoToken */
  for(messages: readonly OutgoingTo<'jpush'>[]): Promise<string>;
}

export function createCids(
  { appKey, url, authorization }: { readonly appKey: string; readonly url: URL; readonly authorization: string },
  { tokens, clock }: Pick<SenderOptions, 'tokens' | 'clock'>,
  exchange: Exchange,
): Cids {
  let pool: { readonly ids: string[]; readonly untilMs: number } = { ids: [], untilMs: 0 };
  let fetching: Promise<void> | undefined;

  async function fetchMore(): Promise<void> {
    const nowMs = clock().getTime();
    const address = new URL(url);
    address.search = String(new URLSearchParams({ count: String(AT_ONCE), type: 'push' }));
    const answer = await exchange.ask({ method: 'GET', url: address, headers: { authorization } });
    if (answer.kind !== 'answered') throw withoutToken(unanswered(answer), 'cid');
    const given = answer.status === 200 ? parseAnswer(Given, answer.body) : undefined;
    if (!given) throw withoutToken(readJpushAnswer(answer, nowMs), 'cid');
    pool = { ids: [...given.cidlist], untilMs: nowMs + POOL_LIFE_MS };
  }

  async function next(): Promise<string> {
    for (;;) {
      const id = pool.untilMs > clock().getTime() ? pool.ids.pop() : undefined;
      if (id !== undefined) return id;
      fetching ??= fetchMore().finally(() => {
        fetching = undefined;
      });
      await fetching;
    }
  }

  return {
    async for(messages) {
      // A customer's message may go to two devices under one key.
      const parts = messages.map(({ key, endpoint }) => `${key} ${endpoint.registrationId}`).sort();
      const name = `jpush/${appKey}/${digestOf(JSON.stringify(parts))}`;
      const known = await tokens.get(name);
      if (known) return known.token;
      const id = await next();
      const since = clock().getTime();
      // Before it is used, so that it is known whatever becomes of the push.
      await tokens.put(name, { token: id, since, expiresAt: since + LIFE_MS });
      return id;
    },
  };
}
