/**
 * Douyin shop's API as it answers: signed calls, tokens of a self-used app, errors by `code` and `sub_code` with HTTP 200.
 * Its signature is checked by code of its own, so that the adapter's is not held against itself.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { PlatformRecord } from '../../demo/delivery.ts';
import { type PlatformAnswer, type PlatformModel, type PlatformRequest, PlatformState } from './platform.ts';

const APP_KEY = '7012345678901234567';
const APP_SECRET = '3f1c2a9e-7b54-4d21-9a08-5e6f7a8b9c0d';
const CLOCK_DIFFERENCE_MAX_S = 600;
const REFRESH_TOKEN_LIFE_MS = 14 * 24 * 60 * 60 * 1000;
/** Up to here before its end, a refresh gives the same pair again. */
const RENEWABLE_MS = 60 * 60 * 1000;

interface Pair {
  readonly access: string;
  readonly refresh: string;
  readonly expiresMs: number;
  readonly refreshExpiresMs: number;
}

interface PlatformError {
  readonly code: number;
  readonly msg: string;
  readonly subCode: string;
}

const error = (code: number, msg: string, subCode: string): PlatformError => ({ code, msg, subCode });
const SIGNATURE_INVALID = error(40003, '非法的参数', 'isv.signature-invalid');
const TOKEN_MISSING = error(40001, '缺少必选参数', 'isv.access-token-missing');
const TOKEN_UNKNOWN = error(40003, '非法的参数', 'isv.access-token-no-existed');
const TOKEN_EXPIRED = error(40003, '非法的参数', 'isv.access-token-expired');
const REFRESH_INVALID = error(50001, '平台处理失败', 'dop.token-generate-failed:token-invalid');
const LIMITED = error(60000, '触发限流，请稍后重试', 'isv.traffic-limited');

/** What a subject's record stands for in an answer, and how the two methods say that they have none. */
const METHODS: Readonly<Record<string, Method>> = {
  'order.orderDetail': {
    kind: 'order',
    param: 'shop_order_id',
    data: (json) => `{"shop_order_detail":${json}}`,
    not_found: error(40004, '非法的参数', 'isv.parameter-invalid:20014'),
    forbidden: error(50002, '业务处理失败', 'isv.business-failed:20015'),
  },
  'afterSale.Detail': {
    kind: 'refund',
    param: 'after_sale_id',
    data: (json) => json,
    not_found: error(40004, '非法的参数', 'isv.parameter-invalid:11000'),
    forbidden: error(50002, '业务处理失败', 'isv.business-failed:12000'),
  },
};

interface Method {
  readonly kind: string;
  readonly param: string;
  data(json: string): string;
  readonly not_found: PlatformError;
  readonly forbidden: PlatformError;
}

export function createDouyinPlatform(options: { readonly shop: string }): PlatformModel {
  const state = new PlatformState();
  let pairs: Pair[] = [];
  let issued = 0;

  const issue = (nowMs: number): Pair => {
    issued++;
    const token = (kind: string) =>
      createHash('sha256').update(`${options.shop}/${kind}/${issued}`).digest('hex').slice(0, 36);
    const pair = {
      access: token('access'),
      refresh: token('refresh'),
      expiresMs: nowMs + state.behaviour.tokenLifeMs,
      refreshExpiresMs: nowMs + REFRESH_TOKEN_LIFE_MS,
    };
    pairs.push(pair);
    return pair;
  };

  /** With an hour and more to go the pair stays, else it is replaced; the old one is of no use from then on. */
  const refresh = (given: string, nowMs: number): Pair | undefined => {
    const old = pairs.find((pair) => pair.refresh === given && pair.refreshExpiresMs > nowMs);
    if (!old) return undefined;
    if (old.expiresMs - nowMs > RENEWABLE_MS) return old;
    pairs = pairs.filter((pair) => pair !== old);
    return issue(nowMs);
  };

  const tokens = (params: Readonly<Record<string, unknown>>, method: string, nowMs: number): PlatformAnswer => {
    if (method === 'token.create') {
      const isOurs = params.grant_type === 'authorization_self' && params.shop_id === options.shop;
      if (!isOurs) return failed(error(50001, '平台处理失败', 'dop.token-generate-failed:no-authorization'));
      return tokenAnswer(issue(nowMs), options.shop, nowMs);
    }
    const pair = params.grant_type === 'refresh_token' ? refresh(String(params.refresh_token), nowMs) : undefined;
    return pair ? tokenAnswer(pair, options.shop, nowMs) : failed(REFRESH_INVALID);
  };

  return {
    channel: 'douyin',
    credentials: { app_key: APP_KEY, app_secret: APP_SECRET, shop_id: options.shop },
    behaviour: state.behaviour,
    calls: state.calls,
    put: (record: PlatformRecord, nowMs: number) => state.put(record, nowMs),
    withhold: (subject, how) => state.withhold(subject, how),
    revokeTokens() {
      pairs = pairs.map((pair) => ({ ...pair, expiresMs: Number.NEGATIVE_INFINITY }));
    },
    answer(request, nowMs) {
      const method = request.query.get('method') ?? '';
      const params = readParams(request.body);
      const detail = METHODS[method];
      const subject = detail && `${detail.kind}/${String(params[detail.param])}`;
      state.count(subject ?? 'token');
      if (state.behaviour.failing !== undefined) {
        return { ...failed(error(20000, '系统错误', 'isp.service-error:1')), status: state.behaviour.failing };
      }
      if (!state.allow(nowMs)) return failed(LIMITED);
      const refusal = refusalOf(request, method, nowMs);
      if (refusal) return failed(refusal);
      if (method === 'token.create' || method === 'token.refresh') return tokens(params, method, nowMs);
      if (!detail || !subject) return failed(error(70000, '接口服务已下线', 'isp.api-service-off'));
      const access = request.query.get('access_token');
      if (!access) return failed(TOKEN_MISSING);
      const pair = pairs.find((known) => known.access === access);
      if (!pair) return failed(TOKEN_UNKNOWN);
      if (pair.expiresMs <= nowMs) return failed(TOKEN_EXPIRED);
      const found = state.find(subject, nowMs);
      return typeof found === 'string' ? failed(detail[found]) : succeeded(detail.data(found.json));
    },
  };
}

function readParams(body: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? Object.fromEntries(Object.entries(parsed)) : {};
  } catch {
    return {};
  }
}

/** What is wrong with the request itself: its path, its time, its signature. */
function refusalOf(
  { method: verb, path, query, body }: PlatformRequest,
  method: string,
  nowMs: number,
): PlatformError | undefined {
  if (verb !== 'POST' || path !== `/${method.split('.').join('/')}`)
    return error(70000, '接口服务已下线', 'isp.api-service-off');
  if (query.get('app_key') !== APP_KEY) return error(40003, '非法的参数', 'isv.app-id-invalid');
  const timestamp = query.get('timestamp') ?? '';
  const late = Math.abs(nowMs / 1000 - Number(timestamp));
  if (!/^\d+$/.test(timestamp) || late > CLOCK_DIFFERENCE_MAX_S)
    return error(40003, '非法的参数', 'isv.timestamp-invalid');
  if (query.get('v') !== '2' || query.get('sign_method') !== 'hmac-sha256') return SIGNATURE_INVALID;
  const text = [
    APP_SECRET,
    ...['app_key', APP_KEY, 'method', method, 'param_json', body, 'timestamp', timestamp, 'v', '2'],
    APP_SECRET,
  ].join('');
  const right = Buffer.from(createHmac('sha256', APP_SECRET).update(text, 'utf8').digest('hex'));
  const given = Buffer.from(query.get('sign') ?? '');
  return given.length === right.length && timingSafeEqual(given, right) ? undefined : SIGNATURE_INVALID;
}

const LOG_ID = '2026112021000001021000000000000001';

const succeeded = (data: string): PlatformAnswer => ({
  status: 200,
  body: `{"code":10000,"msg":"success","sub_code":"","sub_msg":"","log_id":"${LOG_ID}","data":${data}}`,
});

const failed = ({ code, msg, subCode }: PlatformError): PlatformAnswer => ({
  status: 200,
  body: JSON.stringify({ code, msg, sub_code: subCode, sub_msg: msg, log_id: LOG_ID, data: null }),
});

function tokenAnswer({ access, refresh, expiresMs }: Pair, shop: string, nowMs: number): PlatformAnswer {
  const fields = {
    access_token: access,
    expires_in: Math.floor((expiresMs - nowMs) / 1000),
    refresh_token: refresh,
    scope: 'SCOPE',
    shop_id: Number(shop),
    shop_name: '山脚茶铺',
  };
  return succeeded(JSON.stringify(fields));
}
