/**
 * Shopee's API v2: how calls are signed, tokens renewed, and what is asked for.
 *
 * Signature: hex HMAC-SHA256, keyed with the partner key as text, over partner_id + path + timestamp, for calls of a
 *   shop + access_token + shop_id; nothing between them. It goes into the query as `sign`; a timestamp is good for 5
 *   minutes.
 * Tokens: access 4 h (the last one 5 minutes longer), refresh 30 days and used up by its use: the answer has the next.
 *   A used one gives the same pair again for some hours, so an answer that got lost is no disaster. After at most 365
 *   days the seller has to authorise again.
 * Answers: {error, message, request_id, response}; `error` is empty where all is well, whatever the HTTP status. Errors
 *   may have the module before them (`order.error_not_found`), and one is misspelt (`invalid_acceess_token`).
 * Limits are not published; there is one a day as well (error_limit), which ends at 00:00 UTC+8. Only addresses on the
 *   app's IP allow-list are answered at all, for tokens too.
 * Source: open.shopee.com/developer-guide/16, 20, 742 and the common error codes, in public notes and SDKs
 *   (congminh1254/shopee-sdk); read 2026-11-25.
 */
import { createHmac } from 'node:crypto';
import * as z from 'zod';
import {
  type ApiAnswer,
  type ApiContext,
  ApiFailure,
  type ApiFailureKind,
  type ApiRequest,
  failureOfStatus,
  jointAnswer,
  opening,
  type PlatformApi,
  retryAfterMs,
  type Tokens,
} from '../platform-api.ts';
import * as wire from './wire.ts';

const ORDER_PATH = '/api/v2/order/get_order_detail';
const ESCROW_PATH = '/api/v2/payment/get_escrow_detail';
const RETURN_PATH = '/api/v2/returns/get_return_detail';
const RENEW_PATH = '/api/v2/auth/access_token/get';

/** Without being named here, these are not sent. */
const ORDER_FIELDS = 'buyer_user_id,item_list,recipient_address,pay_time,total_amount,pickup_done_time';

const REFRESH_TOKEN_LIFE_MS = 30 * 24 * 60 * 60 * 1000;

const Digits = z.string().regex(/^[1-9]\d{0,18}$/, 'digits');
const Credentials = z.strictObject({
  partner_id: Digits,
  /** The key of API calls; pushes are signed with another. */
  partner_key: z.string().min(1, 'the API partner key'),
  shop_id: Digits,
  access_token: z.string().min(1, 'an access token').optional(),
  refresh_token: z.string().min(1, 'a refresh token'),
});
type Credentials = z.infer<typeof Credentials>;

export const shopeeApi: PlatformApi = {
  hosts: [
    'https://partner.shopeemobile.com',
    'https://openplatform.shopee.cn',
    'https://openplatform.shopee.com.br',
    'https://openplatform.sandbox.test-stable.shopee.sg',
    'https://openplatform.sandbox.test-stable.shopee.cn',
    'https://partner.test-stable.shopeemobile.com',
  ],
  // ASSUMPTION: Shopee publishes no figures. An order is two calls.
  limits: { perSecond: 5, burst: 10, atOnce: 3 },
  wantsFixedAddress: true,
  open: opening(Credentials, (credentials) => ({
    shop: credentials.shop_id,
    // When a token that a person gives was made is not known, so it is renewed before its first use.
    firstTokens: {
      accessToken: credentials.access_token ?? '',
      expiresAt: 0,
      refreshToken: credentials.refresh_token,
    },
    renew: (last, context) => renew(credentials, last, context),
    fetch: (subject, tokens, context) => fetchSubject(subject, { credentials, tokens, context }),
  })),
};

interface Shop {
  readonly credentials: Credentials;
  readonly tokens: Tokens | undefined;
  readonly context: ApiContext;
}

async function fetchSubject(subject: string, shop: Shop): Promise<string[]> {
  const [kind, serialNumber] = subject.split('/');
  if (serialNumber) {
    if (kind === 'order') return [await fetchOrder(serialNumber, shop)];
    if (kind === 'refund') return [await ask(shop, RETURN_PATH, [['return_sn', serialNumber]])];
  }
  throw new ApiFailure('refused', 'subject_unknown');
}

async function fetchOrder(orderSn: string, shop: Shop): Promise<string> {
  const order = await ask(shop, ORDER_PATH, [
    ['order_sn_list', orderSn],
    ['response_optional_fields', ORDER_FIELDS],
    // Else orders that Shopee holds back pass for READY_TO_SHIP.
    ['request_order_status_pending', 'true'],
  ]);
  const glance = wire.OrderGlance.safeParse(JSON.parse(order)).data?.response.order_list[0];
  // An order of another shop is an error on some sites, an empty list on others.
  if (glance?.order_sn !== orderSn) throw new ApiFailure('not_found', 'order_not_listed');
  const escrow = hasEscrow(glance) ? await askEscrow(orderSn, shop) : undefined;
  return jointAnswer({ order, escrow });
}

const hasEscrow = ({ order_status, pay_time }: { order_status?: unknown; pay_time?: number | null | undefined }) =>
  Boolean(pay_time) || !(order_status === 'UNPAID' || order_status === 'PENDING' || order_status === 'CANCELLED');

/** Refused for this order alone (cash on delivery before it is handed over, old orders): we go on with what the order says. */
async function askEscrow(orderSn: string, shop: Shop): Promise<string | undefined> {
  try {
    return await ask(shop, ESCROW_PATH, [['order_sn', orderSn]]);
  } catch (error) {
    if (error instanceof ApiFailure && (error.kind === 'not_found' || error.kind === 'refused')) return undefined;
    throw error;
  }
}

/** A call in the shop's name. */
async function ask(
  { credentials, tokens, context }: Shop,
  path: string,
  fields: readonly (readonly [string, string])[],
): Promise<string> {
  const accessToken = tokens?.accessToken ?? '';
  if (accessToken === '') throw new ApiFailure('unauthorized', 'no_access_token');
  const { partner_id, shop_id } = credentials;
  const timestamp = secondsOf(context.clock());
  return answerTo(context, {
    method: 'GET',
    path,
    query: [
      ['partner_id', partner_id],
      ['timestamp', timestamp],
      ['access_token', accessToken],
      ['shop_id', shop_id],
      ['sign', sign(credentials, [partner_id, path, timestamp, accessToken, shop_id])],
      ...fields,
    ],
  });
}

async function renew(credentials: Credentials, last: Tokens | undefined, context: ApiContext): Promise<Tokens> {
  const { partner_id, shop_id } = credentials;
  const refreshToken = last?.refreshToken ?? credentials.refresh_token;
  const now = context.clock();
  const timestamp = secondsOf(now);
  const body = await answerTo(context, {
    method: 'POST',
    path: RENEW_PATH,
    query: [
      ['partner_id', partner_id],
      ['timestamp', timestamp],
      ['sign', sign(credentials, [partner_id, RENEW_PATH, timestamp])],
    ],
    headers: { 'content-type': 'application/json' },
    // The ids are numbers here; as the digits they are, so that none is rounded.
    body: `{"partner_id":${partner_id},"shop_id":${shop_id},"refresh_token":${JSON.stringify(refreshToken)}}`,
  });
  const { data } = wire.TokenAnswer.safeParse(JSON.parse(body));
  if (!data) throw new ApiFailure('unavailable', 'token_answer_unreadable');
  return {
    accessToken: data.access_token,
    expiresAt: expiry(data.expire_in, now),
    refreshToken: data.refresh_token,
    refreshExpiresAt: now.getTime() + REFRESH_TOKEN_LIFE_MS,
  };
}

/** A life in seconds; beyond any life, it is the time of its end, as in one published sample. */
const expiry = (seconds: number, now: Date): number =>
  seconds > 1_000_000_000 ? seconds * 1000 : now.getTime() + seconds * 1000;

const secondsOf = (now: Date): string => String(Math.floor(now.getTime() / 1000));

const sign = ({ partner_key }: Credentials, parts: readonly string[]): string =>
  createHmac('sha256', partner_key).update(parts.join('')).digest('hex');

/** The body of an answer without error. */
async function answerTo({ call, clock }: ApiContext, request: ApiRequest): Promise<string> {
  const answer = await call(request);
  const failure = failureOf(answer, clock());
  if (failure) throw failure;
  return answer.body;
}

function failureOf(answer: ApiAnswer, now: Date): ApiFailure | undefined {
  const { status, body } = answer;
  const said = saidBy(body);
  const code = said?.error?.trim() ?? '';
  if (said && code !== '') return failureSaid(code, said.message ?? '', answer, now);
  // A gateway's page, or an answer cut short.
  if (!said && status < 300) return new ApiFailure('unavailable', 'answer_not_json');
  return failureOfStatus(answer, now);
}

function saidBy(body: string): z.infer<typeof wire.Answer> | undefined {
  try {
    return wire.Answer.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

/** What is wrong with the app or the shop as a whole is no order's fault: the connection waits for a person. */
const KINDS: Readonly<Record<string, ApiFailureKind>> = {
  error_auth: 'unauthorized',
  error_sign: 'unauthorized',
  invalid_access_token: 'unauthorized',
  invalid_acceess_token: 'unauthorized',
  error_access_token: 'unauthorized',
  refresh_token_expired: 'unauthorized',
  error_shop_refresh_token: 'unauthorized',
  error_partner_key_expired: 'unauthorized',
  shop_access_expired: 'unauthorized',
  shop_no_linked: 'unauthorized',

  error_rate_limit: 'throttled',
  error_limit: 'throttled',
  source_ip_undeclared: 'closed',
  error_api_permission: 'closed',
  error_api_call_restricted: 'closed',
  error_kyc_auth: 'closed',
  shop_banned: 'closed',

  error_server: 'unavailable',
  error_inner: 'unavailable',
  error_network: 'unavailable',
  error_system_busy: 'unavailable',

  error_not_found: 'not_found',
  error_permission: 'forbidden',
};

/** By the code, less the module before it; where one code is used for several things, by what the message is about. */
function failureSaid(code: string, message: string, answer: ApiAnswer, now: Date): ApiFailure {
  const name = code.slice(code.lastIndexOf('.') + 1).toLowerCase();
  const stable = /^[\w.]{1,64}$/.test(code) ? code : 'error_unnamed';
  const kind = kindSaid(name, message.toLowerCase(), answer.status);
  if (kind !== 'throttled') return new ApiFailure(kind, stable);
  return throttled(stable, name === 'error_limit' ? untilMidnightMs(now) : retryAfterMs(answer, now));
}

function kindSaid(name: string, message: string, status: number): ApiFailureKind {
  // The app has no such module: as error_api_permission.
  if (name === 'error_auth' && message.includes('permission')) return 'closed';
  if (name === 'error_data' && !message.includes('not exist')) return 'unavailable';
  // Our clock or theirs.
  if (name === 'error_param' && message.includes('timestamp')) return 'unavailable';
  const known = KINDS[name];
  if (known) return known;
  if (message.includes('too many requests') || status === 429) return 'throttled';
  if (/not_(found|exist)/.test(name) || /not (found|exist)/.test(message)) return 'not_found';
  return status >= 500 ? 'unavailable' : 'refused';
}

const throttled = (code: string, wait: number | undefined): ApiFailure =>
  new ApiFailure('throttled', code, wait === undefined ? {} : { retryAfterMs: wait });

/** The day of `error_limit` ends at 00:00 UTC+8, which is 16:00 UTC. */
function untilMidnightMs(now: Date): number {
  const dayMs = 24 * 60 * 60 * 1000;
  return dayMs - ((now.getTime() + 8 * 60 * 60 * 1000) % dayMs);
}
