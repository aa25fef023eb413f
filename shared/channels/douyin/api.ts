/**
 * Douyin shop's API (抖店开放平台).
 *
 * Call: POST https://openapi-fxg.jinritemai.com/<path>; the query has app_key, method, access_token, timestamp (seconds), v,
 *   sign_method and sign; the body is the parameters as compact JSON with sorted keys and no HTML escapes.
 * sign: hex HMAC-SHA256, key app secret, of secret + "app_key"… + "method"… + "param_json"… + "timestamp"… + "v2" + secret.
 * Success: HTTP 200 and `code` 10000. All else is said by `code` and `sub_code`, with HTTP 200 as well.
 * Tokens: /token/create for a self-used app (自用型应用) of one shop, as often as needed; an access token lives about 7 days
 *   (`expires_in`, seconds), a refresh token 14. /token/refresh gives the same pair again until an hour before the end.
 * Limits: not public.
 * Source: zsmhub/doudian-sdk (utils/sign_util.go, api/token_create, api/afterSale_Detail, api/order_orderDetail);
 *   minibear2021/doudian (core.py). Read 2026-11-25.
 */
import { createHmac } from 'node:crypto';
import * as z from 'zod';
import {
  type ApiAccount,
  type ApiAnswer,
  type ApiContext,
  ApiFailure,
  type ApiFailureKind,
  failureOfStatus,
  opening,
  type PlatformApi,
  type Tokens,
} from '../platform-api.ts';

const Credentials = z.strictObject({
  app_key: z.string().regex(/^[0-9A-Za-z_-]{1,64}$/, 'the app key'),
  app_secret: z.string().regex(/^[\x21-\x7e]{1,256}$/, 'the app secret, without spaces'),
  /** 店铺ID, of the shop that the app was made for. */
  shop_id: z.string().regex(/^[1-9]\d{0,31}$/, 'the shop id: digits, in quotes'),
});
type Credentials = z.infer<typeof Credentials>;

export const douyinApi: PlatformApi = {
  // The second is the sandbox.
  hosts: ['https://openapi-fxg.jinritemai.com', 'https://openapi-sandbox.jinritemai.com'],
  // An assumption: the platform's own figures are shown only to the app's owner.
  limits: { perSecond: 5, burst: 10, atOnce: 4 },
  open: opening(Credentials, account),
};

function account(credentials: Credentials): ApiAccount {
  return {
    shop: credentials.shop_id,
    renew: (last, context) => renew(credentials, last, context),
    async fetch(subject, tokens, context) {
      const call = callOf(subject);
      const answer = await ask(credentials, { ...call, accessToken: tokens?.accessToken ?? '' }, context);
      if (call.isThere(answer)) return [answer.body];
      throw new ApiFailure('not_found', 'no_data');
    },
  };
}

interface Answer {
  readonly body: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface MethodCall {
  /** `order.orderDetail`; the path is the same with slashes. */
  readonly method: string;
  readonly params: Readonly<Record<string, string>>;
}

function callOf(subject: string): MethodCall & { readonly isThere: (answer: Answer) => boolean } {
  const [, kind, id = ''] = /^(order|refund)\/(\d+)$/.exec(subject) ?? [];
  if (kind === 'order') {
    return {
      method: 'order.orderDetail',
      params: { shop_order_id: id },
      isThere: ({ data }) => data.shop_order_detail != null,
    };
  }
  if (kind === 'refund') {
    return {
      method: 'afterSale.Detail',
      params: { after_sale_id: id },
      isThere: ({ data }) => data.process_info != null,
    };
  }
  throw new ApiFailure('refused', 'subject_unknown');
}

/** With the last refresh token while it is good, else anew: a self-used app's credentials are enough for that. */
async function renew(credentials: Credentials, last: Tokens | undefined, context: ApiContext): Promise<Tokens> {
  if (last?.refreshToken !== undefined) {
    try {
      const params = { grant_type: 'refresh_token', refresh_token: last.refreshToken };
      return tokensOf(await ask(credentials, { method: 'token.refresh', params }, context), context);
    } catch (failure) {
      const isSpent = failure instanceof ApiFailure && failure.kind === 'unauthorized';
      if (!isSpent) throw failure;
    }
  }
  const params = { code: '', grant_type: 'authorization_self', shop_id: credentials.shop_id };
  return tokensOf(await ask(credentials, { method: 'token.create', params }, context), context);
}

const TokenData = z.object({
  access_token: z.string().min(1),
  expires_in: z.coerce.number().int().positive(),
  refresh_token: z.string().nullish(),
});

function tokensOf({ data }: Answer, { clock }: ApiContext): Tokens {
  const read = TokenData.safeParse(data);
  if (!read.success) throw new ApiFailure('unavailable', 'no_token_in_answer');
  const { access_token, expires_in, refresh_token } = read.data;
  return {
    accessToken: access_token,
    expiresAt: clock().getTime() + expires_in * 1000,
    ...(refresh_token && { refreshToken: refresh_token }),
  };
}

async function ask(
  credentials: Credentials,
  { method, params, accessToken }: MethodCall & { readonly accessToken?: string },
  { call, clock }: ApiContext,
): Promise<Answer> {
  const now = clock();
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const body = paramJson(params);
  const answer = await call({
    method: 'POST',
    path: `/${method.replace('.', '/')}`,
    query: [
      ['app_key', credentials.app_key],
      ['method', method],
      ...(accessToken === undefined ? [] : [['access_token', accessToken] as const]),
      ['timestamp', timestamp],
      ['v', '2'],
      ['sign_method', 'hmac-sha256'],
      ['sign', signCall(credentials, { method, body, timestamp })],
    ],
    headers: { 'content-type': 'application/json;charset=utf-8' },
    body,
  });
  return readAnswer(answer, now);
}

/** Keys sorted; ours are flat. JSON.stringify escapes no HTML. */
const paramJson = (params: MethodCall['params']): string =>
  JSON.stringify(Object.fromEntries(Object.entries(params).toSorted(([a], [b]) => (a < b ? -1 : 1))));

interface Signed {
  readonly method: string;
  readonly body: string;
  /** Seconds since 1970. */
  readonly timestamp: string;
}

/** Exported for the tests, which hold it against another program's signature. */
export function signCall(
  { app_key, app_secret }: Pick<Credentials, 'app_key' | 'app_secret'>,
  { method, body, timestamp }: Signed,
): string {
  const signed = `app_key${app_key}method${method}param_json${body}timestamp${timestamp}v2`;
  return createHmac('sha256', app_secret).update(`${app_secret}${signed}${app_secret}`).digest('hex');
}

const SUCCESS = 10_000;

function readAnswer(answer: ApiAnswer, now: Date): Answer {
  const failure = failureOfStatus(answer, now);
  if (failure) throw failure;
  const read = readJson(answer.body);
  if (!read) throw new ApiFailure('unavailable', 'answer_not_json');
  const { code, sub_code, data } = read;
  if (Number(code) === SUCCESS) return { body: answer.body, data: data ?? {} };
  throw failureOf(Number(code), sub_code ?? '');
}

/** Read natively: only ids lose digits so, and none is used here. */
function readJson(text: string): z.infer<typeof Wrapper> | undefined {
  try {
    return Wrapper.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

const Wrapper = z.object({
  code: z.union([z.number(), z.string()]),
  sub_code: z.string().nullish(),
  data: z.record(z.string(), z.unknown()).nullish(),
});

/**
 * What an error asks for, by `sub_code` and, failing that, by `code`. The platform's common codes, as Imactool/jinritemai
 * (ErrorCode.php) and the Java SDK quote them from op.jinritemai.com/docs/guide-docs/212/1427; those of our two methods as
 * the C# classes made from its pages list them. Read 2026-11-25.
 */
const BY_SUB_CODE: Readonly<Record<string, ApiFailureKind>> = {
  'isv.access-token-expired': 'unauthorized',
  'isv.access-token-no-existed': 'unauthorized',
  'isv.access-token-missing': 'unauthorized',
  'isv.access-token-invalid': 'unauthorized',
  // Of a refresh token; the third, "no such token", is also seen with 50002.
  'dop.token-generate-failed:token-expired': 'unauthorized',
  'dop.token-generate-failed:token-invalid': 'unauthorized',
  'isv.business-failed:31009': 'unauthorized',
  'dop.token-generate-failed:no-authorization': 'closed',
  // Of every call, so the app secret is wrong, and no order's fault.
  'isv.signature-invalid': 'closed',
  // order.orderDetail: no such order (two codes) · another shop's · busy · its list is odd, try again.
  'isv.parameter-invalid:20001': 'not_found',
  'isv.parameter-invalid:20014': 'not_found',
  'isv.business-failed:20015': 'forbidden',
  'isv.business-failed:20004': 'unavailable',
  'isv.business-failed:20045': 'unavailable',
  'isv.business-failed:20055': 'unavailable',
  // afterSale.Detail: no such after-sale · nothing in the answer, try again · another shop's.
  'isv.parameter-invalid:11000': 'not_found',
  'isv.business-failed:10002': 'not_found',
  'isv.business-failed:12000': 'forbidden',
};

const BY_CODE: Readonly<Record<number, ApiFailureKind>> = {
  /** No service, time-out within the platform. */
  20000: 'unavailable',
  20001: 'unavailable',
  /** The app lacks a permission, or the shop's authorisation is closed. */
  30001: 'closed',
  /** Our address is not on the app's list. */
  30002: 'closed',
  50000: 'unavailable',
  60000: 'throttled',
  90000: 'unavailable',
};

function failureOf(code: number, subCode: string): ApiFailure {
  const name = /^[\w.:-]{1,80}$/.test(subCode) ? subCode : `code_${code}`;
  // Assumption: whatever is named a limit means to wait, under other codes than 60000 too.
  const isLimit = /^is[vp]\..*limit/.test(subCode);
  const bySubCode = Object.hasOwn(BY_SUB_CODE, subCode) ? BY_SUB_CODE[subCode] : undefined;
  return new ApiFailure(bySubCode ?? (isLimit ? 'throttled' : (BY_CODE[code] ?? 'refused')), name);
}
