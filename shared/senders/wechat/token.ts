/**
 * WeChat's access token: one for the whole account, whoever asks. `stable_token` gives the same until five minutes before it expires, and
 * then both are taken; so two functions that ask at once do no harm, which the older `token` did.
 * Source: https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken, read 2026-11-25.
 */
import * as z from 'zod';
import type { WechatCredentials } from '../credentials.ts';
import type { Exchange } from '../exchange.ts';
import type { SenderOptions } from '../options.ts';
import { byStatus, later, refused, unanswered } from '../outcomes.ts';
import { parseAnswer } from '../parse.ts';
import type { Outcome } from '../sender.ts';
import { NoToken, TokenSource, withoutToken } from '../token-source.ts';

/** Before this WeChat would give the same one. */
const EARLY_MS = 4 * 60_000;
/** 10,000 may be asked for in a minute, and a forced one only twenty times a day: so none is forced. */
const YOUNG_MS = 10_000;

const Granted = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });
const Failed = z.object({ errcode: z.int() });

export function wechatTokens(
  { appId, appSecret }: WechatCredentials,
  base: string,
  { clock, sleep, tokens }: SenderOptions,
  exchange: Exchange,
): TokenSource {
  return new TokenSource({
    name: `wechat/${appId}`,
    cache: tokens,
    clock,
    sleep,
    earlyMs: EARLY_MS,
    youngMs: YOUNG_MS,
    async obtain() {
      const since = clock().getTime();
      const answer = await exchange.ask({
        method: 'POST',
        url: new URL(`${base}/cgi-bin/stable_token`),
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          grant_type: 'client_credential',
          appid: appId,
          secret: appSecret,
          force_refresh: false,
        }),
      });
      if (answer.kind !== 'answered') throw withoutToken(unanswered(answer));
      const granted = answer.status === 200 ? parseAnswer(Granted, answer.body) : undefined;
      if (granted) return { token: granted.access_token, since, expiresAt: since + granted.expires_in * 1000 };
      const errcode = parseAnswer(Failed, answer.body)?.errcode;
      throw errcode === undefined
        ? withoutToken(byStatus(answer.status, answer.headers, since))
        : new NoToken(whyNot(errcode));
    },
  });
}

/** -1 busy; 45009, 45011 asked too often. All others are of the id, the secret or the list of addresses. */
const whyNot = (errcode: number): Outcome =>
  [-1, 45009, 45011].includes(errcode) ? later(`token_${errcode}`, 60_000) : refused(`token_${errcode}`);
