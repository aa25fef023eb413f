/**
 * WeChat subscribe messages (订阅消息) of a mini-program: one user a request. A user grants each message of a template beforehand, mostly
 * one at a time, and a message without such a grant is not taken (43101).
 *
 * Access: token of the account, two hours, shared.  Limits: by kind of field (fields.ts).  Rate: 10 million a day, 30 with payments; none
 * by second is documented.  Idempotency: none, and a message that comes twice uses up a grant.
 * Sources: https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/mp-message-management/subscribe-message/sendMessage.html,
 * https://developers.weixin.qq.com/minigame/dev/api-backend/open-api/subscribe-message/subscribeMessage.send.html,
 * https://cnblogs.com/youlangu/p/3699079.html (global codes, a copy), read 2026-11-25.
 */
import { checkFor, sendEach } from '../batch.ts';
import type { WechatCredentials } from '../credentials.ts';
import { createExchange } from '../exchange.ts';
import type { SenderOptions } from '../options.ts';
import { later, unanswered } from '../outcomes.ts';
import type { OutgoingTo, Sender } from '../sender.ts';
import { withToken } from '../token-source.ts';
import { readWechatAnswer } from './answer.ts';
import { checkWechat, wechatMessage } from './message.ts';
import { wechatTokens } from './token.ts';

const BASE_URL = 'https://api.weixin.qq.com';
const BATCH_MOST = 100;
const AT_ONCE = 20;

export function createWechatSender(credentials: WechatCredentials, options: SenderOptions): Sender {
  const { clock, timeouts } = options;
  const base = credentials.baseUrl ?? BASE_URL;
  const exchange = createExchange({ clock, ...(timeouts && { timeouts }) });
  const tokens = wechatTokens(credentials, base, options, exchange);
  const means = { provider: 'wechat', batchMost: BATCH_MOST, atOnce: AT_ONCE, clock, check: checkWechat } as const;

  const post = async (message: OutgoingTo<'wechat'>, token: string, signal: AbortSignal | undefined) => {
    const url = new URL(`${base}/cgi-bin/message/subscribe/send`);
    url.searchParams.set('access_token', token);
    const body = wechatMessage(message, credentials);
    const headers = { 'content-type': 'application/json' };
    const answer = await exchange.ask({ method: 'POST', url, headers, body }, signal);
    return answer.kind === 'answered' ? readWechatAnswer(answer, clock().getTime()) : unanswered(answer);
  };

  return {
    provider: 'wechat',
    batchMost: BATCH_MOST,
    dedupes: false,
    check: checkFor('wechat', checkWechat),
    send: (batch, signal) =>
      sendEach(
        batch,
        means,
        // The token that WeChat gave anew is the one that it does not take: it contradicts itself, as it is known to, and that passes.
        (message) => withToken(tokens, (token) => post(message, token, signal), later),
        signal,
      ),
    close: () => exchange.close(),
  };
}
